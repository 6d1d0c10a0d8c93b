"""Folders of banks as they are on people's machines: companions, homes, no home at all."""

import shutil

import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq import mnist as mnist_files
from digitseq.companions import is_companion

IMAGES, LABELS = toy_glyphs()
DIGEST = ds.bank_digest(ds.make_bank(IMAGES, LABELS))
RESOURCE_FORK = b"\0\5\x16\7\0\2\0\0Mac OS X        "
COMPANIONS = [".DS_Store", "desktop.ini", "Thumbs.db", "._.DS_Store", "Icon\r"]


@pytest.fixture
def littered(toy_folder):
    """The toy folder after a stay on a Mac, on Windows, and under a notebook."""
    for path in list(toy_folder.iterdir()):
        (toy_folder / f"._{path.name}").write_bytes(RESOURCE_FORK)
    for name in COMPANIONS:
        (toy_folder / name).write_bytes(b"of the system's")
    for name in (".ipynb_checkpoints", "__MACOSX"):
        shutil.copytree(toy_folder, toy_folder / name, ignore=shutil.ignore_patterns("__MACOSX", ".ipynb*"))
    return toy_folder


def test_what_systems_leave_is_no_obstacle(littered, monkeypatch):
    monkeypatch.delenv(mnist_files.ENVIRONMENT, raising=False)
    assert ds.bank_digest(ds.load_bank(littered)) == DIGEST
    shutil.copytree(littered, mnist_files.fetched_folder())
    assert ds.bank_digest(ds.load_bank("mnist")) == DIGEST


def test_a_resource_fork_of_an_only_pair_is_not_taken_for_it(tmp_path):
    """`._images-idx3-ubyte` with `._labels-idx1-ubyte` once made "several pairs" of one."""
    ds.write_idx(tmp_path / "images-idx3-ubyte", IMAGES)
    ds.write_idx(tmp_path / "labels-idx1-ubyte", LABELS)
    for name in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        (tmp_path / f"._{name}").write_bytes(RESOURCE_FORK)
    assert ds.bank_digest(ds.load_bank(tmp_path)) == DIGEST


def test_a_folder_of_companions_only_takes_a_models_bank(made, here):
    (here / "glyphs").mkdir()
    (here / "glyphs" / "._vae-images-idx3-ubyte.gz").write_bytes(RESOURCE_FORK)
    assert made("vae", "sample", "bank", "glyphs", "--count", "1", "--seed", "1") == ["glyphs"]
    assert np.asarray(ds.load_bank(here / "glyphs").counts).tolist() == [1] * 10


@pytest.mark.parametrize(
    "name", [*COMPANIONS, "THUMBS.DB", "._a.gz", ".ipynb_checkpoints", "@eaDir", ".nfs00a1"]
)
def test_companions(name):
    assert is_companion(name)


@pytest.mark.parametrize(
    "name", ["a.gz", ".hidden", "_x", ".", "", "images-idx3-ubyte", "desktop.ini.gz", "DS_Store"]
)
def test_data_is_no_companion(name):
    assert not is_companion(name)
