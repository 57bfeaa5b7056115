"""Joins the modules of `prove.verifier` into the one file `verify.py`.

**Promise**: the same modules always give the same bytes; the file runs on Python 3.8 and later with the
standard library alone, and holds the very lines that the product runs.
**Not here**: the checks themselves.
"""

import ast
import functools
from importlib import resources

_ROOM = "probative.prove.verifier"
_MODULES = ("forms", "ed25519", "tree", "entries", "rows", "container", "package", "command")
_HEAD = '''#!/usr/bin/env python3
"""Verify a Probative evidence package offline: python3 verify.py --trust trust.json [package.zip]

Without a package it checks the folder that it lies in. It ends with 0 when nothing was changed and the keys
of the trust file vouch for it, 7 when something contradicts, 8 when all is consistent but no trust file was
given. It needs Python 3.8 or later, nothing else, and no network. Take it from the project's pages and
compare its SHA-256 with the published one: a verifier that came with the evidence is as trustworthy as it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

'''
_FOOT = """

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
"""


@functools.cache
def verifier_source() -> bytes:
    """Return the bytes of `verify.py`."""
    sources = {
        name: resources.files(_ROOM).joinpath(f"{name}.py").read_text(encoding="utf-8") for name in _MODULES
    }
    sections = [_section(name, source) for name, source in sources.items()]
    return (_HEAD + _imports("\n".join(sources.values())) + "".join(sections) + _FOOT).encode()


def _imports(source: str) -> str:
    """Return the imports of Python's library in `source`, each once, sorted."""
    whole: set[str] = set()
    named: dict[str, set[str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            whole.update(item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom) and not str(node.module).startswith(_ROOM):
            named.setdefault(str(node.module), set()).update(item.name for item in node.names)
    lines = [f"import {name}" for name in sorted(whole)]
    return "\n".join(
        lines + [f"from {name} import {', '.join(sorted(named[name]))}" for name in sorted(named)]
    )


def _section(name: str, source: str) -> str:
    """Return a module's code under a heading that says what it is, without docstring and imports."""
    tree = ast.parse(source)
    head = [node for node in tree.body[1:] if isinstance(node, ast.Import | ast.ImportFrom)]
    begins = (head or tree.body)[-1 if head else 0].end_lineno
    body = "\n".join(source.splitlines()[begins:]).strip("\n")
    about = str(ast.get_docstring(tree)).splitlines()[0]
    return f"\n\n# ---- {name} ----\n# {about}\n\n\n{body}\n"
