"""What all tests share: the folder of real data, the system's Chromium, and how long the campaigns are."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LONG = os.environ.get("PROBATIVE_CAMPAIGN") == "long"

settings.register_profile(
    "check",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", max_examples=2_000, deadline=None, stateful_step_count=200)
settings.load_profile("long" if LONG else "check")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of the suite."""
    config.addinivalue_line("markers", "browser: needs the system's Chromium")


def pytest_report_header() -> str:
    """Say at the top of a run what it will have to skip."""
    data = os.environ.get("PROBATIVE_TEST_DATA", "not set: tests on real data are skipped")
    return f"PROBATIVE_TEST_DATA: {data}; chromium: {shutil.which('chromium') or 'none: browser tests skip'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every reason for a skip, with its count, even in a quiet run: a skip is never silent."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"SKIPPED {count}: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real inputs and published vectors; tests that ask for it skip without one."""
    folder = os.environ.get("PROBATIVE_TEST_DATA")
    if not folder:
        pytest.skip("PROBATIVE_TEST_DATA is not set: no real data to test on")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the system's Chromium; tests that ask for it skip without one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium on PATH: pages are not looked at in a browser")
    return found


@pytest.fixture(scope="session")
def campaign() -> timedelta:
    """Return how long a fault campaign may go on: seconds in `just check`, minutes in `just faults`."""
    return timedelta(minutes=5) if LONG else timedelta(seconds=20)
