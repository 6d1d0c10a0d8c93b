"""Exports in parts that share no digits, and the seeds that exports are drawn from."""

import json
import re
from pathlib import Path

import jax
import numpy as np
import pytest
import skipped

import digitseq as ds
from digitseq import vae
from digitseq.errors import BankError
from digitseq.exporter.splits import parts_of

LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
PARTS = {"train": 0.75, "val": 0.25}
OPTIONS = {"count": 40, "format": "npz", "shard_size": 20}


def split(bank, out, fractions=PARTS, key=3, labels=LABELS, **options):
    return ds.export_splits(key, bank, labels, SPEC, out, fractions, **OPTIONS | options)


def contents(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_parts_share_no_glyph_and_no_key(bank, tmp_path):
    made = split(bank, tmp_path / "out")
    assert {name: manifest.count for name, manifest in made.items()} == {"train": 30, "val": 10}
    assert ds.disjoint(tmp_path / "out" / "val", tmp_path / "out" / "train") == []
    assert made["train"].recipe["key"] != made["val"].recipe["key"]
    whole = made["val"].recipe["source"]["split"]["of"]
    assert whole["digest"] == ds.bank_digest(bank)
    with pytest.raises(FileNotFoundError, match="it is the folder of a split; name one of its parts"):
        ds.verify(tmp_path / "out")
    before = contents(tmp_path / "out")
    assert split(bank, tmp_path / "out") == made
    assert contents(tmp_path / "out") == before


def test_writers_are_split_where_it_is_asked_for(bank, tmp_path):
    known = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), 7), writers=np.tile(np.arange(7), 10)
    )
    made = split(known, tmp_path / "out", {"train": 0.5, "val": 0.5}, by="writer")
    assert not set(made["train"].writers) & set(made["val"].writers)
    with pytest.raises(BankError, match="needs a bank that knows its writers"):
        split(bank, tmp_path / "none", by="writer")
    with pytest.raises(BankError, match="needs a bank that knows its writers"):
        split(vae.pretrained(), tmp_path / "none", by="writer")
    assert not (tmp_path / "none").exists()


def test_an_interrupted_split_resumes(bank, tmp_path):
    whole = contents(tmp_path / "whole") if split(bank, tmp_path / "whole") else {}

    def stop(done):
        if done >= 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="train: interrupted; 30 of 30"):
        split(bank, tmp_path / "out", progress=stop)
    with pytest.raises(ValueError, match="holds a split with other fractions"):
        split(bank, tmp_path / "out", {"train": 0.5, "val": 0.5})
    seen = []
    split(bank, tmp_path / "out", progress=seen.append)
    assert seen[-1] == 40
    assert contents(tmp_path / "out") == whole


def test_a_list_is_divided_too(bank, tmp_path):
    texts = [f"{n:03}" for n in range(40)]
    made = split(bank, tmp_path / "out", labels=ds.FixedLabels(texts), count=None)
    found = []
    for name in made:
        shards = sorted((tmp_path / "out" / name).rglob("*.npz"))
        found.append([text for path in shards for text in np.load(path)["text"].tolist()])
    assert sorted(text for part in found for text in part) == texts
    for part in found:
        assert part == sorted(part)  # in the list's order,
    assert max(found[0]) > min(found[1])  # but from all over it
    again = split(bank, tmp_path / "out", labels=ds.FixedLabels(texts), count=None)
    assert again == made
    assert all(ds.verify(tmp_path / "out" / name, bank) == [] for name in made)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"train": 1.0}, "two parts or more"),
        ({"train": 0.9, "val": 0.2}, "add up to 1"),
        ({"train": 1.5, "val": -0.5}, "between 0 and 1"),
        ({"train": float("nan"), "val": 0.5}, "between 0 and 1"),
        ({"../up": 0.5, "val": 0.5}, "letters, digits and _"),
        ({"train": 0.99, "val": 0.01}, "0.01 of this bank is not one glyph"),
    ],
)
def test_fractions_that_make_no_sense(fractions, message, bank, tmp_path):
    with pytest.raises(ValueError, match=message):
        split(bank, tmp_path / "out", fractions)
    with pytest.raises(ValueError, match="count 4 leaves no image for val"):
        split(bank, tmp_path / "out", {"train": 0.9, "val": 0.1}, count=4)
    assert not list(tmp_path.iterdir())


def test_counts_add_up(bank):
    for count in 3, 7, 100:
        parts = parts_of(
            jax.random.key(0), bank, LABELS, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, count, "glyph"
        )
        assert sum(part.count for part in parts.values()) == count


