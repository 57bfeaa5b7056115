"""A month of decisions: people apply, the service asks the guard and answers, labels come a week late.

**Promise**: every decision goes through the client and the guard, as in a production service.
**Not here**: what the month's acts say about it (`demo.watching`).
"""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from probative.client.decisions import DecisionClient
from probative.client.guard import Guard
from probative.demo import data
from probative.demo.opening import Built
from probative.demo.stage import FALLBACK, RELEASE, SYSTEM, Stage
from probative.kernel.ids import uuid7
from probative.work import catch_up

LABELS_LATE_DAYS = 7
DAY = timedelta(days=1)
WATCHES = 4
WATCH = DAY / WATCHES


class Month:
    """One month of one production service."""

    def __init__(self, stage: Stage, built: Built) -> None:
        """Begin at the next midnight; the service has the armed release and its fallback at hand."""
        self._stage = stage
        self._chance = np.random.default_rng(stage.seed)
        self._guard = Guard(SYSTEM, stage.workspace.flags)
        self._client = DecisionClient(stage.workspace.decisions, SYSTEM)
        self._served = {
            RELEASE: (built.model, built.model_digest),
            FALLBACK: (built.fallback, built.fallback_digest),
        }
        self._days = data.days(built.people.applicants)
        self._answered: dict[int, tuple[list[str], pa.Table]] = {}
        self.begins = (stage.clock.now() + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        self.unserved = 0

    @property
    def decisions(self) -> int:
        """How many decisions were made so far."""
        return sum(len(ids) for ids, _ in self._answered.values())

    def at(self, day: int) -> datetime:
        """Return when day number `day` (from 1) begins."""
        return self.begins + (day - 1) * DAY

    def live(self, day: int) -> None:
        """Live day number `day`: applications, labels of a week ago, the day's readings."""
        people = self._days[day - 1]
        arriving = data.inject_fault(people) if data.FAULT_DAY <= day < data.REPAIRED_DAY else people
        per_watch = -(-people.num_rows // WATCHES)
        for watch in range(WATCHES):
            self._serve(day, watch, arriving.slice(watch * per_watch, per_watch))
        self._label(day - LABELS_LATE_DAYS)
        self._turn_to(self.at(day + 1))
        self._stage.workspace.watcher.evaluate(SYSTEM)
        catch_up(self._stage.workspace)

    def correct_share(self, first: int, last: int) -> tuple[float, int]:
        """Return how often days `first` to `last` were answered rightly, by their labels, and of how many."""
        right, count = 0, 0
        for day in range(first, last + 1):
            ids, answers = self._answered.get(day, ([], None))
            if answers is None:
                continue
            right += int((answers["approved"].to_numpy() == answers["repaid"].to_numpy()).sum())
            count += len(ids)
        return right / max(count, 1), count

    def _serve(self, day: int, watch: int, people: pa.Table) -> None:
        """Answer the applicants of a watch, if the guard allows it; otherwise a person will."""
        if not people.num_rows:
            return
        begins = self.at(day) + watch * WATCH
        self._turn_to(begins)
        leave = self._guard.ask()
        self._turn_to(begins + WATCH)
        if not leave.serve:
            self.unserved += people.num_rows
            return
        rows = self._rows(people, begins, leave.release)
        for row in rows.to_pylist():
            self._client.record(row)
        self._client.flush()
        answers = pa.table({"approved": rows["approved"], "repaid": people[data.LABEL].to_numpy() == 0})
        ids, before = self._answered.get(day, ([], None))
        joined = answers if before is None else pa.concat_tables([before, answers])
        self._answered[day] = ([*ids, *rows["decision_id"].to_pylist()], joined)

    def _rows(self, people: pa.Table, begins: datetime, release: str) -> pa.Table:
        """Return the decisions of a watch, evenly spread over it."""
        model, digest = self._served[release]
        count = people.num_rows
        instants = [begins + WATCH * (number + 1) / (count + 1) for number in range(count)]
        groups = data.groups(people)
        return pa.table(
            {
                "decision_id": [str(uuid7(at, self._chance.bytes(10))) for at in instants],
                "decided_at": pa.array(instants, pa.timestamp("us", tz="UTC")),
                "subject": [f"c-{number:05d}" for number in people["ID"].to_pylist()],
                **{name: people[name] for name in data.FEATURES},
                **{name.lower(): groups[name.lower()] for name in data.AUDIT},
                "approved": model.approves(people),
                "probability": model.probability(people),
                "release": [release] * count,
                "model": [digest] * count,
            }
        )

    def _label(self, day: int) -> None:
        """Record what became of the people of a day: whether they paid back."""
        if day not in self._answered:
            return
        ids, answers = self._answered[day]
        observed = self._stage.clock.now()
        self._stage.workspace.decisions.record_outcomes(
            SYSTEM,
            pa.table(
                {
                    "decision_id": ids,
                    "observed_at": pa.array([observed] * len(ids), pa.timestamp("us", tz="UTC")),
                    "outcome": answers["repaid"],
                }
            ),
        )

    def _turn_to(self, at: datetime) -> None:
        """Turn the clock to `at`; what people did meanwhile may have taken it further."""
        if at > self._stage.clock.now():
            self._stage.clock.turn_to(at)
