"""The outlines of glyphs row by row, and how far neighbours can tuck into each other."""

import jax.numpy as jnp
from jax import lax

from ..internal import pixels
from ..internal.shapes import Array, Int32
from ..internal.xla import map_in_chunks
from .slots import Slots, Store

# The margin of a row without ink; two of them are far from int32's end.
NO_INK = 2**28


def margins(
    store: Store, rows: Int32[Array, " N"], ink: Int32[Array, "N 4"]
) -> tuple[Int32[Array, "N S"], Int32[Array, "N S"]]:
    """The blank pixels of each row of glyphs' ink boxes, left and right of the row's ink.

    Args:
        store: the glyphs, S pixels a side.
        rows: where each glyph lies in it.
        ink: the ink box of each.

    Returns:
        For each row of the cell the pixels from the box's left edge to the
        row's first ink, and from its last ink to the box's right edge;
        NO_INK where the row has none.
    """
    used = pixels.inked(store.at[rows].get(mode="clip"))
    places = lax.broadcasted_iota(jnp.int32, used.shape, 2)
    left = jnp.where(used, places, NO_INK).min(axis=-1)
    right = jnp.where(used, places + 1, -NO_INK).max(axis=-1)
    blank = left == NO_INK
    return jnp.where(blank, NO_INK, left - ink[:, :1]), jnp.where(blank, NO_INK, ink[:, 2:3] - right)


def tucks_of(store: Store, slots: Slots) -> Int32[Array, "B J"]:
    """The `tucks` of a batch's slots, from `sample_glyphs`, on the rows where their `drops` put them."""

    def of(rows: Int32[Array, " N"], ink: Int32[Array, "N 4"]) -> tuple[Array, Array]:
        return margins(store, rows, ink)

    size = store.shape[-1]
    found = map_in_chunks(of, size * size, slots.rows.reshape(-1), slots.ink.reshape(-1, 4))
    left, right = (side.reshape(*slots.rows.shape, size) for side in found)
    return tucks(left, right, slots.drops)


def tucks(
    left: Int32[Array, "B K S"], right: Int32[Array, "B K S"], drops: Int32[Array, "B K"] | None = None
) -> Int32[Array, "B K-1"]:
    """How far each slot can move left, from where the boxes of its and its left neighbour's ink touch.

    That is the least horizontal distance between their ink there, of pixels in
    the same row of the canvas or in adjoining ones, since ink that meets at a
    corner touches. 0 where no rows of the two adjoin: boxes count then.

    Args:
        left, right: from `margins`.
        drops: how many rows down each slot is moved; None, none is.

    Returns:
        Pixels, 0 or more; of blank slots 0.
    """
    size = left.shape[-1]
    before, after = right[:, :-1], left[:, 1:]
    rows = lax.broadcasted_iota(jnp.int32, after.shape, 2)
    if drops is not None:
        rows = rows + (drops[:, :-1] - drops[:, 1:])[..., None]
    least = jnp.full(after.shape[:2], NO_INK, jnp.int32)
    for step in (-1, 0, 1):
        row = rows + step
        facing = jnp.take_along_axis(after, jnp.clip(row, 0, size - 1), axis=2)
        facing = jnp.where((row >= 0) & (row < size), facing, NO_INK)
        least = jnp.minimum(least, (before + facing).min(axis=-1))
    return jnp.where(least < NO_INK, least, 0)
