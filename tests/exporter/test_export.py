"""Exports: the same bytes whatever happens, nothing half-written, nothing lost, all of it checked."""

import dataclasses
import hashlib
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import digitseq as ds
from digitseq import augment, vae
from digitseq.exporter import execution, recipe, shards
from digitseq.exporter import plan as plans
from digitseq.exporter.formats import NAMES, format_of
from digitseq.exporter.plan import Plan

LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
OPTIONS = {"count": 60, "format": "npz", "shard_size": 25}


def exported(bank, out, key=5, labels=LABELS, spec=SPEC, **options):
    return ds.export(jax.random.key(key), bank, labels, spec, out, **OPTIONS | options)


def tree(folder) -> dict[str, str]:
    """Every file under a folder, and what is in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


@pytest.fixture
def process(tmp_path, toy_folder):
    """Starts a command line in a process of its own, in a folder without anything else."""

    def start(*arguments, before=(), **options):
        environment = os.environ | {
            "DIGITSEQ_MNIST": str(toy_folder),
            "DIGITSEQ_CACHE": str(tmp_path / "programs"),
        }
        return subprocess.Popen(
            [*before, sys.executable, "-m", "digitseq", *map(str, arguments)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return start


def test_a_manifest_tells_all(bank, tmp_path):
    made = exported(bank, tmp_path / "out", licence="public domain")
    assert ds.Manifest.read(tmp_path / "out") == made
    assert made.count == 60
    assert made.shard_size == 25
    assert made.recipe["digitseq"] == ds.__version__
    assert made.recipe["source"] == {
        "kind": "bank",
        "digest": ds.bank_digest(bank),
        "glyphs": 70,
        "licence": "public domain",
    }
    assert ds.spec_to_json(made.spec) == ds.spec_to_json(SPEC)
    assert (jax.random.key_data(made.key) == jax.random.key_data(jax.random.key(5))).all()
    np.testing.assert_array_equal(made.labels.draw(made.key, 9), LABELS.draw(jax.random.key(5), 9))
    assert dict(made.files()) | {"__digitseq__/manifest.json": "?"} == tree(tmp_path / "out") | {
        "__digitseq__/manifest.json": "?"
    }
    text = (tmp_path / "out" / "__digitseq__" / "manifest.json").read_text()
    for own in (os.uname().nodename, str(tmp_path), time.strftime("%Y-%m-%d")):
        assert own not in text


@pytest.mark.parametrize("format", NAMES)
def test_a_broken_off_export_ends_with_the_same_bytes(format, bank, tmp_path):
    exported(bank, tmp_path / "whole", format=format)

    class Stop(Exception):
        pass

    def stop(done):
        if done >= 25:
            raise Stop

    with pytest.raises(Stop):
        exported(bank, tmp_path / "broken", format=format, progress=stop)
    begun = tree(tmp_path / "broken")
    assert "__digitseq__/manifest.json" not in begun
    # A shard that was damaged since is made again.
    name = next(name for name in begun if name.startswith("data/"))
    (tmp_path / "broken" / name).write_bytes(b"damaged")
    seen = []
    exported(bank, tmp_path / "broken", format=format, progress=seen.append)
    assert seen == [0, 25, 50, 60]
    assert tree(tmp_path / "broken") == tree(tmp_path / "whole")


def test_sound_shards_are_not_made_again(bank, tmp_path):
    with pytest.raises(
        KeyboardInterrupt, match=r"interrupted; 25 of 60 images are there, and the same command"
    ):
        exported(bank, tmp_path / "out", progress=interrupt_at(25))
    first = (tmp_path / "out" / "data" / "00000.npz").stat()
    seen = []
    exported(bank, tmp_path / "out", progress=seen.append)
    assert seen == [25, 50, 60]
    assert (tmp_path / "out" / "data" / "00000.npz").stat().st_mtime_ns == first.st_mtime_ns


def interrupt_at(images):
    def progress(done):
        if done >= images:
            raise KeyboardInterrupt

    return progress


def test_a_finished_one_is_left_alone(bank, tmp_path):
    made = exported(bank, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    seen = []
    assert exported(bank, tmp_path / "out", progress=seen.append) == made
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert seen == [60]


def test_another_export_is_refused(bank, tmp_path):
    exported(bank, tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "begun", progress=interrupt_at(25))
    before = tree(tmp_path)
    for out in "out", "begun":
        for change, named in (
            ({"key": 6}, "another key;"),
            ({"count": 61}, "another count;"),
            ({"format": "idx", "shard_size": 30}, "another format, shard_size;"),
            ({"labels": ds.FixedLabels(["12"])}, "another labels;"),
            ({"spec": SPEC.replace(image_width=101)}, "another spec;"),
        ):
            with pytest.raises(ValueError, match=named):
                exported(bank, tmp_path / out, **change)
    assert tree(tmp_path) == before


def test_something_else_is_refused_and_stays(bank, tmp_path):
    for name in "thesis.txt", "manifest.json":
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_text("years of work")
        with pytest.raises(ValueError, match=name):
            exported(bank, folder)
        assert tree(folder) == {name: hashlib.sha256(b"years of work").hexdigest()}
        with pytest.raises(ValueError, match=r"out: .* is a file"):
            exported(bank, folder / name)


def test_two_processes_do_not_write_one_export(bank, tmp_path):
    def second(done):
        with pytest.raises(BlockingIOError, match="another process is at work"):
            exported(bank, tmp_path / "out")

    exported(bank, tmp_path / "out", progress=second)
    assert ds.verify(tmp_path / "out", bank) == []


@pytest.mark.parametrize(
    "spec",
    [SPEC, SPEC.replace(glyph_transforms=augment.preset("strong")[0]), SPEC.replace(masks="visible")],
    ids=["plain", "strong", "masks"],
)
def test_an_image_does_not_depend_on_its_shard(spec, bank, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "CHUNKS", (50, 25))
    read = format_of("npz").read
    found = []
    for size in 7, 100, 1000:
        out = tmp_path / str(size)
        made = exported(bank, out, spec=spec, count=120, shard_size=size)
        found.append([e for n in range(len(made.shards)) for e in read(out, f"{n:05}", 0)])
    for examples in zip(*found, strict=True):
        for field in examples[0]._fields:
            for other in examples[1:]:
                np.testing.assert_array_equal(getattr(examples[0], field), getattr(other, field))


def test_a_longer_export_begins_with_the_shorter(bank, tmp_path):
    short = exported(bank, tmp_path / "short", count=50)
    long = exported(bank, tmp_path / "long", count=75)
    assert long.shards[:2] == short.shards


def test_wide_lines_are_made_a_few_at_a_time(bank):
    sizes = {}
    for width in 200, 6000, 10**6:
        plan = Plan.of(
            jax.random.key(0),
            bank,
            LABELS,
            SPEC.replace(image_width=width),
            count=5,
            shard_size=5,
            format="npz",
        )
        sizes[width] = plan.chunk_size
    assert sizes == {200: 500, 6000: 50, 10**6: 1}


def test_what_takes_longer_is_made_a_few_at_a_time_too(bank):
    strong = SPEC.replace(glyph_transforms=augment.preset("strong")[0])
    for source, spec in (bank, strong), (vae.pretrained(), SPEC):
        plan = Plan.of(jax.random.key(0), source, LABELS, spec, count=5, shard_size=5, format="npz")
        assert plan.chunk_size == 250


@pytest.mark.parametrize(
    "labels",
    [
        ds.RandomDigits(min_length=2, max_length=9, weights=[1, 2, 3, 4, 0, 0, 0, 0, 0, 1], repeat=0.3),
        ds.NumberRange(3, 1200, zero_padded=True),
        ds.Pattern("[01]#-####", luhn=True),
        ds.FixedLabels(["0042", "7"]),
        ds.FixedLabels(np.array([[3, -1, -1], [5, 6, -1]])),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_labels_go_to_json_and_back(labels):
    again = recipe.labels_from_plain(json.loads(json.dumps(recipe.labels_to_plain(labels))))
    assert type(again) is type(labels)
    key = jax.random.key(1)
    np.testing.assert_array_equal(again.draw(key, 50), labels.draw(jax.random.clone(key), 50))


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Sevens:
    """Somebody's own labels."""

    digit: int = 7

    def draw(self, key, batch_size):
        return jnp.full((batch_size, 2), self.digit, jnp.int32)


