"""A verdict as JUnit XML, which every CI system shows.

**Promise**: one test case per control: fail is a failure, not assessable an error, waived and not
applicable are skipped with the reason; a recommended control never breaks a build, it is skipped with its
outcome.
**Not here**: writing the file (`cli.gate`).
"""

import re
from xml.etree import ElementTree as ET

from probative.gate.controls import Controls
from probative.gate.sufficiency import Result
from probative.gate.verdict import Verdict
from probative.kernel.outcome import Outcome

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verdict: Verdict, controls: Controls) -> bytes:
    """Return the XML document in UTF-8."""
    suite = ET.Element("testsuite", name=f"{verdict.system}@{verdict.release}", hostname="probative")
    suite.set("timestamp", verdict.evaluated_at[:19])
    suite.set("time", "0")
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("outcome", verdict.outcome.value),
        ("tier", verdict.tier),
        ("model", verdict.model),
        ("ledger_size", str(verdict.ledger_size)),
        ("ledger_root", verdict.ledger_root),
        ("verdict_fact", verdict.fact),
    ):
        ET.SubElement(properties, "property", name=name, value=value)
    kinds = [_case(suite, result, verdict, controls) for result in verdict.results]
    for kind in ("failure", "error", "skipped"):
        suite.set({"failure": "failures", "error": "errors"}.get(kind, kind), str(kinds.count(kind)))
    suite.set("tests", str(len(kinds)))
    root = ET.Element("testsuites", name="probative gate")
    root.append(suite)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _case(suite: ET.Element, result: Result, verdict: Verdict, controls: Controls) -> str:
    control = controls.control(result.control)
    case = ET.SubElement(suite, "testcase", classname="probative.gate", time="0")
    case.set("name", f"{result.control} {control.title}")
    kind = _kind(result)
    if kind:
        element = ET.SubElement(case, kind, message=_clean(f"{result.outcome.value}: {result.reason}"))
        if kind != "skipped":
            element.set("type", result.outcome.value)
            command = control.remediation.next_command(result.step, verdict.system, verdict.release)
            element.text = _clean(f"{result.reason}\n{control.remediation.text}\nNext: {command}")
    return kind


def _kind(result: Result) -> str:
    if result.outcome is Outcome.PASS:
        return ""
    if not result.mandatory or result.outcome in (Outcome.WAIVED, Outcome.NOT_APPLICABLE):
        return "skipped"
    return "failure" if result.outcome is Outcome.FAIL else "error"


def _clean(text: str) -> str:
    """Replace characters that XML 1.0 cannot carry."""
    return _NOT_XML.sub("�", text)
