"""A small convolutional classifier of digits: how legible glyphs are, and how far two sets lie apart.

Trained on MNIST's training digits alone, with `digitseq.augment` in its training step. Used by `evaluate.py`,
`legibility.py` and `bank_quality.py`, each with seeds of its own.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax
from augmentation_ablation import Data, unit_ink

from digitseq import augment

EPOCHS, BATCH, RATE = 10, 125, 2e-3
FEATURES = 128
WARP = (augment.Affine(rotation=10.0, scale=0.1, slant=5.0, shift=1.5),)

Weights = dict[str, jax.Array]


def init_weights(key: jax.Array) -> Weights:
    """Random weights, scaled after He et al. (2015); biases of 0."""
    shapes = {
        "conv0": (3, 3, 4, 32),
        "conv1": (3, 3, 32, 32),
        "conv2": (3, 3, 32, 64),
        "conv3": (3, 3, 64, 64),
        "dense": (4 * 4 * 64, FEATURES),
        "output": (FEATURES, 10),
    }
    weights: Weights = {}
    for own, (name, shape) in zip(jax.random.split(key, len(shapes)), shapes.items(), strict=True):
        spread = np.float32((2 / np.prod(shape[:-1])) ** 0.5)
        weights[name] = jax.random.normal(own, shape) * spread
        weights[f"{name} bias"] = jnp.zeros(shape[-1])
    return weights


def features(weights: Weights, glyphs: jax.Array) -> jax.Array:
    """The last layer's inputs for glyphs float32 [N, 28, 28]; float32 [N, 128], not negative."""
    count = glyphs.shape[0]

    def conv(x: jax.Array, name: str) -> jax.Array:
        # As a matrix product: in a loop XLA's own convolutions are 16 times slower on a CPU.
        height, width, channels = x.shape[1:]
        wide = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        parts = [wide[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
        near = jnp.concatenate(parts, axis=-1).reshape(-1, 9 * channels)
        y = near @ weights[name].reshape(9 * channels, -1)
        return jax.nn.relu(y.reshape(count, height, width, -1) + weights[f"{name} bias"])

    # Each two by two pixels as the four channels of one.
    x = glyphs.reshape(count, 14, 2, 14, 2).transpose(0, 1, 3, 2, 4).reshape(count, 14, 14, 4)
    x = conv(conv(x - 0.13, "conv0"), "conv1")
    x = x.reshape(count, 7, 2, 7, 2, -1).max(axis=(2, 4))
    x = conv(conv(x, "conv2"), "conv3")
    x = jnp.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0))).reshape(count, 4, 2, 4, 2, -1).max(axis=(2, 4))
    return jax.nn.relu(x.reshape(count, -1) @ weights["dense"] + weights["dense bias"])


def logits(weights: Weights, glyphs: jax.Array) -> jax.Array:
    """The logits of each digit; float32 [N, 10]."""
    return features(weights, glyphs) @ weights["output"] + weights["output bias"]


def train(key: jax.Array, data: Data, epochs: int = EPOCHS) -> Weights:
    """Weights trained on glyphs, uint8 [N, 28, 28], and labels, int32 [N]."""
    init_key, *keys = jax.random.split(key, epochs + 1)
    steps = epochs * (len(data[1]) // BATCH)
    optimizer = optax.adamw(
        optax.warmup_cosine_decay_schedule(0.0, RATE, steps // 10, steps), weight_decay=0.01
    )
    weights = init_weights(init_key)
    state = (weights, optimizer.init(weights))

    def loss(weights: Weights, glyphs: jax.Array, labels: jax.Array) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(logits(weights, glyphs), labels).mean()

    @jax.jit
    def epoch(state, key, data):
        glyphs, labels = data
        order_key, warp_key = jax.random.split(key)
        batches = jax.random.permutation(order_key, len(labels))[: len(labels) // BATCH * BATCH]

        def step(state, batch):
            (weights, optimizer_state), (rows, key) = state, batch
            warped = augment.apply(key, WARP, unit_ink(glyphs[rows]))
            grads = jax.grad(loss)(weights, warped, labels[rows])
            updates, optimizer_state = optimizer.update(grads, optimizer_state, weights)
            return (optax.apply_updates(weights, updates), optimizer_state), None

        batches = batches.reshape(-1, BATCH)
        return jax.lax.scan(step, state, (batches, jax.random.split(warp_key, len(batches))))[0]

    for own in keys:
        state = epoch(state, own, data)
    return jax.block_until_ready(state[0])


@jax.jit
def _classify(weights: Weights, glyphs: jax.Array) -> tuple[jax.Array, jax.Array]:
    def one(glyph: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = features(weights, glyph[None])[0]
        return x, jax.nn.softmax(x @ weights["output"] + weights["output bias"])

    return jax.lax.map(one, glyphs, batch_size=500)


def classify(weights: Weights, glyphs: npt.NDArray[np.floating]) -> tuple[npt.NDArray, npt.NDArray]:
    """Features [N, 128] and probabilities [N, 10] of glyphs [N, 28, 28] in [0, 1]."""
    x, probs = _classify(weights, jnp.asarray(glyphs, jnp.float32))
    return np.asarray(x), np.asarray(probs)
