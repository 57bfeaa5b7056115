"""Notice templates: TOML with a body and `{{field}}` placeholders, filled strictly and never executed.

**Promise**: a template says what it is for, its source and its fields; filling refuses unknown, missing,
empty and unprintable values; a value is text and is never read as a template again.
**Not here**: where values come from (`drafting`), and who approves (`notices`).
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import msgspec

from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, UsageError
from probative.kernel.limits import TEXT_CHARS_MAX

_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of a template. `record` names the record's own value for it; what `may_change` is a running
    count or state that a later notice may tell differently.
    """

    name: str
    label: str
    record: str = ""
    may_change: bool = False


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice to be filled in: for which duty, to whom, from which source its content list was taken."""

    id: str
    version: int
    title: str
    language: str
    obligation: str = ""
    stage: str = ""
    recipient: str
    source: str
    confidence: str
    licence: str
    field: tuple[Field, ...]
    body: str
    sha256: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields, in the order they are asked for."""
        return tuple(field.name for field in self.field)


def parse_template(name: str, data: bytes) -> Template:
    """Read one template file; unknown keys, or placeholders without their field, raise `UsageError`."""
    try:
        template = msgspec.convert(tomllib.loads(data.decode()), Template)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _malformed(name, str(error)) from error
    used = set(_PLACEHOLDER.findall(template.body))
    declared = set(template.names)
    if len(declared) != len(template.field):
        raise _malformed(name, "a field is declared twice")
    if used != declared:
        odd = ", ".join(sorted(used ^ declared))
        raise _malformed(name, f"placeholders and fields differ in: {odd}")
    rest = _PLACEHOLDER.sub("", template.body)
    if "{{" in rest or "}}" in rest:
        raise _malformed(name, "only plain {{field}} placeholders are understood")
    return msgspec.structs.replace(template, sha256=sha256_hex(data))


@lru_cache(maxsize=1)
def shipped_templates() -> dict[str, Template]:
    """Return the templates that come with the product, by id.

    >>> shipped_templates()["eu-gdpr-33-notification"].obligation
    'eu-gdpr-33-authority'
    """
    folder = resources.files("probative") / "packs" / "templates"
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    found = [parse_template(file.name, file.read_bytes()) for file in files]
    return {template.id: template for template in sorted(found, key=lambda template: template.id)}


def find_template(templates: Mapping[str, Template], name: str) -> Template:
    """Return a template by id; `NotFoundError` lists those there are."""
    if name not in templates:
        raise NotFoundError(
            "template.unknown", f"There is no template '{name[:80]}'.", f"Known: {', '.join(templates)}."
        )
    return templates[name]


def fill(template: Template, values: Mapping[str, str]) -> str:
    """Return the body with every placeholder replaced once; the set of values must be exactly the fields.

    >>> body = b'id="a"\\nversion=1\\ntitle=""\\nlanguage="en"\\nrecipient=""\\nsource=""\\nconfidence=""'
    >>> body += b'\\nlicence=""\\nbody="To {{who}}"\\n[[field]]\\nname="who"\\nlabel="Who"'
    >>> fill(parse_template("a.toml", body), {"who": "the {{who}}"})
    'To the {{who}}'
    """
    unknown = sorted(set(values) - set(template.names))
    if unknown:
        raise UsageError(
            "notice.field-unknown",
            f"Template '{template.id}' has no field '{unknown[0][:80]}'.",
            f"Its fields: {', '.join(template.names)}.",
        )
    missing = [name for name in template.names if not values.get(name, "").strip()]
    if missing:
        raise UsageError(
            "notice.field-missing",
            f"Template '{template.id}' lacks {', '.join(missing)}.",
            "Give each as --set FIELD=TEXT; write 'not known yet' where that is the truth.",
        )
    for name, value in values.items():
        _check_value(name, value)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template.body)


def _check_value(name: str, value: str) -> None:
    if len(value) > TEXT_CHARS_MAX:
        raise UsageError(
            "notice.field-long",
            f"Field '{name}' has {len(value)} characters; at most {TEXT_CHARS_MAX} are taken.",
            "Shorten it, and refer to an annex.",
        )
    if found := _UNPRINTABLE.search(value):
        raise UsageError(
            "notice.field-unprintable",
            f"Field '{name}' has the control character {found[0]!r}.",
            "Use printable text and line breaks only.",
        )


def _malformed(name: str, detail: str) -> UsageError:
    return UsageError("template.malformed", f"Template file '{name}' is refused: {detail}.", "Mend the file.")
