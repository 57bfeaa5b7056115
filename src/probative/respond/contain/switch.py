"""The flagd document as a kill switch: pure edits, and evaluation by flagd's own in-process evaluator.

**Promise**: a stopped flag answers `off` whatever the caller's default or the targeting rules were; editing
one flag leaves every other flag in the document as it was.
**Not here**: reading and writing the file (`adapters.files.flags`), and the production side (`client.guard`).

A flagd flag with state `DISABLED` hands back the *caller's* default, which a service may have set to "go on".
So a stop never disables: it keeps the flag `ENABLED`, sets `defaultVariant` to `off` and clears `targeting`.
Document format: https://flagd.dev/reference/flag-definitions/.
"""

import json
from typing import Any, get_args

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.exception import OpenFeatureError

from probative.kernel.canon import parse_strict
from probative.kernel.errors import NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.respond.facts import Variant
from probative.respond.ports import Reading

FLAG_SCHEMA = "https://flagd.dev/schema/v0/flags.json"
VARIANTS: tuple[Variant, ...] = get_args(Variant)
_UNREAD = ""


def flag_of(system: str) -> str:
    """Return the name of the flag that says whether `system` may serve.

    >>> flag_of("credit-scoring")
    'credit-scoring.serve'
    """
    return f"{check_name(system, 'system')}.serve"


def armed(document: bytes, flag: str, release: str, fallback: str | None) -> bytes:
    """Return the document with `flag` ready: `on` names the release, `fallback` the one to fall back to.

    A flag that is there keeps the variant it answers now: arming never starts or stops a system.

    >>> text = armed(b"", "loans.serve", "loans@2", "loans@1")
    >>> evaluate(text, "loans.serve")
    Reading(variant='on', value='loans@2', reason='STATIC', error='')
    """
    content = _parse(document)
    known = _flags(content).get(flag)
    standing = known.get("defaultVariant") if isinstance(known, dict) else None
    variants = {"on": release, "off": ""} | ({"fallback": fallback} if fallback else {})
    default = standing if standing in variants else ("on" if known is None else "off")
    return _with_flag(content, flag, variants, default)


def switched(document: bytes, flag: str, variant: Variant) -> bytes:
    """Return the document with `flag` answering `variant` for everybody: enabled, no targeting.

    Turning on what was never armed raises `NotFoundError`. Turning off always works: a missing flag is made,
    and a document that cannot be read is replaced (flagd would go on serving its last good copy of it).

    >>> text = switched(armed(b"", "loans.serve", "loans@2", None), "loans.serve", "off")
    >>> evaluate(text, "loans.serve", default="serve anyway").variant
    'off'
    """
    try:
        content = _parse(document)
    except UsageError:
        if variant != "off":
            raise
        content = _parse(b"")
    known = _flags(content).get(flag)
    variants = known.get("variants") if isinstance(known, dict) else None
    if variant == "off":
        kept = variants if isinstance(variants, dict) else {}
        return _with_flag(content, flag, {**kept, "off": ""}, "off")
    if not isinstance(variants, dict) or variant not in variants:
        raise NotFoundError(
            "switch.no-variant",
            f"The flag '{flag}' has no variant '{variant}'.",
            "Arm it first: probative respond switch arm SYSTEM RELEASE --fallback RELEASE",
        )
    return _with_flag(content, flag, variants, variant)


def evaluate(document: bytes, flag: str, default: str = _UNREAD) -> Reading:
    """Ask the document what `flag` answers, the way flagd would, for a caller with this `default`.

    Nothing is raised: an unreadable document or a missing flag is a reading with reason ERROR.

    >>> evaluate(b"{", "loans.serve").reason
    'ERROR'
    """
    core = FlagdCore()
    try:
        core.set_flags(_parse(document))
        details = core.resolve_string_value(flag, default)
    except (OpenFeatureError, UsageError) as error:
        return Reading(None, default, "ERROR", str(error)[:200] or type(error).__name__)
    variant = next((name for name in VARIANTS if name == details.variant), None)
    return Reading(variant, details.value, str(details.reason or ""))


def release_of(document: bytes, flag: str, variant: Variant) -> str:
    """Return the release that `flag` serves under `variant`; empty if it names none.

    >>> release_of(armed(b"", "loans.serve", "loans@2", "loans@1"), "loans.serve", "fallback")
    'loans@1'
    """
    found = _flags(_parse(document)).get(flag)
    variants = found.get("variants") if isinstance(found, dict) else None
    value = variants.get(variant) if isinstance(variants, dict) else None
    return value if isinstance(value, str) else ""


def _parse(document: bytes) -> dict[str, Any]:
    content = parse_strict(document) if document.strip() else {}
    if not isinstance(content, dict) or not isinstance(content.get("flags", {}), dict):
        raise UsageError(
            "switch.no-flags", "The flag document has no object 'flags'.", "Restore it from its snapshot."
        )
    return content


def _flags(content: dict[str, Any]) -> dict[str, Any]:
    flags: dict[str, Any] = content.get("flags", {})
    return flags


def _with_flag(content: dict[str, Any], flag: str, variants: dict[str, Any], default: str) -> bytes:
    known = _flags(content).get(flag)
    kept = {"metadata": known["metadata"]} if isinstance(known, dict) and "metadata" in known else {}
    entry = {"state": "ENABLED", "variants": variants, "defaultVariant": default, "targeting": {}, **kept}
    changed = {"$schema": FLAG_SCHEMA, **content, "flags": {**_flags(content), flag: entry}}
    return json.dumps(changed, indent=2, ensure_ascii=False).encode() + b"\n"
