"""Every page in a real browser: accessible, quiet in the console, at home at 400 and at 1400 pixels."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.story import INCIDENT, SYSTEM

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "",
    "system": f"systems/{SYSTEM}",
    "release": f"systems/{SYSTEM}/releases/1.4.0",
    "monitors": f"systems/{SYSTEM}/monitors",
    "monitor": f"systems/{SYSTEM}/monitors/drift",
    "series": f"systems/{SYSTEM}/monitors/drift?series=accuracy",
    "incidents": "incidents",
    "incident": f"incidents/{INCIDENT}",
    "ledger": "ledger",
    "filtered": f"ledger?kind=watch.reading-taken&subject=system/{SYSTEM}",
    "entry": "ledger/12",
    "past": "?as_of=20",
    "missing": "systems/nothing-here",
}
LOOKS = list(product(("light", "dark"), (400, 1400)))
# Each scheme and each width once is enough to find what axe looks for; pictures are taken of all four.
CHECKED = [("light", 400), ("dark", 1400)]


def visit(browser, address, path, scheme="light", width=1400, script=True):
    """Open a page in a fresh context and return it with what the console complained of."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address + path, wait_until="load")
    return page, complaints


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_at_every_size(browser, address, screenshots, name):
    """Axe finds no violation, nothing is wider than the window, the console stays silent."""
    for scheme, width in LOOKS if screenshots else CHECKED:
        page, complaints = visit(browser, address, PAGES[name], scheme, width)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}, {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        assert [text for text in complaints if "404" not in text] == []
        if screenshots:
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
        page.context.close()


@pytest.mark.parametrize("name", ["overview", "monitor", "incident", "ledger"])
def test_page_says_the_same_without_javascript(browser, address, name):
    """The words of a page do not depend on its script."""
    texts = []
    for script in (True, False):
        page, _ = visit(browser, address, PAGES[name], script=script)
        texts.append(page.locator("main").inner_text())
        page.context.close()
    assert texts[0] == texts[1]


def test_keyboard_reaches_the_content_first(browser, address):
    """The first Tab offers to skip to the content, and Enter goes there."""
    page, _ = visit(browser, address, "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_chart_follows_the_record(browser, address):
    """A chart is fetched again by itself and says that it is live; its open table stays open."""
    page, complaints = visit(browser, address, PAGES["series"])
    page.locator("figure summary").click()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.wait_for_selector("figure.is-live", timeout=15_000)
    assert page.locator("figure details[open] tbody tr").count() > 20
    assert complaints == []
    page.context.close()


def test_proof_downloads(browser, address):
    """The links of an entry give its envelope and its proof as files."""
    page, _ = visit(browser, address, PAGES["entry"])
    for link, name in (("DSSE envelope", "entry-12.json"), ("inclusion proof", "entry-12.tlog-proof")):
        with page.expect_download() as started:
            page.get_by_role("link", name=link).click()
        assert started.value.suggested_filename == name
    page.context.close()
