"""The documentation site is built without a warning, and needs nothing from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docs import hooks, redraw

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://example.org/code"


def linked(text, folder=ROOT, page_folder=ROOT / "docs" / "guide"):
    return hooks.with_links(text, folder, page_folder, REPOSITORY)


def test_links_of_included_files_are_relative_to_the_page():
    assert linked("[a](docs/guide/labels.md#sums), [b](CHANGELOG.md)") == (
        "[a](labels.md#sums), [b](../changelog.md)"
    )


def test_links_to_code_lead_to_the_repository():
    text = "[a](../../examples/train_ctc.py) [b](../../benchmarks/real) [c](https://example.org/x)"
    assert linked(text, folder=ROOT / "docs" / "guide") == (
        f"[a]({REPOSITORY}/blob/main/examples/train_ctc.py) [b]({REPOSITORY}/tree/main/benchmarks/real) "
        "[c](https://example.org/x)"
    )


def test_links_to_nothing_are_left_for_mkdocs_to_report():
    assert linked("[a](nothing.md)") == "[a](nothing.md)"


def test_docstrings_are_shown_as_they_are_meant():
    pytest.importorskip("griffe", reason="MkDocs: pip install -e '.[docs]'")
    from docs import doctests

    shown = doctests.rewritten("First.\n\n>>> a\n... b\n1\n\nArgs:\n    ink, paper: colours,\n        two.\n")
    assert shown == (
        "First.\n\n```pycon\n>>> a\n... b\n1\n```\n\nArgs:\n    ink: colours,\n        two.\n"
        "    paper: colours,\n        two.\n"
    )


class Loaded(HTMLParser):
    """What a page loads by itself, and the anchors that it has."""

    def __init__(self, text):
        super().__init__()
        self.urls, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors.add(found.get("id"))
        if tag in ("script", "img", "iframe"):
            self.urls.append(found.get("src") or "")
        elif tag == "link" and found.get("rel") not in ("canonical", "prev", "next"):
            self.urls.append(found.get("href") or "")


def build(folder, *options):
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocstrings", reason="MkDocs: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        loaded = Loaded(page.read_text())
        assert not [url for url in loaded.urls if re.match(r"(https?:)?//", url)], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//", style.read_text()), style


@pytest.mark.slow
def test_every_public_name_has_an_anchor(site):
    for name, page in hooks.directives().items():
        loaded = Loaded((site / "api" / page.removesuffix(".md") / "index.html").read_text())
        assert name in loaded.anchors


def test_all_commands_have_their_help():
    text = hooks.command_list()
    for name in ("generate", "export", "verify", "bank make", "vae train"):
        assert f"\n## digitseq {name}\n" in text
    assert "--advance" in text
    assert "Usage: digitseq generate" in text


def test_every_picture_is_drawn_by_what_stands_beside_it():
    texts = [page.read_text() for page in redraw.PAGES]
    commands = "\n".join(command for text in texts for command in redraw.commands(text))
    blocks = {name for text in texts for _, name in redraw.blocks(text)}
    folder = ROOT / "docs" / "pictures"
    pictures = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    pictures -= {name for name in pictures if name.startswith("augmentation/")}
    assert "python examples/augmentation_pictures.py strokes docs/pictures/augmentation" in commands
    assert {name for name in pictures if f"docs/pictures/{name}" not in commands} - blocks == {
        "explore.png",
        "readings.png",
    }


@pytest.mark.slow
def test_a_broken_link_fails(site, tmp_path):
    config = (ROOT / "mkdocs.yml").read_text()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[nowhere](nothing.md)\n")
    config = re.sub(
        r"^(hooks|extra_css|nav|plugins):.*?(?=^\S|\Z)", "", config, flags=re.DOTALL | re.MULTILINE
    )
    config = config.replace("  custom_dir: docs/theme\n", "")
    (tmp_path / "mkdocs.yml").write_text(config)
    done = build(tmp_path / "site", "--config-file", tmp_path / "mkdocs.yml")
    assert done.returncode != 0
    assert "nothing.md" in done.stderr
