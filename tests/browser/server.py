"""Serve a workspace for the browser tests, at the instant after its last fact: `server.py FOLDER PORT`."""

import sys
from datetime import timedelta
from pathlib import Path

from probative.kernel.clock import ManualClock
from probative.web.serving import serve
from probative.workspace import Workspace


def main(folder: str, port: str) -> None:
    """Serve until interrupted; the first line printed is the address."""
    recorder = Workspace.open(Path(folder)).recorder
    last = recorder.fact(f"#{recorder.head().size - 1}").recorded_at
    workspace = Workspace.open(Path(folder), ManualClock(last + timedelta(hours=1)))
    serve(workspace, port=int(port), ready=lambda address: print(address, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
