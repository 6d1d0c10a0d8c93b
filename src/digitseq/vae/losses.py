"""The losses of the four networks, and the bounds that say how good the autoencoder is, in nats."""

import jax
import jax.numpy as jnp
import numpy as np

from ..augment import ReplaceNoise
from . import denoiser as denoising
from .layers import Layers, apply_perceptron, init_perceptron, one_hot
from .model import decode, encode, prior_latents

# The share of training glyphs for which the flow's condition, the digit, is left out, for guidance.
CONDITION_DROPOUT = 0.15
# Steps of the midpoint rule along the flow.
FLOW_STEPS = 4
# The noise that the denoiser learns to remove: each image has a p of its own, the mean of two
# uniform numbers, and never more than the most.
LEAST_NOISE, MOST_NOISE = 0.05, 0.8
# Frequencies of the sines and cosines that tell the flow the time.
TIME_FREQUENCIES = 4


def negative_elbo(
    networks: dict[str, Layers], key: jax.Array, images: jax.Array, digits: jax.Array, classes: int
) -> tuple[jax.Array, jax.Array]:
    """The two terms of the negative evidence lower bound, in nats, with one sample of each latent.

    Args:
        networks: "encoder" and "decoder".
        key: of the latents.
        images: float32 [N, 28, 28] in [0, 1]. The cross-entropy with a grey
            value is that with a binary pixel in expectation.
        digits: int32 [N].
        classes: C.

    Returns:
        float32 [N] each: the cross-entropy of all pixels, and the divergence
        KL(q(latent | image, digit) || N(0, 1)).
    """
    mean, log_std = encode(networks["encoder"], images, digits, classes)
    latents = mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape, jnp.float32)
    logits = decode(networks["decoder"], latents, digits, classes)
    divergence = (0.5 * (mean**2 + jnp.exp(2 * log_std) - 1) - log_std).sum(axis=1)
    return _cross_entropy(logits, images).sum(axis=(1, 2)), divergence


def importance_bound(
    networks: dict[str, Layers],
    key: jax.Array,
    images: jax.Array,
    digits: jax.Array,
    classes: int,
    samples: int,
) -> jax.Array:
    """The importance-weighted bound on log p(image | digit), float32 [N], in nats.

    Y. Burda, R. Grosse and R. Salakhutdinov, "Importance Weighted
    Autoencoders" (2016), equation 8: the logarithm of the mean of `samples`
    weights p(image, latent) / q(latent | image).
    """
    mean, log_std = encode(networks["encoder"], images, digits, classes)

    def log_weight(key: jax.Array) -> jax.Array:
        noise = jax.random.normal(key, mean.shape, jnp.float32)
        latents = mean + jnp.exp(log_std) * noise
        logits = decode(networks["decoder"], latents, digits, classes)
        # The normal densities' constants cancel.
        log_ratio = (0.5 * (noise**2 - latents**2) + log_std).sum(axis=1)
        return log_ratio - _cross_entropy(logits, images).sum(axis=(1, 2))

    log_weights = jax.lax.map(log_weight, jax.random.split(key, samples))
    return jax.nn.logsumexp(log_weights, axis=0) - np.float32(np.log(samples))


def flow_matching_loss(
    flow: Layers, key: jax.Array, latents: jax.Array, digits: jax.Array, classes: int
) -> jax.Array:
    """The mean squared error of a velocity from noise to latents [N, D], along straight lines.

    Y. Lipman and others, "Flow Matching for Generative Modeling" (2023). The
    condition, a digit, is dropped at random, for guidance (J. Ho and T.
    Salimans, 2022).
    """
    noise_key, time_key, dropout_key = jax.random.split(key, 3)
    noise = jax.random.normal(noise_key, latents.shape, jnp.float32)
    time = jax.random.uniform(time_key, (len(latents), 1), jnp.float32)
    kept = jax.random.bernoulli(dropout_key, 1 - CONDITION_DROPOUT, (len(latents), 1)).astype(jnp.float32)
    position = (1 - time) * noise + time * latents
    error = _velocity(flow, position, time, one_hot(digits, classes) * kept) - (latents - noise)
    return (error**2).sum(axis=1).mean()


