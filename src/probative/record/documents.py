"""Documents: model cards and datasheets, drafted from what is known, checked for gaps, bound to a digest.

**Promise**: a draft never invents: a field that nobody filled is listed as missing and shown as such.
**Not here**: comparing claims with measurements (`gate`), and other people's card formats.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.digest import check_digest
from probative.kernel.errors import NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.record.facts import DocumentRecorded, Draft, Fact, subject
from probative.record.recorder import Recorder

Value = str | int | float | bool


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One heading of a template: its `name` in facts, and `help` for who fills it in."""

    name: str
    heading: str
    required: bool
    help: str


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document's headings, from a pack file."""

    id: str
    version: str
    title: str
    licence: str
    fields: tuple[Field, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A drafted document: its Markdown, the filled `fields`, and the required ones that are `missing`."""

    kind: str
    text: str
    fields: dict[str, Value]
    missing: tuple[str, ...]


@cache
def template(kind: str) -> Template:
    """Return the template of a document kind.

    >>> [field.name for field in template("model-card").fields][:2]
    ['model_details', 'intended_use']
    """
    file = resources.files("probative.packs") / "documents" / f"{check_name(kind, 'document kind')}.toml"
    if not file.is_file():
        raise NotFoundError(
            "document.no-template", f"There is no template for '{kind}'.", "Use model-card or datasheet."
        )
    return msgspec.convert(tomllib.loads(file.read_text()), Template)


def draft(kind: str, about: str, known: Mapping[str, Value]) -> Document:
    """Draft a document about digest `about` from what is `known`.

    Names of the template's fields fill its headings; `metric.NAME` values become a table of claims that the
    gate compares with the measured evaluation. Any other name raises `UsageError`.

    >>> draft("model-card", "ab" * 32, {"metric.accuracy": 0.81}).missing[:1]
    ('model_details',)
    """
    form = template(kind)
    names = {field.name for field in form.fields}
    claims = {name: value for name, value in known.items() if name.startswith("metric.")}
    for name in known:
        if name not in names and name not in claims:
            raise UsageError(
                "document.unknown-field",
                f"A {kind} has no field '{name}'.",
                f"Use {', '.join(sorted(names))}.",
            )
    lines = [f"# {form.title}", "", f"About `sha256:{about}`", ""]
    for field in form.fields:
        lines += [f"## {field.heading}", "", str(known.get(field.name) or f"*Missing: {field.help}*"), ""]
    if claims:
        lines += ["## Claimed measurements", "", "| metric | value |", "| --- | --- |"]
        lines += [f"| {name.removeprefix('metric.')} | {value} |" for name, value in sorted(claims.items())]
        lines.append("")
    missing = tuple(field.name for field in form.fields if field.required and not known.get(field.name))
    return Document(kind=kind, text="\n".join(lines), fields=dict(known), missing=missing)


def record_document(
    recorder: Recorder, document: Document, *, system: str, name: str, about: str, actor: Actor
) -> Fact:
    """Keep a document's text as a blob and record it as describing digest `about`."""
    check_name(name, "document")
    check_digest(about)
    body = DocumentRecorded(
        document=name,
        document_kind=document.kind,
        system=system,
        sha256=recorder.put(document.text.encode()),
        about=about,
        fields=document.fields,
        missing=document.missing,
    )
    subjects = (
        subject(f"document/{name}", body.sha256),
        subject(f"about/{name}", about),
        subject(f"system/{system}"),
    )
    return recorder.append(Draft(body=body, subjects=subjects, actor=actor))[0]
