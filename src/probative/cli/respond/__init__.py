"""`probative respond`: incidents, the kill switch, playbooks, holds, and the legal commands beside them.

**Promise**: `--help` loads no command and no room; a stop loads only what a stop needs.
**Not here**: rules; a command parses, calls one method of the responder or one of its parts, and renders.
"""

import importlib

import click

_LEGAL = "probative.cli.respond_legal"
_HERE = "probative.cli.respond"

COMMANDS: dict[str, tuple[str, str]] = {
    "declare": (f"{_HERE}.incidents", "Open an incident by hand."),
    "list": (f"{_HERE}.incidents", "List incidents, newest first."),
    "show": (f"{_HERE}.incidents", "Show an incident: how it stands, its open points, its timeline."),
    "take": (f"{_HERE}.incidents", "Take an incident: the time to acknowledge ends."),
    "assess": (f"{_HERE}.incidents", "Assess the severity anew; lowering needs another person and a reason."),
    "task": (f"{_HERE}.incidents", "Set a task with an owner; the last word counts."),
    "corrective": (f"{_HERE}.incidents", "Agree a corrective action, or record that it was done."),
    "close": (f"{_HERE}.incidents", "Close an incident; refused while anything is open."),
    "react": (f"{_HERE}.incidents", "React to a signal by hand, as the engine does by itself."),
    "stop": (f"{_HERE}.acts", "Stop the incident's system now; waits for nothing."),
    "verify": (f"{_HERE}.acts", "Verify a stop from the decision log."),
    "capture": (f"{_HERE}.acts", "Capture the evidence before anything else is changed."),
    "affected": (f"{_HERE}.acts", "Freeze the list of affected decisions and people."),
    "approve": (f"{_HERE}.acts", "Approve, as one of two persons, that the system answers again."),
    "rollback": (f"{_HERE}.acts", "Serve the fallback release."),
    "resume": (f"{_HERE}.acts", "Serve the armed release again, after the gate let it through."),
    "switch": (f"{_HERE}.acts", "The flag that production obeys: arm it, look at it."),
    "order": (f"{_HERE}.standing", "Standing orders: leave to stop a system without asking."),
    "hold": (f"{_HERE}.standing", "Legal holds: what may neither be erased nor pruned."),
    "playbook": (f"{_HERE}.playbooks", "Playbooks: validate, adopt, exercise, start, follow."),
    "step": (f"{_HERE}.playbooks", "Steps that wait for a person: see them, answer them."),
    "run-due": (f"{_HERE}.playbooks", "Do what waits: open changes, runs, escalations, clock warnings."),
    "clocks": (_LEGAL, "Legal clocks: which apply, until when, what was decided."),
    "notice": (_LEGAL, "Notices to authorities and people, from templates."),
    "inquiry": (_LEGAL, "Inquiries of authorities: letter, matrix, cohort, answer."),
}


class _Commands(click.Group):
    """Loads a command's module when the command is called, and lists commands without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        name = cmd_name.replace("-", "_")
        command = getattr(module, f"{name}_" if name == "list" else name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands)
def group() -> None:
    """Incidents: stop the harm, capture the evidence, follow a playbook, meet the clocks, close.

    \b
    Examples:
      probative respond declare loans --title "Accuracy fell" --onset 2026-11-15T09:00:00Z
      probative respond stop inc-2026-0001 --reason "wrong rejections"
      probative respond capture inc-2026-0001
      probative respond playbook start inc-2026-0001 p01
      probative respond show inc-2026-0001
    """
