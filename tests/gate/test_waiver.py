"""Waivers written into the ledger without asking the gate: each broken term is found when checking."""

from datetime import timedelta

import msgspec
import pytest

from probative.gate.facts import WaiverGranted
from probative.kernel.clock import format_instant
from probative.kernel.outcome import Outcome
from tests.gate.evidence import PEOPLE, RELEASE, SYSTEM, also, result, without

CONTROL = "PB-MON-01"


@pytest.fixture
def unmet(frozen):
    """The complete story without its monitor."""
    return without(frozen.dossier, "watch.monitor-declared")


def granted(dossier, role="chief-risk-officer", days=14, **changes):
    """Return the dossier with a waiver fact, as if appended by hand."""
    waiver = WaiverGranted(
        waiver="w-1",
        control=CONTROL,
        system=SYSTEM,
        release=RELEASE,
        reason="the feed is not ready",
        compensating="checked by hand",
        requester=PEOPLE["model-owner"].id,
        approver=PEOPLE["chief-risk-officer"].id,
        approver_role="chief-risk-officer",
        expires_at=format_instant(dossier.at + timedelta(days=days)),
    )
    body = msgspec.to_builtins(msgspec.structs.replace(waiver, **changes))
    return also(dossier, "gate.waiver-granted", body, role=role)


def test_a_waiver_in_order_waives(unmet):
    """The outcome is waived, the reason keeps why it was needed, and the waiver rules pass."""
    found = granted(unmet)
    waived, rules = result(found, CONTROL), result(found, "PB-GOV-03")
    assert (waived.outcome, rules.outcome) == (Outcome.WAIVED, Outcome.PASS)
    assert "without it: no monitor is declared" in waived.reason


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"approver_role": "legal", "approver": PEOPLE["legal"].id}, "is approved as legal"),
        ({"approver": "p-099"}, "but chief-risk-officer is 'p-004'"),
        ({"requester": PEOPLE["chief-risk-officer"].id}, "by its requester"),
        ({"reason": ""}, "gives no reason"),
        ({"compensating": " "}, "names no compensating control"),
        ({"expires_at": "soon"}, "no expiry that can be read"),
        ({"days": 60}, "runs 60 days"),
        ({"days": -1}, "expired before it was granted"),
        ({"role": "model-owner"}, "was recorded by 'p-001', not by its approver"),
        ({"renews": "w-0"}, "renews 'w-0', which was never granted"),
    ],
)
def test_a_waiver_against_its_terms_does_not_hold(unmet, changes, complaint):
    """The control stays unmet, and both it and the waiver rules say why."""
    found = granted(unmet, **changes)
    control, rules = result(found, CONTROL), result(found, "PB-GOV-03")
    assert (control.outcome, rules.outcome) == (Outcome.NOT_ASSESSABLE, Outcome.FAIL)
    assert complaint in control.reason
    assert complaint in rules.reason


def test_a_control_that_cannot_be_waived_is_not(frozen):
    """A waiver fact for thresholds has no force."""
    bare = without(frozen.dossier, "gate.thresholds-declared")
    found = result(granted(bare, control="PB-EVA-01"), "PB-EVA-01")
    assert (found.outcome, "the control cannot be waived" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_an_unreadable_waiver_does_not_hold(unmet):
    """A waiver fact that lacks its fields waives nothing."""
    found = also(unmet, "gate.waiver-granted", {"control": CONTROL, "release": RELEASE})
    assert result(found, CONTROL).outcome is Outcome.NOT_ASSESSABLE


def test_too_many_waivers_at_once_fail(frozen):
    """A release that leans on four waivers is not assured."""
    bare = frozen.dossier
    for kind in ("watch.monitor-declared", "respond.playbook-adopted", "record.document-recorded"):
        bare = without(bare, kind)
    for number, control in enumerate(("PB-MON-01", "PB-RES-01", "PB-DOC-01", "PB-DOC-02")):
        bare = granted(bare, control=control, waiver=f"w-{number}", days=7)
    found = result(bare, "PB-GOV-03")
    assert (found.outcome, "4 waivers at once, at most 3" in found.reason) == (Outcome.FAIL, True)


def test_a_waiver_that_is_not_needed_is_not_used(frozen):
    """A control that passes by itself passes; its waiver is not leaned on."""
    found = granted(frozen.dossier)
    assert (result(found, CONTROL).outcome, result(found, "PB-GOV-03").outcome) == (
        Outcome.PASS,
        Outcome.NOT_APPLICABLE,
    )
