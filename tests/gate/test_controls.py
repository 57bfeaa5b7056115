"""The control packs: complete, strictly read, mapped to provisions that exist, with commands that exist."""

import json
import shlex

import click
import pytest

from probative.cli import cli
from probative.gate.controls import open_bundle, parse_controls, shipped_controls
from probative.gate.rules.table import RULES
from probative.gate.tiering.law import Tier
from probative.kernel.errors import NotFoundError, UsageError

CONTROLS = shipped_controls()
FILES = json.loads(CONTROLS.bundle)["controls"]
IDS = [control.id for control in CONTROLS.controls]


def test_there_are_twelve_controls_each_with_its_own_test():
    """Twelve controls, twelve different rules, and no rule without a control."""
    assert len(IDS) == 12
    assert {control.test.rule for control in CONTROLS.controls} == set(RULES)


def test_every_control_is_complete():
    """Statement, owner, evidence, remediation and mappings are there; each is mandatory somewhere."""
    empty = [
        control.id
        for control in CONTROLS.controls
        if not all(
            (
                control.statement,
                control.owner,
                control.frequency,
                control.source,
                control.evidence,
                control.remediation.text,
                control.mappings,
                control.tiers.mandatory,
            )
        )
    ]
    assert empty == []
    assert [c.id for c in CONTROLS.controls if Tier.PROHIBITED in c.tiers.mandatory] == []


def test_high_risk_asks_for_all_and_minimal_blocks_on_three():
    """At every tier inventory, approval and waiver rules block; high-risk systems need all twelve."""
    by_tier = {
        tier: sorted(control.id for control in CONTROLS.controls if tier in control.tiers.mandatory)
        for tier in (Tier.HIGH, Tier.MINIMAL)
    }
    assert by_tier == {Tier.HIGH: sorted(IDS), Tier.MINIMAL: ["PB-APP-01", "PB-GOV-01", "PB-GOV-03"]}


def test_what_may_never_be_waived():
    """Inventory, waiver rules, thresholds and approvals cannot be signed away."""
    never = [control.id for control in CONTROLS.controls if not control.waiver.allowed]
    assert never == ["PB-APP-01", "PB-EVA-01", "PB-GOV-01", "PB-GOV-03"]


def test_mappings_carry_edition_rationale_and_no_claim_of_compliance():
    """A control contributes evidence; it never complies."""
    links = [link for control in CONTROLS.controls for link in control.mappings]
    assert {link.relationship for link in links} == {"contributes-evidence-to"}
    assert [link.ref for link in links if not link.edition or not link.rationale] == []
    assert [link for link in links if "compl" in link.rationale.lower().replace("complete", "")] == []
    for control in CONTROLS.controls:
        pairs = [(link.framework, link.ref) for link in control.mappings]
        assert len(set(pairs)) == len(pairs)


def test_nist_references_exist(data_folder):
    """Every NIST reference is one of the 72 AI RMF subcategories, or in the CSF 2.0 core."""
    found = {"NIST AI RMF": "nist_ai_rmf_1_0_core.json", "NIST CSF": "nist_csf_2_0_core.json"}
    known = {
        framework: {item["id"] for item in json.loads((data_folder / "standards" / name).read_bytes())}
        for framework, name in found.items()
    }
    links = [link for control in CONTROLS.controls for link in control.mappings]
    assert [
        (link.framework, link.ref)
        for link in links
        if link.framework in known and link.ref not in known[link.framework]
    ] == []


def commands():
    """Return every command that remediation names, filled in for a system and a release."""
    return sorted(
        {
            control.remediation.next_command(step, "loans", "1.4.0")
            for control in CONTROLS.controls
            for step in ("", *control.remediation.commands)
        }
    )


@pytest.mark.parametrize("command", commands())
def test_every_next_command_exists(command):
    """What the gate tells people to run is a command of ours, with options that it takes."""
    words = shlex.split(command)
    assert words[0] == "probative"
    found: click.Command = cli
    context = click.Context(cli)
    rest = words[1:]
    while isinstance(found, click.Group):
        parser = found.make_parser(context)
        parser.allow_interspersed_args = False
        _, rest, _ = parser.parse_args(rest)
        found = found.get_command(context, rest[0])
        assert found is not None, f"no command '{rest[0]}' in: {command}"
        rest = rest[1:]
        context = click.Context(found, info_name=words[-1])
    found.make_parser(context).parse_args(rest)


def test_a_bundle_is_read_back_to_the_same_controls():
    """The blob that a verdict names is enough to judge again."""
    assert open_bundle(CONTROLS.bundle) == CONTROLS


def test_controls_are_found_in_any_case_or_named():
    """An unknown id is answered with those there are."""
    assert CONTROLS.control("pb-eva-01").id == "PB-EVA-01"
    with pytest.raises(NotFoundError, match="no control 'PB-EVA-99'") as refused:
        CONTROLS.control("PB-EVA-99")
    assert "PB-EVA-01" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("PB-EVA-01", ("version = 1", "version = 1\nsurprise = 1"), "surprise"),
        ("PB-EVA-01", ("thresholds_min = 1", "threshold_min = 1"), "threshold_min"),
        ("PB-EVA-01", ('rule = "thresholds-before-run"', 'rule = "luck"'), "'luck' is not among"),
        ("PB-EVA-01", ('kind = "gate.thresholds-declared"', 'kind = "gate.other"'), "undeclared"),
        ("PB-EVA-01", ('mandatory = ["high-risk", "limited"]', 'mandatory = ["grave"]'), "grave"),
        ("PB-EVA-01", ("allowed = false", "allowed = true"), "waiver terms"),
        ("PB-EVA-02", ("days_max = 60", "days_max = 0"), "waiver terms"),
        ("PB-APP-01", ("people_min = 2", 'people_min = "two"'), "int"),
        ("PB-EVA-02", ('strength = "strong"', 'strength = "certain"'), "certain"),
        ("PB-EVA-01", ('id = "PB-EVA-01"', 'id = "PB-EVA-02"'), "id occurs twice"),
        ("PB-EVA-01", ("[tiers]", "[tiers"), "PB-EVA-01.toml"),
    ],
)
def test_a_malformed_control_is_refused(name, change, complaint):
    """A pack that is misspelt, untestable or contradictory is refused, with the file and the value."""
    file = f"{name}.toml"
    assert change[0] in FILES[file]
    with pytest.raises(UsageError, match="cannot be used") as refused:
        parse_controls({**FILES, file: FILES[file].replace(*change, 1)})
    assert complaint in str(refused.value)


@pytest.mark.parametrize("bundle", [b"[]", b"{}", b'{"controls": {"a": 1}}', b'{"controls": {}}'])
def test_a_bundle_that_holds_no_controls_is_refused(bundle):
    """An empty set of controls would open every gate."""
    with pytest.raises(UsageError):
        open_bundle(bundle)
