"""Exports among links, special files, companions, and forged manifests."""

import copy
import dataclasses
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from conftest import slow

import digitseq as ds

LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
OPTIONS = {"count": 30, "format": "npz", "shard_size": 20}


def exported(bank, out, labels=LABELS, **options):
    return ds.export(5, bank, labels, SPEC, out, **OPTIONS | options)


@pytest.fixture
def begun(bank, tmp_path):
    """An export that was interrupted after its first shard."""

    def stop(done):
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "out", progress=stop)
    return tmp_path / "out"


def contents(folder):
    return {path: path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("name", [".export", ".export/lock", ".export/work", "data", "__digitseq__"])
def test_links_are_not_followed(name, bank, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = elsewhere / "thesis"
    if name.endswith("lock"):
        target.write_text("years of work")
    else:
        target.mkdir()
        for inner in ("thesis.txt", "lock", "00000.npz"):
            (target / inner).write_text("years of work")
        (target / "work").mkdir()
        (target / "work" / "thesis.txt").write_text("years of work")
    before = contents(elsewhere)
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).symlink_to(target)
    with pytest.raises(ValueError, match=r"out: .*(is a symbolic link|holds other things)"):
        exported(bank, out)
    assert contents(elsewhere) == before


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("name", [".export/lock", ".export/plan.json", ".export/work", "data"])
def test_links_in_a_begun_export_are_not_followed(name, bank, begun, tmp_path):
    target = tmp_path / "elsewhere"
    (begun / name).rename(target)
    (begun / name).symlink_to(target)
    before = contents(tmp_path) if target.is_dir() else target.read_bytes()
    with pytest.raises(ValueError, match="is a symbolic link"):
        exported(bank, begun)
    assert before == (contents(tmp_path) if target.is_dir() else target.read_bytes())


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_an_export_in_a_folder_that_a_link_names(bank, tmp_path):
    """As on a larger disk: it is the user's own."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    exported(bank, tmp_path / "out")
    assert ds.verify(tmp_path / "out", bank) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("special", ["fifo", "device", "link"])
def test_special_files_are_reported_and_not_waited_for(special, bank, tmp_path):
    names = ["__digitseq__/manifest.json", "data/00000.npz", "__digitseq__/glyphs.txt"]
    exported(bank, tmp_path / "good")
    for number, name in enumerate(names):
        path = shutil.copytree(tmp_path / "good", tmp_path / str(number)) / name
        path.unlink()
        if special == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero" if special == "device" else __file__)
    code = "import sys, digitseq as ds\nfor out in sys.argv[1:]:\n"
    code += "    try: print(ds.verify(out))\n    except ValueError as error: print([str(error)])"
    outs = [tmp_path / str(number) for number in range(len(names))]
    done = subprocess.run(
        [sys.executable, "-c", code, *outs], capture_output=True, text=True, timeout=60, check=True
    )
    for name, line in zip(names, done.stdout.splitlines(), strict=True):
        (problem,) = eval(line)
        assert Path(name).name in problem
    assert "no regular file" in problem or "symbolic link" in problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("name", ["lock", "plan.json"])
def test_a_fifo_in_a_begun_export(name, bank, begun):
    (begun / ".export" / name).unlink()
    os.mkfifo(begun / ".export" / name)
    with pytest.raises(ValueError, match=r"is no regular file|can't be read"):
        exported(bank, begun)


COMPANIONS = (".DS_Store", "._data", "desktop.ini", "Thumbs.db", ".ipynb_checkpoints/README-checkpoint.md")


def left(folder):
    for name in COMPANIONS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"a system's")


def test_companions_are_no_obstacle(bank, tmp_path):
    out = tmp_path / "out"
    left(out)

    def stop(done):
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exported(bank, out, progress=stop)
    left(out / ".export")
    left(out / "data")
    made = exported(bank, out)
    left(out / "__digitseq__")
    assert ds.verify(out, bank) == []
    assert exported(bank, out) == made
    parts = {"train": 0.5, "val": 0.5}
    left(tmp_path / "split")
    ds.export_splits(1, bank, LABELS, SPEC, tmp_path / "split", parts, **OPTIONS)
    assert ds.verify(tmp_path / "split" / "train") == []


def test_what_stands_beside_the_data_is_told(bank, tmp_path):
    exported(bank, tmp_path / "out")
    for name in ("notes.txt", "more/train.npz", "__digitseq__/glyphs.old"):
        (tmp_path / "out" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "out" / name).write_text("mine")
        assert ds.verify(tmp_path / "out") == [f"{name} is not of the export"]
        (tmp_path / "out" / name).unlink()


def test_home_and_local_urls(bank, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = exported(bank, "~/out")
    assert ds.Manifest.read("~/out") == made
    assert ds.verify("~/out") == ds.verify(Path("~/out")) == []
    assert ds.disjoint("~/out", f"file://localhost{tmp_path}/out")
    exported(bank, f"file://localhost{tmp_path}/url")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "url"]
    for url in ("file://elsewhere/out", "file://out"):
        with pytest.raises(ValueError, match="another machine"):
            exported(bank, url)


def test_a_licence_that_no_card_can_hold_is_refused_at_once(bank, tmp_path):
    with pytest.raises(ValueError, match="licence 'caf.*' must be UTF-8"):
        exported(bank, tmp_path / "out", licence=b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert not list(tmp_path.iterdir())


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Bars:
    """Somebody's own source, of as many digits as one asks for."""

    def draw(self, key, digits):
        glyphs = jnp.broadcast_to(digits[:, None, None] / 20, (len(digits), 28, 28)).astype(jnp.float32)
        return glyphs, jnp.full(len(digits), -1, jnp.int32)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Twelve(Bars):
    @property
    def num_classes(self):
        return 12


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Tens:
    """Labels that don't say what they hold."""

    def draw(self, key, batch_size):
        return jnp.full((batch_size, 1), 10, jnp.int32)


@pytest.mark.parametrize("labels", [ds.FixedLabels([[10], [1, 0]]), Tens()], ids=["known", "unknown"])
def test_texts_of_sources_of_ones_own_are_unambiguous(labels, tmp_path):
    with pytest.raises(ValueError, match=r"labels hold the digit 10, .*num_classes. of at least 11"):
        exported(Bars(), tmp_path / "out", labels)
    exported(Twelve(), tmp_path / "twelve", labels, count=2)
    assert ds.verify(tmp_path / "twelve", Twelve(), labels=labels) == []
    from digitseq.exporter.formats import format_of

    texts = [example.text for example in format_of("npz").read(tmp_path / "twelve", "00000", 0)]
    assert texts == (["10", "10"] if isinstance(labels, Tens) else ["10", "1-0"])


VALUES = (
    None,
    True,
    -1,
    0,
    1.5,
    2**40,
    10**30,
    float("nan"),
    "",
    "x",
    "7" * 64,
    [],
    [1],
    {},
    {"a": 1},
    [[[]]],
)


def changed(fields, rng):
    """The fields with one value, at any depth, removed, doubled, or another."""
    fields = copy.deepcopy(fields)
    place, key = fields, rng.choice(list(fields))
    while isinstance(place[key], dict | list) and place[key] and rng.random() < 0.8:
        place = place[key]
        key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
    match rng.randrange(4):
        case 0:
            del place[key]
        case 1 if isinstance(place, dict):
            place[rng.choice(("x", "", "type", "../up"))] = place.pop(key)
        case _:
            place[key] = rng.choice(VALUES)
    return fields


def resigned(out, fields):
    total = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    (out / "__digitseq__" / "manifest.json").write_text(json.dumps(fields | {"sum": total}))


@pytest.mark.filterwarnings("ignore")  # of NumPy's casts
@pytest.mark.parametrize("times", [60, *slow(3000)])
def test_a_manifest_that_was_tampered_with_is_one_line(times, bank, tmp_path):
    from digitseq import augment

    out, rng, lines = tmp_path / "out", random.Random(times), []
    spec = SPEC.replace(glyph_transforms=augment.preset("light")[0])
    ds.export_splits(5, bank, LABELS, spec, out, {"a": 0.5, "b": 0.5}, **OPTIONS)
    out = out / "a"
    fields = json.loads((out / "__digitseq__" / "manifest.json").read_text())
    del fields["sum"]
    lists = fields | {"labels": {"type": "FixedLabels", "digits": ["1-2", "3"], "slots": 2, "order": "given"}}
    for n in range(times):
        resigned(out, changed(fields if n % 3 else lists, rng))
        try:
            manifest = ds.Manifest.read(out)
            _ = manifest.spec, manifest.labels, manifest.key
            ds.verify(out)
        except ValueError as error:
            lines.append(str(error))
    assert len(lines) > times / 2
    assert all(len(line) < 1000 and "\n" not in line for line in lines)


@pytest.mark.parametrize("name", ["__digitseq__/manifest.json", ".export/plan.json"])
def test_json_that_is_nested_too_deeply_is_one_line(name, bank, tmp_path):
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text('{"key": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(ValueError, match=r"is no manifest of digitseq's|can't be read"):
        exported(bank, tmp_path / "out")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{}", '{"file_name": 7}', "7", "\0"], ids=lambda text: text[:9]
)
@pytest.mark.parametrize("format", ["png", "coco"])
def test_labels_that_were_tampered_with_are_one_line(format, text, bank, tmp_path):
    """With sums that are right."""
    out = tmp_path / "out"
    exported(bank, out, format=format, count=3)
    name = "data/00000/metadata.jsonl" if format == "png" else "data/annotations.json"
    (out / name).write_text(text if format == "png" else '{"id": ' + text)
    digest = hashlib.sha256((out / name).read_bytes()).hexdigest()
    fields = json.loads((out / "__digitseq__" / "manifest.json").read_text())
    del fields["sum"]
    for files in (*fields["shards"], fields["others"]):
        if name in files:
            files[name] = digest
    resigned(out, fields)
    (problem,) = ds.verify(out, bank)
    assert problem.startswith("shard 00000 ")
    assert "\n" not in problem
