"""Images read off at places between their pixels.

The pixels of an image are counted through, row by row, in one axis: short
rows make slow loops on a CPU.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..stage import stage

# y and x of each pixel of the result in the input, pixels, float32 [N, H * W]
# or anything that broadcasts to that.
Places = tuple[jax.Array | np.ndarray, jax.Array | np.ndarray]
Size = tuple[int, int]
Weights = Callable[[jax.Array], tuple[jax.Array, ...]]

# Added to a number of up to 2**22 it rounds to a whole one, whose bits then are
# the number's own over those of MAGIC. XLA's conversion minds infinities and
# NaN, which takes half of the time that finding a pixel does.
MAGIC = np.float32(1.5 * 2**23)
MAGIC_BITS = np.uint32(MAGIC.view(np.uint32))


def grid(size: Size) -> Places:
    """Every pixel's own place, [1, H * W] each: NumPy's, so that they are known while tracing."""
    y, x = np.indices(size, dtype=np.float32).reshape(2, 1, -1)
    return y, x


def bilinear(images: jax.Array, places: Places) -> jax.Array:
    """The images float32 [N, H, W] at the places, by the four pixels around each; 0 beyond the border.

    Returns:
        float32 of the places' shape.
    """
    return _interpolate(*_framed(images, places, 1), 0, lambda f: (1 - f, f))


def nearest_border(images: jax.Array, places: Places) -> jax.Array:
    """The same, but beyond the border lies what is nearest on it."""
    return _interpolate(images, places, 0, lambda f: (1 - f, f))


def cubic(images: jax.Array, places: Places) -> jax.Array:
    """The same by the sixteen pixels around each (Catmull and Rom, 1974), cut to [0, 1]; 0 beyond."""

    def weights(f: jax.Array) -> tuple[jax.Array, ...]:
        return (
            f * (-0.5 + f * (1 - 0.5 * f)),
            1 + f * f * (1.5 * f - 2.5),
            f * (0.5 + f * (2 - 1.5 * f)),
            f * f * (0.5 * f - 0.5),
        )

    return jnp.clip(_interpolate(*_framed(images, places, 3), -1, weights), 0.0, 1.0)


def _framed(images: jax.Array, places: Places, frame: int) -> tuple[jax.Array, Places]:
    """With a frame of zeros around, so that no pixel needs to be asked whether it is inside."""
    around = ((0, 0), (frame, frame), (frame, frame))
    return jnp.pad(images, around), (places[0] + frame, places[1] + frame)


def _interpolate(images: jax.Array, places: Places, first: int, weights: Weights) -> jax.Array:
    """Weighted sums of the pixels from `first` on, counted from the one above and left of a place.

    Three stages, because what XLA fuses it computes apart for each result:
    whole part and fraction have to be those of the very same number.
    """
    count, height, width = images.shape
    margin = -first
    low, high = margin - np.float32(0.5), [size - margin - np.float32(1.5) for size in (height, width)]
    # Half a pixel less, so that rounding gives the whole part.
    halved = [lax.clamp(low, place - np.float32(0.5), end) for place, end in zip(places, high, strict=True)]
    starts = np.arange(count, dtype=np.uint32)[:, None] * np.uint32(height * width)

    def whole(place: jax.Array) -> jax.Array:
        return lax.bitcast_convert_type(place + MAGIC, jnp.uint32) - MAGIC_BITS

    def blend(y: jax.Array, x: jax.Array, corner: jax.Array, flat: jax.Array) -> jax.Array:
        down, right = (
            weights((place + np.float32(0.5)) - whole(place).astype(jnp.int32).astype(jnp.float32))
            for place in (y, x)
        )

        def pixel(row: int, column: int) -> jax.Array:
            # As in `canvas.paint`: unsigned, and cut by a minimum.
            place = corner + np.uint32((first + row) * width + (first + column) & 0xFFFFFFFF)
            place = jnp.minimum(place, np.uint32(flat.size - 1))
            return flat.at[place].get(mode="promise_in_bounds")

        rows = (sum(w * pixel(k, j) for j, w in enumerate(right)) for k in range(len(down)))
        return jnp.asarray(sum(w * row for w, row in zip(down, rows, strict=True)))

    def find(y: jax.Array, x: jax.Array, flat: jax.Array) -> jax.Array:
        return stage(blend, y, x, whole(y) * np.uint32(width) + whole(x) + starts, flat)

    shape = jnp.broadcast_shapes(halved[0].shape, halved[1].shape, (count, 1))
    return stage(find, *(jnp.broadcast_to(place, shape) for place in halved), images.reshape(-1))
