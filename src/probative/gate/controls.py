"""Controls as data: what must hold, what shows it, how it is tested, who owns it, how it is mended.

**Promise**: a pack file is read strictly and kept with the bytes it was read from, so that an old verdict
can be replayed with the controls of its day; a control whose test is unknown, takes other parameters, or
reads evidence that it does not declare, is refused.
**Not here**: the tests themselves (`gate.rules`) and their evaluation (`gate.sufficiency`).
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

from probative.gate.dossier import Evidence
from probative.gate.rules.table import RULES
from probative.gate.tiering.law import Tier
from probative.gate.waiver import WaiverTerms
from probative.kernel.canon import canonical, parse_strict
from probative.kernel.errors import NotFoundError, UsageError


class Demand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which tiers a control is mandatory or recommended; elsewhere it does not apply."""

    mandatory: tuple[Tier, ...]
    recommended: tuple[Tier, ...] = ()


class ControlTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The typed rule that decides, and its parameters; `at` overrides parameters in a tier."""

    rule: str
    parameters: dict[str, Any] = {}
    at: dict[Tier, dict[str, Any]] = {}

    def settings(self, tier: Tier) -> dict[str, Any]:
        """Return the parameters as they are in `tier`."""
        return self.parameters | self.at.get(tier, {})


class Remediation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to mend it: a text, and the command to run next, which may differ by what is missing."""

    text: str
    command: str
    commands: dict[str, str] = {}

    def next_command(self, step: str, system: str, release: str) -> str:
        """Return the command for `step`, ready to be typed for this system and release."""
        template = self.commands.get(step, self.command)
        return template.replace("{system}", system).replace("{release}", release)


class FrameworkLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the control contributes evidence to; never "complies with", always with edition and rationale."""

    framework: Literal["EU AI Act", "NIST AI RMF", "ISO/IEC 42001", "GDPR", "SOC 2", "NIST CSF"]
    edition: str
    ref: str
    relationship: Literal["contributes-evidence-to"]
    strength: Literal["strong", "partial", "weak"]
    rationale: str


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control of the framework, as its pack file says."""

    id: str
    version: int
    title: str
    statement: str
    owner: str
    frequency: str
    source: str
    licence: str
    tiers: Demand
    evidence: tuple[Evidence, ...]
    test: ControlTest
    waiver: WaiverTerms
    remediation: Remediation
    mappings: tuple[FrameworkLink, ...]


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """A set of controls in order of id, and the one blob that holds the very files it was read from."""

    controls: tuple[Control, ...]
    bundle: bytes

    def issuers(self, kind: str) -> tuple[str, ...]:
        """Return the roles in which facts of `kind` count for every control that reads them; empty: any."""
        lines = [line.roles for control in self.controls for line in control.evidence if line.kind == kind]
        if not lines or not all(lines):
            return ()
        return tuple(role for role in lines[0] if all(role in roles for roles in lines))

    def tested_by(self, rule: str) -> Control:
        """Return the control whose test is `rule`; `NotFoundError` when these packs have none."""
        for control in self.controls:
            if control.test.rule == rule:
                return control
        raise NotFoundError("control.none-tests", f"No control in the packs tests '{rule}'.", "Add one.")

    def control(self, name: str) -> Control:
        """Return a control by id, in any case; `NotFoundError` names those there are."""
        for control in self.controls:
            if control.id == name.upper():
                return control
        known = ", ".join(control.id for control in self.controls)
        raise NotFoundError("control.unknown", f"There is no control '{name[:80]}'.", f"Known: {known}.")


@cache
def shipped_controls() -> Controls:
    """Read the controls that ship with the product.

    >>> len(shipped_controls().controls)
    12
    """
    folder = resources.files("probative.packs").joinpath("controls")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda f: f.name)
    return parse_controls({file.name: file.read_text("utf-8") for file in files})


def parse_controls(files: Mapping[str, str]) -> Controls:
    """Read control files by name; anything malformed raises `UsageError` that names the file."""
    controls = sorted((_parse(name, text) for name, text in files.items()), key=lambda control: control.id)
    if len({control.id for control in controls}) != len(controls) or not controls:
        raise _malformed("the set", "it is empty, or an id occurs twice")
    return Controls(controls=tuple(controls), bundle=canonical({"controls": dict(files)}))


def open_bundle(bundle: bytes) -> Controls:
    """Read the controls back from the blob that a verdict names."""
    value = parse_strict(bundle)
    files = value.get("controls") if isinstance(value, dict) else None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise _malformed("the bundle", "it holds no control files")
    return parse_controls(files)


def _parse(name: str, text: str) -> Control:
    try:
        control = msgspec.convert(tomllib.loads(text), Control)
        _check(control)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _malformed(name, str(error)) from error
    return control


def _check(control: Control) -> None:
    rule = RULES.get(control.test.rule)
    if rule is None:
        raise _malformed(control.id, f"its test '{control.test.rule}' is not among {', '.join(RULES)}")
    undeclared = set(rule.reads) - {line.kind for line in control.evidence}
    if undeclared:
        raise _malformed(control.id, f"its test reads {', '.join(sorted(undeclared))} undeclared")
    for tier in Tier:
        msgspec.convert(control.test.settings(tier), rule.parameters)
    terms = control.waiver
    if terms.allowed != bool(terms.roles and terms.days_max) or terms.allowed == bool(terms.why_not):
        raise _malformed(
            control.id, "its waiver terms need roles and days_max, or allowed = false and why_not"
        )


def _malformed(name: str, why: str) -> UsageError:
    return UsageError(
        "control.malformed", f"Control pack {name} cannot be used: {why}.", "Mend the pack file."
    )
