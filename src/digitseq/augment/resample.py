"""Resampling: images interpolated at places between their pixels.

The pixels of a result are one axis of H * W places, not two: XLA's loops over
rows of 28 pixels are slow on a CPU.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..internal.shapes import Array, Float32, HostArray, Int32, UInt8
from ..internal.xla import materialize

# y and x, in pixels, at which each of the P = H * W pixels of N results is read.
Place = Float32[Array | HostArray, "#N #P"]
Places = tuple[Place, Place]
# Boxes (x0, y0, x1, y1) of places.
Boxes = Float32[Array, "N 4"]
# The first row of each image and the row after its last, and its columns alike.
Ends = tuple[Int32[Array, "N 1"], Int32[Array, "N 1"]]
Within = tuple[Ends, Ends]
# Height and width of images.
Size = tuple[int, int]


class Padded(tuple[int, int]):
    """A `Size` whose width may be traced, of images with more columns, which are blank beyond the width."""

    columns: int

    def __new__(cls, height: int, width: Any, columns: int) -> "Padded":
        """The size of `columns` columns, the first `width` of which hold the line."""
        made = super().__new__(cls, (height, width))
        made.columns = columns
        return made


# Images, and the indices of those that are meant, or None for all of them.
Images = tuple[Float32[Array, "M H W"] | UInt8[Array, "M H W"], Int32[Array, " N"] | None]
# From how far a place lies beyond a pixel, in pixels, to the weight of that pixel.
Kernel = Callable[[Array], Array]

# Pixels along a side: beyond, float32 holds less than a bit of a place's fractional part.
LONGEST = 2**22 - 4


def columns_of(size: Size) -> int:
    """The number of columns of the images, a Python integer."""
    return size.columns if isinstance(size, Padded) else size[1]


def grid(size: Size) -> tuple[Float32[HostArray, "1 P"], Float32[HostArray, "1 P"]]:
    """Y and x of every pixel: the identity map, of NumPy arrays, so that it is known while tracing."""
    y, x = np.indices((size[0], columns_of(size)), dtype=np.float32).reshape(2, 1, -1)
    return y, x


def scaled_grid(size: Size, cell: int) -> tuple[Float32[HostArray, "1 P"], Float32[HostArray, "1 P"]]:
    """Y and x in an image of `size` of the centres of the `cell` by `cell` pixels that cover it."""
    y, x = np.indices((cell, cell), dtype=np.float32).reshape(2, 1, -1)
    half = np.float32(0.5)
    return (y + half) * np.float32(size[0] / cell) - half, (x + half) * np.float32(size[1] / cell) - half


def bilinear(
    images: Images, places: Places, within: Within | None = None, whole: tuple[bool, bool] = (False, False)
) -> Float32[Array, "_ _"]:
    """The images bilinearly interpolated at the places; 0 beyond the border.

    Args:
        images: to read from.
        places: where.
        within: where each image's rows begin and end, and its columns, if all others are to count as 0.
        whole: whether all y are those of pixels, and all x: there is then nothing to interpolate along that
            axis, so half as many pixels are read.

    Returns:
        [N, H * W].
    """
    return _interpolate(images, places, _hat, 1, within, whole)


def cubic(
    images: Images, places: Places, within: Within | None = None, whole: tuple[bool, bool] = (False, False)
) -> Float32[Array, "_ _"]:
    """The images bicubically interpolated at the places, clipped to [0, 1]; 0 beyond the border.

    The kernel is that of E. Catmull and R. Rom, "A class of local
    interpolating splines" (1974). Arguments are those of `bilinear`.

    Returns:
        [N, H * W].
    """
    return jnp.clip(_interpolate(images, places, _catmull_rom, 2, within, whole), 0.0, 1.0)


def nearest_border(fields: Float32[Array, "N H W"], places: Places) -> Float32[Array, "N P"]:
    """The fields bilinearly interpolated at the places; beyond the border, their nearest value on it."""
    ends = (fields.shape[1] - 1, fields.shape[2] - 1)
    y, x = (jnp.clip(place, 0, end) for place, end in zip(places, ends, strict=True))
    return bilinear((fields, None), (y, x))


def _hat(distance: Array) -> Array:
    # Not 1 - |distance|, which has no derivative at a pixel: here it is that to the right of it.
    left, right = jnp.where(distance >= -1, 1 + distance, 0.0), jnp.where(distance < 1, 1 - distance, 0.0)
    return jnp.where(distance < 0, left, right)


def _catmull_rom(distance: Array) -> Array:
    far = jnp.minimum(jnp.abs(distance), 2)  # beyond, its derivative would be infinity times 0
    inner, outer = 1 + far * far * (1.5 * far - 2.5), 2 + far * (far * (2.5 - 0.5 * far) - 4)
    return jnp.where(far < 1, inner, jnp.where(far < 2, outer, 0.0))


def _interpolate(
    images: Images,
    places: Places,
    kernel: Kernel,
    radius: int,
    within: Within | None,
    whole: tuple[bool, bool],
) -> Float32[Array, "_ _"]:
    """Sums of the pixels around each place, weighted by the kernel.

    Only pixels of the image are read: a place beyond its border gets what weight the kernel gives to those
    near it.

    Args:
        images: to read from.
        places: where.
        kernel: how a pixel is weighted along an axis.
        radius: pixels, beyond which the kernel is 0.
        within, whole: as for `bilinear`.
    """
    store, rows = images
    store = _no_smaller(store, 2 * radius)
    _, height, width = store.shape
    if store.size >= 2**31 or max(height, width) > LONGEST:
        raise ValueError(
            f"images {list(store.shape)} are too large to warp: at most {LONGEST} pixels a side, 2**31 in all"
        )
    count = store.shape[0] if rows is None else rows.shape[0]
    starts = (jnp.arange(count, dtype=jnp.int32) if rows is None else rows)[:, None] * (height * width)
    shape = (count, max(place.shape[-1] for place in places))
    ends: Any = (None, None) if within is None else within

    def blend(between: list[Array], flat: Array) -> Array:
        left = iter(between)
        (top, down), (begin, right) = (
            _at_pixels(place, size, end) if known else _weighted(next(left), size, kernel, radius, end)
            for place, size, known, end in zip(places, (height, width), whole, ends, strict=True)
        )
        # Unsigned, since JAX asks of each signed place whether it counts from the end.
        corners = (top * width + begin + starts).astype(jnp.uint32)
        beyond = (len(down) - 1) * width + len(right) - 1

        def pixel(row: int, column: int) -> Array:
            # Of a store that begins further on, so that all pixels of a place are found at one index: lines
            # with transforms take up to a quarter less (`benchmarks/augment.py`).
            first = row * width + column
            shifted = flat[first : flat.size - beyond + first]
            return shifted.at[corners].get(mode="promise_in_bounds").astype(jnp.float32)

        blended = (sum(w * pixel(k, j) for j, w in enumerate(right)) for k in range(len(down)))
        total = sum(w * row for w, row in zip(down, blended, strict=True))
        return jnp.asarray(total * np.float32(1 / 255) if flat.dtype == jnp.uint8 else total)

    between = [
        jnp.broadcast_to(place, shape) for place, known in zip(places, whole, strict=True) if not known
    ]
    flat = store.reshape(-1)
    # Places are stored: XLA recomputes what it fuses for each reader, perhaps rounding otherwise, and a pixel
    # and its weight must be those of one place.
    return jnp.asarray(materialize(blend, between, flat) if between else blend(between, flat))


def _no_smaller(store: Array, pixels: int) -> Array:
    """The images, of at least so many rows and columns."""
    more = [(0, max(pixels - count, 0)) for count in store.shape[1:]]
    return jnp.pad(store, ((0, 0), *more)) if any(extra for _, extra in more) else store


def _weighted(
    place: Float32[Array, "N P"], size: int, kernel: Kernel, radius: int, ends: Ends | None
) -> tuple[Int32[Array, "N P"], list[Array]]:
    """The first of the pixels along an axis around places, and the weight of each."""
    # Rounded towards 0, which is down on the image; where it is not, the first pixel is the border's.
    first = jnp.clip(place.astype(jnp.int32) - (radius - 1), 0, size - 2 * radius)
    beyond = place - first.astype(jnp.float32)
    return first, [_inside(first + k, kernel(beyond - k), ends) for k in range(2 * radius)]


def _at_pixels(place: Place, size: int, ends: Ends | None) -> tuple[Int32[Array, "#N #P"], list[Array]]:
    """`_weighted` of places that are pixels: each has all the weight."""
    at = jnp.asarray(place).astype(jnp.int32)
    weight = ((at >= 0) & (at < size)).astype(jnp.float32)
    return jnp.clip(at, 0, size - 1), [_inside(at, weight, ends)]


def _inside(at: Array, weight: Array, ends: Ends | None) -> Array:
    """The weight of pixels, 0 before the first of `ends` and from the second on."""
    return weight if ends is None else jnp.where((at >= ends[0]) & (at < ends[1]), weight, 0.0)
