"""Slots: what stands where in a batch of rows, on its way through the pipeline."""

from typing import NamedTuple, Self

import jax
import jax.numpy as jnp


class Slots(NamedTuple):
    """The K slots of each of B rows; the first `lengths` of a row are on the canvas, the rest means nothing.

    Attributes:
        lengths: int32 [B].
        writers: int32 [B], -1 where a row is not by one writer.
        digits: int32 [B, K].
        glyph_ids: int32 [B, K], rows of `bank.glyphs`; -1 for glyphs of no bank.
        rows: int32 [B, K], where each glyph lies in the store that came with these slots.
        ink: int32 [B, K, 4], the ink box (x0, y0, x1, y1) in the cell, half-open pixels; all 0 where blank.
        offsets: int32 [B, K], x of each cell's left edge on the canvas; 0 until `layout.place`.
        boxes: int32 [B, K, 4], ink on the canvas, half-open; all 0 until it is known where that is.
    """

    lengths: jax.Array
    writers: jax.Array
    digits: jax.Array
    glyph_ids: jax.Array
    rows: jax.Array
    ink: jax.Array
    offsets: jax.Array
    boxes: jax.Array

    @property
    def shown(self) -> jax.Array:
        """Whether each slot is on the canvas; bool [B, K]."""
        return jnp.arange(self.digits.shape[1], dtype=jnp.int32)[None, :] < self.lengths[:, None]

    def compact(self, keep: jax.Array) -> Self:
        """Those slots alone that `keep`, bool [B, K], names, moved to the front in their order."""
        order = front(keep)
        columns = {name: in_order(order, getattr(self, name)) for name in self._fields[2:]}
        return self._replace(lengths=keep.sum(axis=1, dtype=jnp.int32), **columns)


def front(keep: jax.Array) -> jax.Array:
    """The order int32 [B, K] in which the slots that `keep`, bool [B, K], names come first."""
    return jnp.argsort(~keep, axis=1, stable=True)


def in_order(order: jax.Array, values: jax.Array) -> jax.Array:
    """Values [B, K, ...] of the slots, in an order that `front` gives."""
    return jnp.take_along_axis(values, order.reshape(*order.shape, *[1] * (values.ndim - 2)), axis=1)
