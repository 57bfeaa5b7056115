"""The dossier: the frozen evidence that a check looks at, and one control's view of it.

**Promise**: rules see only facts of kinds that the control declared, fresh enough and recorded in an
entitled role; what is missing is a `Gap` (not assessable), what contradicts itself a `Contradiction`
(fail); the facts that an outcome stands on are noted as they are read.
**Not here**: gathering facts (`gate.gatekeeper`), and deciding (`gate.rules`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

import msgspec

from probative.gate.tiering.law import Tier
from probative.kernel.errors import ProbativeError, UsageError
from probative.kernel.outcome import Outcome
from probative.record.facts import Body, Fact, ReleaseProposed, SystemRegistered

B = TypeVar("B", bound=Body)
V = TypeVar("V", bound=msgspec.Struct)
Facts = Mapping[str, tuple[Fact, ...]]  # by kind, in ledger order
IGNORED_SHOWN_MAX = 2


class Unmet(Exception):  # noqa: N818  # an answer that travels up from a rule, not an error
    """A rule need not look further: why, and which `step` of the control's remediation comes next."""

    outcome: ClassVar[Outcome]

    def __init__(self, reason: str, step: str = "") -> None:
        """Keep the `reason` for a person and the `step`."""
        super().__init__(reason)
        self.reason = reason
        self.step = step


class Gap(Unmet):
    """Evidence that the rule needs is missing, stale or unreadable."""

    outcome = Outcome.NOT_ASSESSABLE


class Contradiction(Unmet):
    """The evidence is there and says no."""

    outcome = Outcome.FAIL


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found: an outcome, a reason that shows the values, and which remediation step is next."""

    outcome: Outcome
    reason: str
    step: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of fact that a control stands on; `where` picks facts by fields of their body.

    Facts older than `age_days_max` (or the tier's own limit), or recorded in a role that is not among
    `roles`, do not count.
    """

    kind: str
    where: dict[str, str] = {}
    age_days_max: int | None = None
    age_days_max_at: dict[Tier, int] = {}
    roles: tuple[str, ...] = ()

    def covers(self, fact: Fact) -> bool:
        """Tell whether this line is about `fact` at all."""
        return fact.kind == self.kind and all(
            fact.body.get(key) == value for key, value in self.where.items()
        )

    def objection(self, fact: Fact, at: datetime, tier: Tier) -> str:
        """Return why `fact` does not count at the instant `at`, or an empty text."""
        if self.roles and fact.actor.role not in self.roles:
            return f"{place(fact)} was recorded as '{fact.actor.role}', not as {' or '.join(self.roles)}"
        days_max = self.age_days_max_at.get(tier, self.age_days_max)
        age = at - min(fact.occurred_at, fact.recorded_at)
        if days_max is not None and age > timedelta(days=days_max):
            return f"{place(fact)} is {age.days} days old, at most {days_max} count"
        return ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver that an unmet control leans on, and why it does not hold (`refusal`, empty when in force)."""

    control: str
    waiver: str
    expires_at: str
    fact: Fact
    refusal: str


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a check of one release may look at, frozen at one ledger size and one instant.

    `facts` are the system's facts and the registered keys, by kind, in ledger order; `blobs` are the signed
    statements they name, as far as they could be fetched.
    """

    system: str
    release: ReleaseProposed
    proposed: Fact
    tier: Tier | None
    at: datetime
    facts: Facts
    blobs: Mapping[str, bytes]

    @property
    def strict_tier(self) -> Tier:
        """The tier whose demands are made: high-risk while none is assigned, and for what is prohibited."""
        return Tier.HIGH if self.tier in (None, Tier.PROHIBITED) else self.tier

    def holder(self, role: str, before: int) -> str | None:
        """Return who held a RACI `role` of the system, as registered before ledger index `before`."""
        return holder(self.facts, role, before)


def holder(facts: Facts, role: str, before: int) -> str | None:
    """Return who held a RACI `role`, by the last registration of the system before ledger index `before`."""
    earlier = [fact for fact in facts.get("record.system-registered", ()) if fact.index < before]
    try:
        return read(earlier[-1], SystemRegistered).roles.get(role) if earlier else None
    except Gap:
        return None  # a registration that cannot be read names nobody


