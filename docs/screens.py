"""Make what the README shows of the product by running it: an excerpt of the demo, a picture of a page.

**Promise**: nothing is drawn or typed by hand: the excerpt is the demo's own output, the picture the page
that its record gives.
**Not here**: the demo (`probative demo`) and the pages (`probative serve`).
"""

import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "tutorials" / "incident.png"
PROGRAM = Path(sysconfig.get_path("scripts")) / "probative"
EXCERPT = re.compile(r"(<!-- excerpt[^\n]*-->\n).*?(<!-- /excerpt -->)", re.DOTALL)
# How many lines of which act: the gate refuses; the system fails and is stopped; a stranger verifies.
ACTS = {"3": 6, "6": 8, "8": 12}
CHARS_MAX = 132
SIZE = {"width": 1200, "height": 1180}


def excerpt(output: str) -> str:
    """Return the beginning of the acts that show most, each cut where it would tire a reader."""
    shown: list[str] = []
    for act, lines_max in ACTS.items():
        found = re.search(rf"^{act}  .*?(?=^\d  |^Done)", output, re.DOTALL | re.MULTILINE)
        if found is None:
            raise SystemExit(f"The demo printed no act {act}.")
        lines = found[0].rstrip().splitlines()
        lines = [line if len(line) <= CHARS_MAX else f"{line[: CHARS_MAX - 1]}…" for line in lines]
        shown += lines[:lines_max] + (["   ..."] if len(lines) > lines_max else []) + [""]
    return "\n".join(shown).rstrip()


def photograph(workspace: Path) -> None:
    """Serve `workspace` and keep a picture of its latest incident."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(PROGRAM), "--workspace", str(workspace), "serve", "--no-work", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program
    try:
        server.stdout.readline()
        address = f"http://127.0.0.1:{port}/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            incidents = page.request.get(f"{address}api/incidents").json()
            incident = next(brief for brief in incidents if brief["mode"] == "live")
            page.goto(f"{address}incidents/{incident['incident']}")
            page.screenshot(path=PICTURE)
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)


def main() -> None:
    """Run the demo, write its excerpt into the README, and take the picture."""
    if shutil.which("chromium") is None:
        sys.exit("There is no chromium on PATH; install the system's package.")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "probative-demo"
        done = subprocess.run(  # noqa: S603  # our own program
            [str(PROGRAM), "demo", "--dir", str(workspace)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        photograph(workspace)
    said = excerpt(done.stdout.replace(str(workspace), workspace.name))
    readme = ROOT / "README.md"
    text = EXCERPT.sub(lambda found: f"{found[1]}\n```console\n{said}\n```\n\n{found[2]}", readme.read_text())
    readme.write_text(text)


if __name__ == "__main__":
    main()
