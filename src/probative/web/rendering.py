"""The template environment: how values look on every page.

**Promise**: everything is escaped; a name that a template misspells is an error, not a blank; instants are
`<time>` elements in UTC, digests keep their full value in the title.
**Not here**: what a page shows (`views`), and where it lies (`pages`).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.digest import sha256_hex
from probative.web.charts import plot, spark
from probative.web.views.sentences import tone

HERE = Path(str(resources.files("probative.web")))
STATIC = HERE / "static"
SHORT_HEX = 10
_FORMS = {"minute": "%b %Y, %H:%M UTC", "second": "%b %Y, %H:%M:%S UTC", "brief": "%b, %H:%M"}
_SPANS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)

LABELS = {
    "pass": "pass",
    "fail": "fail",
    "waived": "waived",
    "not-applicable": "not applicable",
    "not-assessable": "not assessable",
    "not-measurable": "not measurable",
    "needs-counsel": "needs counsel",
    "no-number": "no fixed limit",
    "no-notify": "decided not to notify",
    "met-late": "met late",
    "unconfirmed": "to be confirmed",
}
GATES = {"pass": "open", "fail": "closed"}


def environment() -> Environment:
    """Return the environment with the house's filters."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "instant": instant,
        "span": span,
        "short": short,
        "label": label,
        "tone": tone,
        "gate": lambda outcome: GATES.get(outcome, label(outcome)),
        "number": number,
        "size": byte_size,
        "pretty": pretty,
        "counted": counted,
        "duration": duration,
        "measured": measured,
        "words": words,
        "said": said,
    }
    made.globals |= {"url": url, "asset": asset, "plot": plot, "spark": spark}
    return made


def instant(value: str | datetime | None, form: str = "minute") -> Markup:
    """Show an instant as a person reads it, in UTC; the element keeps it exactly.

    `form` is "minute", "second", or "brief", which leaves out the year and the zone.

    >>> instant("2026-11-21T09:00:00.000000Z")
    Markup('<time datetime="2026-11-21T09:00:00.000000Z">21 Nov 2026, 09:00 UTC</time>')
    """
    if not value:
        return Markup('<span class="none">none</span>')
    at = parse_instant(value) if isinstance(value, str) else value
    shown = f"{at.day} {at.strftime(_FORMS[form])}"
    return Markup('<time datetime="{}">{}</time>').format(format_instant(at), shown)


def span(value: str | datetime, now: datetime) -> str:
    """Say how far an instant is from now, in its largest unit and the next.

    >>> from datetime import UTC
    >>> span("2026-11-23T12:00:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC))
    'in 2 d 3 h'
    """
    at = parse_instant(value) if isinstance(value, str) else value
    length = abs(at - now)
    if length < timedelta(seconds=1):
        return "now"
    return f"in {duration(length)}" if at > now else f"{duration(length)} ago"


def duration(length: timedelta) -> str:
    """Say how long something took, in its largest unit and the next.

    >>> duration(timedelta(seconds=0)), duration(timedelta(seconds=42)), duration(timedelta(hours=30))
    ('at once', '42 s', '1 d 6 h')
    """
    rest = length
    parts: list[tuple[int, str]] = []
    for unit, name in _SPANS:
        count, rest = divmod(rest, unit)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count) or "at once"


def short(digest: str) -> Markup:
    """Show the first characters of a digest or fact id.

    >>> short("ab" * 32)[:23]
    Markup('<code class="digest" ti')
    """
    return Markup('<code class="digest" title="{}">{}</code>').format(digest, digest[:SHORT_HEX])


def label(word: str | None) -> str:
    """Return a state in plain words.

    >>> label("not-assessable"), label("breach"), label(None)
    ('not assessable', 'breach', 'none')
    """
    return LABELS.get(word, word.replace("-", " ")) if word else "none"


def number(value: float | None, digits: int = 4) -> str:
    """Show a measured number with a few significant digits, or a dash.

    >>> number(0.123456), number(1234567), number(None), number(3.0)
    ('0.1235', '1,234,567', '–', '3')
    """
    if value is None:
        return "–"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"


def counted(count: int, thing: str) -> str:
    """Say how many things there are.

    >>> counted(1, "signal"), counted(1200, "reading")
    ('1 signal', '1,200 readings')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def measured(name: str, value: float) -> tuple[str, str]:
    """Show a metric by the unit that its name ends with: seconds as a duration, shares in per cent.

    >>> measured("contain_s", 4320), measured("evidence_share", 0.8889), measured("affected_people", 1000)
    (('contain', '1 h 12 min'), ('evidence', '88.9 %'), ('affected people', '1,000'))
    """
    stem, _, unit = name.rpartition("_")
    if unit == "s" and stem:
        return words(stem), duration(timedelta(seconds=value))
    if unit == "share" and stem:
        return words(stem), f"{number(value * 100, 3)} %"
    return words(name), number(value)


def byte_size(count: int) -> str:
    """Show a number of bytes in a unit that fits.

    >>> byte_size(512), byte_size(2_500_000)
    ('512 B', '2.5 MB')
    """
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{count} B"


def pretty(value: object) -> str:
    """Show nested JSON values as indented text."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def words(name: str) -> str:
    """Show a field's or kind's name as words.

    >>> words("data_sources"), words("chief-risk-officer")
    ('data sources', 'chief risk officer')
    """
    return name.replace("_", " ").replace("-", " ")


def said(text: str) -> str:
    """Show a line that a machine wrote as the beginning of a sentence.

    >>> said("mean 4 -> 5")
    'Mean 4 → 5'
    """
    return (text[:1].upper() + text[1:]).replace("->", "→")


@cache
def asset(name: str) -> str:
    """Return the address of a static file; it changes with the file's bytes, so browsers may keep it."""
    return f"/static/{name}?v={sha256_hex((STATIC / name).read_bytes())[:12]}"


@pass_context
def url(context: Context, *parts: str | int, **query: str | int | None) -> str:
    """Return an address below the root; a page of the past links to pages of the same past."""
    as_of = context.get("as_of")
    wanted: Mapping[str, Any] = {"as_of": as_of} | query
    kept = {name: value for name, value in wanted.items() if value is not None}
    path = "/" + "/".join(quote(str(part), safe="") for part in parts)
    return path + (f"?{urlencode(kept)}" if kept else "")