def test_labels_of_ones_own(bank, tmp_path):
    made = exported(bank, tmp_path / "out", labels=Sevens())
    with pytest.raises(ValueError, match="Sevens are not digitseq's: give them as `labels`"):
        _ = made.labels
    assert ds.verify(tmp_path / "out", bank, labels=Sevens()) == []
    assert ds.verify(tmp_path / "out") == []
    with pytest.raises(ValueError, match="another labels"):
        exported(bank, tmp_path / "out", labels=Sevens(8))


def test_bad_arguments_write_nothing(bank, tmp_path):
    for change, message in (
        ({"count": 0}, "count must be positive"),
        ({"count": 2**33}, "count"),
        ({"shard_size": 0}, "shard_size"),
        ({"workers": 0}, "workers"),
        ({"engine": "magic"}, "engine must be one of"),
        ({"format": "gif"}, "format must be one of png, webdataset"),
        ({"spec": SPEC.replace(image_width=60)}, "image_width 60 is too small for 3 digits"),
        ({"labels": ds.FixedLabels([[12]])}, "12 is out of range"),
    ):
        with pytest.raises(ValueError, match=message):
            exported(bank, tmp_path / "out", **change)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["pyarrow", "lmdb", "array_record", "ray", "fsspec"])
def test_a_missing_package_names_its_extra(package, bank, tmp_path, monkeypatch):
    for name in [
        name for name in sys.modules if name.partition(".")[0] == package or name.endswith("_format")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    choice = {
        "pyarrow": {"format": "parquet"},
        "ray": {"engine": "ray"},
        "fsspec": {},
    }.get(package, {"format": package})
    out = "memory://nowhere" if package == "fsspec" else tmp_path / "out"
    with pytest.raises(ImportError, match=r"pip install '\.\[(export|ray)\]'"):
        exported(bank, out, **choice)


def test_a_url_of_fsspecs(bank, tmp_path):
    exported(bank, tmp_path / "here", format="coco")
    with pytest.raises(KeyboardInterrupt):
        exported(bank, "memory://there", format="coco", progress=interrupt_at(25))
    made = exported(bank, "memory://there", format="coco")
    import fsspec

    filesystem = fsspec.filesystem("memory")
    found = {name.removeprefix("/there/"): filesystem.cat(name) for name in filesystem.find("/there")}
    assert {n: hashlib.sha256(data).hexdigest() for n, data in found.items()} == tree(tmp_path / "here")
    assert exported(bank, "memory://there", format="coco") == made
    assert ds.verify("memory://there", bank) == []
    assert ds.disjoint("memory://there", tmp_path / "here")
    filesystem.pipe("/there/README.md", b"changed")
    assert "README.md has changed" in ds.verify("memory://there", bank)[0]
    exported(bank, f"file://{tmp_path}/third", format="coco")
    assert tree(tmp_path / "third") == tree(tmp_path / "here")


def fields_of(out):
    """The manifest's, but for its own sum."""
    fields = json.loads((out / "__digitseq__" / "manifest.json").read_text())
    del fields["sum"]
    return fields


def write_manifest(out, fields):
    """With the sum that makes it look right."""
    total = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    (out / "__digitseq__" / "manifest.json").write_text(json.dumps(fields | {"sum": total}))


def resigned(out, name):
    """Takes a changed file for the right one."""
    fields = fields_of(out)
    for files in (*fields["shards"], fields["others"]):
        if name in files:
            files[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    write_manifest(out, fields)


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


@pytest.mark.parametrize("change", [{"writers": [1, 2]}, {"digitseq": "0.0.9"}, {"seed": 1}], ids=str)
def test_a_changed_manifest_is_told(change, bank, tmp_path):
    exported(bank, tmp_path / "out")
    path = tmp_path / "out" / "__digitseq__" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match="its sum is another"):
        ds.verify(tmp_path / "out")


def test_what_other_libraries_made_is_made_again(bank, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        exported(bank, out, progress=interrupt_at(25))
    first = out / ".export" / "00000.json"
    monkeypatch.setattr(execution, "libraries", lambda: "jax 99")
    with pytest.raises(OSError, match="begun with jax 99"):
        exported(bank, out)
    monkeypatch.setattr(shards, "libraries", lambda: "jax 99")
    times = []
    exported(bank, out, progress=lambda done: times.append(first.stat().st_mtime_ns))
    assert times[-1] != times[0]


def test_files_that_were_added_are_told(bank, tmp_path):
    exported(bank, tmp_path / "out", format="lmdb")
    (tmp_path / "out" / "data" / "00000" / "lock.mdb").write_bytes(b"a reader's")
    assert ds.verify(tmp_path / "out", bank) == []
    (tmp_path / "out" / "data" / "00009").mkdir()
    (tmp_path / "out" / "data" / "00009" / "data.mdb").write_bytes(b"more")
    assert ds.verify(tmp_path / "out") == ["data/00009/data.mdb is not of the export"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shards", [{}]),
        ("shards", [1, 2, 3]),
        ("shards", None),
        ("others", {}),
        ("others", {"../../etc/passwd": "0" * 64, "__digitseq__/glyphs.txt": "0" * 64}),
        ("others", {"/etc/passwd": "0" * 64, "__digitseq__/glyphs.txt": "0" * 64}),
        ("others", {"__digitseq__/glyphs.txt": "nonsense"}),
        ("count", 10**6),
        ("shard_size", 0),
        ("key", {}),
        ("spec", {"width": 7}),
        ("source", None),
        ("source", {"kine": "bank", "digest": "0" * 64, "glyphs": 7}),
        ("labels", "350"),
        ("format", "gif"),
    ],
)
def test_a_manifest_that_nobody_wrote(name, value, bank, tmp_path):
    exported(bank, tmp_path / "out")
    write_manifest(tmp_path / "out", fields_of(tmp_path / "out") | {name: value})
    with pytest.raises(ValueError, match="is no manifest of digitseq's"):
        ds.verify(tmp_path / "out", bank)


def test_what_another_export_left_is_not_taken(bank, tmp_path):
    """As a task of a cluster may, whose command was killed and whose folder was removed."""
    for key in 5, 6:
        with pytest.raises(KeyboardInterrupt):
            exported(bank, tmp_path / str(key), key=key, progress=interrupt_at(25))
    for name in ".export/00000.json", "data/00000.npz":
        (tmp_path / "5" / name).write_bytes((tmp_path / "6" / name).read_bytes())
    exported(bank, tmp_path / "5")
    exported(bank, tmp_path / "whole")
    assert tree(tmp_path / "5") == tree(tmp_path / "whole")


def test_what_stands_beside_a_begun_export_is_not_overwritten(bank, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "out", progress=interrupt_at(25))
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds other things \(notes.txt\)"):
        exported(bank, tmp_path / "out")
    (tmp_path / "own" / ".export").mkdir(parents=True)
    (tmp_path / "own" / ".export" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"holds other things \(.export\)"):
        exported(bank, tmp_path / "own")
    assert (tmp_path / "own" / ".export" / "thesis.txt").exists()


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
    resigned(out, "data/annotations.json")
    assert ds.verify(out, bank, sample=60) == [
        "image 0, shard 00000: its masks differs from what __digitseq__/manifest.json makes"
    ]


def test_the_cards_code_makes_it_again(tmp_path, monkeypatch):
    model = dataclasses.replace(vae.pretrained(), style=jnp.float32(0.25))
    for source, licence in (model, "of my own"), (ds.load_bank("builtin"), None):
        out = tmp_path / str(licence)
        made = exported(source, out, count=5, licence=licence)
        monkeypatch.chdir(out)
        exec((out / "README.md").read_text().split("```python\n")[2].split("```")[0], {})
        assert ds.Manifest.read("again") == made


@pytest.mark.parametrize("field", ["image", "boxes", "digits", "text", "glyph_ids", "number"])
def test_verify_makes_images_again(field, bank, tmp_path):
    """A change that the sums do not tell, since they were changed too."""
    out = tmp_path / "out"
    exported(bank, out, shard_size=60)
    path = out / "data" / "00000.npz"
    arrays = dict(np.load(path))
    arrays[field] = np.roll(arrays[field], 1, axis=0)
    np.savez(path, **arrays)
    resigned(out, "data/00000.npz")
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


def test_exports_of_split_banks_are_disjoint(bank, tmp_path):
    train, test = ds.split_bank(bank, [0.5, 0.5], jax.random.key(1))
    for key, (name, part) in enumerate([("train", train), ("test", test), ("all", bank)]):
        exported(part, tmp_path / name, key=key)
    assert ds.disjoint(tmp_path / "train", tmp_path / "test") == []
    (problem,) = ds.disjoint(tmp_path / "train", tmp_path / "all")
    ours, theirs = (
        set((tmp_path / name / "__digitseq__" / "glyphs.txt").read_text().split())
        for name in ("train", "all")
    )
    assert f"share {len(ours & theirs)} glyphs" in problem
    shown = {
        hashlib.sha256(np.asarray(train.glyphs)[row].tobytes()).hexdigest()[:32]
        for row in np.unique(np.load(tmp_path / "train" / "data" / "00000.npz")["glyph_ids"])
        if row >= 0
    }
    assert shown <= ours


def test_writers_are_compared_where_known(bank, tmp_path):
    known = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), 7), writers=np.tile(np.arange(7), 10)
    )
    parts = ds.split_bank(known, [0.5, 0.5], jax.random.key(2), by="writer")
    by_glyph = ds.split_bank(known, [0.5, 0.5], jax.random.key(2))
    for key, (name, part) in enumerate(zip("abcd", (*parts, *by_glyph), strict=True)):
        made = exported(
            part,
            tmp_path / name,
            key=key,
            spec=SPEC.replace(hand="one-writer"),
            labels=ds.FixedLabels([*"0123456789"]),
        )
        assert made.writers == sorted({*made.writers})
    assert ds.disjoint(tmp_path / "a", tmp_path / "b") == []
    assert any("writers" in problem for problem in ds.disjoint(tmp_path / "c", tmp_path / "d"))


