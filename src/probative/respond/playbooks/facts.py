"""What playbooks write to the ledger: adoption, exercises, and every step before and after it ran.

**Promise**: a run can be rebuilt from these facts and the playbook blob alone.
**Not here**: what the steps did (the acts write their own facts).
"""

from typing import Literal

import msgspec

from probative.record.facts import Body, fact_kind
from probative.respond.facts import Mode

TaskKind = Literal["act", "ask", "fork", "decide", "join"]


@fact_kind("respond.playbook-adopted")
class PlaybookAdopted(Body, frozen=True, kw_only=True):
    """A system takes a playbook as its own; `sha256` is the blob, `version` CACAO's `modified` instant."""

    system: str
    playbook: str
    title: str
    version: str
    sha256: str
    source: str


@fact_kind("respond.playbook-exercised")
class PlaybookExercised(Body, frozen=True, kw_only=True):
    """A drill of a playbook ended: it passed if it reached its end with no step failed."""

    system: str
    playbook: str
    version: str
    sha256: str
    passed: bool
    mode: Literal["drill"]
    execution: str
    steps: int


@fact_kind("respond.playbook-started")
class PlaybookStarted(Body, frozen=True, kw_only=True):
    """A run begins with one frozen version; `inputs` are the external variables it was given."""

    execution: str
    incident: str
    system: str
    playbook: str
    version: str
    sha256: str
    mode: Mode
    inputs: dict[str, str] = msgspec.field(default_factory=dict)


@fact_kind("respond.step-started")
class StepStarted(Body, frozen=True, kw_only=True):
    """A step begins, or waits for a person in one of `roles` until `due_at`.

    `worker` tells apart the processes that may try the same step; `round` the repetitions of a loop.
    """

    execution: str
    incident: str
    system: str
    step: str
    name: str
    round: str
    attempt: int
    target: str
    kind: TaskKind
    worker: str = ""
    roles: tuple[str, ...] = ()
    timeout_ms: int | None = None
    due_at: str | None = None


@fact_kind("respond.step-finished")
class StepFinished(Body, frozen=True, kw_only=True):
    """A step ended. `outcome` is done, failed, joined, true, false, or `case VALUE` of a switch.

    `values` are the results handed to later steps; `observed` is what showed that the step took effect.
    """

    execution: str
    incident: str
    system: str
    step: str
    name: str
    round: str
    attempt: int
    outcome: str
    values: dict[str, str] = msgspec.field(default_factory=dict)
    observed: dict[str, str] = msgspec.field(default_factory=dict)
    reason: str = ""
    simulated: bool = False


@fact_kind("respond.step-escalated")
class StepEscalated(Body, frozen=True, kw_only=True):
    """A person's step is late: it goes to another role as well, and still waits."""

    execution: str
    incident: str
    system: str
    step: str
    name: str
    round: str
    level: int
    to_role: str


@fact_kind("respond.playbook-finished")
class PlaybookFinished(Body, frozen=True, kw_only=True):
    """A run ended: `completed` at its end step, or `failed` with the steps that nothing caught."""

    execution: str
    incident: str
    system: str
    playbook: str
    mode: Mode
    outcome: Literal["completed", "failed"]
    failed: tuple[str, ...] = ()
