"""The model's evidence, its importance-weighted bound, and its flow, against their formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from digitseq.vae import losses, model


def test_evidence_against_the_formulas(small_vae):
    images = jax.random.uniform(jax.random.key(3), (5, 28, 28), jnp.float32)
    digits = jnp.arange(5, dtype=jnp.int32)
    networks = {"encoder": small_vae.encoder, "decoder": small_vae.decoder}
    errors, divergences = losses.negative_elbo(networks, jax.random.key(8), images, digits, 10)
    mean, spread = (np.asarray(x, np.float64) for x in model.encode(small_vae.encoder, images, digits, 10))
    latents = mean + np.exp(spread) * np.asarray(
        jax.random.normal(jax.random.key(8), mean.shape, jnp.float32)
    )
    logits = model.decode(small_vae.decoder, jnp.asarray(latents, jnp.float32), digits, 10)
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
def test_the_importance_weighted_bound_without_a_latent(small_vae, samples):
    """Where latents tell nothing all weights are p(image | digit), and so is their mean, of however many."""
    networks = jax.tree.map(jnp.zeros_like, {"encoder": small_vae.encoder, "decoder": small_vae.decoder})
    images = jnp.zeros((3, 28, 28), jnp.float32)
    key, digits = jax.random.key(5), jnp.zeros(3, jnp.int32)
    bound = losses.importance_bound(networks, key, images, digits, 10, samples)
    np.testing.assert_allclose(bound, -784 * np.log(2), rtol=1e-5)


def test_the_importance_weighted_bound_tightens(small_vae):
    images = jax.random.bernoulli(jax.random.key(3), 0.2, (64, 28, 28)).astype(jnp.float32)
    digits = jnp.zeros(64, jnp.int32)
    networks = {"encoder": small_vae.encoder, "decoder": small_vae.decoder}
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
    changed = [first, *carry, last]
    layers = [layer | {"weights": own} for layer, own in zip(layers, changed, strict=True)]
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
