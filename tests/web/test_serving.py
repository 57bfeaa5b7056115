"""`probative serve` as a process: it announces an address that works, and ends on an interrupt."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from probative.kernel.errors import UnavailableError
from probative.web.serving import serve

COMMAND = "from probative.cli import main; main()"


@pytest.fixture
def port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_serve_answers_until_interrupted(story, port):
    """The first line is the address, the address answers, another name does not, and Ctrl-C ends with 0."""
    words = ["--workspace", str(story.workspace.folder), "serve", "--no-work", "--port", str(port)]
    server = subprocess.Popen([sys.executable, "-c", COMMAND, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/systems") as answer:
            assert answer.status == 200
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(request)
        with pytest.raises(UnavailableError, match="Address already in use"):
            serve(story.workspace, port=port, ready=print)
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert server.returncode == 0


def test_an_address_that_is_not_ours_is_refused(story, port):
    """A host name that does not exist ends in a sentence, not in a traceback."""
    with pytest.raises(UnavailableError) as refused:
        serve(story.workspace, "no-such-host.invalid", port, ready=print)
    assert refused.value.code == "web.port-taken"
