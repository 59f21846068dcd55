"""Takes the picture of a hub page that README and docs show.

    python3 scripts/run.py demo
    .venv/bin/python -m scripts.hub_screenshot docs/images/hub_page.png

Needs `chromium` on the path (Debian's package), as the tests marked `browser` do. Take it again
when the pages change, and keep it below 150 kB. Takes a few seconds.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts import demo
from slimhub.cli.argument_refusals import RefusingParser

_WIDTH, _HEIGHT = 960, 640  # pixels


def take(browser: str, output: Path) -> None:
    """Serves the demo's hub, and writes a PNG of the model's page.

    Args:
      browser: path of chromium.
      output: the file to write.
    """
    from playwright.sync_api import sync_playwright

    url = "--url=http://localhost:8080"  # shown on the page, the same each time
    with demo.served(url) as address, sync_playwright() as playwright:
        # Containers have no user namespaces, which the sandbox needs.
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        page.goto(address + demo.HANDLE)
        page.screenshot(path=os.fspath(output))
        chromium.close()
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Reads the command line."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, metavar="FILE.png")
    arguments = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        parser.error("chromium is not installed")
    if not (demo.REPOSITORY / demo.HUB).is_dir():
        parser.error("there is no hub: run `python3 scripts/run.py demo` first")
    take(browser, arguments.output)


if __name__ == "__main__":
    main()
