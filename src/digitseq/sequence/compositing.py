"""Glyphs onto the canvas: which column shows what, the pixels, the visible masks.

Batched throughout, [B, ...]: what lies between the steps is materialised, and
how they are cut decides the speed (see `paint`).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from ..internal.pixels import inked, unit_ink
from ..internal.shapes import Array, Float, Float32, Int8, Int32, Shaped, UInt8
from .slots import Slots, Store
from .spec import MAX_HEIGHT, SequenceSpec

# Images, and where they are asked for visible masks.
Painted = tuple[UInt8[Array, "B _ W"] | Float[Array, "B _ W"], Int8[Array, "B _ W"] | None]


def columns(
    slots: Slots, width: int, cell: int
) -> tuple[Int32[Array, "B 2 {width}"], Int32[Array, "B 2 {width}"], Int32[Array, "B 2 {width}"] | None]:
    """What each canvas column shows, in two layers: even slots and odd slots.

    A digit covers the columns of its ink. Neighbours may overlap, but no digit
    reaches the next but one (gaps are at least half a cell, or half the
    narrower ink), so slots of one parity never meet.

    Args:
        slots: from `layout.place`.
        width: of the canvas, a Python integer.
        cell: pixels along a side of the store's glyphs.

    Returns:
        For even and for odd slots: where the column's top pixel lies in the
        flat store, and the slot, both -1 for background; and the slot's drop,
        None where there are none.
    """
    xs = jnp.arange(width, dtype=jnp.int32)[None, None, :]
    numbers = jnp.arange(slots.offsets.shape[1], dtype=jnp.int32)[None, :, None]
    offsets, ink = slots.offsets, slots.ink
    left, right = (offsets + ink[..., 0])[..., None], (offsets + ink[..., 2])[..., None]
    covered = (xs >= left) & (xs < right) & slots.shown[..., None]
    starts = (slots.rows * cell**2 - offsets)[..., None] + xs

    def by_parity(values: jax.Array) -> jax.Array:
        marked = jnp.where(covered, values, -1)
        layers = [marked[:, parity::2].max(axis=1, initial=-1) for parity in (0, 1)]
        return jnp.stack(layers, axis=1)

    if slots.drops is None:
        return by_parity(starts), by_parity(numbers), None
    # As numbers that are not below background's.
    drops = by_parity(slots.drops[..., None] + MAX_HEIGHT) - MAX_HEIGHT
    return by_parity(starts), by_parity(numbers), drops


def paint(
    store: Store,
    slots: Slots,
    spec: SequenceSpec,
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
        spec: the size of the canvas and of the cells.
        masks: whether to make masks.
        form: what becomes of the store's pixels, one by one.

    Returns:
        The canvas, float32 in [0, 1] unless `form` says otherwise; and with
        `masks` the slot + 1 of the strongest ink (of the earlier slot where
        equal), 0 for background, else None.
    """

    def one_layer(flat: jax.Array, starts: jax.Array, numbers: jax.Array, drops: jax.Array | None) -> Painted:
        image = _gather(starts.max(axis=1), flat, spec, None if drops is None else drops.max(axis=1))
        if not masks:
            return form(image), None
        owner = numbers.max(axis=1)[:, None, :]
        return form(image), jnp.where(inked(image), owner + 1, 0).astype(jnp.int8)

    def two_layers(
        flat: jax.Array, starts: jax.Array, numbers: jax.Array, drops: jax.Array | None
    ) -> Painted:
        even, odd = (
            _gather(starts[:, parity], flat, spec, None if drops is None else drops[:, parity])
            for parity in (0, 1)
        )
        image = jnp.maximum(even, odd)
        if not masks:
            return form(image), None
        slot_even, slot_odd = numbers[:, 0][:, None, :], numbers[:, 1][:, None, :]
        even_wins = (even > odd) | ((even == odd) & (slot_even < slot_odd))
        owner = jnp.where(even_wins, slot_even, slot_odd)
        return form(image), jnp.where(inked(image), owner + 1, 0).astype(jnp.int8)

    starts, numbers, drops = columns(slots, spec.image_width, spec.cell)
    overlapping = jnp.any((starts >= 0).all(axis=1))
    painted: Painted = lax.cond(overlapping, two_layers, one_layer, store.reshape(-1), starts, numbers, drops)
    if drops is not None:
        return painted
    image, owners = painted
    return _on_canvas(image, spec), None if owners is None else _on_canvas(owners, spec)


def _on_canvas(band: Shaped[Array, "*B S W"], spec: SequenceSpec) -> Shaped[Array, "*B H W"]:
    """The band that the cells take, with the canvas's blank rows above and below it."""
    rows = spec.top, spec.image_height - spec.cell - spec.top
    return jnp.pad(band, [(0, 0)] * (band.ndim - 2) + [rows, (0, 0)]) if any(rows) else band


def _gather(
    starts: Int32[Array, "*B W"],
    flat: UInt8[Array, " P"] | Float32[Array, " P"],
    spec: SequenceSpec,
    drops: Int32[Array, "*B W"] | None,
) -> UInt8[Array, "*B _ W"] | Float32[Array, "*B _ W"]:
    """The columns of a cell's height whose top pixels lie at `starts` in the flat store; 0 where that is -1.

    With `drops` columns of the canvas's height, in which the cells lie so many rows below their place.
    """
    cell, height = spec.cell, spec.cell if drops is None else spec.image_height
    starts = starts[..., None, :]
    rows = lax.broadcasted_iota(jnp.int32, (*[1] * (starts.ndim - 2), height, 1), starts.ndim - 2)
    shown = starts >= 0
    if drops is not None:
        rows = rows - spec.top - drops[..., None, :]
        shown &= (rows >= 0) & (rows < cell)
    places = starts + cell * rows
    return jnp.where(shown, flat.at[places].get(mode="clip"), jnp.zeros((), flat.dtype))


def render_separately(store: Store, slots: Slots, spec: SequenceSpec) -> Float32[Array, "B K H W"]:
    """Each digit on a canvas of its own: as `paint` shows it where no other covers it.

    Args:
        store: the glyphs.
        slots: from `layout.place`.
        spec: the size of the canvas and of the cells.

    Returns:
        Images in [0, 1]; slots that are not shown are blank.
    """
    ink = slots.ink
    xs = jnp.arange(spec.image_width, dtype=jnp.int32)[None, None, :] - slots.offsets[..., None]
    covered = (xs >= ink[..., :1]) & (xs < ink[..., 2:3]) & slots.shown[..., None]
    starts = jnp.where(covered, slots.rows[..., None] * spec.cell**2 + xs, -1)
    drops = None if slots.drops is None else jnp.broadcast_to(slots.drops[..., None], starts.shape)
    image = unit_ink(_gather(starts, store.reshape(-1), spec, drops))
    return _on_canvas(image, spec) if drops is None else image
