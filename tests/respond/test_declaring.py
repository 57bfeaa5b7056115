"""Declaring: names in order, severity from the dimensions, refusals in one sentence."""

import threading
from datetime import timedelta

import pytest

from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.severity import Dimensions
from tests.respond.scene import COMMANDER, ONSET, declare, scene


@pytest.fixture
def made(tmp_path):
    """Return a scene."""
    return scene(tmp_path)


def test_names_run_in_order_by_kind_of_incident(made) -> None:
    """Live incidents and drills count for themselves."""
    names = [declare(made).id, declare(made).id, declare(made, mode="drill").id, declare(made).id]
    assert names == ["inc-2026-0001", "inc-2026-0002", "drill-2026-0001", "inc-2026-0003"]


def test_two_at_once_get_two_names(made) -> None:
    """Eight threads declare at the same time: eight incidents, no gap."""
    names: list[str] = []

    def open_one(number: int) -> None:
        names.append(declare(made, title=f"Failure {number}").id)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"inc-2026-{number:04d}" for number in range(1, 9)]


@pytest.mark.parametrize(
    ("dimensions", "asked", "severity"),
    [
        (Dimensions(legal_effect=True), None, 2),
        (Dimensions(legal_effect=True), 1, 1),
        (Dimensions(harm="serious"), 4, 1),
        (Dimensions(), None, 4),
    ],
)
def test_severity_is_at_least_what_the_dimensions_say(made, dimensions, asked, severity) -> None:
    """Asking for worse is heard, asking for milder is not."""
    assert declare(made, dimensions=dimensions, severity=asked).severity == severity


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"title": " "}, "title has"),
        ({"title": "x" * 201}, "201 characters"),
        ({"kind": "mystery"}, "mystery"),
        ({"techniques": ("T0051",)}, "no ATLAS id"),
        ({"severity": 7}, "not a severity"),
        ({"onset_at": ONSET + timedelta(days=9)}, "after the detection"),
    ],
)
def test_what_cannot_be_so_is_refused(made, changes, match) -> None:
    """Nothing is written."""
    size = made.recorder.head().size
    with pytest.raises(UsageError, match=match):
        declare(made, **changes)
    assert made.recorder.head().size == size


def test_an_unregistered_system_has_no_incidents(made) -> None:
    """The hint says how to register it."""
    with pytest.raises(NotFoundError, match="no system 'ghost'"):
        declare(made, system="ghost")


def test_classification_is_double(made) -> None:
    """Failure kind, and ATLAS techniques where there is an adversary."""
    incident = declare(made, kind="security", techniques=("AML.T0020", "AML.T0018.000"))
    assert incident.declared.kind == "security"
    assert incident.declared.techniques == ("AML.T0020", "AML.T0018.000")
    assert incident.timeline[0].actor == COMMANDER.id
