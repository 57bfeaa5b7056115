"""What stands between a browser and the pages: the host check and the headers of every answer.

**Promise**: requests that name a host nobody admitted are refused, so another site cannot reach the pages
through its visitor's browser (DNS rebinding); every answer forbids inline code, other origins and framing.
**Not here**: signing people in.
"""

import re
from collections.abc import Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?\Z")

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def host_name(header: str) -> str | None:
    """Return the name in a Host header without its port, or `None` if it is not one.

    >>> host_name("localhost:8470"), host_name("[::1]:80"), host_name("a b")
    ('localhost', '[::1]', None)
    """
    found = _HOST.match(header.lower())
    return found[1] if found else None


def guarded(hosts: frozenset[str]) -> Callable[[ASGIApp], ASGIApp]:
    """Return the outermost middleware: it admits requests for `hosts` and adds `HEADERS` to every answer."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def guard(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            headers = dict(scope["headers"])
            if host_name(headers.get(b"host", b"").decode("latin-1")) not in hosts:
                await _refuse(send)
                return
            await app(scope, receive, _with_headers(send))

        return guard

    return wrap


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sender


async def _refuse(send: Send) -> None:
    """Answer 421 (RFC 9110, section 15.5.20) without saying which hosts would do."""
    body = b"This server does not answer for the host that was asked for. See 'probative serve --help'.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
