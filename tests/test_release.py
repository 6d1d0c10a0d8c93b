"""What `nox -s release` says of a tag, a wheel and the page on PyPI, and the README as such a page."""

import re
import tomllib
from pathlib import Path

import pytest

noxfile = pytest.importorskip("noxfile", reason="nox: pip install -e '.[dev]'")

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
HOOK = "fancy-pypi-readme"
FILES = [
    path.relative_to(ROOT / "src").as_posix()
    for path in (ROOT / "src" / "digitseq").rglob("*")
    if path.is_file() and path.suffix != ".pyc"
]


def page(text):
    """The text as pyproject.toml has it changed for PyPI."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    for one in settings["metadata"]["hooks"][HOOK]["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    return text.replace("$HFPR_VERSION", "0.2.0")


def links(text):
    return re.findall(r"\]\(([^)\s]+)\)", text)


def test_pictures_and_pages_become_absolute_and_all_else_stays():
    assert page("![a picture](b/c.png) [page](d.md#e) [x](#y) [z](https://example.org/z) `[K, 4] (x0)`") == (
        "![a picture](https://raw.githubusercontent.com/digitseq/digitseq/v0.2.0/b/c.png) "
        "[page](https://github.com/digitseq/digitseq/blob/v0.2.0/d.md#e) [x](#y) "
        "[z](https://example.org/z) `[K, 4] (x0)`"
    )


def test_every_link_of_the_readme_is_absolute_on_its_page_and_leads_to_a_file():
    ours = [link for link in links(README) if not link.startswith("https://")]
    assert len(ours) > 20
    found = [noxfile.OURS.match(link) for link in links(page(README))]
    assert [match[1] for match in found if match] == [link.partition("#")[0] for link in ours]
    assert all((ROOT / match[1]).is_file() for match in found if match)
    assert all(link.startswith("https://") for link in links(page(README)))
    blocks = r"```.*?```"
    assert re.findall(blocks, page(README), re.DOTALL) == re.findall(blocks, README, re.DOTALL)


def test_the_session_finds_the_first_command():
    assert len(re.findall(r"^pip install \. && digitseq generate 350 0 10 120$", README, re.MULTILINE)) == 1


def test_faults_of_a_page():
    html = '<img src="https://raw.githubusercontent.com/digitseq/digitseq/v1/README.md"><a href="#x">x</a>'
    assert not list(noxfile.page_faults(html, "![a](b)", ROOT))
    html = '<a href="docs/index.md">a</a><a href="https://github.com/digitseq/digitseq/blob/v1/no.md#x">b</a>'
    assert list(noxfile.page_faults(html, "![a](b)", ROOT)) == [
        "the page has 0 <img>, the README 1",
        "the page has a relative link, docs/index.md",
        "the page links to no.md, which is not there",
    ]


def test_faults_of_a_wheel():
    files = [*FILES, "digitseq-0.2.0.dist-info/METADATA"]
    assert not list(noxfile.wheel_faults(files, 1000, ROOT / "src"))
    files = [name for name in files if name not in ("digitseq/py.typed", "digitseq/stream.py")]
    assert list(noxfile.wheel_faults([*files, "tests/conftest.py"], 9_000_000, ROOT / "src")) == [
        "the wheel lacks digitseq/py.typed",
        "the wheel lacks digitseq/stream.py",
        "the wheel has tests/conftest.py, which is not in src",
        "the wheel has 9,000,000 bytes, more than 2,800,000",
    ]


def test_a_wheel_without_its_bank_is_faulty_also_if_src_lacks_it(tmp_path):
    (tmp_path / "digitseq").mkdir()
    assert {f"the wheel lacks digitseq/{name}" for name in noxfile.NEEDED} == set(
        noxfile.wheel_faults([], 0, tmp_path)
    )


@pytest.fixture
def tree(tmp_path):
    """A tree that is ready for the release of v0.2.0."""
    for name, text in {
        "src/digitseq/version.py": '"""The version."""\n\n__version__ = "0.2.0"\n',
        "CITATION.cff": "cff-version: 1.2.0\nversion: 0.2.0\n",
        "CHANGELOG.md": "# Changes\n\n## 0.2.0\n\nNew:\n\n## 0.1.0\n",
        "README.md": "# digitseq\n",
        "docs/index.md": "# digitseq\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_all_that_says_a_version_says_that_of_the_tag(tree):
    assert not list(noxfile.tag_faults("v0.2.0", tree))
    assert [fault.split()[0] for fault in noxfile.tag_faults("v0.3.0", tree)] == list(noxfile.VERSIONS)
    (tree / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n## 0.2.0\n")
    assert list(noxfile.tag_faults("v0.2.0", tree)) == ["CHANGELOG.md says Unreleased, which is not v0.2.0"]


def test_a_release_is_on_pypi(tree):
    (tree / "docs" / "index.md").write_text("It is not on PyPI yet.")
    assert list(noxfile.tag_faults("v0.2.0", tree)) == ["docs/index.md says that digitseq is not on PyPI"]


def test_the_files_here_say_one_version():
    """What stands in CHANGELOG.md beside it is unreleased."""
    (version,) = re.findall(noxfile.VERSIONS["CITATION.cff"], (ROOT / "CITATION.cff").read_text(), re.M)
    said = {fault.split()[0] for fault in noxfile.tag_faults(f"v{version}", ROOT)}
    assert not said & {"src/digitseq/version.py", "CITATION.cff"}
