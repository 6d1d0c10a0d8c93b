"""Digits read off lines by test-time augmentation: several views of each, the most probable reading wins."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.scipy.ndimage import map_coordinates

from digitseq import ctc

from .network import COLUMNS, Weights, features, logits

# The views of a line: its slant in degrees, a factor of its height, and columns to the right, as the
# network has features of every fourth column.
VIEWS = (
    *((0.0, 1.0, shift) for shift in range(4)),
    *((slant, tall, 0) for slant in (5.0, -5.0) for tall in (1.08, 0.93)),
)


def view_logits(weights: Weights, images: jax.Array) -> jax.Array:
    """The logits of all VIEWS of images [B, 28, W]; float32 [V, B, W // 2 + 2, 11]."""
    high, wide = images.shape[1:]
    middle = (high - 1) / 2  # the row that no view moves
    # Wider, so that no column is moved out of sight.
    y, x = jnp.meshgrid(jnp.arange(high) - middle, jnp.arange(wide + COLUMNS), indexing="ij")

    def scores(slant: float, tall: float, shift: int) -> jax.Array:
        places = [y / tall + middle, x - shift + jnp.tan(jnp.deg2rad(slant)) * y]
        view = jax.vmap(lambda image: map_coordinates(image, places, order=1))(images)
        return logits(weights, features(weights, view))

    return jnp.stack([scores(*view) for view in VIEWS])


@jax.jit
def _read(weights: Weights, images: jax.Array) -> jax.Array:
    def log_prob(scores: jax.Array, reading: jax.Array) -> jax.Array:
        labels, paddings = ctc.labels_and_paddings(reading)
        return -optax.ctc_loss(scores, jnp.zeros(scores.shape[:2]), labels, paddings, blank_id=ctc.BLANK)

    scores = view_logits(weights, images)
    readings = jax.vmap(ctc.decode)(scores)
    by_each = jax.vmap(jax.vmap(log_prob, (None, 0)), (0, None))(scores, readings)
    most_probable = jax.nn.logsumexp(by_each, axis=0).argmax(axis=0)
    return readings[most_probable, jnp.arange(len(images))]


def read(weights: Weights, images: Any) -> np.ndarray:
    """The digits read off images [N, 28, W]; int32 [N, W // 2 + 2], -1 after.

    Each of the VIEWS is decoded by its best path; the decoding with the highest mean probability over all
    views wins. (Averaging frames instead would lose digits that two views see a frame apart.)
    """
    return np.concatenate([_read(weights, images[n : n + 50]) for n in range(0, len(images), 50)])
