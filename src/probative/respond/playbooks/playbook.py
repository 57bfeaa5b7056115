"""A CACAO 2.0 playbook as values: read strictly, frozen, named by the digest of its bytes.

**Promise**: a text that is not a playbook of the specification is refused with the place; what was read is
what was hashed.
**Not here**: whether the workflow makes sense (`validation`) and running it (`executor`, `runner`).

Specification: CACAO Security Playbooks Version 2.0 (OASIS). Steps may carry our own step extension
(`EXTENSION`): who answers or approves, to whom a late answer escalates, and what a drill simulates.
"""

import importlib.resources
import re
from typing import Any, Literal, NamedTuple

import msgspec

from probative.kernel.canon import parse_strict
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.facts import Variant

EXTENSION = "extension-definition--5f6d7f0e-4c1b-5a2e-9d53-0b7f6a1c2e34"
BRANCHING = ("parallel", "if-condition", "while-condition", "switch-condition")
STEP_TYPES = ("start", "end", "action", "playbook-action", *BRANCHING)
PLAYBOOK_BYTES_MAX = 1024 * 1024
_PACKS = "probative.packs"


class Variable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A playbook or step variable; values are always text, typed by `type`."""

    type: str
    description: str = ""
    value: str | None = None
    constant: bool = False
    external: bool = False


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command of an action step. We run `manual` and `probative`; others are read and refused to run."""

    type: str
    command: str | None = None
    command_b64: str | None = None
    description: str = ""
    version: str = ""
    playbook_activity: str = ""
    headers: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    content: str = ""
    content_b64: str = ""
    external_references: tuple[dict[str, Any], ...] = ()


class StepRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our step extension. `roles` may answer; a late answer goes to `escalate_to`; an answer of true to the
    step's first result `approves` that the system serves this variant; `drill` is what a drill simulates.
    """

    roles: tuple[str, ...] = ()
    escalate_to: str = "incident-commander"
    approves: Variant | None = None
    drill: dict[str, str] = msgspec.field(default_factory=dict)


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a workflow, with the properties of every step type."""

    type: str
    name: str = ""
    description: str = ""
    external_references: tuple[dict[str, Any], ...] = ()
    delay: int | None = None
    timeout: int | None = None
    step_variables: dict[str, Variable] = msgspec.field(default_factory=dict)
    owner: str | None = None
    on_completion: str | None = None
    on_success: str | None = None
    on_failure: str | None = None
    step_extensions: dict[str, Any] = msgspec.field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    agent: str | None = None
    targets: tuple[str, ...] = ()
    in_args: tuple[str, ...] = ()
    out_args: tuple[str, ...] = ()
    playbook_id: str | None = None
    playbook_version: str | None = None
    next_steps: tuple[str, ...] = ()
    condition: str | None = None
    on_true: str | None = None
    on_false: str | None = None
    switch: str | None = None
    cases: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def rules(self) -> StepRules:
        """Our extension of this step, or its defaults."""
        try:
            return msgspec.convert(self.step_extensions.get(EXTENSION, {}), StepRules)
        except msgspec.ValidationError as error:
            raise UsageError(
                "playbook.extension", f"The step '{self.name}' has a bad extension: {error}.", "Mend it."
            ) from error

    @property
    def is_manual(self) -> bool:
        """Whether a person carries the step out."""
        return any(command.type == "manual" for command in self.commands)

    @property
    def branches(self) -> tuple[str, ...]:
        """The steps that this step's own branches begin with."""
        found = (*self.next_steps, self.on_true, self.on_false, *self.cases.values())
        return tuple(name for name in found if name)

    @property
    def successors(self) -> tuple[str, ...]:
        """The steps that may come after this step and all its branches."""
        return tuple(name for name in (self.on_completion, self.on_success, self.on_failure) if name)


class Playbook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A playbook. `id` and `modified` are its version; two texts of one version differ in their digest."""

    type: Literal["playbook"]
    spec_version: Literal["cacao-2.0"]
    id: str
    name: str
    created_by: str
    created: str
    modified: str
    workflow_start: str
    workflow: dict[str, Step]
    description: str = ""
    playbook_types: tuple[str, ...] = ()
    playbook_activities: tuple[str, ...] = ()
    playbook_processing_summary: dict[str, bool] = msgspec.field(default_factory=dict)
    revoked: bool = False
    valid_from: str | None = None
    valid_until: str | None = None
    derived_from: tuple[str, ...] = ()
    related_to: tuple[str, ...] = ()
    priority: int | None = None
    severity: int | None = None
    impact: int | None = None
    industry_sectors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    external_references: tuple[dict[str, Any], ...] = ()
    markings: tuple[str, ...] = ()
    playbook_variables: dict[str, Variable] = msgspec.field(default_factory=dict)
    workflow_exception: str | None = None
    playbook_extensions: dict[str, Any] = msgspec.field(default_factory=dict)
    authentication_info_definitions: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    agent_definitions: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    target_definitions: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    extension_definitions: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    data_marking_definitions: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    signatures: tuple[dict[str, Any], ...] = ()

    @property
    def slug(self) -> str:
        """A name for paths and subjects, from the first label that is one, else from the title."""
        for label in self.labels:
            if re.fullmatch(r"p\d\d", label):
                return label
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:64] or "playbook"


class Loaded(NamedTuple):
    """A playbook with the bytes it was read from, and their digest."""

    playbook: Playbook
    data: bytes
    sha256: str


def load_playbook(data: bytes) -> Loaded:
    """Read a playbook from its bytes; `UsageError` names what does not fit and where.

    >>> load_playbook(b"[]")
    Traceback (most recent call last):
    probative.kernel.errors.UsageError: This is no CACAO 2.0 playbook: Expected `object`, got `array`.
    """
    try:
        playbook = msgspec.convert(parse_strict(data, PLAYBOOK_BYTES_MAX), Playbook)
    except msgspec.ValidationError as error:
        raise UsageError(
            "playbook.malformed", f"This is no CACAO 2.0 playbook: {error}.", "Mend the file."
        ) from error
    return Loaded(playbook, data, sha256_hex(data))


def shipped_names() -> list[str]:
    """Return the names of the playbooks that come with the product."""
    folder = importlib.resources.files(_PACKS) / "playbooks"
    return sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json"))


def shipped_playbook(name: str) -> Loaded:
    """Return a playbook that comes with the product; `NotFoundError` for any other name."""
    if name not in shipped_names():
        raise NotFoundError(
            "playbook.unknown",
            f"There is no shipped playbook '{name[:80]}'.",
            f"Shipped: {', '.join(shipped_names())}; or give the path of a file.",
        )
    return load_playbook((importlib.resources.files(_PACKS) / "playbooks" / f"{name}.json").read_bytes())
