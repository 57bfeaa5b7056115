"""One complete story, recorded once, for the tests that only look at it."""

import pytest

from probative.gate.controls import shipped_controls
from probative.gate.gathering import freeze
from tests.gate.evidence import RELEASE, SYSTEM, Story


@pytest.fixture
def story(tmp_path):
    """A workspace with nothing about the system in it yet."""
    return Story(tmp_path)


@pytest.fixture(scope="session")
def complete(tmp_path_factory):
    """A workspace with everything that a high-risk release needs. Only verdicts may be added."""
    story = Story(tmp_path_factory.mktemp("complete"))
    story.everything()
    return story


@pytest.fixture(scope="session")
def frozen(complete):
    """The frozen input of a check of the complete story."""
    head = complete.recorder.head()
    at = complete.clock.now()
    return freeze(complete.recorder, shipped_controls(), SYSTEM, RELEASE, head.size, at, head.root.hex())
