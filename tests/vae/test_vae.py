"""The model: a source like any other, its styles, its denoiser."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import digitseq as ds
from digitseq import vae
from digitseq.augment import ReplaceNoise
from digitseq.vae import denoiser, styles


def test_draw_keeps_the_contract_of_a_source(small_vae):
    glyphs, glyph_ids = small_vae.draw(jax.random.key(0), jnp.arange(10, dtype=jnp.int32))
    assert (glyphs.shape, glyphs.dtype) == ((10, 28, 28), jnp.float32)
    assert float(glyphs.min()) >= 0
    assert float(glyphs.max()) <= 1
    assert glyph_ids.dtype == jnp.int32
    assert (glyph_ids == -1).all()
    assert small_vae.num_classes == 10
    assert small_vae.serves(jnp.array([-1, 0, 9, 10])).tolist() == [False, True, True, False]


def test_a_slot_does_not_depend_on_those_after_it(shipped_vae):
    coherent = dataclasses.replace(shipped_vae, style=0.7)
    digits = jnp.array([3, 5, 0, 7], jnp.int32)
    whole, _ = coherent.draw(jax.random.key(5), digits)
    part, _ = coherent.draw(jax.random.key(5), digits[:2])
    np.testing.assert_allclose(whole[:2], part, atol=1e-5)


def test_sequences_of_a_model(shipped_vae):
    """Through the same pipeline, in one call, rows as single images."""
    spec = ds.SequenceSpec(image_width=120, spacing_range=(0, 5), masks=True)
    digits = [[3, 5, 0], [1, 7, -1], [10, 2, 2]]
    batch = ds.sample_sequences(jax.random.key(4), shipped_vae, digits, spec)
    assert batch.digits.tolist() == [[3, 5, 0], [1, 7, -1], [-1, -1, -1]]
    assert batch.length.tolist() == [3, 2, 0]
    for row in range(3):
        one = ds.sample_sequence(
            jax.random.fold_in(jax.random.key(4), row), shipped_vae, np.array(digits[row]), spec
        )
        np.testing.assert_allclose(batch.image[row], one.image, atol=1e-5)
        assert (batch.offsets[row] == one.offsets).all()
    for box, offset in zip(batch.boxes[0], batch.offsets[0], strict=True):
        x0, y0, x1, y1 = box.tolist()
        assert offset <= x0 < x1 <= offset + 28
        assert 0 <= y0 < y1 <= 28
        assert (x1 - x0) * (y1 - y0) < 28 * 28, "haze is no ink"


def test_a_change_of_style_compiles_nothing(shipped_vae):
    spec = ds.SequenceSpec(image_width=90)
    traced = []

    @jax.jit
    def images(source, key):
        traced.append(1)
        return ds.sample_sequences(key, source, jnp.ones((2, 3), jnp.int32), spec).image

    for style in (0.0, 0.5, 1.0):
        images(dataclasses.replace(shipped_vae, style=jnp.float32(style)), jax.random.key(0))
    assert len(traced) == 1


def test_the_numpy_front_takes_a_model(shipped_vae):
    image = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank=shipped_vae)
    again = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank=shipped_vae)
    assert image.shape == (28, 120)
    assert (image == again).all()
    with pytest.raises(ValueError, match=r"digits: 11"):
        ds.generate_numbers_sequence([1, 11], (0, 10), 120, bank=shipped_vae)
    spec = ds.SequenceSpec(advance="ink")
    with pytest.raises(ValueError, match="always works is 56"):
        ds.generate_numbers_sequence([1, 2], (0, 10), 50, bank=shipped_vae, spec=spec)


@pytest.mark.parametrize("coherence", [0.0, 0.3, 0.8, 1.0])
def test_styles_are_standard_normal_and_correlated_as_asked(coherence):
    keys = jax.random.split(jax.random.key(11), 4000)
    drawn = np.asarray(jax.vmap(lambda key: styles.sample(key, 3, 2, coherence))(keys))
    for slot in range(3):
        assert stats.kstest(drawn[:, slot, 0], "norm").pvalue > 1e-3
    for first, second in ((0, 1), (0, 2), (1, 2)):
        found = np.corrcoef(drawn[:, first, 1], drawn[:, second, 1])[0, 1]
        # Five standard errors of a correlation coefficient.
        assert abs(found - coherence) < 5 * (1 - coherence**2) / 4000**0.5 + 1e-6
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]) < 5 / 4000**0.5


def test_between_goes_from_one_style_to_another_through_normal_ones():
    first, last = jax.random.normal(jax.random.key(2), (2, 5000), jnp.float32)
    assert np.allclose(vae.between(first, last, 0.0), first, atol=1e-6)
    assert np.allclose(vae.between(first, last, 1.0), last, atol=1e-6)
    assert stats.kstest(np.asarray(vae.between(first, last, 0.4)), "norm").pvalue > 1e-3
    path = vae.between(first[None], last[None], jnp.linspace(0, 1, 7))
    assert path.shape == (7, 5000)


def test_one_style_a_line(shipped_vae):
    """Style 1 repeats a digit exactly; less of it, less alike."""
    digits = jnp.full(6, 4, jnp.int32)

    def apart(style):
        glyphs, _ = dataclasses.replace(shipped_vae, style=style).draw(jax.random.key(3), digits)
        return float(jnp.abs(glyphs - glyphs[:1]).mean())

    assert apart(1.0) < 1e-6
    assert apart(1.0) < apart(0.9) < apart(0.0)


def test_write_and_reconstruct_take_any_leading_shape(small_vae):
    drawn = np.zeros((2, 3, 4))
    glyphs = vae.write(small_vae, drawn, np.ones((2, 3), np.int64))
    assert glyphs.shape == (2, 3, 28, 28)
    again = vae.reconstruct(small_vae, glyphs, np.ones((2, 3), np.int32))
    assert again.shape == (2, 3, 28, 28)
    assert vae.write(small_vae, np.zeros(4), np.int32(3)).shape == (28, 28)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: vae.write(m, np.zeros((2, 3)), [1, 2]), r"styles must be \[..., 4\]"),
        (lambda m: vae.write(m, np.zeros((2, 4)), [1]), r"digits must be integers \[2\]"),
        (lambda m: vae.write(m, np.zeros((2, 4)), [1.0, 2.0]), "digits must be integers"),
        (lambda m: vae.write(m, np.zeros((2, 4)), [1, 10]), "digits: 10 is out of range"),
        (lambda m: vae.reconstruct(m, np.zeros((1, 28, 28), np.uint8), [1]), "divide bytes by 255"),
        (lambda m: vae.reconstruct(m, np.zeros((1, 28, 27)), [1]), r"images must be \[..., 28, 28\]"),
        (lambda m: vae.denoise(m, np.zeros((27, 28))), r"images must be \[..., 28, W\]"),
        (lambda m: vae.denoise(m, np.zeros(28)), r"images must be \[..., 28, W\]"),
        (lambda m: vae.denoise(m, np.zeros((28, 28), np.uint8)), "divide bytes by 255"),
    ],
)
def test_bad_arguments(small_vae, call, message):
    with pytest.raises(ValueError, match=message):
        call(small_vae)


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 30), (3, 28, 1), (2, 2, 28, 57), (1, 28, 200)])
def test_denoise_keeps_the_shape(small_vae, shape):
    clean = vae.denoise(small_vae, np.full(shape, 0.5, np.float32))
    assert clean.shape == shape
    assert clean.dtype == jnp.float32
    assert ((clean >= 0) & (clean <= 1)).all()


def test_the_denoiser_sees_no_more_than_its_reach(small_vae):
    """A pixel far away changes nothing; a near one does: lines of any width are the same to it."""
    line = np.zeros((28, 140), np.float32)
    other = line.copy()
    other[:, 0:4] = 1
    change = np.abs(np.asarray(vae.denoise(small_vae, line) - vae.denoise(small_vae, other))).max(axis=0)
    reach = 3 * denoiser.GROUP  # its own group and, by two layers, two more
    assert change[:reach].max() > 0
    assert change[reach:].max() == 0


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_shipped_denoiser_removes_noise(shipped_vae, p):
    """On glyphs and lines of the built-in bank, without labels."""
    bank = ds.load_bank("builtin")
    spec = ds.SequenceSpec(image_width=120, spacing_range=(-4, 8))
    digits = np.arange(80).reshape(20, 4) % 10
    lines = ds.sample_sequences(jax.random.key(1), bank, digits, spec).image
    glyphs = bank.glyphs[:: len(bank.glyphs) // 100].astype(jnp.float32) / 255
    for clean in (glyphs, lines):
        noisy = ReplaceNoise(p=p).change(clean, jax.random.split(jax.random.key(2), len(clean)))
        before, after = (float(((x - clean) ** 2).mean()) for x in (noisy, vae.denoise(shipped_vae, noisy)))
        assert after < before / 4


def test_the_shipped_model_writes_the_digits_it_is_told(shipped_vae):
    """Read by the nearest of the built-in glyphs, which are filtered."""
    bank = ds.load_bank("builtin")
    known = np.repeat(np.arange(10), np.asarray(bank.counts))
    shelf = np.asarray(bank.glyphs, np.float32).reshape(len(known), -1) / 255
    digits = np.repeat(np.arange(10), 50)
    drawn = vae.write(
        shipped_vae, jax.random.normal(jax.random.key(9), (500, shipped_vae.style_size)), digits
    )
    glyphs = np.asarray(drawn).reshape(500, -1)
    squares = (shelf**2).sum(1)[None] - 2 * glyphs @ shelf.T
    assert (known[squares.argmin(axis=1)] == digits).mean() > 0.9


def test_reconstructions_resemble(shipped_vae):
    bank = ds.load_bank("builtin")
    rows = np.arange(0, len(bank.glyphs), 50)
    known = np.repeat(np.arange(10), np.asarray(bank.counts))[rows]
    glyphs = bank.glyphs[rows].astype(jnp.float32) / 255
    error = ((vae.reconstruct(shipped_vae, glyphs, known) - glyphs) ** 2).mean()
    assert float(error) < float(glyphs.var()) / 10
