"""Default thresholds and monitor templates: package data with source and date.

**Promise**: a threshold used without the owner's own numbers is one of these, by id, valid on that day.
**Not here**: choosing for the owner: a template is filled in and declared by a person.
"""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError

_FOLDER = resources.files("probative.packs") / "monitors"
_THRESHOLDS = "thresholds"


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One default: values, who says so (`source`) and how binding that is (`standing`)."""

    id: str
    measure: str
    watch: float
    breach: float
    n_min: int
    valid_from: date | None = None
    valid_until: date | None = None
    standing: str
    source: str
    note: str = ""


class ThresholdPack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds with the pack's own identity; `sha256` is the digest of the file's bytes."""

    id: str
    version: int
    title: str
    reviewed: date
    licence: str
    source: str
    notice: str
    threshold: tuple[Threshold, ...]
    sha256: str = ""

    def get(self, name: str, on: date) -> Threshold:
        """Return threshold `name` as valid on a day; an unknown or outdated one raises `NotFoundError`."""
        for each in self.threshold:
            if each.id == name and (each.valid_from or on) <= on and (each.valid_until or date.max) > on:
                return each
        raise NotFoundError(
            "watch.unknown-threshold",
            f"There is no threshold '{name[:80]}' valid on {on}.",
            f"Give watch and breach values, or one of {', '.join(each.id for each in self.threshold)}.",
        )


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A monitor to start from: everything but the system, its owner and its reference."""

    id: str
    version: int
    title: str
    licence: str
    source: str
    monitor: dict[str, Any]
    notice: str = ""


@cache
def thresholds() -> ThresholdPack:
    """Read the default thresholds.

    >>> thresholds().get("psi-convention", date(2026, 11, 21)).breach
    0.25
    """
    data = (_FOLDER / f"{_THRESHOLDS}.toml").read_bytes()
    pack = msgspec.convert(tomllib.loads(data.decode()), ThresholdPack)
    return msgspec.structs.replace(pack, sha256=sha256_hex(data))


def templates() -> tuple[str, ...]:
    """Name the templates there are.

    >>> templates()
    ('tabular-drift', 'tabular-fairness', 'tabular-performance')
    """
    names = (entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(name for name in names if name != _THRESHOLDS))


def template(name: str) -> Template:
    """Read one template by name; an unknown one raises `NotFoundError`.

    >>> template("tabular-drift").monitor["window"]
    {'period': '1d'}
    """
    if name not in templates():
        raise NotFoundError(
            "watch.unknown-template",
            f"There is no monitor template '{name[:80]}'.",
            f"Use one of {', '.join(templates())}.",
        )
    return msgspec.convert(tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8")), Template)