def test_a_models_digits(tmp_path):
    model = dataclasses.replace(vae.pretrained(), style=jnp.float32(0.9))
    made = exported(model, tmp_path / "out", count=5)
    assert made.recipe["source"]["name"] == "vae"
    assert made.recipe["source"]["style"] == pytest.approx(0.9)
    assert "CC BY-SA" in made.recipe["source"]["licence"]
    assert ds.verify(tmp_path / "out", model) == []
    with pytest.raises(ValueError, match="come from a model, not from a bank's glyphs"):
        ds.disjoint(tmp_path / "out", tmp_path / "out")


def test_known_banks_have_names():
    """The digests are those of the banks; MNIST's are tested where it is in reach."""
    found = recipe.described(ds.load_bank("builtin"))
    assert found["name"] == "builtin"
    assert "MNIST" in found["citation"]


def test_mnist_has_its_licence(mnist, mnist_test):
    for name, bank in ("mnist", mnist), ("mnist-test", mnist_test):
        assert recipe.described(bank)["name"] == name


# From here on the command line.


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
PAGES = [ROOT / "README.md", ROOT / "docs" / "exports.md", ROOT / "src" / "digitseq" / "cli" / "export.py"]
WRITTEN = [
    shlex.split(found.replace("\\\n", " "))
    for page in PAGES
    for found in re.findall(r"digitseq export ((?:.*\\\n)*.*)\n", page.read_text())
    if "--count" in found and "mnist" not in found
]
# Without where to, and what changes nothing about whether it is refused.
DOCUMENTED = {
    (words[0], *(pair for pair in zip(words[2::2], words[3::2], strict=True) if pair[0] not in ELSEWHERE))
    for words in WRITTEN
}


