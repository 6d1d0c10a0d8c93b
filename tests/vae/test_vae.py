"""The model: a source like any other, its styles, its denoiser, its files. Training is in test_training."""

import dataclasses
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import digitseq as ds
from digitseq import vae
from digitseq.augment import ReplaceNoise
from digitseq.vae import denoiser, losses, model, styles, weights

SIZES = {
    "classes": 10,
    "latent": 4,
    "encoder_hidden": 6,
    "decoder_hidden": 7,
    "prior_hidden": 5,
    "denoiser_hidden": 8,
}


@pytest.fixture(scope="module")
def small():
    """A small model of random weights."""
    return vae.Vae(**weights.init_networks(jax.random.key(1), **SIZES))


@pytest.fixture(scope="module")
def shipped():
    return vae.pretrained()


def test_draw_keeps_the_contract_of_a_source(small):
    glyphs, glyph_ids = small.draw(jax.random.key(0), jnp.arange(10, dtype=jnp.int32))
    assert (glyphs.shape, glyphs.dtype) == ((10, 28, 28), jnp.float32)
    assert float(glyphs.min()) >= 0
    assert float(glyphs.max()) <= 1
    assert glyph_ids.dtype == jnp.int32
    assert (glyph_ids == -1).all()
    assert small.num_classes == 10
    assert small.serves(jnp.array([-1, 0, 9, 10])).tolist() == [False, True, True, False]


def test_a_slot_does_not_depend_on_those_after_it(shipped):
    coherent = dataclasses.replace(shipped, style=0.7)
    digits = jnp.array([3, 5, 0, 7], jnp.int32)
    whole, _ = coherent.draw(jax.random.key(5), digits)
    part, _ = coherent.draw(jax.random.key(5), digits[:2])
    np.testing.assert_allclose(whole[:2], part, atol=1e-5)


def test_sequences_of_a_model(shipped):
    """Through the same pipeline, in one call, rows as single images."""
    spec = ds.SequenceSpec(image_width=120, spacing_range=(0, 5), masks=True)
    digits = [[3, 5, 0], [1, 7, -1], [10, 2, 2]]
    batch = ds.sample_sequences(jax.random.key(4), shipped, digits, spec)
    assert batch.digits.tolist() == [[3, 5, 0], [1, 7, -1], [-1, -1, -1]]
    assert batch.length.tolist() == [3, 2, 0]
    for row in range(3):
        one = ds.sample_sequence(
            jax.random.fold_in(jax.random.key(4), row), shipped, np.array(digits[row]), spec
        )
        np.testing.assert_allclose(batch.image[row], one.image, atol=1e-5)
        assert (batch.offsets[row] == one.offsets).all()
    for box, offset in zip(batch.boxes[0], batch.offsets[0], strict=True):
        x0, y0, x1, y1 = box.tolist()
        assert offset <= x0 < x1 <= offset + 28
        assert 0 <= y0 < y1 <= 28
        assert (x1 - x0) * (y1 - y0) < 28 * 28, "haze is no ink"


def test_a_change_of_style_compiles_nothing(shipped):
    spec = ds.SequenceSpec(image_width=90)
    traced = []

    @jax.jit
    def images(source, key):
        traced.append(1)
        return ds.sample_sequences(key, source, jnp.ones((2, 3), jnp.int32), spec).image

    for style in (0.0, 0.5, 1.0):
        images(dataclasses.replace(shipped, style=jnp.float32(style)), jax.random.key(0))
    assert len(traced) == 1


def test_the_numpy_front_takes_a_model(shipped):
    image = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank=shipped)
    again = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank=shipped)
    assert image.shape == (28, 120)
    assert (image == again).all()
    with pytest.raises(ValueError, match=r"digits: 11"):
        ds.generate_numbers_sequence([1, 11], (0, 10), 120, bank=shipped)
    spec = ds.SequenceSpec(advance="ink")
    with pytest.raises(ValueError, match="always works is 56"):
        ds.generate_numbers_sequence([1, 2], (0, 10), 50, bank=shipped, spec=spec)


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


