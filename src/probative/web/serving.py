"""Listening: the web application on a port of this machine.

**Promise**: 127.0.0.1 unless somebody says otherwise; ends cleanly on an interrupt.
**Not here**: the application (`app`), and the work that waits (`probative.work`).
"""

import asyncio
import signal
from collections.abc import Callable, Iterable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from probative.kernel.errors import UnavailableError
from probative.web.app import build_app
from probative.workspace import Workspace

HOST = "127.0.0.1"
PORT = 8470


def serve(
    workspace: Workspace,
    host: str = HOST,
    port: int = PORT,
    hosts: Iterable[str] = (),
    *,
    ready: Callable[[str], object],
) -> None:
    """Serve the pages of `workspace` until an interrupt; `ready` is told the address once it listens.

    `hosts` are names, besides this machine's own, that requests may ask for. A port that is taken raises
    `UnavailableError`.
    """
    app = build_app(workspace, {host, *hosts})
    try:
        asyncio.run(_run(app, host, port, ready))
    except (OSError, RuntimeError) as error:
        raise UnavailableError(
            "web.port-taken",
            f"Cannot listen on {host}:{port}: {error}.",
            "Choose another port with --port.",
        ) from error


async def _run(app: object, host: str, port: int, ready: Callable[[str], object]) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        # Its warning that embedding is young would be the first thing that a user reads.
        log_level=LogLevels.error,
        websockets=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve())
    await asyncio.sleep(0)
    if not serving.done():
        ready(f"http://{host}:{port}/")
    await serving
