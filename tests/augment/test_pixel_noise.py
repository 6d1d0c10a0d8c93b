"""Random numbers of pixels, and what is computed by fewer or cheaper steps than it was defined by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from digitseq.augment import control_grid, line_geometry
from digitseq.augment.pixel_noise import normal, pixel_words
from digitseq.augment.resample import bilinear, cubic, grid


def words(width, count=300):
    keys = jax.vmap(jax.random.key)(np.arange(count, dtype=np.uint32))
    return np.asarray(jax.jit(lambda keys: pixel_words(keys, (28, width)))(keys))


def test_words_do_not_depend_on_the_columns_that_follow():
    np.testing.assert_array_equal(words(40, 2)[:, :, :25], words(25, 2))


def test_each_bit_is_fair_and_independent_of_neighbours_images_and_other_bits():
    drawn = words(64, 100)
    bits = ((drawn[..., None] >> np.arange(32, dtype=np.uint32)) & 1).astype(np.int8)
    # 179,200 words: the standard deviation of a share of ones is 0.0012.
    assert np.abs(bits.mean(axis=(0, 1, 2)) - 0.5).max() < 0.006
    signs = (2 * bits - 1).astype(np.float32)
    pairs = {
        "column": (signs[:, :, 1:], signs[:, :, :-1]),
        "row": (signs[:, 1:], signs[:, :-1]),
        "image": (signs[1:], signs[:-1]),
        "bit": (signs[..., 1:], signs[..., :-1]),
    }
    for name, (one, other) in pairs.items():
        assert np.abs((one * other).mean(axis=(0, 1, 2))).max() < 0.012, name
    assert len(np.unique(drawn)) > 0.9998 * drawn.size


def test_normal_numbers_have_the_moments_and_tails_of_the_normal_distribution():
    z = np.asarray(normal(jnp.asarray(words(64)))).astype(np.float64)
    moments = [(z**power).mean() for power in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=0.04)
    for beyond, share in ((1, 0.31731), (2, 0.04550), (3, 0.00270)):
        assert abs((np.abs(z) > beyond).mean() - share) < min(0.003, 0.12 * share)


def test_all_sums_of_bytes_make_increasing_normal_numbers():
    sums = [(min(total, 255), min(max(total - 255, 0), 255)) for total in range(511)]
    z = np.asarray(normal(jnp.asarray([[[a << 8 | b for a, b in sums]]], jnp.uint32)))[0, 0]
    assert (np.diff(z) > 0).all()
    assert z[0] == -np.asarray(normal(jnp.full((1, 1, 1), 0xFFFFFFFF, jnp.uint32)))[0, 0, 0]


def test_the_sine_is_right_to_a_millionth_of_a_wave():
    turns = np.linspace(-3, 3, 6001, dtype=np.float32)[None]
    found = line_geometry._sine(jnp.asarray(turns))
    np.testing.assert_allclose(found, np.sin(2 * np.pi * turns.astype(np.float64)), atol=2e-6)
    assert np.asarray(line_geometry._sine(jnp.zeros((1, 1))))[0, 0] == 0


@pytest.mark.parametrize("sample", [bilinear, cubic])
@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_of_whole_pixels_needs_no_interpolation(sample, axis):
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.random((3, 20, 30), np.float32))
    places = list(grid((20, 30)))
    places[1 - axis] = jnp.asarray(places[1 - axis] + rng.uniform(-4, 4, (3, 600)).astype(np.float32))
    known = sample((images, None), tuple(places), whole=(axis == 0, axis == 1))
    np.testing.assert_allclose(known, sample((images, None), tuple(places)), atol=1e-6)


@pytest.mark.parametrize("traced", [False, True])
def test_a_long_field_is_interpolated_in_blocks(monkeypatch, traced):
    width = jnp.int32(81) if traced else 100
    points = control_grid.control_points(100)
    values = jnp.asarray(np.random.default_rng(0).random((2, 2, points, 7), np.float32))
    whole = control_grid.interpolated(values, width, 100, 5.0)
    monkeypatch.setattr(control_grid, "BLOCK", 32)
    np.testing.assert_allclose(control_grid.interpolated(values, width, 100, 5.0), whole, atol=1e-5)