def test_what_stands_there_stays(bank, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"holds other things \(thesis.txt\)"):
        split(bank, tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def test_yolo_is_measured_on_pictures_that_training_has_not_seen(bank, tmp_path):
    split(bank, tmp_path / "out", format="yolo")
    described = (tmp_path / "out" / "data.yaml").read_text()
    assert re.findall(r"^(\w+): (.+)$", described, re.M) == [
        ("train", "train/data/images"),
        ("val", "val/data/images"),
    ]
    alone = (tmp_path / "out" / "train" / "data" / "data.yaml").read_text()
    assert not re.search("^val:", alone, re.M)
    assert "names no `val`" in (tmp_path / "out" / "train" / "README.md").read_text()


@pytest.mark.filterwarnings("ignore")
def test_hugging_face_loads_all_parts(bank, tmp_path, monkeypatch):
    datasets = skipped.needed("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    split(bank, tmp_path / "out", {"train": 0.5, "val": 0.25, "held": 0.25}, format="webdataset")
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in found.items()} == {"train": 20, "val": 10, "held": 10}
    split(bank, tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="load_dataset has no format npz"):
        datasets.load_dataset(str(tmp_path / "none"), cache_dir=str(tmp_path / "cache"))


# From here on the command line.

ORDER = ("random:1-3", "out", "--count", 40, "--format", "npz")


def test_the_command_splits_and_verifies(digitseq, here):
    order = (*ORDER, "--split", "train=0.75,val=0.25")
    code, out, err = digitseq("export", *order)
    assert (code, out) == (0, "out\n")
    seed = re.fullmatch(r"digitseq: seed (\d+), a fresh one, which the manifest keeps\n", err)[1]
    code, out, err = digitseq("verify", "out/val", "--disjoint-from", "out/train")
    assert (code, out) == (0, "out/val\n")
    assert "10 images in 1 shard: all hashes match, 10 re-rendered, identical" in err
    before = contents("out")
    assert digitseq("export", *order)[2] == f"digitseq: seed {seed}, as recorded in out\n"
    assert contents("out") == before


@pytest.mark.parametrize("text", ["train", "train=x", "train=0.5,train=0.5", "=1", "train=0.5"])
def test_parts_that_make_no_sense(text, refused):
    refused("export", *ORDER, "--split", text)


def test_seeds_are_fresh_and_kept(digitseq, refused, here):
    order = ("random:3", "a", "--count", 5, "--format", "npz")
    _, _, err = digitseq("export", *order)
    seed = int(re.search(r"seed (\d+), a fresh one", err)[1])
    assert ds.Manifest.read("a").recipe["key"]["words"] == [0, seed]
    assert digitseq("export", *order) == (0, "a\n", f"digitseq: seed {seed}, as recorded in a\n")
    assert digitseq("export", *order, "--seed", seed) == (0, "a\n", "")
    assert "another key" in refused("export", *order, "--seed", seed ^ 1)
    digitseq("export", "random:3", "b", *order[2:])
    assert ds.Manifest.read("b").recipe["key"] != ds.Manifest.read("a").recipe["key"]


def test_an_interrupted_export_resumes_with_its_own_seed(digitseq, bank, here):
    def stop(done):
        raise KeyboardInterrupt

    labels = ds.RandomDigits(min_length=3, max_length=3)
    with pytest.raises(KeyboardInterrupt):
        ds.export(77, bank, labels, ds.SequenceSpec(), "a", count=5, format="npz", progress=stop)
    code, _, err = digitseq("export", "random:3", "a", "--count", 5, "--format", "npz")
    assert (code, err) == (0, "digitseq: seed 77, as recorded in a\n")


def test_exports_of_one_key_are_no_test_of_each_other(bank, tmp_path):
    train, test = ds.split_bank(bank, [0.5, 0.5], jax.random.key(1))
    for name, part, key in ("a", train, 5), ("b", test, 5), ("c", test, 6):
        ds.export(key, part, LABELS, SPEC, tmp_path / name, **OPTIONS)
    (problem,) = ds.disjoint(tmp_path / "a", tmp_path / "b")
    assert "share their key (seed 5)" in problem
    assert ds.disjoint(tmp_path / "a", tmp_path / "c") == []


def test_shared_texts_are_counted(bank, tmp_path):
    from digitseq.exporter.compare import shared

    train, test = ds.split_bank(bank, [0.5, 0.5], jax.random.key(1))
    lists = {"a": (train, ["1", "12", "3"]), "b": (test, ["1", "2", "3", "12"]), "c": (test, ["4", "21"])}
    for key, (name, (part, texts)) in enumerate(lists.items()):
        ds.export(key, part, ds.FixedLabels(texts), SPEC, tmp_path / name, format="npz")
    apart, note = shared(tmp_path / "a", tmp_path / "b").notes
    assert apart.endswith(" share no glyph")
    assert note.startswith("3 of 3 texts of ")
    assert note.endswith("too, 2 of them in the image of the same number")
    assert shared(tmp_path / "a", tmp_path / "c").notes[-1].startswith("no text of ")
    key = json.loads((tmp_path / "a" / "__digitseq__" / "manifest.json").read_text())["key"]
    assert key["words"] == [0, 0]