def integrate_flow(
    flow: Layers, noise: jax.Array, digits: jax.Array, classes: int, guidance: jax.Array | float
) -> jax.Array:
    """Latents [N, D], from noise [N, D] along the flow.

    The velocity is that without the condition plus `guidance` times what the
    condition, a digit, changes: above 1 the digits become more distinct.
    """
    condition = one_hot(digits, classes)

    def velocity(position: jax.Array, time: jax.Array) -> jax.Array:
        times = jnp.full((len(position), 1), time, jnp.float32)
        unconditional = _velocity(flow, position, times, jnp.zeros_like(condition))
        return unconditional + guidance * (_velocity(flow, position, times, condition) - unconditional)

    def step(position: jax.Array, time: jax.Array) -> tuple[jax.Array, None]:
        middle = position + velocity(position, time) * (0.5 / FLOW_STEPS)
        return position + velocity(middle, time + 0.5 / FLOW_STEPS) * (1 / FLOW_STEPS), None

    starts = jnp.arange(FLOW_STEPS, dtype=jnp.float32) / FLOW_STEPS
    return jax.lax.scan(step, noise, starts)[0]


def distillation_loss(
    prior: Layers,
    flow: Layers,
    key: jax.Array,
    digits: jax.Array,
    classes: int,
    guidance: jax.Array | float,
) -> jax.Array:
    """The mean squared error of the prior's one step to where the flow ends in many.

    The end of a flow is a function of the noise that it starts from, and one
    that a small network can learn (X. Liu, C. Gong and Q. Liu, 2023). That
    noise is a style.
    """
    styles = jax.random.normal(key, (len(digits), prior[-1]["bias"].shape[0]), jnp.float32)
    target = integrate_flow(flow, styles, digits, classes, guidance)
    return ((prior_latents(prior, styles, digits, classes) - target) ** 2).sum(axis=1).mean()


def denoising_loss(denoiser: Layers, key: jax.Array, images: jax.Array) -> jax.Array:
    """The mean cross-entropy of a pixel of images [N, 28, W] that were degraded and denoised."""
    amount_key, noise_key = jax.random.split(key)
    uniform = jax.random.uniform(
        amount_key, (len(images), 2), jnp.float32, LEAST_NOISE, MOST_NOISE + LEAST_NOISE
    )
    amounts = jnp.minimum(uniform.mean(axis=1), MOST_NOISE)

    def degraded(key: jax.Array, amount: jax.Array, image: jax.Array) -> jax.Array:
        return ReplaceNoise(p=amount).change(image[None], key[None])[0]

    noisy = jax.vmap(degraded)(jax.random.split(noise_key, len(images)), amounts, images)
    return _cross_entropy(denoising.logits(denoiser, noisy), images).mean()


def init_flow(key: jax.Array, size: int, classes: int, hidden: int) -> Layers:
    """Random layers of a velocity of latents of that size."""
    return init_perceptron(key, [size + 2 * TIME_FREQUENCIES + 1 + classes, hidden, hidden, hidden, size])


def _velocity(flow: Layers, position: jax.Array, time: jax.Array, condition: jax.Array) -> jax.Array:
    angles = time * np.pi * 2 ** np.arange(TIME_FREQUENCIES, dtype=np.float32)[None]
    inputs = jnp.concatenate([position, time, jnp.sin(angles), jnp.cos(angles), condition], axis=1)
    return apply_perceptron(flow, inputs)


def _cross_entropy(logits: jax.Array, images: jax.Array) -> jax.Array:
    """The cross-entropy of each pixel's binary value, in nats; of the images' shape."""
    return jax.nn.softplus(logits) - images * logits
