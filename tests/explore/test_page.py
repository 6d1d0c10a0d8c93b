"""The explorer's page as a user has it: served, and in a real browser."""

import base64
import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import compiling
import numpy as np
import pytest
import skipped
from PIL import Image

from digitseq.explore import server
from digitseq.io import user_cache

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NOTEBOOK = server.NOTEBOOK.read_text()
PICTURE = "#digitseq-picture"
# Presses a key, and returns the milliseconds until the picture changes.
PRESSED = """selector => new Promise((done, failed) => {
  const source = () => document.querySelector(selector)?.src, before = source(), start = performance.now();
  const look = setInterval(() => {
    const now = source();
    if (now && now !== before) { clearInterval(look); done(performance.now() - start); }
    if (performance.now() - start > 60000) { clearInterval(look); failed(new Error("no new picture")); }
  }, 2);
})"""


def test_the_notebook_is_thin():
    lines = NOTEBOOK.splitlines()
    assert len(lines) <= 150
    imported = re.findall(r"^\s*(?:from|import) (\w+)", NOTEBOOK, re.MULTILINE)
    assert set(imported) == {"digitseq", "marimo", "typing"}


@pytest.mark.slow
def test_the_notebook_runs_as_a_program():
    skipped.needed("marimo")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    assert "digitseq-picture" in done.stdout


PROGRAM = """
from digitseq.explore.notebook import app
_, found = app.run()
print(found["result"])
"""
ENVIRONMENT = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address that `digitseq explore` prints; afterwards it is terminated, and must end."""
    skipped.needed("marimo")
    command = [sys.executable, "-m", "digitseq", "explore", "--no-browser"]
    cache = tmp_path_factory.mktemp("cache")
    (cache / "programs").symlink_to(os.environ[compiling.FOLDER])
    environment = os.environ | {user_cache.CACHE_ENVIRONMENT: str(cache)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0


@pytest.fixture
def browser_page():
    """A page of a headless Chromium."""
    skipped.needed("playwright")
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("Chromium: install it where `which` finds it")
    with (
        sync_playwright() as playwright,
        contextlib.closing(
            playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        ) as browser,
    ):
        yield browser.new_page(viewport={"width": 1280, "height": 900})


def shown(page):
    """The picture on the page, as pixels."""
    data = page.locator(PICTURE).get_attribute("src").partition("base64,")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def drawn_by_the_code(page, folder):
    """The picture that the code on the page makes, in a process of its own."""
    code = page.locator("#digitseq-python code").inner_text()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
    return np.asarray(Image.open(folder / "picture.png"))


def drawn_by_the_command(page, folder):
    """The picture that the command on the page makes, in a shell."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "digitseq"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digitseq "$@"\n')
    program.chmod(0o755)
    paths = os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    command = page.locator("#digitseq-command code").inner_text()
    subprocess.run(["sh", "-euc", command], check=True, cwd=folder, env=paths, capture_output=True)
    return np.asarray(Image.open(folder / "picture.png"))


def changed(page, act):
    """Does something with the page's controls, and waits for another picture."""
    before = page.locator(PICTURE).get_attribute("src")
    act()
    page.wait_for_function(
        f"before => (document.querySelector('{PICTURE}')?.src ?? before) !== before",
        arg=before,
        timeout=120_000,
    )


@pytest.mark.slow
def test_a_slider_moves_the_picture_and_the_code_makes_it(address, browser_page, tmp_path):
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.goto(address)
    browser_page.wait_for_selector(PICTURE, timeout=120_000)
    first = shown(browser_page)
    seed = browser_page.get_by_role("slider").nth(2)
    seed.focus()
    changed(browser_page, lambda: browser_page.keyboard.press("ArrowRight"))
    assert shown(browser_page).shape == first.shape
    assert (shown(browser_page) != first).any()
    assert "sample_sequences(8, " in browser_page.locator("#digitseq-python").inner_text()
    # The slider is still the one that has the focus.
    changed(browser_page, lambda: browser_page.keyboard.press("ArrowLeft"))
    np.testing.assert_array_equal(shown(browser_page), first)
    changed(browser_page, lambda: browser_page.get_by_label("preset").select_option("light"))
    changed(browser_page, lambda: browser_page.get_by_role("checkbox", name="boxes").click())
    rotation = browser_page.locator("details details").first.get_by_role("slider").first
    rotation.focus()
    changed(browser_page, lambda: browser_page.keyboard.press("End"))
    assert "rotation=18.0" in browser_page.locator("#digitseq-python").inner_text()
    np.testing.assert_array_equal(drawn_by_the_code(browser_page, tmp_path), shown(browser_page))
    np.testing.assert_array_equal(drawn_by_the_command(browser_page, tmp_path), shown(browser_page))
    # Neither fonts nor scripts, nor anything else, come from elsewhere.
    assert {url.split("/")[2] for url in asked if not url.startswith(("data:", "blob:"))} == {
        address.split("/")[2]
    }


@pytest.mark.slow
def test_what_can_not_be_drawn_is_said_and_mended(address, browser_page):
    browser_page.goto(address)
    browser_page.wait_for_selector(PICTURE, timeout=120_000)
    text = browser_page.get_by_label("the text")
    text.fill("12/5")
    text.press("Enter")
    browser_page.wait_for_selector("#digitseq-refusal")
    assert "'/' is none of the symbols" in browser_page.locator("#digitseq-refusal").inner_text()
    browser_page.get_by_role("checkbox", name="signs").click()
    browser_page.wait_for_selector(PICTURE, timeout=120_000)
    assert "labels: 12/5" in browser_page.locator(".digitseq-picture").inner_text()


@pytest.mark.slow
def test_controls_that_change_while_a_picture_is_drawn_are_not_forgotten(address, browser_page):
    browser_page.goto(address)
    browser_page.wait_for_selector(PICTURE, timeout=120_000)
    for label, choice in (("preset", "form"), ("masks", "amodal"), ("align", "left")):
        browser_page.get_by_label(label).first.select_option(choice)
    browser_page.get_by_role("checkbox", name="boxes").click()
    code = browser_page.locator("#digitseq-python")
    for wanted in ('"form"', '"amodal"', 'align="left"', "boxes=batch.boxes"):
        code.get_by_text(wanted).first.wait_for(timeout=120_000)


@pytest.mark.slow
def test_the_picture_follows_at_once(address, browser_page):
    """Within 100 ms on a machine that does nothing else; five times that where tests run beside it."""
    browser_page.goto(address)
    browser_page.wait_for_selector(PICTURE, timeout=120_000)
    changed(browser_page, lambda: browser_page.get_by_label("preset").select_option("strong"))
    browser_page.get_by_role("slider").nth(2).focus()
    took = []
    for _ in range(9):
        browser_page.evaluate(f"() => {{ window.pressed = ({PRESSED})('{PICTURE}'); }}")
        browser_page.keyboard.press("ArrowRight")
        took.append(browser_page.evaluate("() => window.pressed"))
    assert np.median(took) < 500, took


@pytest.mark.slow
def test_the_page_is_for_those_who_know_its_token(address):
    """And on the loopback address only, where other users of the machine are, too."""
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(address.partition("?")[0])
    assert refused.value.code in (302, 303, 307, 401)
    refused.value.close()
    assert address.startswith("http://127.0.0.1:")
    port = int(address.split(":")[2].split("/")[0])
    table = Path("/proc/net/tcp")
    if table.exists():
        listening = [
            line.split()[1] for line in table.read_text().splitlines()[1:] if line.split()[3] == "0A"
        ]
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects, as to a page that asks for the token, are errors."""

    def redirect_request(self, *_):
        return None
