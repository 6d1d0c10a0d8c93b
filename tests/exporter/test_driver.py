"""export: what it refuses, own classes, models, URLs."""

import dataclasses
import hashlib
import sys

import jax
import jax.numpy as jnp
import pytest
from exporting import SPEC, exported, interrupt_at, tree

import digitseq as ds
from digitseq import vae


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


def test_a_models_digits(tmp_path):
    model = dataclasses.replace(vae.pretrained(), style=jnp.float32(0.9))
    made = exported(model, tmp_path / "out", count=5)
    assert made.recipe["source"]["name"] == "vae"
    assert made.recipe["source"]["style"] == pytest.approx(0.9)
    assert "CC BY-SA" in made.recipe["source"]["licence"]
    assert ds.verify(tmp_path / "out", model) == []
    with pytest.raises(ValueError, match="come from a model, not from a bank's glyphs"):
        ds.disjoint(tmp_path / "out", tmp_path / "out")


def test_the_cards_code_makes_it_again(tmp_path, monkeypatch):
    model = dataclasses.replace(vae.pretrained(), style=jnp.float32(0.25))
    for source, licence in (model, "of my own"), (ds.load_bank("builtin"), None):
        out = tmp_path / str(licence)
        made = exported(source, out, count=5, licence=licence)
        monkeypatch.chdir(out)
        exec((out / "README.md").read_text().split("```python\n")[2].split("```")[0], {})
        assert ds.Manifest.read("again") == made