@pytest.mark.filterwarnings("default::UserWarning")
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


COMMAND = (
    "export",
    "random:1-3",
    "out",
    "--count",
    2000,
    "--format",
    "idx",
    "--shard-size",
    125,
    "--seed",
    0,
)


def test_workers_and_kills_change_no_byte(process, tmp_path, here):
    """One worker, two, and two that are killed again and again; transformed, so that rounding tells."""
    order = (*COMMAND, "--augment", "light")
    for folder, more in (("one", ()), ("two", ("--workers", 2))):
        (tmp_path / folder).mkdir()
        done = process(*order, *more, cwd=tmp_path / folder)
        assert (done.communicate()[1], done.returncode) == ("", 0)
    whole = tree(tmp_path / "one" / "out")
    assert tree(tmp_path / "two" / "out") == whole
    (tmp_path / "killed").mkdir()
    wait, kills, records = random.Random(3), 0, tmp_path / "killed" / "out" / ".export"
    running = process(*order, "--workers", 2, cwd=tmp_path / "killed")
    while running.poll() is None:
        # At the earliest when it has made something, so that each gets further.
        there = len(list(records.glob("0*.json")))
        while running.poll() is None and len(list(records.glob("0*.json"))) <= there:
            time.sleep(0.02)
        time.sleep(wait.uniform(0, 0.3))
        if running.poll() is None and kills < 2:
            running.kill()  # this one alone: its workers must find out
            running.communicate()
            kills += 1
            running = process(*order, "--workers", 2, cwd=tmp_path / "killed")
    assert (running.communicate()[1], running.returncode) == ("", 0)
    assert kills
    assert tree(tmp_path / "killed" / "out") == whole


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to find Ray's workers")
def test_ray_makes_the_same_bytes_though_a_worker_is_killed(process, bank, tmp_path):
    for folder in "local", "ray":
        (tmp_path / folder).mkdir()
    key = jnp.array([0, 0], jnp.uint32)
    ds.export(
        key,
        bank,
        LABELS,
        ds.SequenceSpec(),
        tmp_path / "local" / "out",
        count=2000,
        format="idx",
        shard_size=125,
    )
    running, killed = process(*COMMAND, "--engine", "ray", cwd=tmp_path / "ray"), 0
    while running.poll() is None:
        time.sleep(0.01)
        if not killed and list((tmp_path / "ray" / "out").glob(".export/0*.json")):
            for pid in ray_workers():
                os.kill(pid, signal.SIGKILL)
                killed += 1
    assert (running.communicate()[1], running.returncode) == ("", 0)
    assert killed
    assert tree(tmp_path / "ray" / "out") == tree(tmp_path / "local" / "out")


