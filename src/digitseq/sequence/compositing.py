"""Glyphs onto the canvas: which column shows what, the pixels, the visible masks.

Batched throughout, [B, ...]: what lies between the steps is materialised, and
how they are cut decides the speed (see `paint`).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from ..internal.pixels import CELL, HEIGHT, inked, unit_ink
from ..internal.shapes import Array, Float32, Int8, Int32, UInt8
from .slots import Slots, Store

# Images, and where they are asked for visible masks.
Painted = tuple[UInt8[Array, "B 28 W"] | Float32[Array, "B 28 W"], Int8[Array, "B 28 W"] | None]


def columns(slots: Slots, width: int) -> tuple[Int32[Array, "B 2 {width}"], Int32[Array, "B 2 {width}"]]:
    """What each canvas column shows, in two layers: even slots and odd slots.

    A digit covers the columns of its ink. Neighbours may overlap, but no digit
    reaches the next but one (gaps are at least half a cell, or half the
    narrower ink), so slots of one parity never meet.

    Args:
        slots: from `layout.place`.
        width: of the canvas, a Python integer.

    Returns:
        For even and for odd slots: where the column's top pixel lies in the
        flat store, and the slot; both -1 for background.
    """
    xs = jnp.arange(width, dtype=jnp.int32)[None, None, :]
    numbers = jnp.arange(slots.offsets.shape[1], dtype=jnp.int32)[None, :, None]
    offsets, ink = slots.offsets, slots.ink
    left, right = (offsets + ink[..., 0])[..., None], (offsets + ink[..., 2])[..., None]
    covered = (xs >= left) & (xs < right) & slots.shown[..., None]
    starts = (slots.rows * (HEIGHT * CELL) - offsets)[..., None] + xs

    def by_parity(values: jax.Array) -> jax.Array:
        marked = jnp.where(covered, values, -1)
        layers = [marked[:, parity::2].max(axis=1, initial=-1) for parity in (0, 1)]
        return jnp.stack(layers, axis=1)

    return by_parity(starts), by_parity(numbers)


def paint(
    store: Store,
    slots: Slots,
    width: int,
    *,
    masks: bool,
    form: Callable[[jax.Array], jax.Array] = unit_ink,
) -> Painted:
    """The canvas, and the visible masks where asked for.

    One gather per pixel straight from the store. The `cond` is what makes
    that fast on a CPU: its operands are materialised, where XLA would
    otherwise fuse the making of `starts`, and of drawn glyphs, into the
    gather and repeat it for every pixel. It also saves the second gather for
    a batch in which no ink overlaps. Without it, such a batch takes 1.5 times
    as long (`benchmarks/workarounds.py`).

    Args:
        store: the glyphs.
        slots: from `layout.place`.
        width: of the canvas, a Python integer.
        masks: whether to make masks.
        form: what becomes of the store's pixels, one by one.

    Returns:
        The canvas, float32 in [0, 1] unless `form` says otherwise; and with
        `masks` the slot + 1 of the strongest ink (of the earlier slot where
        equal), 0 for background, else None.
    """

    def one_layer(flat: jax.Array, starts: jax.Array, numbers: jax.Array) -> Painted:
        image = _gather(starts.max(axis=1), flat)
        if not masks:
            return form(image), None
        owner = numbers.max(axis=1)[:, None, :]
        return form(image), jnp.where(inked(image), owner + 1, 0).astype(jnp.int8)

    def two_layers(flat: jax.Array, starts: jax.Array, numbers: jax.Array) -> Painted:
        even, odd = _gather(starts[:, 0], flat), _gather(starts[:, 1], flat)
        image = jnp.maximum(even, odd)
        if not masks:
            return form(image), None
        slot_even, slot_odd = numbers[:, 0][:, None, :], numbers[:, 1][:, None, :]
        even_wins = (even > odd) | ((even == odd) & (slot_even < slot_odd))
        owner = jnp.where(even_wins, slot_even, slot_odd)
        return form(image), jnp.where(inked(image), owner + 1, 0).astype(jnp.int8)

    starts, numbers = columns(slots, width)
    overlapping = jnp.any((starts >= 0).all(axis=1))
    painted: Painted = lax.cond(overlapping, two_layers, one_layer, store.reshape(-1), starts, numbers)
    return painted


def _gather(
    starts: Int32[Array, "*B W"], flat: UInt8[Array, " P"] | Float32[Array, " P"]
) -> UInt8[Array, "*B 28 W"] | Float32[Array, "*B 28 W"]:
    """The columns of 28 pixels whose top pixels lie at `starts` in the flat store; 0 where a start is -1."""
    starts = starts[..., None, :]
    rows = lax.broadcasted_iota(jnp.int32, (*[1] * (starts.ndim - 2), HEIGHT, 1), starts.ndim - 2)
    places = starts + CELL * rows
    return jnp.where(starts >= 0, flat.at[places].get(mode="clip"), jnp.zeros((), flat.dtype))


def render_separately(store: Store, slots: Slots, width: int) -> Float32[Array, "B K 28 {width}"]:
    """Each digit on a canvas of its own: as `paint` shows it where no other covers it.

    Args:
        store: the glyphs.
        slots: from `layout.place`.
        width: of the canvas, a Python integer.

    Returns:
        Images in [0, 1]; slots that are not shown are blank.
    """
    ink = slots.ink
    xs = jnp.arange(width, dtype=jnp.int32)[None, None, :] - slots.offsets[..., None]
    covered = (xs >= ink[..., :1]) & (xs < ink[..., 2:3]) & slots.shown[..., None]
    starts = jnp.where(covered, slots.rows[..., None] * (HEIGHT * CELL) + xs, -1)
    return unit_ink(_gather(starts, store.reshape(-1)))
