"""Readings, signals and audits as text for a person: aligned columns, a word for every status.

**Promise**: a status is always a word, colour only helps; numbers come with their interval and n.
**Not here**: deciding whether colours are wanted, and printing (`cli.watch`).
"""

from collections.abc import Callable, Iterable, Sequence

from probative.watch.facts import FairnessAudited, ReadingTaken, SignalRaised
from probative.watch.measures.coverage import Coverage
from probative.watch.measures.measured import Measured, Status, headline, shown

Paint = Callable[[str, str], str]  # (text, tone) -> text; tones: good, bad, doubt, quiet
TONES = {
    Status.OK: "good",
    Status.WATCH: "doubt",
    Status.BREACH: "bad",
    Status.UNDETERMINED: "doubt",
    Status.NOT_MEASURABLE: "quiet",
}
_STATUS_WIDTH = max(len(status.value) for status in Status)
_HOUR_S = 3600
_LONG_AGO = "1971"


def plain(text: str, _tone: str) -> str:
    """Paint nothing: for files, pipes and tests."""
    return text


def readings(found: Sequence[ReadingTaken], paint: Paint = plain) -> str:
    """Return one line per window: when, which monitor, how many rows, the conclusion, and what is worst.

    >>> print(readings([]))
    No reading yet: no window that decisions fall into has ended.
    """
    if not found:
        return "No reading yet: no window that decisions fall into has ended."
    head = ("window", "monitor", "rows", "status", "")
    rows = [(_span(r), r.monitor, f"{r.n:,}", r.status, _worst(r)) for r in found]
    widths = [max(len(head[at]), *(len(row[at]) for row in rows)) for at in range(3)]
    lines = [f"{head[0]:<{widths[0]}}  {head[1]:<{widths[1]}}  {head[2]:>{widths[2]}}  {head[3]}"]
    for span, name, size, status, worst in rows:
        word = paint(status.value, TONES[status])
        line = f"{span:<{widths[0]}}  {name:<{widths[1]}}  {size:>{widths[2]}}  {word}"
        lines.append(f"{line}{' ' * (_STATUS_WIDTH - len(status.value))}  {worst}" if worst else line)
    return "\n".join(lines)


def signal(raised: SignalRaised, cleared_at: str | None, paint: Paint = plain) -> str:
    """Return a signal in three lines: what, since when it stands, and who owns it."""
    state = f"cleared {cleared_at[:16]}Z" if cleared_at else "open"
    head = paint(f"{raised.signal}: severity {raised.severity}, {state}", "quiet" if cleared_at else "bad")
    ended = f"raised for the window that ended {raised.window_until[:16]}Z"
    owner = f"  cause {raised.cause}, owner {raised.owner}, {ended}"
    return f"{head}\n  {raised.summary}\n{owner}"


def measures(found: Iterable[Measured], paint: Paint = plain) -> str:
    """Return one line per measure: the conclusion, the number with its interval, n, and a note or reason."""
    lines = []
    for each in found:
        word = paint(f"{each.status.value:<{_STATUS_WIDTH}}", TONES[each.status])
        aside = each.reason or each.note
        lines.append(f"{word}  {each.name}: {_number(each)}{f'; {aside}' if aside else ''}")
    return "\n".join(lines)


def audit(body: FairnessAudited, found: Sequence[Measured], paint: Paint = plain) -> str:
    """Return a fairness audit: the cohort, a table of groups per attribute, the gaps, and what it is not."""
    cohort = body.cohort
    where = "".join(f", {name} = {value}" for name, value in cohort.where.items())
    since = "" if cohort.since < _LONG_AGO else f"from {cohort.since[:16]}Z "
    lines = [
        f"{body.system}: {cohort.count or 0:,} decisions {since}until {cohort.until[:16]}Z{where}",
        f"cohort sha256 {cohort.sha256}",
        _coverage(body.coverage),
    ]
    sets = [attribute.name for attribute in body.attributes]
    sets += [" x ".join(names) for names in body.intersections]
    for attributes in sets:
        here = [each for each in found if each.column == attributes]
        lines += ["", *_groups(attributes, here, paint), *_gaps(here, paint)]
    return "\n".join([*lines, "", body.notice, f"Every number with its n: blob {body.result}"])


