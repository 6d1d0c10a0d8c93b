"""Manifests: what they record, and that damaged and foreign ones are refused."""

import json
import os
import shutil
import time

import jax
import numpy as np
import pytest
from exporting import LABELS, MANIFEST, SPEC, exported, fields_of, tree, write_manifest

import digitseq as ds


@pytest.fixture(scope="module")
def whole(bank, tmp_path_factory):
    """A finished export, for tests that only read it."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    exported(bank, folder)
    return folder


@pytest.fixture
def out(whole, tmp_path):
    """A copy of it, for tests that change it."""
    return shutil.copytree(whole, tmp_path / "out")


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


@pytest.mark.parametrize("change", [{"writers": [1, 2]}, {"digitseq": "0.0.9"}, {"seed": 1}], ids=str)
def test_a_changed_manifest_is_told(change, out):
    path = out / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match="its sum is another"):
        ds.verify(out)


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
def test_a_forged_manifest(name, value, bank, out):
    write_manifest(out, fields_of(out) | {name: value})
    with pytest.raises(ValueError, match="is no manifest of digitseq's"):
        ds.verify(out, bank)
