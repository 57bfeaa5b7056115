"""A served record, the system's Chromium, and every page there is to look at."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.web.story import tell

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
]
SERVER = Path(__file__).with_name("server.py")


@pytest.fixture(scope="session")
def address(tmp_path_factory, chromium):
    """Tell the story in a new record, serve it, and return the address; skips without a Chromium."""
    folder = tell(tmp_path_factory.mktemp("story")).workspace.folder
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(SERVER), str(folder), str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)


@pytest.fixture(scope="module")
def browser(chromium):
    """Return the system's Chromium, started once; while it lives, an event loop runs in this thread."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Return where pictures are kept, if `PROBATIVE_SCREENSHOTS` names a folder."""
    named = os.environ.get("PROBATIVE_SCREENSHOTS")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