class Case:
    """One control's view of a dossier; notes the facts that are stood on and those that do not count."""

    def __init__(
        self, dossier: Dossier, evidence: tuple[Evidence, ...], relied: tuple[Standing, ...] = ()
    ) -> None:
        """Look at `dossier` through the lines of `evidence`; `relied` are the waivers that others lean on."""
        self.dossier = dossier
        self.release = dossier.release
        self.relied = relied
        self._evidence = evidence
        self._stood: dict[int, Fact] = {}
        self._ignored: dict[int, str] = {}

    @property
    def stood(self) -> tuple[Fact, ...]:
        """The facts that were stood on, in ledger order."""
        return tuple(self._stood[index] for index in sorted(self._stood))

    @property
    def ignored(self) -> str:
        """Why facts that were looked at did not count, for the end of a reason."""
        notes = list(self._ignored.values())
        more = f"; and {len(notes) - IGNORED_SHOWN_MAX} more" if len(notes) > IGNORED_SHOWN_MAX else ""
        return "; ".join(notes[:IGNORED_SHOWN_MAX]) + more

    def of(self, kind: str, **fields: object) -> list[Fact]:
        """Return the facts of `kind` that count and have these body fields, in ledger order."""
        lines = [line for line in self._evidence if line.kind == kind]
        if not lines:
            raise UsageError(
                "control.evidence-undeclared",
                f"A control's test reads '{kind}', which the control does not declare.",
                "Add the kind to the control's [[evidence]].",
            )
        return [
            fact
            for fact in self.dossier.facts.get(kind, ())
            if all(fact.body.get(key) == value for key, value in fields.items()) and self._counts(fact, lines)
        ]

    def one(self, kind: str, gap: str, step: str = "", **fields: object) -> Fact:
        """Return the only fact of `kind` with these fields; none is a `Gap`, and so are two that differ."""
        found = self.of(kind, **fields)
        if not found:
            raise Gap(gap, step)
        if any(fact.body != found[0].body for fact in found):
            self.stand_on(*found)
            raise Gap(f"{gap}: it was recorded {len(found)} times, with different content", step)
        return self.stand_on(found[0])

    def latest(self, kind: str, gap: str, step: str = "", **fields: object) -> Fact:
        """Return the newest fact of `kind` with these fields; none is a `Gap`."""
        found = self.of(kind, **fields)
        if not found:
            raise Gap(gap, step)
        return self.stand_on(found[-1])

    def stand_on(self, *facts: Fact) -> Fact:
        """Note that the outcome stands on `facts`; returns the last one."""
        for fact in facts:
            self._stood[fact.index] = fact
        return facts[-1]

    def _counts(self, fact: Fact, lines: list[Evidence]) -> bool:
        dossier = self.dossier
        covering = [line for line in lines if line.covers(fact)]
        objections = [line.objection(fact, dossier.at, dossier.strict_tier) for line in covering]
        if "" in objections:
            return True
        if objections:
            self._ignored[fact.index] = objections[0]
        return False


def read(fact: Fact, kind: type[B]) -> B:
    """Return the typed body of `fact`; one that does not fit is a `Gap`, never a guess."""
    try:
        return fact.read(kind)
    except (msgspec.ValidationError, ProbativeError) as error:
        raise Gap(f"{place(fact)} cannot be read: {error}") from error


def view(fact: Fact, shape: type[V]) -> V:
    """Return the parts of a body that another room owns, as `shape`; what does not fit is a `Gap`."""
    try:
        return msgspec.convert(fact.body, shape)
    except msgspec.ValidationError as error:
        raise Gap(f"{place(fact)} cannot be read: {error}") from error


def place(fact: Fact) -> str:
    """Name a fact in a reason: its kind without the room, and its ledger entry."""
    return f"{fact.kind.partition('.')[2]} #{fact.index}"


def short(digest: str) -> str:
    """Return the first twelve characters of a digest, enough for a person to compare."""
    return digest[:12]


def number(value: float) -> str:
    """Write a measured value for a reason: at most four decimals, no trailing zeros.

    >>> number(0.87), number(0.123456), number(12.0)
    ('0.87', '0.1235', '12')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")
