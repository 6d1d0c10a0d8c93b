"""Folders of banks as they are on people's machines: companions, homes, no home at all."""

import os
import re
import shutil
import subprocess
import sys
import time
import warnings

import jax
import numpy as np
import pytest
import skipped
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs import mnist as mnist_files
from digitseq.io import user_cache
from digitseq.io.companions import is_companion

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


# ~


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def test_home_is_known_wherever_a_path_is_taken(home, toy_folder, monkeypatch, here):
    shutil.copytree(toy_folder, home / "digits")
    monkeypatch.setenv(user_cache.CACHE_ENVIRONMENT, "~/cache")
    monkeypatch.setenv(mnist_files.ENVIRONMENT, "~/digits")
    assert ds.bank_digest(ds.load_bank("~/digits")) == DIGEST
    assert ds.bank_digest(ds.load_bank("mnist")) == DIGEST
    assert ds.bank_digest(ds.load_bank("~/digits/train-images-idx3-ubyte.gz")) == DIGEST
    assert ds.bank_digest(ds.load_bank("~/digits:train")) == DIGEST
    assert list((home / "cache" / "banks").iterdir())
    ds.write_idx("~/copy.gz", LABELS)
    np.testing.assert_array_equal(ds.read_idx("~/copy.gz"), LABELS)
    table = np.stack([LABELS, LABELS, LABELS], 1).astype(np.int32)
    ds.write_idx("~/writers", table[np.arange(len(LABELS))])
    assert ds.load_bank("~/digits", writers="~/writers").writers is not None
    ds.vae.save("~/model.npz", ds.vae.pretrained())
    assert ds.vae.digest(ds.vae.load("~/model.npz")) == ds.vae.digest(ds.vae.pretrained())
    assert not list(here.iterdir())


def test_a_checkpoint_at_home(home, here):
    skipped.needed("optax")
    (home / "c.npz").write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match=str(home)):
        ds.vae.train(jax.random.key(0), IMAGES, LABELS, checkpoint="~/c.npz")


# No home


HOMELESS = """
import pwd, sys
def nobody(*_): raise KeyError("getpwuid(): uid not found: 12345")
pwd.getpwuid = pwd.getpwnam = nobody
import warnings; warnings.simplefilter("ignore")
"""


def homeless(code, *, ends=0):
    """Runs code where neither HOME nor a passwd entry says where home is."""
    hidden = {"HOME", "USERPROFILE", "XDG_CACHE_HOME", "DIGITSEQ_CACHE", "DIGITSEQ_MNIST"}
    whole = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", HOMELESS + code],
        capture_output=True,
        text=True,
        env=whole,
        timeout=120,
        check=False,
    )
    assert done.returncode == ends, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no passwd")
def test_without_a_home_all_works_without_a_cache(toy_folder):
    out, _ = homeless(
        f"""
import digitseq as ds
print(ds.bank_digest(ds.load_bank({str(toy_folder)!r})))
print(ds.load_bank())
from digitseq.io import compilation_cache as programs
programs.keep_programs()
"""
    )
    assert out.split("\n")[0] == DIGEST
    assert "DigitBank of 3000 glyphs" in out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no passwd")
def test_without_a_home_a_fetch_asks_where_to():
    code = "import sys; sys.argv = ['digitseq', 'bank', 'fetch']\nfrom digitseq import cli; cli.main()"
    _, err = homeless(code, ends=2)
    assert re.fullmatch(r"digitseq: no home folder.*--to.*DIGITSEQ_CACHE[^\n]*\n", err), err
    code = "import sys; sys.argv = ['digitseq', 'bank', 'info']\nfrom digitseq import cli; cli.main()"
    out, err = homeless(code)
    assert out.startswith("bank    builtin")
    assert err.count("\n") <= 1


# The notice about the built-in digits


@pytest.fixture
def without_mnist(digitseq, monkeypatch):
    """Runs a command where there is no MNIST, warnings shown as users have them; returns stderr."""

    def run(*arguments):
        monkeypatch.delenv(mnist_files.ENVIRONMENT, raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            code, _, err = digitseq(*arguments)
        assert code == 0, err
        return err

    return run


def test_the_notice_comes_once_a_day(without_mnist, own_cache):
    first = without_mnist("bank", "info")
    assert re.fullmatch(r"digitseq: drawing from the built-in digits: .*`digitseq bank fetch`[^\n]*\n", first)
    assert "fetch]" not in first
    assert without_mnist("bank", "info") == ""
    assert without_mnist("bank", "preview", "--columns", 1) == ""
    stamp = own_cache / "builtin-notice"
    for seconds in (-25 * 3600, +3600):  # yesterday, and a clock that was wrong
        os.utime(stamp, (time.time() + seconds,) * 2)
        assert without_mnist("bank", "info") == first
        assert without_mnist("bank", "info") == ""


def test_the_notice_needs_no_cache(without_mnist, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"in the folder's place")
    monkeypatch.setenv(user_cache.CACHE_ENVIRONMENT, str(tmp_path / "file"))
    for _ in range(2):
        assert "built-in digits" in without_mnist("bank", "info")
    assert (tmp_path / "file").read_bytes() == b"in the folder's place"


def test_in_python_the_warning_comes_as_python_has_it(monkeypatch):
    monkeypatch.delenv(mnist_files.ENVIRONMENT, raising=False)
    for _ in range(2):
        with pytest.warns(UserWarning, match="built-in digits"):
            ds.load_bank()
