"""What a JSON Schema does not see in a playbook: dead ends, loops, strangers, secrets, missing captures.

**Promise**: pure; every defect names its step; a playbook without defects can be run to one of its ends by
`executor`, and nothing in it changes a system before evidence was captured.
**Not here**: the shape of the JSON (`playbook`, and the CACAO schemas in the tests).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from probative.kernel.clock import parse_instant
from probative.kernel.errors import ConflictError, UsageError
from probative.respond.playbooks.conditions import REFERENCE, parse_condition
from probative.respond.playbooks.playbook import BRANCHING, STEP_TYPES, Command, Playbook, Step

CAPTURES = "capture-evidence"
ADVISER = "data-protection-officer"
_ID = re.compile(
    r"[a-z][a-z0-9-]+[a-z0-9]--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
)
_SECRET_FIELDS = ("password", "token", "oauth_header", "secret", "private_key")
_SECRET_TEXT = re.compile(
    r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\s*[=:]\s*\S{4,}|\bBearer\s+[\w.~+/-]{8,}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY"
)


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: a stable code, the step (or part) it is in, and one sentence."""

    code: str
    where: str
    sentence: str


class ActionTraits(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks need to know of an automated action: may it run only after a capture?"""

    needs_capture: bool = False


Actions = Mapping[str, ActionTraits]


def defects(playbook: Playbook, actions: Actions) -> list[Defect]:
    """Return everything wrong with `playbook`, as far as we would have to run it; empty means it can be run.

    `actions` are the automated actions known here, by command text.
    """
    found = [*_identity(playbook), *_references(playbook)]
    if any(defect.code == "step.dangling" for defect in found):
        # The graph checks need every edge to end somewhere.
        return found
    checks: tuple[Callable[[], Iterator[Defect]], ...] = (
        lambda: _graph(playbook),
        lambda: _branches(playbook),
        lambda: _variables(playbook),
        lambda: _agents(playbook),
        lambda: _commands(playbook, actions),
        lambda: _capture_first(playbook, actions),
        lambda: _secrets(playbook),
    )
    for check in checks:
        found += check()
    return found


def check_runnable(playbook: Playbook, actions: Actions) -> None:
    """Refuse with `UsageError` a playbook that cannot be run, naming the first defects."""
    found = defects(playbook, actions)
    if found:
        told = "; ".join(f"{defect.where}: {defect.sentence}" for defect in found[:3])
        raise UsageError(
            "playbook.not-runnable",
            f"The playbook '{playbook.name}' has {len(found)} defects: {told}",
            "List them all: probative respond playbook validate FILE",
        )


def check_valid(playbook: Playbook, now: datetime) -> None:
    """Refuse with `ConflictError` a playbook that its author revoked, or that does not hold at `now`."""
    if playbook.revoked:
        raise ConflictError(
            "playbook.revoked", f"The playbook '{playbook.name}' was revoked.", "Adopt its successor."
        )
    begins = parse_instant(playbook.valid_from) if playbook.valid_from else now
    ends = parse_instant(playbook.valid_until) if playbook.valid_until else None
    if now < begins or (ends is not None and now >= ends):
        span = f"{playbook.valid_from or 'ever'} to {playbook.valid_until or 'now on'}"
        raise ConflictError(
            "playbook.not-valid", f"The playbook '{playbook.name}' holds from {span}.", "Adopt its successor."
        )


def _identity(playbook: Playbook) -> Iterator[Defect]:
    """Check ids, and that each step's key says what type it is."""
    for name in (playbook.id, playbook.created_by):
        if not _ID.match(name):
            yield _defect("id.malformed", name, "this is no CACAO identifier (type--UUID)")
    for name, step in playbook.workflow.items():
        if not _ID.match(name):
            yield _defect("id.malformed", name, "this is no CACAO identifier (type--UUID)")
        if step.type not in STEP_TYPES:
            yield _defect("step.unknown-type", name, f"'{step.type}' is no step type")
        elif not name.startswith(f"{step.type}--"):
            yield _defect("step.key-type", name, f"the key says another type than '{step.type}'")
        if step.type == "playbook-action":
            yield _defect("step.unsupported", name, "playbook-action steps cannot be run here yet")
        if step.delay:
            yield _defect("step.unsupported", name, "delayed steps cannot be run here yet")


def _references(playbook: Playbook) -> Iterator[Defect]:
    """Check that start, exception and every edge name steps that exist and suit their type."""
    steps = playbook.workflow
    start = steps.get(playbook.workflow_start)
    if start is None or start.type != "start":
        yield _defect("step.dangling", playbook.workflow_start, "workflow_start names no start step")
    if playbook.workflow_exception and playbook.workflow_exception not in steps:
        yield _defect("step.dangling", playbook.workflow_exception, "workflow_exception names no step")
    for name, step in steps.items():
        for other in (*step.branches, *step.successors):
            if other not in steps:
                yield _defect("step.dangling", name, f"it leads to '{other}', which does not exist")
        yield from _edges(name, step)


def _edges(name: str, step: Step) -> Iterator[Defect]:
    if step.type == "end" and step.successors:
        yield _defect("step.edges", name, "an end step has no successor")
    elif step.type != "end" and not (step.on_completion or step.on_success):
        yield _defect("step.edges", name, "nothing comes after it: give on_completion or on_success")
    if step.on_completion and (step.on_success or step.on_failure):
        yield _defect("step.edges", name, "on_completion excludes on_success and on_failure")
    if step.type in BRANCHING and not step.branches:
        yield _defect("step.edges", name, "it has no branch")
    if step.type == "parallel" and len(step.next_steps) < 2:
        yield _defect("step.edges", name, "a parallel step has at least two branches")
    if step.type not in BRANCHING and step.branches:
        yield _defect("step.edges", name, f"a step of type '{step.type}' has no branches")


def _graph(playbook: Playbook) -> Iterator[Defect]:
    """Check that every step can be reached, and that no chain of steps leads back to itself."""
    reached = _reachable(playbook, frozenset())
    for name in playbook.workflow:
        if name not in reached:
            yield _defect("step.unreachable", name, "no path leads to it")
    done: set[str] = set()
    for name in playbook.workflow:
        yield from _cycle_from(playbook, name, done)


def _cycle_from(playbook: Playbook, root: str, done: set[str]) -> Iterator[Defect]:
    """Walk depth first without recursion; a step met again on its own path closes a cycle."""
    path: list[str] = []
    stack: list[tuple[str, bool]] = [(root, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            path.pop()
            done.add(name)
            continue
        if name in done:
            continue
        if name in path:
            yield _defect("step.cycle", name, "the workflow leads back to it; repeat with a while-condition")
            done.add(name)
            continue
        path.append(name)
        stack.append((name, True))
        step = playbook.workflow[name]
        stack += [(other, False) for other in (*step.branches, *step.successors)]


def _branches(playbook: Playbook) -> Iterator[Defect]:
    """Check that every branch has an end of its own and shares no step with another branch."""
    owner: dict[str, str] = {}
    entries = [playbook.workflow_start]
    entries += [entry for step in playbook.workflow.values() for entry in step.branches]
    for entry in entries:
        members = _chain(playbook, entry)
        if not any(playbook.workflow[name].type == "end" for name in members):
            yield _defect("branch.no-end", entry, "this branch never reaches an end step")
        for name in members:
            if owner.setdefault(name, entry) != entry:
                code = "branch.shared-end" if playbook.workflow[name].type == "end" else "branch.shared-step"
                yield _defect(code, name, f"the branches at '{owner[name]}' and '{entry}' share it")
    rescue = playbook.workflow_exception
    if rescue and not any(playbook.workflow[name].type == "end" for name in _chain(playbook, rescue)):
        yield _defect("branch.no-end", rescue, "workflow_exception never reaches an end step")


def _chain(playbook: Playbook, entry: str) -> list[str]:
    """Return the steps of the branch that begins with `entry`, without the branches inside it."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += playbook.workflow[name].successors
    return list(found)


def _reachable(playbook: Playbook, without: frozenset[str]) -> set[str]:
    """Return the steps that can be reached from start (and exception) without passing through `without`."""
    found: set[str] = set()
    waiting = [playbook.workflow_start, *filter(None, [playbook.workflow_exception])]
    while waiting:
        name = waiting.pop()
        if name in found or name in without:
            continue
        found.add(name)
        step = playbook.workflow[name]
        waiting += [*step.branches, *step.successors]
    return found


def _variables(playbook: Playbook) -> Iterator[Defect]:
    """Check that conditions parse and that every variable used is declared where it can be seen."""
    for name, step in playbook.workflow.items():
        declared = {*playbook.playbook_variables, *step.step_variables}
        for text in filter(None, (step.condition,)):
            try:
                parse_condition(text)
            except UsageError as error:
                yield _defect("condition.malformed", name, str(error))
        if step.type in ("if-condition", "while-condition") and not step.condition:
            yield _defect("condition.missing", name, "it has no condition")
        if step.type == "switch-condition" and not REFERENCE.fullmatch(step.switch or ""):
            yield _defect("condition.malformed", name, f"'{step.switch}' is no variable to switch on")
        for used in sorted(_used(step) - declared):
            yield _defect("variable.undeclared", name, f"the variable '{used}' is not declared")
        for result in step.out_args:
            variable = playbook.playbook_variables.get(result) or step.step_variables.get(result)
            if variable is not None and variable.constant:
                yield _defect("variable.constant", name, f"it would change the constant '{result}'")


def _used(step: Step) -> set[str]:
    texts = [step.condition or "", step.switch or "", *(command.command or "" for command in step.commands)]
    return {*step.in_args, *step.out_args, *(name for text in texts for name in REFERENCE.findall(text))}


def _agents(playbook: Playbook) -> Iterator[Defect]:
    """Check that every action has an agent that exists, and that its targets do."""
    for name, step in playbook.workflow.items():
        if step.type != "action":
            continue
        agent = playbook.agent_definitions.get(step.agent or "")
        if agent is None:
            yield _defect("agent.unknown", name, f"the agent '{step.agent}' is not defined")
        for target in step.targets:
            if target not in playbook.target_definitions and target not in playbook.agent_definitions:
                yield _defect("target.unknown", name, f"the target '{target}' is not defined")
    used = {step.agent for step in playbook.workflow.values()}
    for agent_name, agent in playbook.agent_definitions.items():
        if agent_name in used and "type" not in agent:
            yield _defect("agent.untyped", agent_name, "an agent says what type it is")


def _commands(playbook: Playbook, actions: Actions) -> Iterator[Defect]:
    """Check that we can carry out every action step, and that our extension of it makes sense."""
    for name, step in playbook.workflow.items():
        if step.type != "action":
            continue
        if len(step.commands) != 1:
            yield _defect("command.count", name, "exactly one command a step can be run here")
        for command in step.commands:
            yield from _command(name, command, actions)
        try:
            rules = step.rules
        except UsageError as error:
            yield _defect("step.extension", name, str(error))
            continue
        if rules.approves and not step.out_args:
            yield _defect("step.extension", name, "a step that approves needs a result to say so")
        if rules.approves and ADVISER in rules.roles:
            yield _defect("step.extension", name, f"the {ADVISER} advises and never approves")


def _command(name: str, command: Command, actions: Actions) -> Iterator[Defect]:
    if command.type not in ("manual", "probative"):
        yield _defect("command.unsupported", name, f"'{command.type}' commands cannot be run here")
    elif not command.command:
        yield _defect("command.empty", name, "it does not say what to do")
    elif command.type == "probative" and command.command not in actions:
        yield _defect("command.unknown", name, f"there is no action '{command.command}'")


def _capture_first(playbook: Playbook, actions: Actions) -> Iterator[Defect]:
    """Check that no path reaches an action that changes the system without passing through a capture."""
    captures = frozenset(
        name
        for name, step in playbook.workflow.items()
        if any(command.type == "probative" and command.command == CAPTURES for command in step.commands)
    )
    for name in _reachable(playbook, captures):
        for command in playbook.workflow[name].commands:
            traits = actions.get(command.command or "") if command.type == "probative" else None
            if traits is not None and traits.needs_capture:
                yield _defect("step.no-capture", name, f"'{command.command}' can come before any capture")


def _secrets(playbook: Playbook) -> Iterator[Defect]:
    """Refuse secrets in the text: a playbook is shared, recorded and never changed again."""
    for name, info in playbook.authentication_info_definitions.items():
        for field in _SECRET_FIELDS:
            if info.get(field) and info.get("kms") is not True:
                yield _defect("secret.inline", name, f"'{field}' holds a secret; name a key service instead")
    for name, step in playbook.workflow.items():
        for command in step.commands:
            headers = [f"{head}: {value}" for head, values in command.headers.items() for value in values]
            for text in (command.command or "", command.content, *headers):
                if _SECRET_TEXT.search(text):
                    yield _defect("secret.inline", name, "a command holds what looks like a secret")


def _defect(code: str, where: str, sentence: str) -> Defect:
    return Defect(code=code, where=where, sentence=sentence)