def _groups(attributes: str, found: Sequence[Measured], paint: Paint) -> list[str]:
    """Return one line per group: decisions, selection rate and ratio with their intervals, conclusion."""
    rates = {each.group: each for each in found if each.measure == "selection-rate"}
    ratios = {each.group: each for each in found if each.measure == "selection-ratio"}
    if not rates or set(rates) != set(ratios):
        return [f"{attributes}: {each.reason}" for each in ratios.values()]
    width = max(len(attributes), *map(len, rates))
    lines = [f"{attributes:<{width}}  {'decisions':>9}  {'selection rate':<20}  {'ratio':<20}  four-fifths"]
    for group, rate in sorted(rates.items()):
        word = paint(ratios[group].status.value, TONES[ratios[group].status])
        numbers = f"{rate.n:>9,}  {_share(rate):<20}  {_share(ratios[group]):<20}"
        lines.append(f"{group:<{width}}  {numbers}  {word}")
    return lines


def _share(measured: Measured) -> str:
    """Write a share or ratio with its interval to three decimals, so that columns can be compared."""
    if measured.value is None:
        return ""
    if measured.low is None or measured.high is None:
        return f"{measured.value:.3f}"
    return f"{measured.value:.3f} [{measured.low:.3f}, {measured.high:.3f}]"


def _gaps(found: Sequence[Measured], paint: Paint) -> list[str]:
    """Return one line per difference of error rates, with the two groups it lies between."""
    gaps = [each for each in found if each.measure in ("equal-opportunity", "equalised-odds")]
    lines = []
    for each in sorted(gaps, key=lambda each: each.measure):
        word = paint(each.status.value, TONES[each.status])
        lines.append(f"{each.measure}: {_share(each) or 'none'} {word}; {each.reason or each.note}")
    return lines


def _coverage(known: Coverage) -> str:
    note = f"; {known.note}" if known.note else ""
    return f"{known.labelled:,} decisions with a known outcome: {_known(known, settled=True)}{note}"


def _known(known: Coverage, *, settled: bool) -> str:
    """Say which share of outcomes is known, and how late the middle one came."""
    lag = f", half of them within {known.lag_median_s / _HOUR_S:g} h" if known.lag_median_s else ""
    return f"outcomes {known.share:.0%}{'' if settled else ' so far'}{lag}"


def _span(reading: ReadingTaken) -> str:
    return f"{reading.window_from[:16]} to {reading.window_until[:16]}Z"


def _worst(reading: ReadingTaken) -> str:
    """Say what is worst in a reading, with the defects of its data first."""
    parts = [defect.sentence for defect in reading.defects]
    serious = [each for each in reading.measures if each.status is reading.status is not Status.OK]
    if serious and not parts:
        first = headline(serious)
        parts.append(f"{first.name} {_number(first)}: {first.reason or first.note}".rstrip(": "))
        if len(serious) > 1:
            parts.append(f"and {len(serious) - 1} more")
    if reading.coverage is not None and reading.n:
        parts.append(_known(reading.coverage, settled=reading.settled))
    return "; ".join(parts)


def _number(measured: Measured) -> str:
    return f"none, n {measured.n:,}" if measured.value is None else f"{_bare(measured)}, n {measured.n:,}"


def _bare(measured: Measured) -> str:
    """Write a number with its interval."""
    if measured.value is None:
        return "none"
    if measured.low is None or measured.high is None:
        return shown(measured.value)
    return f"{shown(measured.value)} [{shown(measured.low)}, {shown(measured.high)}]"
