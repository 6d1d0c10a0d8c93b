"""Every command that README and documents print, run in their order, each page in a folder of its own."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from conftest import slow, toy_glyphs
from files import assert_the_same_pictures
from PIL import Image

import digitseq as ds
from digitseq import vae

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
# Begins of commands that are not run here, and what does it instead.
ELSEWHERE = {
    "pip": "the README's two commands are run in a fresh environment before each release",
    "python": "examples and benchmarks have tests and sessions of their own",
    "nox": "sessions",
    "git": "there is a clone already",
    "cd": "into it",
    "MALLOC_": "benchmarks/tips.py runs itself so",
    "mkdocs": "test_site builds the site",
    "ray": "test_export runs --engine ray on a cluster of one machine",
    "digitseq explore": "tests/explore/test_page.py drives its page in a browser",
    "digitseq bank fetch": "test_fetch fetches from a server of its own",
}
# Options of exports that say how much and by whom: less of it, by this process.
SMALLER = {"--count": "30", "--workers": None, "--engine": None, "--shard-size": None}


def commands(text):
    """The commands of a page's shell blocks, in order, without comments."""
    for _, block in re.findall(r"^( *)```sh\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            for command in re.split(r" && ", re.sub(r"(^|\s+)#.*", "", line)):
                if command.strip():
                    yield command.strip()


def smaller(words):
    kept = []
    pairs = iter(words)
    for word in pairs:
        if word in SMALLER:
            next(pairs)
            kept += [word, SMALLER[word]] if SMALLER[word] else []
        else:
            kept.append(word)
    return kept


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("page", ["README.md", *slow(*sorted(PAGES.keys() - {"README.md"}))])
def test_commands_work_as_printed(page, digitseq, here, monkeypatch, toy_folder):
    (here / "docs" / "pictures" / "model").mkdir(parents=True)
    # Test digits that are not those of training, as MNIST's are not.
    images = ds.read_idx(toy_folder / "t10k-images-idx3-ubyte.gz")
    ds.write_idx(toy_folder / "t10k-images-idx3-ubyte.gz", images[:, ::-1])
    # QMNIST's labels, of the folder that the page asks for.
    labels = ds.read_idx(toy_folder / "train-labels-idx1-ubyte.gz")
    (here / "qmnist").mkdir()
    table = np.stack([labels, labels, 0 * labels], axis=1).astype(np.int32)
    ds.write_idx(here / "qmnist" / "qmnist-train-labels-idx2-int", table)
    # EMNIST's letters, as its archive has them.
    (here / "emnist" / "gzip").mkdir(parents=True)
    letters, classes = toy_glyphs(2, 26)
    for kind, array in (("images-idx3", letters), ("labels-idx1", classes.astype(np.uint8) + np.uint8(1))):
        ds.write_idx(here / "emnist" / "gzip" / f"emnist-letters-train-{kind}-ubyte.gz", array)
    # Scans, and a photographed line.
    scan = np.full((40, 40), 230, np.uint8)
    scan[8:32, 18:22] = 20
    for digit in range(10):
        (here / "scans" / str(digit)).mkdir(parents=True)
        Image.fromarray(scan).save(here / "scans" / str(digit) / "a.png")
    Image.fromarray(np.tile(scan, 3)).save(here / "cheque.png")
    # A model's file as `vae train` would write it, which the tests of training look after.
    monkeypatch.setattr(vae, "train", lambda *_, **__: vae.pretrained())
    monkeypatch.setattr("digitseq.glyphs.mnist.mnist_folder", lambda: toy_folder)
    for command in commands(PAGES[page]):
        if any(command.startswith(start) for start in ELSEWHERE) or "s3://" in command:
            continue
        words = shlex.split(command)
        if words[0] == "echo":
            assert words[2] in (">", ">>"), command
            with open(here / words[3], "w" if words[2] == ">" else "a") as file:
                file.write(f"{words[1]}\n")
            continue
        if words[0] == "sha256sum":
            assert len({(here / name).read_bytes() for name in words[1:]}) == 1, command
            continue
        assert words.pop(0) == "digitseq", f"{page}: {command} is neither run nor excepted"
        code, out, err = digitseq(*(smaller(words) if words[0] in ("export", "vae") else words))
        assert code == 0, f"{page}: {command} ended with {code}: {err}"
        assert out
    if list((here / "docs").rglob("*.png")):
        assert_the_same_pictures(here / "docs", ROOT / "docs")


def test_commands_are_found_in_every_page_that_has_some():
    for page, text in PAGES.items():
        assert len(list(commands(text))) >= text.count("```sh\n"), page
    assert len([command for text in PAGES.values() for command in commands(text)]) > 80


def test_json_blocks_are_json():
    blocks = [
        b
        for text in PAGES.values()
        for b in re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    ]
    assert blocks
    for block in blocks:
        json.loads(block)


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_contributing_names_files_and_names_that_exist():
    """The recipes name each file that a new transform, format or label source touches."""
    paths = [path for folder in ("src", "tests", "examples", "docs") for path in (ROOT / folder).rglob("*")]
    paths += [
        ROOT / name
        for name in ("src", "tests", "CHANGELOG.md", "noxfile.py", "pyproject.toml", ".github/workflows")
    ]
    named = set(re.findall(r"`((?:[\w.]+/)*\w+(?:\.py|\.md|\.toml|/))`", CONTRIBUTING))
    assert len(named) > 15
    for name in (name.replace("NAME", "npz") for name in named):
        assert any(f"{path}".endswith(f"/{name.rstrip('/')}") for path in paths), name
    text = "".join(path.read_text() for path in paths if path.suffix == ".py")
    for name in set(re.findall(r"`([A-Z]{2,})`", CONTRIBUTING)):
        assert re.search(rf"^{name}\b.* = ", text, re.MULTILINE), name


def test_links_lead_somewhere():
    for page, text in [*PAGES.items(), ("CONTRIBUTING.md", CONTRIBUTING)]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"
