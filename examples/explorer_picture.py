"""Draws the picture of docs/guide/explore.md: the explorer's page in a headless Chromium.

python examples/explorer_picture.py docs/pictures/explore.png --width 1200
Needs the extra `explore`, playwright and Chromium.
"""

import argparse
import io
import shutil
import signal
import subprocess
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PICTURE = "#digitseq-picture"


def main() -> None:
    """Serves the page, chooses what the picture shows, and writes it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="a .png file")
    parser.add_argument("--width", type=int, default=1200, help="of the browser's window, pixels")
    parser.add_argument("--height", type=int, default=880)
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    command = [sys.executable, "-m", "digitseq", "explore", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
            page = browser.new_page(
                viewport={"width": given.width, "height": given.height},
                color_scheme="dark" if given.dark else "light",
            )
            page.goto(server.stdout.readline().strip())
            choose(page)
            seen = page.screenshot()
            browser.close()
        finally:
            server.send_signal(signal.SIGTERM)
    # With fewer colours than a screen has, which take a quarter of the bytes.
    Image.open(io.BytesIO(seen)).convert("RGB").quantize(256).save(given.out, optimize=True)


def choose(page: Page) -> None:
    """Random digits as on cheques, overlapping, with their boxes and masks."""
    page.wait_for_selector(PICTURE, timeout=120_000)
    for label, choice in (("what is written", "random digits"), ("preset", "cheque"), ("masks", "visible")):
        page.get_by_label(label).first.select_option(choice)
    page.get_by_role("checkbox", name="boxes").first.click()
    page.wait_for_function(
        "() => document.querySelector('#digitseq-python')?.innerText.includes('masks=batch.masks')",
        timeout=120_000,
    )
    page.get_by_role("slider").nth(2).focus()  # the seed's, near the top
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(3000)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
