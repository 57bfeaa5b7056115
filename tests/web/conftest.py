"""The story, told once, and a client that asks the application over it."""

import asyncio
from typing import NamedTuple

import httpx
import pytest

from probative.web.app import build_app
from tests.web.story import tell


class Answer(NamedTuple):
    """What came back: status, headers, body."""

    status: int
    headers: httpx.Headers
    text: str
    content: bytes

    @property
    def json(self):
        """The body as JSON."""
        return httpx.Response(200, content=self.content).json()


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    """Return the story, told once; tests only read it."""
    return tell(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def ask(story):
    """Return a function that sends one request to the application, without a network."""
    app = build_app(story.workspace)

    def send(path, method="GET", **headers):
        async def exchange():
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8470") as client:
                return await client.request(method, path, headers=headers)

        answer = asyncio.run(exchange())
        return Answer(answer.status_code, answer.headers, answer.text, answer.content)

    return send
