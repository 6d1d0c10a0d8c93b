"""Resampling: images interpolated at places between their pixels.

The pixels of a result are one axis of H * W places, not two: XLA's loops over
rows of 28 pixels are slow on a CPU.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..internal.pixels import unit_ink
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
# From the fractional part of a place to the weights of the pixels around it.
Weights = Callable[[Array], tuple[Array, ...]]

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
    return _interpolate(images, places, 0, lambda f: (1 - f, f), within, whole)


def cubic(
    images: Images, places: Places, within: Within | None = None, whole: tuple[bool, bool] = (False, False)
) -> Float32[Array, "_ _"]:
    """The images bicubically interpolated at the places, clipped to [0, 1]; 0 beyond the border.

    The kernel is that of E. Catmull and R. Rom, "A class of local
    interpolating splines" (1974). Arguments are those of `bilinear`.

    Returns:
        [N, H * W].
    """

    def weights(f: Array) -> tuple[Array, ...]:
        return (
            f * (-0.5 + f * (1 - 0.5 * f)),
            1 + f * f * (1.5 * f - 2.5),
            f * (0.5 + f * (2 - 1.5 * f)),
            f * f * (0.5 * f - 0.5),
        )

    return jnp.clip(_interpolate(images, places, -1, weights, within, whole), 0.0, 1.0)


def nearest_border(fields: Float32[Array, "N H W"], places: Places) -> Float32[Array, "N P"]:
    """The fields bilinearly interpolated at the places; beyond the border, their nearest value on it."""
    ends = (fields.shape[1] - 1, fields.shape[2] - 1)
    y, x = (jnp.clip(place, 0, end) for place, end in zip(places, ends, strict=True))
    return bilinear((fields, None), (y, x))


def _interpolate(
    images: Images,
    places: Places,
    first: int,
    weights: Weights,
    within: Within | None,
    whole: tuple[bool, bool],
) -> Float32[Array, "_ _"]:
    """Weighted sums of the pixels around each place.

    The places are materialised: XLA recomputes what it fuses for each reader,
    perhaps rounding differently, and the integer and the fractional part must
    be those of one number.

    Args:
        images: to read from.
        places: where.
        first: the first pixel read along an axis, counted from the one at the
            place's integer part.
        weights: of the pixels from `first` on.
        within, whole: as for `bilinear`.
    """
    store, rows = images
    _, height, width = store.shape
    if store.size >= 2**31 or max(height, width) > LONGEST:
        raise ValueError(
            f"images {list(store.shape)} are too large to warp: at most {LONGEST} pixels a side, 2**31 in all"
        )
    count = store.shape[0] if rows is None else rows.shape[0]
    starts = (jnp.arange(count, dtype=jnp.int32) if rows is None else rows)[:, None] * (height * width)
    ends: Any = ((0, height), (0, width)) if within is None else within
    shape = (count, max(place.shape[-1] for place in places))
    reach = np.float32(len(weights(jnp.float32(0))) + first)

    def clipped(place: Place, size: int) -> Array:
        # To where no pixel has weight any more.
        return jnp.broadcast_to(jnp.clip(place, -reach, np.float32(size - first)), shape)

    def blend(between: list[Array], flat: Array) -> Array:
        left = iter(between)
        (top, down), (begin, right) = (
            _at_pixels(place, end) if known else _weighted(next(left), first, weights, end)
            for place, known, end in zip(places, whole, ends, strict=True)
        )
        corners = top * width + begin + starts

        def pixel(row: int, column: int) -> Array:
            return unit_ink(flat.at[corners + (row * width + column)].get(mode="clip"))

        blended = (sum(w * pixel(k, j) for j, w in enumerate(right)) for k in range(len(down)))
        return jnp.asarray(sum(w * row for w, row in zip(down, blended, strict=True)))

    between = [
        clipped(place, size)
        for place, size, known in zip(places, (height, width), whole, strict=True)
        if not known
    ]
    flat = store.reshape(-1)
    return jnp.asarray(materialize(blend, between, flat) if between else blend(between, flat))


def _weighted(
    place: Float32[Array, "N P"], first: int, weights: Weights, ends: Ends | tuple[int, int]
) -> tuple[Int32[Array, "N P"], list[Array]]:
    """The first of the pixels along an axis around places, and the weight of each.

    Pixels before the first and from the second of `ends` on have weight 0, whatever is read in their place.
    """
    floor = jnp.floor(place)
    at = floor.astype(jnp.int32) + first
    begin, end = ends
    found = weights(place - floor)
    return at, [jnp.where((at >= begin - k) & (at < end - k), w, 0.0) for k, w in enumerate(found)]


def _at_pixels(place: Place, ends: Ends | tuple[int, int]) -> tuple[Int32[Array, "#N #P"], list[Array]]:
    """`_weighted` of places that are pixels: each has all the weight."""
    at = jnp.asarray(place).astype(jnp.int32)
    begin, end = ends
    return at, [((at >= begin) & (at < end)).astype(jnp.float32)]
