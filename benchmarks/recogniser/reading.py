"""Digits read off lines by test-time augmentation: several views of each, the most probable reading wins."""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.scipy.ndimage import map_coordinates

from digitseq import ctc

from .network import COLUMNS, Weights, features, logits

# Lines of one call, by default.
BATCH = 50


class View(NamedTuple):
    """How a view shows a line: slant in degrees, factors of its height and width, and columns to the right.

    The network has features of every fourth column, so that a shift by one to three of them is a view.
    """

    slant: float = 0.0
    tall: float = 1.0
    wide: float = 1.0
    shift: int = 0


Views = tuple[View, ...]
VIEWS: Views = (
    *(View(shift=shift) for shift in range(4)),
    *(View(slant=slant, tall=tall) for slant in (5.0, -5.0) for tall in (1.08, 0.93)),
)


class Readings(NamedTuple):
    """What was read off N lines.

    Attributes:
        digits: int32 [N, T], -1 after the last.
        log_probs: float32 [N], the logarithm of the reading's mean probability over all views.
    """

    digits: np.ndarray
    log_probs: np.ndarray


def view_logits(weights: Weights, images: jax.Array, views: Views | None = None) -> jax.Array:
    """The logits of all views (by default VIEWS) of images [B, 28, W]; float32 [V, B, T, 11].

    T is W // 2 + 2, or as much more as the widest view needs.
    """
    views = views or VIEWS
    high, wide = images.shape[1:]
    middle = (high - 1) / 2  # the row that no view moves
    # Wider, so that no column is moved out of sight.
    widest = max(1.0, *(view.wide for view in views))
    across = COLUMNS * (math.ceil(wide * widest / COLUMNS) + 1)
    y, x = jnp.meshgrid(jnp.arange(high) - middle, jnp.arange(across), indexing="ij")

    def scores(view: jax.Array) -> jax.Array:
        slant, tall, width, shift = view
        places = [y / tall + middle, (x - shift) / width + jnp.tan(jnp.deg2rad(slant)) * y]
        seen = jax.vmap(lambda image: map_coordinates(image, places, order=1))(images)
        return logits(weights, features(weights, seen))

    return jax.lax.map(scores, jnp.asarray(views, jnp.float32))


@functools.partial(jax.jit, static_argnames=("views", "lone"))
def _read(weights: Weights, images: jax.Array, views: Views, lone: bool) -> tuple[jax.Array, jax.Array]:
    def log_prob(scores: jax.Array, reading: jax.Array) -> jax.Array:
        labels, paddings = ctc.labels_and_paddings(reading)
        return -optax.ctc_loss(scores, jnp.zeros(scores.shape[:2]), labels, paddings, blank_id=ctc.BLANK)

    scores = view_logits(weights, images, views)
    readings = _every_digit(*scores.shape[1:3]) if lone else jax.vmap(ctc.decode)(scores)
    by_each = jax.vmap(jax.vmap(log_prob, (None, 0)), (0, None))(scores, readings)
    means = jax.nn.logsumexp(by_each, axis=0) - math.log(len(views))
    lines = jnp.arange(len(images))
    best = means.argmax(axis=0)
    return readings[best, lines], means[best, lines]


def _every_digit(count: int, slots: int) -> jax.Array:
    """Each digit by itself as a reading of so many lines: int32 [10, count, slots]."""
    digits = jnp.arange(ctc.BLANK, dtype=jnp.int32)[:, None, None]
    return jnp.where(jnp.arange(slots)[None, None, :] == 0, digits, -1).repeat(count, axis=1)


def read_lines(
    weights: Weights, images: Any, views: Views | None = None, batch: int = BATCH, *, lone: bool = False
) -> Readings:
    """What is read off images [N, 28, W], W a multiple of 4.

    Each of the views (by default VIEWS) is decoded by its best path; the decoding with the highest mean
    probability over all views wins. (Averaging frames instead would lose digits that two views see a frame
    apart.) Where each is known to hold a lone digit, the most probable of the ten wins.
    """
    parts = [
        _read(weights, images[n : n + batch], views or VIEWS, lone) for n in range(0, len(images), batch)
    ]
    digits, log_probs = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Readings(digits, log_probs)


def read(weights: Weights, images: Any) -> np.ndarray:
    """The digits read off images [N, 28, W] by VIEWS; int32 [N, W // 2 + 2], -1 after."""
    return read_lines(weights, images).digits
