"""ARCHITECTURE.md names only what exists, and forgets no room."""

import re

import pytest

NAMED = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|toml)|(?:[\w.-]+/)+|\.importlinter)`")
# Files and folders of a user's workspace are named as well; these are not in the source tree.
WORKSPACE = {
    "record/blobs/",
    "record/private/",
    "record/segments/",
    "record/protected/",
    "record/journal/",
    "record/public/",
    "record/entries/",
    "keys/",
    "spool/",
    "outbox/",
}


@pytest.fixture(scope="module")
def page(root):
    """Return the text of the page."""
    return (root / "ARCHITECTURE.md").read_text(encoding="utf-8")


def rooms(root):
    """Return every package of the product as a path below `src/probative`, outermost first."""
    source = root / "src" / "probative"
    return [path.parent.relative_to(source).as_posix() for path in sorted(source.rglob("__init__.py"))]


def exists(root, name):
    """Tell whether a name on the page is a file or folder: of the project, or of any room by its end."""
    source = root / "src" / "probative"
    if (root / name).exists() or (source / name).exists():
        return True
    return any((source / room / name).exists() for room in rooms(root))


def test_every_module_named_exists(page, root):
    """A reader who looks for a module or folder that the page names finds it."""
    names = {name for name in NAMED.findall(page) if name not in WORKSPACE}
    assert len(names) > 60, "the page names fewer modules than it should: is the pattern still right?"
    assert {name for name in names if not exists(root, name)} == set()


def test_full_paths_are_full(page, root):
    """A name with a folder before it is a path from the project or from `src/probative`."""
    nested = {name for name in NAMED.findall(page) if "/" in name.rstrip("/") and name not in WORKSPACE}
    bases = (root, root / "src" / "probative")
    assert {name for name in nested if not any((base / name).exists() for base in bases)} == set()


def test_every_room_is_named(page, root):
    """Each room, and each room inside a verb, has its place on the page."""
    inside = {room for room in rooms(root) if room != "." and room.count("/") <= 1}
    silent = {
        room for room in inside if f"`{room}/`" not in page and f"`{room.rpartition('/')[2]}/`" not in page
    }
    assert silent == set()
