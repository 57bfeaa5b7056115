"""Inventory and roles: complete, tiered, held."""

import pytest

from probative.kernel.outcome import Outcome
from tests.gate.evidence import changed, result


@pytest.mark.parametrize(
    "field", ["title", "purpose", "owner", "sector", "jurisdictions", "legal_roles", "impact", "data_sources"]
)
def test_an_empty_field_is_named(frozen, field):
    """Each field of the registration is asked for."""
    value = frozen.dossier.facts["record.system-registered"][0].body[field]
    bare = changed(frozen.dossier, "record.system-registered", **{field: type(value)()})
    found = result(bare, "PB-GOV-01")
    assert (found.outcome, field in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_points_for_a_lawyer_are_shown(frozen):
    """What counsel must confirm does not close the gate, and is not hidden either."""
    asked = changed(frozen.dossier, "gate.tier-assigned", needs_lawyer=True, lawyer_points=["Confirm it."])
    found = result(asked, "PB-GOV-01")
    assert (found.outcome, "a lawyer must confirm: Confirm it." in found.reason) == (Outcome.PASS, True)


@pytest.mark.parametrize("role", ["chief-risk-officer", "incident-commander", "data-protection-officer"])
def test_an_empty_role_is_named(frozen, role):
    """Each role that high-risk systems need is asked for."""
    roles = frozen.dossier.facts["record.system-registered"][0].body["roles"]
    fewer = {name: person for name, person in roles.items() if name != role}
    found = result(changed(frozen.dossier, "record.system-registered", roles=fewer), "PB-GOV-02")
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, f"nobody holds: {role}")


def test_one_person_does_not_hold_all_roles(frozen):
    """Six roles need three people at least."""
    roles = dict.fromkeys(frozen.dossier.facts["record.system-registered"][0].body["roles"], "p-001")
    found = result(changed(frozen.dossier, "record.system-registered", roles=roles), "PB-GOV-02")
    assert (found.outcome, "held by 1 people, at least 3" in found.reason) == (Outcome.FAIL, True)
