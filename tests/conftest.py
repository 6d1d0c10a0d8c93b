"""Fixtures, and JAX in its strictest mode: eight CPU devices, no promotion, no key used twice.

Programs are compiled without optimisation, since compiling is nearly all the time that the tests take
(see `compiling`); those of `test_golden`, and most that run in a process of their own, are optimised.
"""

import dataclasses
import logging
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any, ClassVar

import compiling  # before JAX, for it sets environment variables
import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import shape_checks  # noqa: F401  # before digitseq, whose functions it has checked
import skipped
from jax.experimental.compilation_cache import compilation_cache

import digitseq as ds
from digitseq import cli, vae
from digitseq.augment.geometry import Geometric
from digitseq.glyphs import mnist as mnist_files
from digitseq.io import user_cache
from digitseq.vae.weights import init_networks

jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_disable_most_optimizations", True)

# Settings of a training that takes seconds.
TINY = vae.Settings(
    latent=3,
    encoder_hidden=16,
    decoder_hidden=16,
    flow_hidden=8,
    prior_hidden=8,
    denoiser_hidden=8,
    autoencoder_epochs=2,
    flow_epochs=1,
    prior_epochs=1,
    denoiser_epochs=2,
    batch=40,
)

hypothesis.settings.register_profile("digitseq", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("digitseq")

MNIST = os.environ.get(mnist_files.ENVIRONMENT)


def pytest_configure(config):
    config.pluginmanager.register(skipped.Skipped())


def pytest_unconfigure():
    compiling.remove_programs()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker begins with a part of the files, and takes over others' tests when it is done.

    xdist's default deals tests out one by one, so that each worker traces the
    programs of nearly all files.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


def slow(*values):
    """Parameters, each a value or a tuple, that are only for the slow tests."""
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow)
        for value in values
    ]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch, request):
    """No test sees the user's cache; each has its own, but for those that load MNIST.

    Compiled programs, which the command line keeps there, are those of the
    whole run.
    """
    name = "mnist" if {"mnist", "mnist_test"} & set(request.fixturenames) else "own"
    base = tmp_path_factory.getbasetemp()
    folder = base / "shared-cache" if name == "mnist" else tmp_path_factory.mktemp("cache")
    folder.mkdir(exist_ok=True)
    if not (folder / "programs").exists():
        (folder / "programs").symlink_to(os.environ[compiling.FOLDER])
    monkeypatch.setenv(user_cache.CACHE_ENVIRONMENT, str(folder))
    return folder


@pytest.fixture(scope="session")
def _mnist_banks(tmp_path_factory):
    if not MNIST:
        pytest.skip(skipped.NO_MNIST)
    before = os.environ.get(user_cache.CACHE_ENVIRONMENT)
    os.environ[user_cache.CACHE_ENVIRONMENT] = str(tmp_path_factory.getbasetemp() / "shared-cache")
    try:
        return ds.load_bank("mnist"), ds.load_bank("mnist-test")
    finally:
        os.environ.pop(user_cache.CACHE_ENVIRONMENT)
        if before is not None:
            os.environ[user_cache.CACHE_ENVIRONMENT] = before


@pytest.fixture
def mnist(_mnist_banks):
    """The bank of MNIST's training digits."""
    return _mnist_banks[0]


@pytest.fixture
def mnist_test(_mnist_banks):
    """The bank of MNIST's test digits."""
    return _mnist_banks[1]


def toy_glyphs(per_digit: int = 7, num_classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Rectangles of random ink, a different size each: images [N, 28, 28] and labels [N], shuffled."""
    rng = np.random.default_rng(20)
    labels = rng.permutation(np.repeat(np.arange(num_classes), per_digit)).astype(np.uint8)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for image in images:
        x0, y0 = rng.integers(2, 12, 2)
        width, height = rng.integers(3, 15, 2)
        image[y0 : y0 + height, x0 : x0 + width] = rng.integers(1, 256, (height, width))
    return images, labels


@pytest.fixture(scope="session")
def bank():
    """A small bank of rectangles, so that most tests need no data."""
    return ds.make_bank(*toy_glyphs())


@pytest.fixture(scope="session")
def small_vae():
    """A small model of random weights."""
    sizes = {"encoder_hidden": 6, "decoder_hidden": 7, "prior_hidden": 5, "denoiser_hidden": 8}
    return vae.Vae(**init_networks(jax.random.key(1), classes=10, latent=4, **sizes))


@pytest.fixture(scope="session")
def shipped_vae():
    return vae.pretrained()


@pytest.fixture
def toy_folder(tmp_path) -> Path:
    """A folder of IDX files of the small bank, gzip, MNIST's names for both splits."""
    images, labels = toy_glyphs()
    for split, part in (("train", slice(None)), ("t10k", slice(0, 40))):
        ds.write_idx(tmp_path / f"{split}-images-idx3-ubyte.gz", images[part])
        ds.write_idx(tmp_path / f"{split}-labels-idx1-ubyte.gz", labels[part])
    return tmp_path


@dataclasses.dataclass(frozen=True)
class Shift(Geometric):
    """All to the right, by the same."""

    by: Any
    interpolation: str = "linear"
    limits: ClassVar = {"by": (-300, 300)}

    def draw(self, keys, size):
        return jnp.full((len(keys), 1), self.by, jnp.float32)

    def pull(self, drawn, places, size):
        return places[0], places[1] - drawn


jax.tree_util.register_dataclass(Shift, data_fields=["by"], meta_fields=["interpolation"])


@pytest.fixture
def here(tmp_path_factory, monkeypatch):
    """The folder that commands run in, empty."""
    folder = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def digitseq(here, toy_folder, monkeypatch, capsys):
    """Runs a command line on the toy bank: exit code, stdout, stderr."""
    monkeypatch.setenv("DIGITSEQ_MNIST", str(toy_folder))
    # Each command is to set up logging as in a process of its own.
    monkeypatch.setattr(logging.root, "handlers", [])
    compiled = {name: getattr(jax.config, name) for name in COMPILED}
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    levels = {log: log.level for log in (logging.root, logging.getLogger("digitseq"))}

    def run(*arguments):
        for log, level in levels.items():
            log.setLevel(level)
        logging.root.handlers.clear()
        monkeypatch.setattr(sys, "argv", ["digitseq", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    yield run
    for log, level in levels.items():
        log.setLevel(level)
    for name, value in compiled.items():
        jax.config.update(name, value)


@pytest.fixture
def programs_of_its_own():
    """Nothing comes from the programs that other tests compiled."""
    jax.config.update("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()
    yield
    jax.config.update("jax_enable_compilation_cache", True)
    compilation_cache.reset_cache()


COMPILED = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


@pytest.fixture
def made(digitseq):
    """Runs a command that must end well and say nothing but paths; returns the paths."""

    def run(*arguments):
        code, out, err = digitseq(*arguments)
        assert (code, err) == (0, "")
        return out.splitlines()

    return run


@pytest.fixture
def refused(digitseq, here):
    """Runs a command that must fail with one line and write nothing; returns the line."""

    def run(*arguments, code=2):
        before = sorted(here.rglob("*"))
        found, out, err = digitseq(*arguments)
        assert (found, out) == (code, "")
        assert re.fullmatch(r"digitseq: [^\n]+\n", err), err
        assert "Traceback" not in err
        assert sorted(here.rglob("*")) == before
        return err

    return run
