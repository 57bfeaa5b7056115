"""Write `verify.py` and its SHA-256 beside this file, for people who take nothing from a package on trust.

**Promise**: the file is the one that packages carry; a test fails while the published copy is another one.
**Not here**: the verifier's source (`probative.prove.verifier`).
"""

from pathlib import Path

from probative.kernel.digest import sha256_hex
from probative.prove.bundling import verifier_source

HERE = Path(__file__).resolve().parent


def published() -> dict[str, bytes]:
    """Return the published files by name; the digest is in the form that `sha256sum --check` reads."""
    source = verifier_source()
    return {"verify.py": source, "verify-sha256.txt": f"{sha256_hex(source)}  verify.py\n".encode()}


if __name__ == "__main__":
    for name, content in published().items():
        (HERE / name).write_bytes(content)
