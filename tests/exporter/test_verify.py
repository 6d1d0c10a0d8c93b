"""verify: what it finds, and what the command says."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from exporting import accept_change, exported

import digitseq as ds
from digitseq.exporter.verify import summary


def test_verify_says_what_is_wrong(bank, tmp_path):
    out = tmp_path / "out"
    exported(bank, out, format="png")
    assert ds.verify(out, bank) == []
    picture = out / "data" / "00001" / "000000030.png"
    data = picture.read_bytes()
    picture.write_bytes(data[:-1])
    (out / "__digitseq__" / "sheet.svg").unlink()
    problems = ds.verify(out, bank)
    assert len(problems) == 2
    assert problems[0].startswith("data/00001/000000030.png has changed (SHA-256 ")
    assert problems[1] == "__digitseq__/sheet.svg is missing"
    with pytest.raises(FileNotFoundError, match="no finished export"):
        ds.verify(tmp_path)
    # What needs the digits is looked at last.
    assert ds.verify(out, ds.load_bank("builtin")) == problems
    (out / "__digitseq__" / "manifest.json").write_text("{}")
    with pytest.raises(ValueError, match="is no manifest of digitseq's"):
        ds.verify(out)


def test_files_that_were_added_are_told(bank, tmp_path):
    exported(bank, tmp_path / "out", format="lmdb")
    (tmp_path / "out" / "data" / "00000" / "lock.mdb").write_bytes(b"a reader's")
    assert ds.verify(tmp_path / "out", bank) == []
    (tmp_path / "out" / "data" / "00009").mkdir()
    (tmp_path / "out" / "data" / "00009" / "data.mdb").write_bytes(b"more")
    assert ds.verify(tmp_path / "out") == ["data/00009/data.mdb is not of the export"]


def test_the_masks_of_coco_are_compared(bank, tmp_path):
    out = tmp_path / "out"
    exported(bank, out, format="coco", shard_size=60)
    path = out / "data" / "annotations.json"
    lines = path.read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "segmentation" in line)
    row = json.loads(lines[at].rstrip(",\n"))
    row["segmentation"]["counts"][0] += 1
    row["segmentation"]["counts"][-1] -= 1
    lines[at] = json.dumps(row) + ",\n"
    path.write_text("".join(lines))
    accept_change(out, "data/annotations.json")
    assert ds.verify(out, bank, sample=60) == [
        "image 0, shard 00000: its masks differs from what __digitseq__/manifest.json makes"
    ]


@pytest.mark.parametrize("field", ["image", "boxes", "digits", "text", "glyph_ids", "number"])
def test_verify_makes_images_again(field, bank, tmp_path):
    """A change that the sums do not tell, since they were changed too."""
    out = tmp_path / "out"
    exported(bank, out, shard_size=60)
    path = out / "data" / "00000.npz"
    arrays = dict(np.load(path))
    arrays[field] = np.roll(arrays[field], 1, axis=0)
    np.savez(path, **arrays)
    accept_change(out, "data/00000.npz")
    problems = ds.verify(out, bank)
    assert problems
    assert ds.verify(out) == []
    wanted = {"number": "image 1 "}.get(
        field, f"its {field} differs from what __digitseq__/manifest.json makes"
    )
    assert field == "number" or all(wanted in problem for problem in problems)


def test_verify_needs_the_same_bank(bank, tmp_path):
    exported(bank, tmp_path / "out")
    with pytest.raises(ValueError, match="source: the export was made from one with digest"):
        ds.verify(tmp_path / "out", ds.split_bank(bank, [0.5], jax.random.key(0))[0])


# From here on the command line.

ORDER = ("--format", "npz", "--shard-size", 10, "--seed", 0)


@pytest.mark.parametrize(
    ("count", "sample", "said"),
    [
        (25, 8, "25 images in 3 shards: all hashes match, 9 re-rendered, identical"),
        (25, 0, "25 images in 3 shards: all hashes match, none re-rendered"),
        (5, 32, "5 images in 1 shard: all hashes match, 5 re-rendered, identical"),
    ],
)
def test_it_says_what_it_checked(count, sample, said, digitseq, made, here):
    made("export", "random:2", "out", "--count", count, *ORDER)
    assert digitseq("verify", "out", "--sample", sample) == (0, "out\n", f"digitseq: {said}\n")


def test_large_numbers_have_separators(bank, tmp_path):
    made = exported(bank, tmp_path / "out", count=5)
    large = dataclasses.replace(made, recipe=made.recipe | {"count": 1200}, shards=made.shards * 120)
    assert summary(large, 0).startswith("1,200 images in 120 shards: ")


def test_nothing_there(refused, here):
    assert "there is no such folder" in refused("verify", "nothing")
    (here / "empty").mkdir()
    assert "holds no __digitseq__/manifest.json" in refused("verify", "empty")
    (here / "empty" / "manifest.json").write_text("{}")
    assert "an earlier digitseq made it" in refused("verify", "empty")
    assert "it is no finished export" in refused("verify", here)


def test_what_is_wrong_is_all_it_says(digitseq, made, here):
    made("export", "random:2", "out", "--count", 5, *ORDER)
    (here / "out" / "stray").write_text("mine")
    assert digitseq("verify", "out") == (1, "", "digitseq: stray is not of the export\n")


@pytest.mark.parametrize("count", [10**14, 10**30, -1, 0])
def test_a_count_that_makes_no_sense_is_one_line(count, refused):
    assert "--count" in refused("export", "random:2", "out", "--count", count, "--format", "npz")


def test_exports_of_one_seed_share_a_key(digitseq, made, here):
    for name in ("a", "b"):
        made("export", "random:2", name, "--count", 5, *ORDER)
    code, out, err = digitseq("verify", "a", "--disjoint-from", "b")
    assert (code, out) == (1, "")
    assert "a and b share their key (seed 0)" in err
    assert "5 of 5 texts of a are in b too, 5 of them in the image of the same number" in err
