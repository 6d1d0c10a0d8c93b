"""What the four networks are trained for, and how good the autoencoder is in nats."""

import jax
import jax.numpy as jnp
import numpy as np

from ..augment import ReplaceNoise
from . import denoiser as denoising
from . import layers
from .model import decoded, encoded, latents_of

# The share of training glyphs whose digit the flow is not told, for guidance.
UNTOLD = 0.15
# Of the midpoint rule along the flow.
FLOW_STEPS = 4
# The noise that the denoiser learns to remove: each image has a p of its own, the mean of two
# uniform numbers, and never more than the most.
LEAST_NOISE, MOST_NOISE = 0.05, 0.8
TIMES = 4


def evidence(
    networks: dict[str, layers.Layers], key: jax.Array, images: jax.Array, digits: jax.Array, classes: int
) -> tuple[jax.Array, jax.Array]:
    """The two parts of the negative evidence lower bound, in nats, with one sample of each latent.

    Args:
        networks: "encoder" and "decoder".
        key: draws the latents.
        images: float32 [N, 28, 28] in [0, 1]. The cross-entropy with a grey
            value is that with a binary pixel in expectation.
        digits: int32 [N].
        classes: C.

    Returns:
        float32 [N] each: the cross-entropy of all pixels, and the divergence
        KL(q(latent | image, digit) || N(0, 1)).
    """
    mean, spread = encoded(networks["encoder"], images, digits, classes)
    latents = mean + jnp.exp(spread) * jax.random.normal(key, mean.shape, jnp.float32)
    logits = decoded(networks["decoder"], latents, digits, classes)
    divergence = (0.5 * (mean**2 + jnp.exp(2 * spread) - 1) - spread).sum(axis=1)
    return _cross_entropy(logits, images).sum(axis=(1, 2)), divergence


def importance_bound(
    networks: dict[str, layers.Layers],
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
    mean, spread = encoded(networks["encoder"], images, digits, classes)

    def log_weight(key: jax.Array) -> jax.Array:
        noise = jax.random.normal(key, mean.shape, jnp.float32)
        latents = mean + jnp.exp(spread) * noise
        logits = decoded(networks["decoder"], latents, digits, classes)
        # The normal densities' constants cancel.
        odds = (0.5 * (noise**2 - latents**2) + spread).sum(axis=1)
        return odds - _cross_entropy(logits, images).sum(axis=(1, 2))

    weights = jax.lax.map(log_weight, jax.random.split(key, samples))
    return jax.nn.logsumexp(weights, axis=0) - np.float32(np.log(samples))


def flow_matching(
    flow: layers.Layers, key: jax.Array, latents: jax.Array, digits: jax.Array, classes: int
) -> jax.Array:
    """The mean squared error of a velocity from noise to latents [N, D], along straight lines.

    Y. Lipman and others, "Flow Matching for Generative Modeling" (2023). Some
    are learnt without the digit, for guidance (J. Ho and T. Salimans, 2022).
    """
    noise_key, time_key, told_key = jax.random.split(key, 3)
    noise = jax.random.normal(noise_key, latents.shape, jnp.float32)
    time = jax.random.uniform(time_key, (len(latents), 1), jnp.float32)
    told = jax.random.bernoulli(told_key, 1 - UNTOLD, (len(latents), 1)).astype(jnp.float32)
    there = (1 - time) * noise + time * latents
    error = _velocity(flow, there, time, layers.one_hot(digits, classes) * told) - (latents - noise)
    return (error**2).sum(axis=1).mean()


def follow(
    flow: layers.Layers, noise: jax.Array, digits: jax.Array, classes: int, guidance: jax.Array | float
) -> jax.Array:
    """Latents [N, D], from noise [N, D] along the flow.

    The velocity is that without the digit plus `guidance` times what the
    digit changes: above 1 the digits become more distinct.
    """
    told = layers.one_hot(digits, classes)

    def velocity(there: jax.Array, time: jax.Array) -> jax.Array:
        times = jnp.full((len(there), 1), time, jnp.float32)
        plain = _velocity(flow, there, times, jnp.zeros_like(told))
        return plain + guidance * (_velocity(flow, there, times, told) - plain)

    def step(there: jax.Array, time: jax.Array) -> tuple[jax.Array, None]:
        middle = there + velocity(there, time) * (0.5 / FLOW_STEPS)
        return there + velocity(middle, time + 0.5 / FLOW_STEPS) * (1 / FLOW_STEPS), None

    starts = jnp.arange(FLOW_STEPS, dtype=jnp.float32) / FLOW_STEPS
    return jax.lax.scan(step, noise, starts)[0]


def imitation(
    prior: layers.Layers,
    flow: layers.Layers,
    key: jax.Array,
    digits: jax.Array,
    classes: int,
    guidance: jax.Array | float,
) -> jax.Array:
    """The mean squared error of the prior's one step to where the flow ends in many.

    Following a flow is a function of the noise it begins with, and one that a
    small network can learn (X. Liu, C. Gong and Q. Liu, 2023, call it
    distillation). That noise is what we call a style.
    """
    drawn = jax.random.normal(key, (len(digits), prior[-1]["bias"].shape[0]), jnp.float32)
    error = latents_of(prior, drawn, digits, classes) - follow(flow, drawn, digits, classes, guidance)
    return (error**2).sum(axis=1).mean()


def cleaning(denoiser: layers.Layers, key: jax.Array, images: jax.Array) -> jax.Array:
    """The mean cross-entropy of a pixel of images [N, 28, W] after noise was put on and taken off."""
    amount_key, noise_key = jax.random.split(key)
    drawn = jax.random.uniform(
        amount_key, (len(images), 2), jnp.float32, LEAST_NOISE, MOST_NOISE + LEAST_NOISE
    )
    amounts = jnp.minimum(drawn.mean(axis=1), MOST_NOISE)

    def spoilt(key: jax.Array, amount: jax.Array, image: jax.Array) -> jax.Array:
        return ReplaceNoise(p=amount).change(image[None], key[None])[0]

    noisy = jax.vmap(spoilt)(jax.random.split(noise_key, len(images)), amounts, images)
    return _cross_entropy(denoising.logits(denoiser, noisy), images).mean()


def start_flow(key: jax.Array, size: int, classes: int, hidden: int) -> layers.Layers:
    """Random layers of a velocity of latents of that size."""
    return layers.perceptron(key, [size + 2 * TIMES + 1 + classes, hidden, hidden, hidden, size])


def _velocity(flow: layers.Layers, there: jax.Array, time: jax.Array, told: jax.Array) -> jax.Array:
    turns = time * np.pi * 2 ** np.arange(TIMES, dtype=np.float32)[None]
    return layers.run(flow, jnp.concatenate([there, time, jnp.sin(turns), jnp.cos(turns), told], axis=1))


def _cross_entropy(logits: jax.Array, images: jax.Array) -> jax.Array:
    """Of a pixel's binary value, in nats; of the images' shape."""
    return jax.nn.softplus(logits) - images * logits
