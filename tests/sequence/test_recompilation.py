"""Calls of all sizes share a few compiled programs, and make what a program of their own size makes."""

import dataclasses
import functools
import gc
import os
import weakref
from pathlib import Path
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import Shift, slow

import digitseq as ds
from digitseq import augment, numpy_api, vae
from digitseq.augment.control_grid import control_points, traced_places
from digitseq.augment.serialization import KINDS
from digitseq.vae import denoiser

# All that can depend on how wide the line is, so that an error of one shows in what follows.
CHAINS = {
    "moved": (augment.Affine(), augment.Elastic(sigma=4.0), augment.Perspective(tilt=0.4)),
    "paper": (augment.Invert(), augment.LineSlant(), augment.Paper(), augment.Occlude(size=60.0)),
    "noise": (
        augment.Sometimes(0.5, augment.GaussianNoise()),
        augment.ReplaceNoise(p=0.3),
        augment.Blur(),
        augment.StrokeWidth(),
        augment.Elastic(interpolation="cubic"),
    ),
}
STATUS = Path("/proc/self/statm")
EVERY = [kind() for name, kind in KINDS.items() if name not in ("Sometimes", "PerLine")]


def compare(bank, spec, width, key=3):
    """One image by the NumPy front and by `sample_sequence`, at that width."""
    made = ds.generate_numbers_sequence([3, 0], (0, 5), width, key=key, bank=bank, spec=spec)
    exact = spec.replace(image_width=width, spacing_range=(0, 5))
    key = jax.random.clone(key) if isinstance(key, jax.Array) else jax.random.key(key)
    wanted = ds.sample_sequence(key, bank, [3, 0], exact).image
    # A place beyond column 256 is known to 3e-5 of a pixel.
    tolerance = max(1e-5, float(np.spacing(np.float32(width))))
    np.testing.assert_allclose(made, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", slow("strong", "scan"))
def test_line_transforms_compile_for_a_few_widths(name, bank):
    glyphs, lines = augment.preset(name)
    spec = ds.SequenceSpec(glyph_transforms=glyphs, line_transforms=lines)
    before = numpy_api._image._cache_size()
    for width in np.random.default_rng(1).integers(60, 512, 12).tolist():
        made = ds.generate_numbers_sequence([3, 0], (0, 5), width, key=width, bank=bank, spec=spec)
        assert made.shape == (28, width)
    assert numpy_api._image._cache_size() - before <= 2


@pytest.mark.parametrize("name", ["moved", *slow("paper", "noise")])
def test_the_image_is_that_of_the_exact_width(name, bank):
    for width in (101, 258):
        compare(bank, ds.SequenceSpec(line_transforms=CHAINS[name]), width)


@pytest.mark.slow
@pytest.mark.parametrize("transform", EVERY, ids=lambda transform: type(transform).__name__)
def test_each_transform_by_itself(transform, bank):
    for width, chain in ((61, (transform,)), (700, (augment.Sometimes(0.5, transform), augment.Blur()))):
        compare(bank, ds.SequenceSpec(line_transforms=chain), width)
    # Linux gives a process 65,530 pieces of memory, of which each program on a CPU takes hundreds.
    jax.clear_caches()


def test_every_transform_of_ours_takes_the_width():
    assert all(augment.takes_width((transform,)) for transform in EVERY)
    assert augment.takes_width((augment.Sometimes(0.5, augment.Sometimes(0.5, augment.Paper())),))


@ds.register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Margin(augment.Paper):
    """Inherits from what takes the width, and itself knows the image's only."""

    limits: ClassVar = {}

    def change(self, images, keys):
        middle = images.shape[2] // 2
        return images.at[:, :, middle].set(1.0)


@pytest.mark.parametrize("own", slow(Margin(), Shift(by=3.0)), ids=lambda own: type(own).__name__)
def test_transforms_of_ones_own_have_the_exact_width(own, bank):
    for chain in ((own,), (augment.Sometimes(1.0, own), augment.Gamma())):
        assert not augment.takes_width(chain)
        compare(bank, ds.SequenceSpec(line_transforms=chain), 101)


def test_keys_whose_numbers_depend_on_the_size_have_the_exact_width(bank):
    """`rbg`'s are those of a shape, as the device makes them."""
    spec, before = (
        ds.SequenceSpec(line_transforms=(augment.GaussianNoise(),)),
        numpy_api._image_of.cache_info(),
    )
    compare(bank, spec, 101, jax.random.key(5, impl="rbg"))
    after = numpy_api._image_of.cache_info()
    assert after.hits + after.misses == before.hits + before.misses + 1


@pytest.mark.slow
def test_programs_of_exact_widths_are_given_back(bank, monkeypatch):
    """320 widths took all the pieces of memory that Linux gives a process, which then was aborted."""
    few = functools.lru_cache(maxsize=2)(numpy_api._image_of.__wrapped__)
    monkeypatch.setattr(numpy_api, "_image_of", few)
    spec, made = ds.SequenceSpec(line_transforms=(Shift(by=3.0),)), []
    for width in (60, 61, 62):
        made.append(weakref.ref(few(width)))
        ds.generate_numbers_sequence([3, 0], (0, 5), width, bank=bank, spec=spec)
    gc.collect()
    assert [one() is None for one in made] == [True, False, False]


def test_the_control_points_are_those_of_numpy():
    places = jax.jit(traced_places, static_argnums=1)
    for width in (1, 2, 28, 99, 100, 101, 700, 1023, 4096):
        traced, used = map(np.asarray, places(jnp.int32(width), control_points(4096)))
        wanted = np.linspace(-2.5, width + 1.5, control_points(width), dtype=np.float32)
        np.testing.assert_allclose(traced[used], wanted, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def model():
    return vae.pretrained()


def test_denoise_compiles_for_a_few_shapes(model):
    rng = np.random.default_rng(2)
    before = denoiser._probabilities._cache_size()
    for count, width in zip(rng.integers(1, 20, 30).tolist(), rng.integers(1, 120, 30).tolist(), strict=True):
        noisy = rng.random((count, 28, width), dtype=np.float32)
        clean = vae.denoise(model, noisy)
        assert clean.shape == noisy.shape
        if width % 14 < 2 or width < 20:
            # Inside `jit` it has the shape's own program.
            np.testing.assert_allclose(clean, jax.jit(vae.denoise)(model, noisy), rtol=0, atol=1e-5)
    # Powers of two: of images from 1 to 32, of groups of 14 columns from 1 to 16.
    assert denoiser._probabilities._cache_size() - before <= 16


def test_denoise_leaves_images_where_they_lie(model, monkeypatch):
    noisy = np.random.default_rng(3).random((5, 2, 28, 30), dtype=np.float32)
    wanted = vae.denoise(model, noisy)
    assert not wanted.committed
    device = jax.devices()[3]
    made = vae.denoise(model, jax.device_put(noisy, device))
    assert made.devices() == {device}
    np.testing.assert_array_equal(made, wanted)
    monkeypatch.setattr(denoiser, "PIXELS", 3000)  # a few at a time
    np.testing.assert_allclose(vae.denoise(model, noisy), wanted, rtol=0, atol=1e-5)


def _resident() -> float:
    """MiB of this process in memory."""
    return int(STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="reads memory as Linux tells it")
def test_memory_is_bounded_over_a_thousand_widths(bank, model):
    glyphs, lines = augment.preset("strong")
    spec = ds.SequenceSpec(glyph_transforms=glyphs, line_transforms=lines)
    widths = np.random.default_rng(4).integers(60, 1025, 1000).tolist()
    before, sizes = numpy_api._image._cache_size(), []
    for number, width in enumerate(widths):
        made = ds.generate_numbers_sequence([3, 0], (0, 5), width, key=number, bank=bank, spec=spec)
        clean = vae.denoise(model, made)
        assert clean.shape == (28, width)
        if number in (99, 999):
            sizes.append(_resident())
    assert numpy_api._image._cache_size() - before <= 3
    assert sizes[1] - sizes[0] < 64
