"""A verdict as text for a person: a table, and for each unmet control why, and the exact next command.

**Promise**: an outcome is always a word, its symbol and colour only help; lines fit the width asked for.
**Not here**: deciding whether colours are wanted (`cli.gate`).
"""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator

from probative.gate.controls import Control, Controls
from probative.gate.sufficiency import UNMET, Result
from probative.gate.verdict import Verdict
from probative.kernel.outcome import Outcome

Paint = Callable[[str, str], str]  # (text, tone) -> text; tones: good, bad, doubt, quiet, strong
WIDTH = 100
WORDS = {
    Outcome.PASS: ("✔", "pass", "good"),
    Outcome.FAIL: ("✘", "fail", "bad"),
    Outcome.WAIVED: ("~", "waived", "doubt"),
    Outcome.NOT_ASSESSABLE: ("?", "not assessable", "doubt"),
    Outcome.NOT_APPLICABLE: ("·", "not applicable", "quiet"),
}
GATE = {
    Outcome.PASS: ("OPEN", "good"),
    Outcome.FAIL: ("CLOSED", "bad"),
    Outcome.NOT_ASSESSABLE: ("CLOSED, not assessable", "doubt"),
}


def plain(text: str, _tone: str) -> str:
    """Paint nothing: for files, pipes and tests."""
    return text


def render(verdict: Verdict, controls: Controls, paint: Paint = plain, width: int = WIDTH) -> str:
    """Return the whole answer, ending with one line that says open or closed."""
    lines = [*_head(verdict, paint), "", *_table(verdict, controls, paint)]
    waived = [result for result in verdict.results if result.outcome is Outcome.WAIVED]
    if waived:
        lines += ["", paint("Waived for a time", "strong")]
        for result in waived:
            lines += ["", *_waived(result, paint, width)]
    if verdict.unmet:
        lines += ["", paint("What keeps the gate closed, and what to do next", "strong")]
        for result in verdict.unmet:
            lines += ["", *_unmet(result, verdict, controls.control(result.control), paint, width)]
    return "\n".join([*lines, "", _foot(verdict, paint)])


def render_one(verdict: Verdict, control: Control, paint: Paint = plain, width: int = WIDTH) -> str:
    """Return how one control stands for the release: outcome, reason, and what to do next."""
    result = next(item for item in verdict.results if item.control == control.id)
    target = paint(f"{verdict.system}@{verdict.release}", "strong")
    if result.outcome in UNMET:
        return "\n".join([target, *_unmet(result, verdict, control, paint, width)])
    mark, word, tone = WORDS[result.outcome]
    return "\n".join([target, f"  {paint(f'{mark} {word}', tone)}", *_labelled("why", result.reason, width)])


def _head(verdict: Verdict, paint: Paint) -> Iterator[str]:
    tier = verdict.tier or "not assigned: judged as high-risk"
    yield f"{paint(f'{verdict.system}@{verdict.release}', 'strong')}  tier {tier}  model {verdict.model[:12]}"
    at = verdict.evaluated_at[:19].replace("T", " ")
    yield paint(
        f"as of {at} UTC, ledger size {verdict.ledger_size}, root {verdict.ledger_root[:12]},"
        f" controls {verdict.packs[:12]}",
        "quiet",
    )


def _table(verdict: Verdict, controls: Controls, paint: Paint) -> Iterator[str]:
    wide = max(len(word) for _, word, _ in WORDS.values())
    long = max(len(result.control) for result in verdict.results)
    for result in verdict.results:
        mark, word, tone = WORDS[result.outcome]
        title = controls.control(result.control).title
        recommended = result.outcome is not Outcome.NOT_APPLICABLE and not result.mandatory
        note = paint("  (recommended)", "quiet") if recommended else ""
        yield f"  {paint(f'{mark} {word:<{wide}}', tone)}  {result.control:<{long}}  {title}{note}"


def _unmet(result: Result, verdict: Verdict, control: Control, paint: Paint, width: int) -> Iterator[str]:
    mark, word, tone = WORDS[result.outcome]
    command = control.remediation.next_command(result.step, verdict.system, verdict.release)
    yield f"  {paint(f'{mark} {word}', tone)}  {result.control}  {control.title}  (owner: {control.owner})"
    yield from _labelled("why", result.reason, width)
    yield from _labelled("mend", control.remediation.text, width)
    yield f"    {'run':<5} {paint(command, 'strong')}"


def _waived(result: Result, paint: Paint, width: int) -> Iterator[str]:
    yield f"  {paint('~ waived', 'doubt')}  {result.control}"
    yield from _labelled("why", result.reason, width)


def _labelled(label: str, text: str, width: int) -> list[str]:
    indent = " " * 10
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=f"    {label:<5} ",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _foot(verdict: Verdict, paint: Paint) -> str:
    counted = Counter(result.outcome for result in verdict.results)
    counts = ", ".join(f"{counted[item]} {word}" for item, (_, word, _) in WORDS.items() if counted[item])
    word, tone = GATE[verdict.outcome]
    recorded = f"recorded as fact {verdict.fact[:12]}" if verdict.fact else "not recorded"
    return f"{paint(f'gate {word}', tone)}: {counts}; {recorded}"
