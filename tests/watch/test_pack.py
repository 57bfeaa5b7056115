"""Default thresholds and templates are complete, sourced, and never law by accident."""

from datetime import date

import pytest

from probative.kernel.errors import NotFoundError
from probative.watch.measures.measured import RULES
from probative.watch.monitor import parse_monitor
from probative.watch.pack import template, templates, thresholds

GIVEN = {"system": "loans", "monitor": "m", "owner": "p-1", "reference": "ab" * 32}


def test_every_threshold_belongs_to_a_measure_and_has_a_source():
    """A default names its measure, who says so, and how binding that is."""
    pack = thresholds()
    assert {each.measure for each in pack.threshold} <= set(RULES)
    assert {each.standing for each in pack.threshold} <= {
        "convention",
        "house-default",
        "screening-heuristic",
    }
    assert all(each.source and each.n_min >= 30 for each in pack.threshold)
    assert len(pack.sha256) == 64
    assert "Not legal advice" in pack.notice


def test_watch_comes_before_breach():
    """On the worse side, the watch value is reached first."""
    for each in thresholds().threshold:
        if RULES[each.measure].worse == "above":
            assert each.watch < each.breach
        else:
            assert each.watch > each.breach


def test_four_fifths_is_called_a_heuristic():
    """The 0.80 of the Uniform Guidelines is marked for what it is."""
    found = thresholds().get("four-fifths", date(2026, 11, 21))
    assert (found.breach, found.standing) == (0.80, "screening-heuristic")
    assert "29 CFR 1607.4(D)" in found.source


@pytest.mark.parametrize("name", templates())
def test_every_template_makes_a_monitor(name):
    """Filled in, each template can be declared."""
    text = f'template = "{name}"'
    more = {"attributes": [{"name": "sex"}], "audit": "ab" * 32} if name == "tabular-fairness" else {}
    monitor = parse_monitor(text, date(2026, 11, 21), {**GIVEN, **more})
    assert monitor.measures


@pytest.mark.parametrize(
    "ask", [lambda: thresholds().get("magic", date(2026, 1, 1)), lambda: template("magic")]
)
def test_unknown_names_are_refused_with_the_list(ask):
    """A wrong name is answered with the right ones."""
    with pytest.raises(NotFoundError) as caught:
        ask()
    assert "psi-convention" in caught.value.hint or "tabular-drift" in caught.value.hint
