"""Every kind of defect that a JSON Schema lets pass is found, and named by its step."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from probative.kernel.errors import ConflictError, UsageError
from probative.respond.playbooks.actions import TRAITS
from probative.respond.playbooks.playbook import load_playbook
from probative.respond.playbooks.validation import check_runnable, check_valid, defects
from tests.respond.playbooks.workflows import named, p01, step_id

Content = dict[str, Any]


def codes(content: Content) -> set[str]:
    """Return the codes of all defects."""
    return {defect.code for defect in defects(load_playbook(json.dumps(content).encode()).playbook, TRAITS)}


def step(content: Content, name: str) -> Content:
    """Return the step called `name`, to be broken."""
    found: Content = content["workflow"][named(content, name)]
    return found


def rename(content: Content, old: str, new: str) -> None:
    """Move a step to another key without touching the edges."""
    content["workflow"][new] = content["workflow"].pop(old)


STOP, CAUSE, CAPTURE = "Stop the system", "Find the cause", "Capture the evidence"
SERVING, FALLBACK = "Is the harm still going on?", "May the fallback serve?"

BREAKS: dict[str, Callable[[Content], object]] = {
    "step.dangling": lambda c: step(c, STOP).update(on_completion=step_id("end", "nowhere")),
    "id.malformed": lambda c: rename(c, c["workflow_start"], "start") or c.update(workflow_start="start"),
    "step.key-type": lambda c: step(c, CAUSE).update(type="end", commands=[]),
    "step.unknown-type": lambda c: step(c, CAUSE).update(type="decision"),
    "step.unsupported": lambda c: step(c, CAUSE).update(delay=1000),
    "step.edges": lambda c: step(c, CAUSE).pop("on_completion"),
    "step.unreachable": lambda c: c["workflow"].update({step_id("end", "island"): {"type": "end"}}),
    "step.cycle": lambda c: step(c, STOP).update(on_completion=named(c, STOP)),
    "branch.shared-end": lambda c: step(c, CAUSE).update(
        on_completion=step(c, "Tally the complaints")["on_completion"]
    ),
    "branch.shared-step": lambda c: step(c, CAUSE).update(on_completion=named(c, "Tally the complaints")),
    "branch.no-end": lambda c: step(c, STOP).update(on_completion=named(c, STOP)),
    "condition.malformed": lambda c: step(c, SERVING).update(condition="__serving__:value == true"),
    "condition.missing": lambda c: step(c, SERVING).pop("condition"),
    "variable.undeclared": lambda c: c["playbook_variables"].pop("__cause__"),
    "variable.constant": lambda c: c["playbook_variables"]["__cause__"].update(constant=True),
    "agent.unknown": lambda c: step(c, CAUSE).update(agent=step_id("group", "ghosts")),
    "agent.untyped": lambda c: c["agent_definitions"][step(c, CAUSE)["agent"]].pop("type"),
    "target.unknown": lambda c: step(c, STOP).update(targets=[step_id("group", "ghosts")]),
    "command.count": lambda c: step(c, CAUSE).update(commands=[]),
    "command.unknown": lambda c: step(c, STOP)["commands"][0].update(command="reboot"),
    "command.empty": lambda c: step(c, CAUSE)["commands"][0].pop("command"),
    "command.unsupported": lambda c: step(c, STOP)["commands"][0].update(type="bash"),
    "step.extension": lambda c: step(c, CAUSE)["step_extensions"].update(
        {next(iter(step(c, CAUSE)["step_extensions"])): {"roles": "everybody"}}
    ),
    "step.no-capture": lambda c: step(c, CAPTURE)["commands"][0].update(command="place-hold"),
    "secret.inline": lambda c: step(c, CAUSE)["commands"][0].update(command="log in with password: hunter22"),
}


def test_the_unbroken_playbook_has_none() -> None:
    """The base of all cases below is sound."""
    assert codes(p01()) == set()


@pytest.mark.parametrize("code", BREAKS)
def test_a_defect_is_found(code: str) -> None:
    """Break the sound playbook in one way; that defect is named."""
    content = p01()
    BREAKS[code](content)
    assert code in codes(content)


@pytest.mark.parametrize(
    "info",
    [
        {"type": "user-auth", "username": "u", "password": "hunter22"},
        {"type": "oauth2", "token": "abc", "kms": False},
    ],
)
def test_a_secret_in_a_definition_is_refused_unless_a_key_service_holds_it(info: Content) -> None:
    """A playbook goes into the ledger for ever: no secret may be in it."""
    content = p01()
    key = step_id("user-auth", "login")
    content["authentication_info_definitions"] = {key: info}
    assert "secret.inline" in codes(content)
    content["authentication_info_definitions"] = {key: {**info, "kms": True}}
    assert codes(content) == set()


@pytest.mark.parametrize(
    "text", ["Authorization: Bearer abcdef123456", "api_key=0123456789", "-----BEGIN PRIVATE KEY-----"]
)
def test_what_looks_like_a_secret_in_a_command_is_refused(text: str) -> None:
    """Tokens, keys and keys in the command's own words."""
    content = p01()
    step(content, CAUSE)["commands"][0]["content"] = text
    assert "secret.inline" in codes(content)


def test_the_adviser_may_not_be_made_an_approver() -> None:
    """A playbook cannot give the data protection officer a say in serving again."""
    content = p01()
    extension = next(iter(step(content, "Approve serving the fallback release")["step_extensions"].values()))
    extension["roles"].append("data-protection-officer")
    assert "step.extension" in codes(content)


def test_an_unrunnable_playbook_is_refused_with_its_first_defects() -> None:
    """One sentence that says how many and which."""
    content = p01()
    step(content, STOP)["commands"][0]["command"] = "reboot"
    with pytest.raises(UsageError, match=r"1 defects: .* there is no action 'reboot'"):
        check_runnable(load_playbook(json.dumps(content).encode()).playbook, TRAITS)


@pytest.mark.parametrize(
    "changes",
    [
        {"revoked": True},
        {"valid_until": "2026-11-01T00:00:00.000Z"},
        {"valid_from": "2027-01-01T00:00:00.000Z"},
    ],
)
def test_a_playbook_outside_its_validity_is_refused(changes: Content) -> None:
    """Revoked, expired, not valid yet."""
    book = load_playbook(json.dumps({**p01(), **changes}).encode()).playbook
    with pytest.raises(ConflictError):
        check_valid(book, datetime(2026, 11, 15, tzinfo=UTC))


def test_a_valid_playbook_is_taken() -> None:
    """Within its span, and without one."""
    spans = ({}, {"valid_from": "2026-01-01T00:00:00.000Z", "valid_until": "2027-01-01T00:00:00.000Z"})
    for changes in spans:
        book = load_playbook(json.dumps({**p01(), **changes}).encode()).playbook
        check_valid(book, datetime(2026, 11, 15, tzinfo=UTC))
