"""Slots: what stands where in a batch of rows, on its way through the pipeline."""

from typing import NamedTuple, Self

import jax
import jax.numpy as jnp

from ..internal.shapes import Array, Bool, Float32, Int32, Shaped, UInt8

# The glyphs that slots refer to.
Store = UInt8[Array, "M S S"] | Float32[Array, "M S S"]


class Slots(NamedTuple):
    """The K slots of each of B rows; the first `lengths` of a row are on the canvas, the rest means nothing.

    Attributes:
        lengths: how many slots of each row are on the canvas.
        writers: the writer index of each row, -1 where a row is not by one writer.
        digits: the classes.
        glyph_ids: rows of `bank.glyphs`; -1 for glyphs of no bank.
        rows: where each glyph lies in the store that came with these slots.
        ink: the ink box (x0, y0, x1, y1) in the cell, half-open pixels; all 0 where blank.
        offsets: x of each cell's left edge on the canvas; 0 until `layout.place`.
        boxes: the ink box on the canvas, half-open pixels; all 0 until `layout.place`.
        drops: rows that each cell is moved down from its usual place; None where none is.
    """

    lengths: Int32[Array, " B"]
    writers: Int32[Array, " B"]
    digits: Int32[Array, "B K"]
    glyph_ids: Int32[Array, "B K"]
    rows: Int32[Array, "B K"]
    ink: Int32[Array, "B K 4"]
    offsets: Int32[Array, "B K"]
    boxes: Int32[Array, "B K 4"]
    drops: Int32[Array, "B K"] | None = None

    @property
    def shown(self) -> Bool[Array, "B K"]:
        """Whether each slot is on the canvas."""
        return jnp.arange(self.digits.shape[1], dtype=jnp.int32)[None, :] < self.lengths[:, None]

    def compact(self, keep: Bool[Array, "B K"]) -> Self:
        """The slots marked by `keep`, moved to the front of their row in their order; the rest is dropped."""
        order = front(keep)
        per_slot = {name: getattr(self, name) for name in self._fields[2:]}
        columns = jax.tree.map(lambda values: in_order(order, values), per_slot)
        return self._replace(lengths=keep.sum(axis=1, dtype=jnp.int32), **columns)


def front(keep: Bool[Array, "B K"]) -> Int32[Array, "B K"]:
    """The permutation of each row's slots that puts those marked by `keep` first."""
    return jnp.argsort(~keep, axis=1, stable=True)


def in_order(order: Int32[Array, "B K"], values: Shaped[Array, "B K ..."]) -> Shaped[Array, "B K ..."]:
    """Values of the slots, permuted by what `front` returns."""
    return jnp.take_along_axis(values, order.reshape(*order.shape, *[1] * (values.ndim - 2)), axis=1)