def test_one_style_a_line(shipped):
    """Style 1 repeats a digit exactly; less of it, less alike."""
    digits = jnp.full(6, 4, jnp.int32)

    def apart(style):
        glyphs, _ = dataclasses.replace(shipped, style=style).draw(jax.random.key(3), digits)
        return float(jnp.abs(glyphs - glyphs[:1]).mean())

    assert apart(1.0) < 1e-6
    assert apart(1.0) < apart(0.9) < apart(0.0)


def test_write_and_reconstruct_take_any_leading_shape(small):
    drawn = np.zeros((2, 3, 4))
    glyphs = vae.write(small, drawn, np.ones((2, 3), np.int64))
    assert glyphs.shape == (2, 3, 28, 28)
    again = vae.reconstruct(small, glyphs, np.ones((2, 3), np.int32))
    assert again.shape == (2, 3, 28, 28)
    assert vae.write(small, np.zeros(4), np.int32(3)).shape == (28, 28)


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
def test_bad_arguments(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 30), (3, 28, 1), (2, 2, 28, 57), (1, 28, 200)])
def test_denoise_keeps_the_shape(small, shape):
    clean = vae.denoise(small, np.full(shape, 0.5, np.float32))
    assert clean.shape == shape
    assert clean.dtype == jnp.float32
    assert ((clean >= 0) & (clean <= 1)).all()