def ray_workers():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::_make_on_ray"):
                yield int(path.parent.name)
        except OSError:  # it ended meanwhile
            continue


@pytest.fixture
def heeded():
    """Interrupts reach what a test starts, also where a shell in the background has them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_leaves_what_can_be_gone_on_with(process, tmp_path):
    order = (*COMMAND[:4], 12000, "--format", "webdataset", "--shard-size", 250, "--workers", 2, "--seed", 0)
    running = process(*order, cwd=tmp_path, start_new_session=True)
    while not list(tmp_path.glob("out/data/*")):
        assert running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err.startswith("digitseq: interrupted; ")
    assert err.endswith(" of 12000 images are there, and the same command resumes\n")
    assert err.count("\n") == 1
    done = process(*order, cwd=tmp_path)
    assert (done.communicate()[1], done.returncode) == ("", 0)
    assert ds.verify(tmp_path / "out") == []


@pytest.mark.parametrize(("format", "workers"), [("npz", 2), ("lmdb", 1)])
def test_a_full_disk_is_one_line(format, workers, process, tmp_path):
    """A limit on the size of files stands for it: both are an error of writing."""
    order = (*COMMAND[:4], 500, *COMMAND[5:6], format, "--shard-size", 500, "--workers", workers, "--seed", 0)
    failed = process(*order, cwd=tmp_path, before=("bash", "-c", 'ulimit -f 100; exec "$@"', "bash"))
    out, err = failed.communicate()
    assert (failed.returncode, out) == (1, ""), err
    assert err.startswith("digitseq: ")
    assert err.count("\n") == 1
    done = process(*order, cwd=tmp_path)
    assert (done.communicate()[1], done.returncode) == ("", 0)
    assert ds.verify(tmp_path / "out") == []
