"""Glyphs read off at places between their pixels."""

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

# y and x of each pixel of the result in the input, pixels, float32 [N, 28, 28]
# or anything that broadcasts to that.
Places = tuple[jax.Array, jax.Array]
Weights = Callable[[jax.Array], tuple[jax.Array, ...]]


def grid(height: int, width: int) -> Places:
    """Every pixel's own place, [1, height, 1] and [1, 1, width]."""
    y = jnp.arange(height, dtype=jnp.float32)[None, :, None]
    return y, jnp.arange(width, dtype=jnp.float32)[None, None, :]


def bilinear(images: jax.Array, places: Places, *, outside: Literal["blank", "edge"] = "blank") -> jax.Array:
    """The images float32 [N, H, W] at the places, by the four pixels around each.

    Beyond the border lies 0, or with `outside="edge"` what lies nearest on it.
    """
    if outside == "edge":
        ends = (images.shape[1] - 1, images.shape[2] - 1)
        y, x = (jnp.clip(place, 0.0, end) for place, end in zip(places, ends, strict=True))
        places = y, x
    return _interpolate(images, places, 0, lambda f: (1 - f, f))


def cubic(images: jax.Array, places: Places) -> jax.Array:
    """The same by the sixteen pixels around each (Catmull and Rom, 1974), cut to [0, 1]."""

    def weights(f: jax.Array) -> tuple[jax.Array, ...]:
        return (
            f * (-0.5 + f * (1 - 0.5 * f)),
            1 + f * f * (1.5 * f - 2.5),
            f * (0.5 + f * (2 - 1.5 * f)),
            f * f * (0.5 * f - 0.5),
        )

    return jnp.clip(_interpolate(images, places, -1, weights), 0.0, 1.0)


def _interpolate(images: jax.Array, places: Places, first: int, weights: Weights) -> jax.Array:
    """Weighted sums of the pixels from `first` on, counted from the one above and left of a place."""
    count, height, width = images.shape
    flat = images.reshape(-1)
    last = np.uint32(flat.size - 1)
    starts = jnp.arange(count, dtype=jnp.int32)[:, None, None] * (height * width)

    def along(place: jax.Array, size: int) -> tuple[jax.Array, list[jax.Array]]:
        whole = jnp.floor(place)
        at = whole.astype(jnp.int32) + first
        taps = weights(place - whole)
        # A pixel beyond the border weighs nothing, whatever is read there.
        return at, [jnp.where((at >= -k) & (at < size - k), w, 0.0) for k, w in enumerate(taps)]

    (row, down), (column, right) = along(places[0], height), along(places[1], width)
    corner = starts + row * width + column

    def pixel(y: int, x: int) -> jax.Array:
        # As in `canvas.paint`: unsigned, and cut by a minimum.
        place = jnp.minimum((corner + (y * width + x)).astype(jnp.uint32), last)
        return flat.at[place].get(mode="promise_in_bounds")

    rows = (sum(w * pixel(y, x) for x, w in enumerate(right)) for y in range(len(down)))
    return jnp.asarray(sum(w * row for w, row in zip(down, rows, strict=True)))
