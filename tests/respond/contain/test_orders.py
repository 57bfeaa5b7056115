"""Standing orders stop only what they cover, while they stand."""

from datetime import timedelta

import pytest

from probative.kernel.errors import DeniedError, NotFoundError, UsageError
from probative.respond.contain.orders import covering
from probative.respond.facts import Trigger
from tests.respond.scene import ADVISER, OWNER, SYSTEM, scene


@pytest.fixture
def made(tmp_path):
    """Return a scene without decisions."""
    return scene(tmp_path)


def test_an_order_stands_until_it_expires(made) -> None:
    """The instant of expiry is already too late."""
    end = made.clock.now() + timedelta(days=30)
    made.responder.orders.give(SYSTEM, "night-stop", Trigger(severity_max=2), end, OWNER, fallback="1")
    assert [order.order for order in made.responder.orders.live(SYSTEM)] == ["night-stop"]
    made.clock.turn_to(end)
    assert made.responder.orders.live(SYSTEM) == []


def test_an_order_can_be_withdrawn_once(made) -> None:
    """After that there is nothing to withdraw."""
    end = made.clock.now() + timedelta(days=30)
    made.responder.orders.give(SYSTEM, "night-stop", Trigger(), end, OWNER)
    made.responder.orders.withdraw(SYSTEM, "night-stop", "staffed at night now", OWNER)
    assert made.responder.orders.live(SYSTEM) == []
    with pytest.raises(NotFoundError, match="no live order"):
        made.responder.orders.withdraw(SYSTEM, "night-stop", "again", OWNER)


@pytest.mark.parametrize("days", [0, -1, 400])
def test_an_order_ends_within_a_year(made, days: int) -> None:
    """Permissions without an end are refused, and those that have ended."""
    end = made.clock.now() + timedelta(days=days)
    with pytest.raises(UsageError, match="cannot run until"):
        made.responder.orders.give(SYSTEM, "for-ever", Trigger(), end, OWNER)


def test_an_adviser_signs_nothing(made) -> None:
    """The data protection officer advises and never approves."""
    end = made.clock.now() + timedelta(days=30)
    with pytest.raises(DeniedError, match="cannot be signed"):
        made.responder.orders.give(SYSTEM, "night-stop", Trigger(), end, ADVISER)


@pytest.mark.parametrize(
    ("trigger", "severity", "measures", "covered"),
    [
        (Trigger(severity_max=2), 2, ("psi",), True),
        (Trigger(severity_max=2), 1, (), True),
        (Trigger(severity_max=2), 3, ("psi",), False),
        (Trigger(severity_max=3, measures=("psi",)), 3, ("null-rate", "psi"), True),
        (Trigger(severity_max=3, measures=("psi",)), 1, ("null-rate",), False),
        (Trigger(severity_max=3, measures=("psi",)), 1, (), False),
    ],
)
def test_an_order_covers_its_severity_and_its_measures(made, trigger, severity, measures, covered) -> None:
    """Worse incidents are covered, milder ones and other measures are not."""
    made.responder.orders.give(SYSTEM, "o", trigger, made.clock.now() + timedelta(days=1), OWNER)
    found = covering(made.responder.orders.live(SYSTEM), severity, measures)
    assert (found is not None) == covered
