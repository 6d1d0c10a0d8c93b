"""Glyphs onto the canvas: which column shows what, the pixels, the visible masks.

Batched throughout, [B, ...]: what lies between the steps is materialised, and
how they are cut decides the speed (see `paint`).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pixels import CELL, HEIGHT, inked, unit_ink
from .slots import Slots

Painted = tuple[jax.Array, jax.Array | None]


def columns(slots: Slots, width: int) -> tuple[jax.Array, jax.Array]:
    """What each canvas column shows, in two layers: even slots and odd slots.

    A digit covers the columns of its ink. Neighbours may overlap, but no digit
    reaches the next but one (gaps are at least half a cell, or half the
    narrower ink), so slots of one parity never meet.

    Args:
        slots: from `layout.place`.
        width: of the canvas, a Python integer.

    Returns:
        Two int32 [B, 2, W] (axis 1: even, odd slots): where the column's top
        pixel lies in the flat store, and the slot; both -1 for background.
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
    store: jax.Array,
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
    a batch in which no ink overlaps (`benchmarks/batch.py` times both).

    Args:
        store: uint8 or float32 [M, 28, 28].
        slots: from `layout.place`.
        width: of the canvas, a Python integer.
        masks: whether to make masks.
        form: what becomes of the store's pixels, one by one.

    Returns:
        [B, 28, W], float32 in [0, 1] unless `form` says otherwise; and with
        `masks` int8 [B, 28, W], slot + 1 of the strongest ink (of the earlier
        slot where equal), 0 for background, else None.
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


def _gather(starts: jax.Array, flat: jax.Array) -> jax.Array:
    """The pixels below the places `starts` [..., W] of the flat store, 0 below -1; [..., 28, W]."""
    starts = starts[..., None, :]
    below = CELL * lax.broadcasted_iota(jnp.uint32, (*[1] * (starts.ndim - 2), HEIGHT, 1), starts.ndim - 2)
    # Unsigned, because JAX wraps signed places, and cut by a minimum, because
    # then XLA's loop is twice as fast as with a maximum at 0. The places that
    # -1 leads to are in bounds and not shown.
    places = jnp.minimum(starts.astype(jnp.uint32) + below, np.uint32(max(flat.shape[0] - 1, 0)))
    pixels = flat.at[places].get(mode="promise_in_bounds")
    return jnp.where(starts >= 0, pixels, jnp.zeros((), flat.dtype))


def render_separately(store: jax.Array, slots: Slots, width: int) -> jax.Array:
    """Each digit on a canvas of its own: as `paint` shows it where no other covers it.

    Args:
        store: uint8 or float32 [M, 28, 28].
        slots: from `layout.place`.
        width: of the canvas, a Python integer.

    Returns:
        float32 [B, K, 28, W]; slots that are not shown are blank.
    """
    ink = slots.ink
    xs = jnp.arange(width, dtype=jnp.int32)[None, None, :] - slots.offsets[..., None]
    covered = (xs >= ink[..., :1]) & (xs < ink[..., 2:3]) & slots.shown[..., None]
    starts = jnp.where(covered, slots.rows[..., None] * (HEIGHT * CELL) + xs, -1)
    return unit_ink(_gather(starts, store.reshape(-1)))
