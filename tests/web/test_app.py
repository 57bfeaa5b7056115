"""The application as a whole: every page and call answers, only reads, and is safe to show."""

import json

import msgspec
import pytest

from probative.record.proofs import merkle
from tests.web.story import INCIDENT, SYSTEM

PAGES = [
    "/",
    f"/systems/{SYSTEM}",
    "/systems/letter-sorting",
    f"/systems/{SYSTEM}/releases/1.4.0",
    f"/systems/{SYSTEM}/monitors",
    "/systems/letter-sorting/monitors",
    f"/systems/{SYSTEM}/monitors/drift",
    f"/systems/{SYSTEM}/monitors/drift?series=psi~pay_amt1",
    f"/systems/{SYSTEM}/monitors/drift/chart?series=accuracy",
    "/incidents",
    f"/incidents/{INCIDENT}",
    "/ledger",
    "/ledger?kind=&subject=",
    "/ledger?kind=nothing.such",
    "/ledger/0",
]
CALLS = [
    "/api/overview",
    "/api/systems",
    f"/api/systems/{SYSTEM}",
    f"/api/systems/{SYSTEM}/releases/1.4.0",
    f"/api/systems/{SYSTEM}/monitors",
    f"/api/systems/{SYSTEM}/monitors/drift",
    "/api/incidents",
    f"/api/incidents/{INCIDENT}",
    "/api/inquiries",
    "/api/facts?limit=3",
    "/api/facts/0",
]
MISSING = [
    ("/nothing", 404),
    ("/systems/nobody", 404),
    ("/systems/nobody/monitors", 404),
    (f"/systems/{SYSTEM}/releases/9.9", 404),
    (f"/systems/{SYSTEM}/monitors/none", 404),
    (f"/systems/{SYSTEM}/monitors/drift?series=none", 404),
    ("/incidents/none", 404),
    ("/ledger/9999", 404),
    ("/ledger/zz", 422),
    ("/ledger/" + "ab" * 32, 404),
    ("/?as_of=9999", 422),
    ("/?as_of=0", 400),
    ("/?as_of=soon", 400),
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers(ask, path):
    """Each page is HTML, holds nothing inline, and asks nothing of another origin."""
    answer = ask(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<style" not in answer.text
    assert 'style="' not in answer.text
    assert "onclick" not in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in answer.text


@pytest.mark.parametrize("path", CALLS)
def test_every_call_answers(ask, path):
    """Each call is JSON."""
    answer = ask(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json


@pytest.mark.parametrize("path", [*PAGES, *CALLS])
def test_any_past_can_be_asked(ask, story, path):
    """As of a smaller ledger a page answers, or says that nothing was there yet."""
    for size in (1, 5, 20, story.recorder.head().size - 3):
        answer = ask(f"{path}{'&' if '?' in path else '?'}as_of={size}")
        assert answer.status in (200, 404), f"{path} as of {size}"


@pytest.mark.parametrize(("path", "status"), MISSING)
def test_mistakes_are_answered_in_words(ask, path, status):
    """A page for people and a problem detail for programs, with the status of the error table."""
    page, call = ask(path), ask("/api" + path.replace("/ledger", "/facts"))
    assert page.status == status
    assert "<h1>" in page.text
    if "as_of" not in path and "series" not in path:
        assert (call.status, call.headers["content-type"]) == (status, "application/problem+json")
        assert {"type", "title", "status", "detail"} <= set(call.json)


def test_nothing_is_written_by_reading(ask, story):
    """After every page and call the ledger has the size and root it had."""
    before = story.recorder.head()
    for path in [*PAGES, *CALLS, "/checkpoint", "/ledger/3/proof", "/ledger/3/envelope"]:
        ask(path)
    assert before == story.recorder.head()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_sent(ask, method):
    """Only GET is answered."""
    assert ask("/", method).status == 405
    assert ask("/api/systems", method).status == 405


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/systems", "/static/style.css", "/api/openapi"])
def test_every_answer_is_guarded(ask, path):
    """Each answer, errors included, carries the content policy and its companions."""
    headers = ask(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; base-uri 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "cache-control" in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "a b"])
@pytest.mark.parametrize("path", ["/", "/nothing", "/api/facts", "/static/style.css"])
def test_other_hosts_are_refused(ask, host, path):
    """A name that rebinds to this machine gets nothing, wherever it asks."""
    assert ask(path, host=host).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8470", "[::1]:8470", "127.0.0.1"])
def test_own_names_are_admitted(ask, host):
    """This machine's own names work with and without a port."""
    assert ask("/", host=host).status == 200


def test_the_openapi_document_names_every_call(ask):
    """Each call is described, with a response schema; pages are not in it."""
    document = ask("/api/openapi").json
    assert len(CALLS) == sum(path.startswith("/api/") for path in document["paths"])
    for path, item in document["paths"].items():
        operation = item["get"]
        assert operation["description"], path
        assert set(item) == {"get"}


def test_the_downloads_are_the_stored_bytes(ask, story):
    """The envelope is the bytes whose hash is the fact's id; the proof is the recorder's own."""
    envelope = ask("/ledger/7/envelope")
    assert envelope.headers["content-disposition"] == 'attachment; filename="entry-7.json"'
    assert story.recorder.fact("#7").id == merkle.leaf_hash(envelope.content).hex()
    assert story.recorder.prove(7)[0] == ask("/ledger/7/proof").content
    assert story.recorder.checkpoint() == ask("/checkpoint").content


def test_text_from_the_record_is_never_code(tmp_path):
    """Markup in a title is shown as text on every page that shows it."""
    from tests.web.conftest import build_app
    from tests.web.story import Story, SystemRegistered

    story = Story(tmp_path)
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'
    fields = dict.fromkeys(("title", "purpose", "owner", "sector", "impact", "lifecycle"), nasty)
    story.say(
        SystemRegistered(
            **fields,
            system="nasty",
            jurisdictions=(nasty,),
            legal_roles={nasty: nasty},
            data_sources=(nasty,),
            roles={nasty: nasty},
        )
    )
    import asyncio

    import httpx

    async def exchange(path):
        transport = httpx.ASGITransport(app=build_app(story.workspace))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get(path)).text

    for path in ("/", "/systems/nasty", "/ledger", "/ledger/1"):
        text = asyncio.run(exchange(path))
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert ">49<" not in text


def test_pages_and_calls_say_the_same(ask):
    """The verdict on the page is the verdict of the API."""
    path = f"/systems/{SYSTEM}/releases/1.4.0"
    release = ask("/api" + path).json
    page = ask(path).text
    assert f"{len(release['controls'])} controls" in page
    assert all(control["control"] in page for control in release["controls"])


def test_answers_decode_as_their_structs(ask):
    """What the API sends is plain JSON that msgspec reads back."""
    assert msgspec.json.decode(json.dumps(ask("/api/overview").json))["record"]["systems"] == 2
