"""Images read off at places between their pixels.

The pixels of an image are counted through, row by row, in one axis: short
rows make slow loops on a CPU.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pixels import unit_ink
from ..internal.xla import materialize

# y and x of each pixel of the result in the input, pixels, float32 [N, H * W]
# or anything that broadcasts to that.
Places = tuple[jax.Array | np.ndarray, jax.Array | np.ndarray]
Size = tuple[int, int]


class Padded(tuple[int, int]):
    """A `Size` whose width may be traced, of images with more columns, blank beyond it."""

    columns: int

    def __new__(cls, height: int, width: Any, columns: int) -> "Padded":
        """Height and width, and how many columns there are."""
        made = super().__new__(cls, (height, width))
        made.columns = columns
        return made


# A store [M, H, W], float32 or a bank's uint8, and which of it are meant, int32 [N]; None: all.
Images = tuple[jax.Array, jax.Array | None]
Weights = Callable[[jax.Array], tuple[jax.Array, ...]]

# Added to a number of up to 2**22 it rounds to a whole one, whose bits then are
# the number's own over those of MAGIC. XLA's conversion minds infinities and
# NaN, which takes half of the time that finding a pixel does.
MAGIC = np.float32(1.5 * 2**23)
MAGIC_BITS = MAGIC.view(np.int32)
LONGEST = 2**22 - 4


def columns_of(size: Size) -> int:
    """How many columns the images have: a Python integer."""
    return size.columns if isinstance(size, Padded) else size[1]


def grid(size: Size) -> Places:
    """Every pixel's own place, [1, H * W] each: NumPy's, so that they are known while tracing."""
    y, x = np.indices((size[0], columns_of(size)), dtype=np.float32).reshape(2, 1, -1)
    return y, x


def bilinear(images: Images, places: Places) -> jax.Array:
    """The images at the places, by the four pixels around each; 0 beyond the border.

    Returns:
        float32 [N, H * W].
    """
    return _interpolate(images, places, 0, lambda f: (1 - f, f))


def cubic(images: Images, places: Places) -> jax.Array:
    """The same by the sixteen pixels around each (Catmull and Rom, 1974), cut to [0, 1]; 0 beyond."""

    def weights(f: jax.Array) -> tuple[jax.Array, ...]:
        return (
            f * (-0.5 + f * (1 - 0.5 * f)),
            1 + f * f * (1.5 * f - 2.5),
            f * (0.5 + f * (2 - 1.5 * f)),
            f * f * (0.5 * f - 0.5),
        )

    return jnp.clip(_interpolate(images, places, -1, weights), 0.0, 1.0)


def nearest_border(fields: jax.Array, places: Places) -> jax.Array:
    """Fields float32 [N, H, W] by the four pixels around; beyond the border lies what is nearest on it."""
    ends = (fields.shape[1] - 1, fields.shape[2] - 1)
    y, x = (jnp.clip(place, 0, end) for place, end in zip(places, ends, strict=True))
    return bilinear((fields, None), (y, x))


def _interpolate(images: Images, places: Places, first: int, weights: Weights) -> jax.Array:
    """Weighted sums of the pixels from `first` on, counted from the one above and left of a place.

    Three stages, because what XLA fuses it computes apart for each result:
    whole part and fraction have to be those of the very same number.
    """
    store, rows = images
    _, height, width = store.shape
    if store.size >= 2**31 or max(height, width) > LONGEST:
        raise ValueError(
            f"images {list(store.shape)} are too large to warp: at most {LONGEST} pixels a side, 2**31 in all"
        )
    count = store.shape[0] if rows is None else rows.shape[0]
    starts = (jnp.arange(count, dtype=jnp.int32) if rows is None else rows)[:, None] * (height * width)
    reach = len(weights(jnp.float32(0))) + first
    # No farther than anything is seen; half a pixel less, so that rounding gives the whole part.
    halved = [
        jnp.clip(place - np.float32(0.5), np.float32(-reach - 0.5), np.float32(size - first - 0.5))
        for place, size in zip(places, (height, width), strict=True)
    ]

    def whole(place: jax.Array) -> jax.Array:
        return lax.bitcast_convert_type(place + MAGIC, jnp.int32) - MAGIC_BITS

    def taps(place: jax.Array, size: int) -> list[jax.Array]:
        at = whole(place) + first
        found = weights((place + np.float32(0.5)) - whole(place).astype(jnp.float32))
        # A pixel beyond the border weighs nothing, whatever is read there.
        return [jnp.where((at >= -k) & (at < size - k), w, 0.0) for k, w in enumerate(found)]

    def blend(y: jax.Array, x: jax.Array, corners: jax.Array, flat: jax.Array) -> jax.Array:
        right = taps(x, width)

        def pixel(row: int, column: int) -> jax.Array:
            # As in `compositing.paint`: unsigned, and cut by a minimum.
            place = (corners + ((first + row) * width + first + column)).astype(jnp.uint32)
            place = jnp.minimum(place, np.uint32(max(flat.size - 1, 0)))
            return unit_ink(flat.at[place].get(mode="promise_in_bounds"))

        blended = (sum(w * pixel(k, j) for j, w in enumerate(right)) for k in range(len(right)))
        return jnp.asarray(sum(w * row for w, row in zip(taps(y, height), blended, strict=True)))

    def find(y: jax.Array, x: jax.Array, flat: jax.Array) -> jax.Array:
        return jnp.asarray(materialize(blend, y, x, whole(y) * width + whole(x) + starts, flat))

    shape = (count, height * width)
    return jnp.asarray(
        materialize(find, *(jnp.broadcast_to(place, shape) for place in halved), store.reshape(-1))
    )