def test_the_denoiser_sees_no_more_than_its_reach(small):
    """A pixel far away changes nothing; a near one does: lines of any width are the same to it."""
    line = np.zeros((28, 140), np.float32)
    other = line.copy()
    other[:, 0:4] = 1
    change = np.abs(np.asarray(vae.denoise(small, line) - vae.denoise(small, other))).max(axis=0)
    reach = 3 * denoiser.GROUP  # its own group and, by two layers, two more
    assert change[:reach].max() > 0
    assert change[reach:].max() == 0


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_shipped_denoiser_removes_noise(shipped, p):
    """On glyphs and lines of the built-in bank, without labels."""
    bank = ds.load_bank("builtin")
    spec = ds.SequenceSpec(image_width=120, spacing_range=(-4, 8))
    digits = np.arange(80).reshape(20, 4) % 10
    lines = ds.sample_sequences(jax.random.key(1), bank, digits, spec).image
    glyphs = bank.glyphs[:: len(bank.glyphs) // 100].astype(jnp.float32) / 255
    for clean in (glyphs, lines):
        noisy = ReplaceNoise(p=p).change(clean, jax.random.split(jax.random.key(2), len(clean)))
        before, after = (float(((x - clean) ** 2).mean()) for x in (noisy, vae.denoise(shipped, noisy)))
        assert after < before / 4


def test_the_shipped_model_writes_the_digits_it_is_told(shipped):
    """Read by the nearest of the built-in glyphs, which are filtered."""
    bank = ds.load_bank("builtin")
    known = np.repeat(np.arange(10), np.asarray(bank.counts))
    shelf = np.asarray(bank.glyphs, np.float32).reshape(len(known), -1) / 255
    digits = np.repeat(np.arange(10), 50)
    drawn = vae.write(shipped, jax.random.normal(jax.random.key(9), (500, shipped.style_size)), digits)
    glyphs = np.asarray(drawn).reshape(500, -1)
    squares = (shelf**2).sum(1)[None] - 2 * glyphs @ shelf.T
    assert (known[squares.argmin(axis=1)] == digits).mean() > 0.9


def test_reconstructions_resemble(shipped):
    bank = ds.load_bank("builtin")
    rows = np.arange(0, len(bank.glyphs), 50)
    known = np.repeat(np.arange(10), np.asarray(bank.counts))[rows]
    glyphs = bank.glyphs[rows].astype(jnp.float32) / 255
    error = ((vae.reconstruct(shipped, glyphs, known) - glyphs) ** 2).mean()
    assert float(error) < float(glyphs.var()) / 10


def test_evidence_against_the_formulas(small):
    images = jax.random.uniform(jax.random.key(3), (5, 28, 28), jnp.float32)
    digits = jnp.arange(5, dtype=jnp.int32)
    networks = {"encoder": small.encoder, "decoder": small.decoder}
    errors, divergences = losses.negative_elbo(networks, jax.random.key(8), images, digits, 10)
    mean, spread = (np.asarray(x, np.float64) for x in model.encode(small.encoder, images, digits, 10))
    latents = mean + np.exp(spread) * np.asarray(
        jax.random.normal(jax.random.key(8), mean.shape, jnp.float32)
    )
    logits = model.decode(small.decoder, jnp.asarray(latents, jnp.float32), digits, 10)
    chance = 1 / (1 + np.exp(-np.asarray(logits, np.float64)))
    pixels = np.asarray(images, np.float64)
    expected = -(pixels * np.log(chance) + (1 - pixels) * np.log(1 - chance)).sum(axis=(1, 2))
    np.testing.assert_allclose(errors, expected, rtol=1e-4)
    # The divergence as an average over draws of log q - log p.
    draws = np.random.default_rng(0).standard_normal((100_000, 5, 4))
    z = mean + np.exp(spread) * draws
    apart = (stats.norm.logpdf(draws) - spread - stats.norm.logpdf(z)).sum(axis=2)
    error = apart.std(axis=0) / 100_000**0.5
    assert (np.abs(apart.mean(axis=0) - np.asarray(divergences)) < 5 * error + 1e-4).all()


@pytest.mark.parametrize("samples", [1, 7, 400])
def test_the_importance_weighted_bound_without_a_latent(small, samples):
    """Where latents tell nothing all weights are p(image | digit), and so is their mean, of however many."""
    networks = jax.tree.map(jnp.zeros_like, {"encoder": small.encoder, "decoder": small.decoder})
    images = jnp.zeros((3, 28, 28), jnp.float32)
    key, digits = jax.random.key(5), jnp.zeros(3, jnp.int32)
    bound = losses.importance_bound(networks, key, images, digits, 10, samples)
    np.testing.assert_allclose(bound, -784 * np.log(2), rtol=1e-5)


def test_the_importance_weighted_bound_tightens(small):
    images = jax.random.bernoulli(jax.random.key(3), 0.2, (64, 28, 28)).astype(jnp.float32)
    digits = jnp.zeros(64, jnp.int32)
    networks = {"encoder": small.encoder, "decoder": small.decoder}
    keys = jax.random.split(jax.random.key(5), 3)
    one, many = (
        losses.importance_bound(networks, key, images, digits, 10, samples)
        for key, samples in zip(keys[:2], (1, 400), strict=True)
    )
    errors, divergences = losses.negative_elbo(networks, keys[2], images, digits, 10)
    plain = -(errors + divergences)
    noise = 5 * float(jnp.std(one - plain)) / 8
    assert abs(float(one.mean() - plain.mean())) < noise, "with one sample it is the plain bound"
    assert float(many.mean()) > float(one.mean())


def constant_flow(plain, digit_adds):
    """A velocity of `plain` everywhere, and `digit_adds` more where a digit is told."""
    layers = jax.tree.map(jnp.zeros_like, losses.init_flow(jax.random.key(0), len(plain), 10, 4))
    # The first value of each layer carries whether a digit is told, through SiLU.
    first = layers[0]["weights"].at[-10:, 0].set(1.0)
    carry = [layer["weights"].at[0, 0].set(1.0) for layer in layers[1:-1]]
    told = 1.0
    for _ in range(len(layers) - 1):
        told = told / (1 + np.exp(-told))
    last = layers[-1]["weights"].at[0].set(jnp.asarray(digit_adds, jnp.float32) / np.float32(told))
    weights = [first, *carry, last]
    layers = [layer | {"weights": own} for layer, own in zip(layers, weights, strict=True)]
    return (*layers[:-1], layers[-1] | {"bias": jnp.asarray(plain, jnp.float32)})


@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.5])
def test_a_straight_flow_is_followed_to_its_end_with_guidance(guidance):
    plain, adds = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -0.2])
    noise = jax.random.normal(jax.random.key(1), (6, 3), jnp.float32)
    found = losses.integrate_flow(
        constant_flow(plain, adds), noise, jnp.arange(6, dtype=jnp.int32), 10, guidance
    )
    np.testing.assert_allclose(found, np.asarray(noise) + (plain + guidance * adds), atol=1e-5)


