"""The clock pack: obligations with their clocks, questions and sources, read from TOML and checked.

**Promise**: every obligation carries citation, validity, confidence and evidence grade, every rule and
question it names exists, and its own digest identifies the wording that somebody adopted. A pack that
breaks this is refused.
**Not here**: choosing among the obligations (`selection`), and counting (`counting`).
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, TypeVar

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.deadlines.calendars import check_place, places
from probative.respond.deadlines.counting import RULES, US_FEDERAL_RULES

EFFECTIVE_QUESTION = "before-effective-date"
STAYED_QUESTION = "stayed-rule-binds"
SENT = "sent:"

T = TypeVar("T")

Status = Literal["in-force", "in-force-dependent", "enacted-future", "stayed", "proposed"]
Confidence = Literal["verified-in-source", "from-memory"]
Grade = Literal["official-mirror", "official-page", "statute-site", "secondary", "none"]


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a rule was read."""

    title: str
    url: str
    grade: Grade


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person must tell: `no` completes "not applicable, because"; unanswered means `unless_told`."""

    ask: str
    no: str
    unless_told: Literal["undecided", "no"] = "undecided"


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One clock of an obligation: `n` `unit` counted by `rule` from `event` (`sent:STAGE` = when that was
    sent).

    `primary` is the duty that applies before the outer limit. `recalled` stages were not read in a source and
    show no date until somebody confirms them. `set_by` names who sets the date where the law does not.
    `noon_unless` lists classes of entity that may not use the noon rule; `lapses_when` an event that,
    happening after the limit, ends it; `met_with` the stage whose sending meets this one too.
    """

    id: str
    n: int | None = None
    unit: Literal["hours", "days", "weeks", "months", "none"]
    rule: str
    event: str
    starts: str = msgspec.field(name="from")
    primary: str
    needs: tuple[str, ...] = ()
    noon_unless: tuple[str, ...] = ()
    lapses_when: str = ""
    met_with: str = ""
    set_by: Literal["", "authority"] = ""
    recalled: bool = False


class Obligation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One duty to report, answer or act, with everything needed to say when it applies.

    Dates are by Annex (`annex-i`, `annex-iii`) or `all`: `applies_from` is the formal date,
    `effective_from` when the classification it rests on bites. `role_needs` are questions that only a role
    must answer; `unless_roles` are roles for which another law takes its place.
    """

    id: str
    version: int
    jurisdiction: str
    place: str = ""
    instrument: str
    reference: str
    kind: str
    trigger: str
    who: str
    roles: tuple[str, ...]
    tiers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    role_needs: dict[str, str] = {}
    unless_roles: dict[str, str] = {}
    notify: tuple[str, ...]
    content: str
    exemptions: str
    status: Status
    applies_from: dict[str, date] = {}
    effective_from: dict[str, date] = {}
    valid_until: date | None = None
    superseded_by: str = ""
    notes: str = ""
    sources: tuple[str, ...]
    confidence: Confidence
    grade: Grade
    recalled: tuple[str, ...] = ()
    stage: tuple[Stage, ...]

    @property
    def citation(self) -> str:
        """The instrument and the article, as a person would cite them."""
        return f"{self.instrument}, {self.reference}"

    @property
    def sha256(self) -> str:
        """The digest of this rule alone: what counsel adopts, untouched by changes elsewhere in the pack."""
        return sha256_hex(canonical(msgspec.to_builtins(self)))

    def stage_named(self, stage: str) -> Stage:
        """Return one stage; `NotFoundError` names those there are."""
        for candidate in self.stage:
            if candidate.id == stage:
                return candidate
        known = ", ".join(candidate.id for candidate in self.stage)
        raise NotFoundError(
            "clock.stage-unknown", f"'{self.id}' has no stage '{stage[:80]}'.", f"Known: {known}."
        )


class PackHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack file says about itself."""

    id: str
    version: str
    title: str
    compiled_on: date
    newest_evidence: date
    licence: str
    attribution: str


class PackFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the clock pack as written."""

    pack: PackHeader
    sources: dict[str, Source]
    obligation: tuple[Obligation, ...]


class ClockPack(msgspec.Struct, frozen=True, kw_only=True):
    """All obligations by id, with the questions, and the digest of each file they came from.

    >>> pack = shipped_pack()
    >>> pack.obligation("eu-gdpr-33-authority").stage[0].n
    72
    """

    obligations: dict[str, Obligation]
    questions: dict[str, Question]
    sources: dict[str, Source]
    headers: dict[str, PackHeader]
    pack_of: dict[str, str]
    digests: dict[str, str]

    def obligation(self, name: str) -> Obligation:
        """Return one obligation; `NotFoundError` without it."""
        try:
            return self.obligations[name]
        except KeyError:
            raise NotFoundError(
                "clock.rule-unknown",
                f"The clock pack has no obligation '{name[:80]}'.",
                "probative clocks rules",
            ) from None

    def version_of(self, name: str) -> str:
        """Name the rule's version: pack, pack version, rule version."""
        header = self.headers[self.pack_of[name]]
        return f"{header.id}@{header.version}/{self.obligation(name).version}"

    def digest_of(self, name: str) -> str:
        """Return the digest of the pack file that the obligation stands in."""
        return self.digests[self.pack_of[name]]


def parse_pack(files: Mapping[str, bytes], questions: bytes) -> ClockPack:
    """Read pack files (name to bytes) and questions; anything malformed or dangling raises `UsageError`."""
    asked = _convert("questions.toml", questions, dict[str, dict[str, Question]])["question"]
    obligations: dict[str, Obligation] = {}
    sources: dict[str, Source] = {}
    headers: dict[str, PackHeader] = {}
    pack_of: dict[str, str] = {}
    digests: dict[str, str] = {}
    for name, data in sorted(files.items()):
        file = _convert(name, data, PackFile)
        headers[file.pack.id] = file.pack
        digests[file.pack.id] = sha256_hex(data)
        for obligation in file.obligation:
            for defect in _defects(obligation, file.sources, asked):
                raise _malformed(name, f"'{obligation.id}': {defect}")
            if obligation.id in obligations:
                raise _malformed(name, f"'{obligation.id}' is there twice")
            obligations[obligation.id] = obligation
            pack_of[obligation.id] = file.pack.id
        sources.update(file.sources)
    return ClockPack(
        obligations=obligations,
        questions=asked,
        sources=sources,
        headers=headers,
        pack_of=pack_of,
        digests=digests,
    )


@lru_cache(maxsize=1)
def shipped_pack() -> ClockPack:
    """Return the clock pack that comes with the product."""
    folder = resources.files("probative") / "packs" / "clocks"
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".toml")}
    questions = found.pop("questions.toml")
    del found["places.toml"]
    return parse_pack(found, questions)


def _defects(
    obligation: Obligation, sources: dict[str, Source], questions: dict[str, Question]
) -> Iterator[str]:
    """Yield what is wrong with an obligation beyond its types."""
    areas = {place.within for place in places().values()} | set(places())
    if obligation.jurisdiction not in areas:
        yield f"no place lies in '{obligation.jurisdiction}'"
    if obligation.place:
        check_place(obligation.place)
    for source in obligation.sources:
        if source not in sources:
            yield f"source '{source}' is not in the file"
    if obligation.confidence == "verified-in-source" and not obligation.sources:
        yield "it is said to be verified but names no source"
    asked = [*obligation.needs, *obligation.role_needs.values()]
    for stage in obligation.stage:
        asked.extend(stage.needs)
        yield from _stage_defects(stage, {other.id for other in obligation.stage})
    for question in asked:
        if question not in questions:
            yield f"question '{question}' does not exist"


def _stage_defects(stage: Stage, siblings: set[str]) -> Iterator[str]:
    if stage.rule not in RULES:
        yield f"counting rule '{stage.rule}' does not exist"
    if (stage.unit == "none") != (stage.n is None) or (stage.unit == "none") != (stage.rule == "none"):
        yield f"stage '{stage.id}' must have a number, a unit and a rule, or none of them"
    for other in (stage.event.removeprefix(SENT) if stage.event.startswith(SENT) else "", stage.met_with):
        if other and other not in siblings:
            yield f"stage '{stage.id}' waits for '{other}', which does not exist"


def place_for(obligation: Obligation, rule: str, competent: str) -> str:
    """Return whose calendar counts: the federal one for federal rules, else the competent place's."""
    if rule in US_FEDERAL_RULES:
        return "US"
    return obligation.place or competent


def _convert(name: str, data: bytes, shape: type[T]) -> T:
    try:
        raw: dict[str, Any] = tomllib.loads(data.decode())
        return msgspec.convert(raw, shape)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _malformed(name, str(error)) from error


def _malformed(name: str, detail: str) -> UsageError:
    return UsageError(
        "pack.malformed", f"Clock pack file '{name}' is refused: {detail}.", "Mend the pack file."
    )
