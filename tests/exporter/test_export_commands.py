"""The export and verify commands, also those in the documents."""

import re
import shlex
from pathlib import Path

import pytest

import digitseq as ds


def test_the_commands(made, digitseq, refused, here):
    spec = here / "spec.json"
    spec.write_text('{"image_width": 100, "spacing_range": [-4, 4], "advance": "ink"}')
    order = ("random:1-3", "out", "--count", 40, "--format", "npz", "--spec", spec, "--augment", "light")
    order = (*order, "--seed", 3)
    assert made("export", *order) == ["out"]
    assert made("export", *order) == ["out"]
    found = ds.Manifest.read("out")
    assert found.spec.advance == "ink"
    assert found.spec.glyph_transforms
    assert digitseq("verify", "out")[:2] == (0, "out\n")
    assert digitseq("verify", "out", "--sample", 0)[:2] == (0, "out\n")
    common = ("--count", 3, "--format", "npz", "--seed", 0)
    made("export", "27", "model", *common, "--bank", "vae", "--style", 0.5)
    assert digitseq("verify", "model")[0] == 0
    made("export", "27", "builtin", *common, "--bank", "builtin")
    assert digitseq("verify", "builtin")[0] == 0
    data = bytearray((here / "out" / "data" / "00000.npz").read_bytes())
    data[500] ^= 1
    (here / "out" / "data" / "00000.npz").write_bytes(data)
    assert "data/00000.npz has changed" in refused("verify", "out", code=1)
    assert "another key" in refused("export", *order[:-1], 1)
    assert "random:0" in refused("export", "random:0", "new", "--count", 4, "--format", "npz")
    assert "Not a directory" in refused(
        "export", "27", "out/README.md/new", "--count", 4, "--format", "npz", "--seed", 0, code=1
    )
    assert "gif" in refused("export", "350", "new", "--count", 4, "--format", "gif")
    spec.write_text('{"width": 100}')
    assert "--spec" in refused("export", *order)
    assert "No such file" in refused("export", *order[:-6], "--spec", "none.json")
    assert "no finished export" in refused("verify", here)


ROOT = Path(__file__).parents[2]


ELSEWHERE = {"--engine", "--workers", "--shard-size", "--count"}


HOW_TO = ("docs/how-to/splits.md", "docs/how-to/clusters.md")
PAGES = [
    ROOT / name for name in ("README.md", "docs/guide/exports.md", *HOW_TO, "src/digitseq/cli/export.py")
]


WRITTEN = [
    shlex.split(found.replace("\\\n", " "), comments=True)
    for page in PAGES
    for found in re.findall(r"digitseq export ((?:.*\\\n)*.*)\n", page.read_text())
    if "--count" in found and "mnist" not in found
]
# Without what changes nothing about whether it is refused.
DOCUMENTED = {
    (words[0], *(pair for pair in zip(words[2::2], words[3::2], strict=True) if pair[0] not in ELSEWHERE))
    for words in WRITTEN
}


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(DOCUMENTED), ids=str)
def test_documented_commands(command, digitseq, here):
    labels, *options = command
    words = [word for pair in options for word in pair]
    code, out, err = digitseq("export", labels, "out", "--count", 30, *words)
    assert (code, out) == (0, "out\n"), err
    parts = ["out/train", "out/val"] if "--split" in words else ["out"]
    assert sum(ds.Manifest.read(part).count for part in parts) == 30


def test_verify_where_the_bank_is_not_in_reach(made, digitseq, refused, here, monkeypatch, toy_folder):
    made("export", "27", "out", "--count", 3, "--format", "npz", "--seed", 0)
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("DIGITSEQ_MNIST", str(elsewhere))
    assert "name it with --bank" in refused("verify", "out")
    assert digitseq("verify", "out", "--bank", toy_folder)[:2] == (0, "out\n")