def test_flow_matching_goes_from_noise_to_latents():
    """Where all latents are the same and far, the error of a flow towards them is the noise's variance."""
    latents = jnp.full((4000, 3), 5.0, jnp.float32)
    digits = jnp.zeros(4000, jnp.int32)
    right, wrong = (
        float(
            losses.flow_matching_loss(constant_flow(end, [0.0] * 3), jax.random.key(2), latents, digits, 10)
        )
        for end in ([5.0] * 3, [-5.0] * 3)
    )
    assert abs(right - 3) < 0.3
    assert abs(wrong - (3 + 3 * 10**2)) < 10


def test_files_keep_a_model_to_the_bit(small, tmp_path):
    vae.save(tmp_path / "one.npz", small)
    vae.save(tmp_path / "two.npz", small)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = vae.load(tmp_path / "one.npz")
    assert vae.digest(again) == vae.digest(small)
    for ours, theirs in zip(jax.tree.leaves(again), jax.tree.leaves(small), strict=True):
        assert np.array_equal(ours, theirs)
    assert vae.digest(dataclasses.replace(small, style=0.5)) != vae.digest(small)


def test_compact_files_are_near(small, tmp_path):
    vae.save(tmp_path / "small.npz", small, compact=True)
    again = vae.load(tmp_path / "small.npz")
    for ours, theirs in zip(jax.tree.leaves(again), jax.tree.leaves(small), strict=True):
        limit = np.abs(theirs).max(axis=0) / 254 * 1.001 if np.ndim(theirs) == 2 else 0
        assert (np.abs(np.asarray(ours) - np.asarray(theirs)) <= limit).all()


def edited(path, change):
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.update(kind="training checkpoint"), "holds a 'training checkpoint'"),
        (lambda h, a: h.update(version=99), "version 99"),
        (lambda h, a: h.pop("sizes"), "no sound model"),
        (lambda h, a: h["sizes"].update(latent=-3), "no sound model"),
        (lambda h, a: h["sizes"].update(latent=5), "wanted float32"),
        (lambda h, a: a.pop("prior.0.bias"), "missing or left over: prior.0.bias"),
        (lambda h, a: a.update(extra=np.zeros(3)), "missing or left over: extra"),
        (lambda h, a: a.update({"lone.scale": np.zeros(3)}), "no sound model"),
        (lambda h, a: h.update(version=float("inf")), "no sound model"),
        (lambda h, a: h["sizes"].update(encoder_hidden=0), "no sound model"),
    ],
)
def test_damaged_models_are_refused(small, tmp_path, change, message):
    vae.save(tmp_path / "m.npz", small)
    edited(tmp_path / "m.npz", change)
    with pytest.raises(ValueError, match=message):
        vae.load(tmp_path / "m.npz")


def test_what_is_no_model_is_refused(small, tmp_path):
    path = tmp_path / "m.npz"
    with pytest.raises(FileNotFoundError):
        vae.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no sound model"):
        vae.load(path)
    vae.save(path, small)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match="no sound model"):
        vae.load(path)
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], object), allow_pickle=True)
    path.write_bytes(pickle.dumps({"a": 1}))
    for harmful in (path, tmp_path / "pickled.npy"):
        with pytest.raises(ValueError, match="no sound model"):
            vae.load(harmful)


def test_the_shipped_weights_are_small(shipped):
    assert weights.SHIPPED.stat().st_size <= 2_000_000
    assert shipped.num_classes == 10
    assert float(shipped.style) == 0
