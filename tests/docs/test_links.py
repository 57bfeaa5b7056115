"""Links between pages lead somewhere, and every page can be reached from the index."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


def targets(page):
    """Yield the local files that a page links to."""
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        target = (match[1] or match[2]).split("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            yield (page.parent / target).resolve()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Each relative link of a page names a file or folder that is there."""
    assert [str(target) for target in targets(page) if not target.exists()] == []


def test_every_page_is_reachable():
    """From README.md, following links, a reader can get to every page of the documentation."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        waiting += list(targets(page))
    assert {page for page in PAGES if "docs" in page.parts} - seen == set()
