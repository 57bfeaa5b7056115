"""Small playbooks for tests, written as a chain of named steps."""

import json
import uuid
from typing import Any

from probative.respond.playbooks.playbook import EXTENSION, Loaded, load_playbook, shipped_playbook

AGENT = "group--7f1c3a52-5d5e-5c0e-9a0a-5f1f8c7d2b10"
IDENTITY = "identity--7f1c3a52-5d5e-5c0e-9a0a-5f1f8c7d2b11"


def step_id(kind: str, name: str) -> str:
    """Return the CACAO id of a step named in a test."""
    return f"{kind}--{uuid.uuid5(uuid.NAMESPACE_OID, name)}"


def ask(name: str, after: str, results: tuple[str, ...] = (), **rules: Any) -> dict[str, Any]:
    """Return a step for a person."""
    step: dict[str, Any] = {
        "type": "action",
        "name": name,
        "commands": [{"type": "manual", "command": f"do {name}"}],
        "agent": AGENT,
        "on_completion": after,
        "step_extensions": {EXTENSION: {"roles": ["incident-commander"], **rules}},
    }
    if results:
        step["out_args"] = list(results)
    return step


def act(name: str, command: str, after: str, results: tuple[str, ...] = (), **rules: Any) -> dict[str, Any]:
    """Return an automated step."""
    step: dict[str, Any] = {
        "type": "action",
        "name": name,
        "commands": [{"type": "probative", "command": command}],
        "agent": AGENT,
        "on_completion": after,
    }
    if results:
        step["out_args"] = list(results)
    if rules:
        step["step_extensions"] = {EXTENSION: rules}
    return step


def playbook(
    first: str, steps: dict[str, dict[str, Any]], variables: tuple[str, ...] = (), **more: Any
) -> bytes:
    """Return the bytes of a playbook that begins with `first`."""
    start = step_id("start", "start")
    content = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": step_id("playbook", "test"),
        "name": "Test playbook",
        "created_by": IDENTITY,
        "created": "2026-11-01T00:00:00.000Z",
        "modified": "2026-11-01T00:00:00.000Z",
        "labels": ["p99"],
        "workflow_start": start,
        "workflow": {start: {"type": "start", "on_completion": first}, **steps},
        "agent_definitions": {AGENT: {"type": "group", "name": "People"}},
        "playbook_variables": {name: {"type": "string", "external": True} for name in variables},
    }
    return json.dumps({**content, **more}).encode()


def loaded(*args: Any, **kwargs: Any) -> Loaded:
    """Return a small playbook, read."""
    return load_playbook(playbook(*args, **kwargs))


def p01() -> dict[str, Any]:
    """Return the shipped playbook as JSON values that a test may break."""
    content: dict[str, Any] = json.loads(shipped_playbook("p01").data)
    return content


def named(content: dict[str, Any], name: str) -> str:
    """Return the id of the step called `name`."""
    return next(key for key, step in content["workflow"].items() if step.get("name") == name)
