"""Write the reference pages that are made from the code: fact schemas, glossary, command line, controls.

**Promise**: `pages()` gives every generated file as text; the tests compare it with what is committed, so a
page can never say something else than the code.
**Not here**: pages written by hand (tutorials, how-to guides, explanations).
"""

import importlib
import inspect
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

import probative
from probative.gate.controls import shipped_controls
from probative.gate.outputs import catalogue
from probative.kernel.actor import Actor
from probative.record.facts import KIND_PREFIX, Body, kinds

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Made by `just docs` from the code; edit the docstrings instead. -->"
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
FACT_ID = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

# Where each word of the house is explained: the docstring there is the definition.
WORDS = {
    "actor": "probative.kernel.actor.Actor",
    "approval": "probative.gate.facts.ApprovalGiven",
    "asset": "probative.record.facts.AssetRecorded",
    "blob": "probative.record.ports.BlobStore",
    "checkpoint": "probative.record.proofs.checkpoint",
    "clock": "probative.respond.deadlines.facts.ClockStarted",
    "cohort": "probative.respond.inquiry.facts.CohortFrozen",
    "control": "probative.gate.controls.Control",
    "custody": "probative.respond.facts.CustodyRecorded",
    "decision": "probative.record.decisions.schema",
    "entry": "probative.record.proofs.envelope",
    "exercise": "probative.respond.playbooks.facts.PlaybookExercised",
    "fact": "probative.record.facts.Fact",
    "hold": "probative.respond.facts.HoldPlaced",
    "inquiry": "probative.respond.inquiry.facts.InquiryOpened",
    "incident": "probative.respond.facts.IncidentDeclared",
    "ledger": "probative.record.ledger",
    "measure": "probative.watch.measures.measured.Measured",
    "monitor": "probative.watch.monitor.Monitor",
    "notice": "probative.respond.notice.notices.Notice",
    "outcome": "probative.kernel.outcome.Outcome",
    "package": "probative.prove.package",
    "playbook": "probative.respond.playbooks.playbook.Playbook",
    "proof": "probative.record.proofs.proof",
    "reading": "probative.watch.facts.ReadingTaken",
    "release": "probative.record.facts.ReleaseProposed",
    "segment": "probative.record.decisions.facts.SegmentSealed",
    "signal": "probative.watch.facts.SignalRaised",
    "snapshot": "probative.respond.facts.SnapshotSealed",
    "standing order": "probative.respond.facts.StandingOrderGiven",
    "step": "probative.respond.playbooks.playbook.Step",
    "subject": "probative.record.facts.Subject",
    "system": "probative.record.facts.SystemRegistered",
    "threshold": "probative.gate.facts.Threshold",
    "tier": "probative.gate.facts.TierAssigned",
    "trust file": "probative.record.proofs.trust",
    "verdict": "probative.gate.facts.VerdictGiven",
    "waiver": "probative.gate.facts.WaiverGranted",
    "window": "probative.watch.monitor.WindowSpec",
}


def load_facts() -> None:
    """Import the modules that declare fact kinds: every room's `facts`, and the one table of reactions."""
    for module in pkgutil.walk_packages(probative.__path__, "probative."):
        if module.name.endswith((".facts", ".reactions")):
            importlib.import_module(module.name)


def fact_schema(kind: str, version: int, body: type[Body]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the in-toto predicate of one fact kind and version."""
    (actor, told), components = msgspec.json.schema_components([Actor, body], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{KIND_PREFIX}{kind}:{version}",
        "title": f"{kind}, version {version}",
        "description": inspect.getdoc(body),
        "type": "object",
        "properties": {
            "actor": actor,
            "body": told,
            "caused_by": {"type": "array", "items": FACT_ID},
            "key": {"type": "string"},
            "occurred_at": INSTANT,
            "entry": {"type": "integer", "minimum": 0, "description": "the fact's place in the ledger"},
            "recorded_at": INSTANT,
        },
        "required": ["actor", "body", "caused_by", "entry", "occurred_at", "recorded_at"],
        "additionalProperties": False,
        "$defs": components,
    }


def fact_pages() -> dict[str, str]:
    """Return one schema file per fact kind and version, and the page that lists them."""
    load_facts()
    ours = {name: body for name, body in kinds().items() if body.__module__.startswith("probative.")}
    lines = [
        NOTE,
        "# Fact kinds",
        "",
        "A fact is an in-toto Statement v1 in a DSSE envelope. Each kind and version has its own",
        f"predicate type, `{KIND_PREFIX}KIND:VERSION`, and a JSON Schema beside this page.",
        "A kind and version never change meaning.",
        "",
        "| kind | says |",
        "| --- | --- |",
    ]
    found = {}
    for (kind, version), body in sorted(ours.items()):
        name = f"{kind}.{version}.json"
        lines.append(f"| [`{kind}:{version}`]({name}) | {first_sentence(body)} |")
        found[f"facts/{name}"] = json.dumps(fact_schema(kind, version, body), indent=2) + "\n"
    return found | {"facts/README.md": "\n".join(lines) + "\n"}


def first_sentence(thing: object) -> str:
    """Return the first paragraph of a docstring on one line."""
    text = inspect.getdoc(thing) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def find(dotted: str) -> object:
    """Return the module, class or function that `dotted` names."""
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        home, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(home), name)


def glossary_page() -> str:
    """Return the glossary: each word, its one meaning, and where in the code that meaning lives."""
    lines = [NOTE, "# Glossary", "", "One word, one meaning, in the code as on the pages.", ""]
    lines += ["| word | meaning | in the code |", "| --- | --- | --- |"]
    for word, dotted in sorted(WORDS.items()):
        lines.append(f"| **{word}** | {first_sentence(find(dotted))} | `{dotted}` |")
    return "\n".join(lines) + "\n"


def command_pages(command: click.Command, path: str) -> list[str]:
    """Return the help text of `command` and of everything below it, as Markdown sections."""
    # A command keeps the help option of the first context that asked for it: so name it as the root does.
    names = ["-h", "--help"]
    context = click.Context(command, info_name=path, terminal_width=100, help_option_names=names)
    sections = [f"## `{path}`", "", "```text", command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                sections += command_pages(child, f"{path} {name}")
    return sections


def pages() -> dict[str, str]:
    """Return every generated page by its path below `docs/reference`."""
    root = importlib.import_module("probative.cli").cli
    commands = [NOTE, "# Command line", "", *command_pages(root, "probative")]
    return fact_pages() | {
        "glossary.md": glossary_page(),
        "cli.md": "\n".join(commands),
        "controls.md": catalogue.render(shipped_controls()),
    }


def write(folder: Path = HERE) -> None:
    """Write the pages, and remove schema files of kinds that never were released under that name."""
    made = pages()
    for stale in (folder / "facts").glob("*.json"):
        if f"facts/{stale.name}" not in made:
            stale.unlink()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(*[Path(argument) for argument in sys.argv[1:]])
