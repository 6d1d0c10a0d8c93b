"""PerLine: digits of a line alike, each with the inner transform's own law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from reference import fold
from scipy import stats

import digitseq as ds
from digitseq import augment
from digitseq.augment.base import random_halves, random_words, uniform

LINES, DIGITS = 3000, 6


def hand(jitter, drift, lines=LINES, digits=DIGITS):
    """Keys inside `PerLine`, of so many lines of so many digits."""
    place = jnp.tile(jnp.linspace(-0.5, 0.5, digits, dtype=jnp.float32), lines)
    line = jnp.repeat(fold(1, lines), digits)
    return augment.HandKeys(fold(2, lines * digits), line, place, jnp.float32(jitter), jnp.float32(drift))


def drawn(jitter, drift, draw=lambda keys: uniform(keys, 2)):
    numbers = np.asarray(jax.jit(draw)(hand(jitter, drift)))
    return numbers.reshape(2, LINES, DIGITS)


@pytest.mark.parametrize(("jitter", "drift"), [(0.0, 0.0), (0.1, 0.0), (0.3, 0.6), (1.0, 1.0)])
def test_each_number_is_uniform_and_those_of_a_line_are_alike(jitter, drift):
    numbers = drawn(jitter, drift)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    for number in numbers:
        for slot in (0, 2, DIGITS - 1):
            assert stats.kstest(number[:, slot], "uniform").pvalue > 1e-4
        apart = np.ptp(number, axis=1)
        assert apart.max() <= jitter + drift + 1e-6
        assert (apart.max() > 0.7 * min(jitter + drift, 1)) or jitter + drift == 0
    assert abs(stats.pearsonr(numbers[0, :, 0], numbers[1, :, 0]).statistic) < 0.08


def test_the_jitter_of_neighbours_is_triangular():
    """The difference of two independent uniform numbers, where nothing is reflected."""
    number = drawn(0.1, 0.0)[0]
    inside = (number > 0.1).all(axis=1) & (number < 0.9).all(axis=1)
    steps = (number[inside, 0] - number[inside, 1]) / 0.1
    assert stats.kstest(steps, stats.triang(0.5, -1, 2).cdf).pvalue > 1e-4


def test_a_drift_is_steady_along_the_line_and_goes_either_way():
    number = drawn(0.0, 0.4)[0]
    inside = (number > 0.3).all(axis=1) & (number < 0.7).all(axis=1)
    steps = np.diff(number[inside], axis=1)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:, :1], steps.shape), atol=1e-5)
    assert 0.3 < (steps[:, 0] > 0).mean() < 0.7


@pytest.mark.parametrize("draw", [random_words, random_halves], ids=["words", "halves"])
def test_words_and_halves_are_uniform_too(draw):
    bits = 32 if draw is random_words else 16
    shape = (1,) if draw is random_words else 1
    for jitter in (0.0, 0.2):
        keys = hand(jitter, 0.0)
        numbers = np.asarray(jax.jit(lambda keys: draw(keys, shape))(keys)).astype(np.float64) / 2**bits
        for column in numbers.T:
            lines = column.reshape(LINES, DIGITS)
            assert stats.kstest(lines[:, 1], "uniform").pvalue > 1e-4
            assert np.ptp(lines, axis=1).max() <= jitter + 1e-4


def test_images_of_no_line_are_transformed_as_without(bank):
    glyphs = bank.glyphs[:20]
    for chain in ([augment.Affine(), augment.Elastic()], [augment.Sometimes(0.5, augment.StrokeWidth())]):
        plain = augment.apply(3, chain, glyphs)
        same = augment.apply(3, [augment.PerLine(transform, 0.3) for transform in chain], glyphs)
        np.testing.assert_array_equal(plain, same)


def sample(bank, chain, digits, width=200):
    spec = ds.SequenceSpec(image_width=width, glyph_transforms=chain, spacing_range=(0, 0))
    return jax.device_get(ds.sample_sequences(7, bank, np.asarray(digits, np.int32), spec))


@pytest.mark.slow
def test_other_transforms_of_the_chain_draw_what_they_did(bank):
    digits = [[3, 1, 4], [1, 5, -1]]
    nothing = augment.StrokeWidth(change_by=0.0)
    plain = sample(bank, (augment.Affine(), nothing, augment.Sometimes(0.5, augment.InkFade())), digits)
    chain = (
        augment.Affine(),
        augment.PerLine(nothing),
        augment.Sometimes(0.5, augment.InkFade()),
    )
    np.testing.assert_array_equal(sample(bank, chain, digits).image, plain.image)


def test_the_digits_of_a_line_are_one_hand(bank):
    """Sheared bars: at jitter 0 all glyphs of a line alike, lines unlike, padded or not."""
    bar = jnp.zeros((2, 28, 28), jnp.uint8).at[:, 4:24, 12:16].set(255)
    bars = ds.make_bank(bar, np.array([0, 1]))
    shear = augment.PerLine(augment.Affine(rotation=0.0, scale=0.0, slant=40.0, shift=0.0), 0.0)
    wave = augment.PerLine(augment.Elastic(amplitude=1.0), 0.0)
    digits = [[0, 1, 0, 1, -1]] * 8
    s = sample(bars, (shear, wave), digits)
    cells = np.stack([s.image[:, :, x : x + 28] for x in s.offsets[0, :4]], axis=1)
    np.testing.assert_allclose(cells, np.broadcast_to(cells[:, :1], cells.shape), atol=1e-5)
    assert np.abs(np.diff(cells[:, 0], axis=0)).max(axis=(1, 2)).min() > 0.05
    one = ds.sample_sequence(
        jax.random.fold_in(jax.random.key(7), 3),
        bars,
        np.array([0, 1, 0, 1], np.int32),
        ds.SequenceSpec(image_width=200, glyph_transforms=(shear, wave), spacing_range=(0, 0)),
    )
    np.testing.assert_allclose(one.image, s.image[3], atol=1e-5)


@pytest.mark.slow
def test_a_drift_depends_on_the_line_not_on_its_padding(bank):
    drift = (augment.PerLine(augment.Affine(), 0.2, 0.5),)
    long, short = (sample(bank, drift, [[1, 2, 3, *[-1] * pad]]) for pad in (4, 0))
    np.testing.assert_allclose(long.image, short.image, atol=1e-5)


@pytest.mark.slow
def test_a_chance_inside_is_the_line_s_and_outside_the_digit_s():
    bars = ds.make_bank(np.full((1, 28, 28), 200, np.uint8), np.array([0]))
    fade = augment.InkFade(strength=0.9)
    digits = np.zeros((300, 4), np.int32)

    def faded(chain):
        s = sample(bars, chain, digits, 112)
        return s.image[:, 14, 14::28] < 0.78

    together = faded((augment.PerLine(augment.Sometimes(0.5, fade), 0.0),))
    assert (together == together[:, :1]).all()
    assert 100 < together[:, 0].sum() < 200
    apart = faded((augment.Sometimes(0.5, augment.PerLine(fade, 0.0)),))
    assert 500 < apart.sum() < 700
    assert (apart != apart[:, :1]).any()


def test_it_is_refused_for_lines_and_travels_as_json():
    within = augment.PerLine(augment.Sometimes(0.5, augment.Blur()), jitter=0.2, drift=0.1)
    around = augment.Sometimes(0.5, augment.PerLine(augment.Affine()))
    spec = ds.SequenceSpec(glyph_transforms=(within, around))
    ds.check_spec(spec)
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)
    for refused in (within, around):
        with pytest.raises(ValueError, match="belongs in glyph_transforms: a line is one image"):
            ds.check_spec(ds.SequenceSpec(line_transforms=(refused,)))
    for wrong, message in (
        (augment.PerLine(augment.Affine(), 1.5), r"PerLine\.jitter .* 0 to 1, got 1\.5"),
        (augment.PerLine(3), r"PerLine\.transform must be a transform, got 3"),
    ):
        with pytest.raises(ValueError, match=message):
            ds.check_spec(ds.SequenceSpec(glyph_transforms=(wrong,)))
    with pytest.raises(ValueError, match="PerLine takes a transform"):
        augment.from_plain([{"PerLine": {"jitter": 0.1}}])


@pytest.mark.slow
def test_chunks_carry_the_lines(bank, monkeypatch):
    from digitseq.internal import xla

    chain = (augment.PerLine(augment.Affine(), 0.1),)
    whole = sample(bank, chain, [[1, 2, 3]] * 5)
    jax.clear_caches()
    monkeypatch.setattr(xla, "CPU_PIXELS", 4 * 28 * 28)
    np.testing.assert_allclose(sample(bank, chain, [[1, 2, 3]] * 5).image, whole.image, atol=1e-5)


def test_numbers_compile_once(bank):
    traces = 0

    @jax.jit
    def step(jitter, drift):
        nonlocal traces
        traces += 1
        spec = ds.SequenceSpec(glyph_transforms=(augment.PerLine(augment.Affine(), jitter, drift),))
        return ds.sample_sequences(1, bank, np.array([[1, 2, 3]], np.int32), spec).image

    pictures = {np.asarray(step(*numbers)).tobytes() for numbers in ((0.0, 0.0), (0.3, 0.0), (0.3, 0.9))}
    assert traces == 1
    assert len(pictures) == 3
