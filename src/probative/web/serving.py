"""Listening: the web application on a port of this machine.

**Promise**: 127.0.0.1 unless somebody says otherwise; ends cleanly on an interrupt.
**Not here**: the application (`app`), and the work that waits (`probative.work`).
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from probative.kernel.errors import UnavailableError
from probative.web.app import build_app
from probative.workspace import Workspace

HOST = "127.0.0.1"
PORT = 8470
POLL_S = 0.02


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
    _check_free(host, port)
    asyncio.run(_run(build_app(workspace, {host, *hosts}), host, port, ready))


def _check_free(host: str, port: int) -> None:
    """Refuse a port that another process listens on: the server would silently share it."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise UnavailableError(
            "web.port-taken",
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            "Choose another address with --host and --port.",
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
    answering = asyncio.create_task(_answers(host, port))
    await asyncio.wait((serving, answering), return_when=asyncio.FIRST_COMPLETED)
    if answering.done():
        ready(f"http://{host}:{port}/")
    answering.cancel()
    await serving


async def _answers(host: str, port: int) -> None:
    """Return once the server takes connections: the address that is announced must work."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(POLL_S)
        else:
            writer.close()
            return
