"""Glyphs onto the canvas: which column shows what, the pixels, the visible masks.

Batched throughout, [B, ...]: what lies between the steps is materialised, and
how they are cut decides the speed (see `paint`).
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..internal.pixels import inked, unit_ink
from ..internal.shapes import Array, Float, Float32, Int8, Int32, Shaped, UInt8
from ..internal.xla import branch
from .slots import Slots, Store
from .spec import MAX_HEIGHT, SequenceSpec

# Up to so many slots are compared with each column, so many at a time: then a CPU compares many columns at
# once, as it doesn't in longer loops. More are looked up, in time and memory that don't depend on how many.
# All at once, 25 would take 3 times as long and 250 of them 10 times (`benchmarks/scale.py`, widths 1,000 and
# 10,000).
FEW_SLOTS, GROUP = 64, 8

# Where columns without ink begin. No canvas has 2**30 pixels a column, so all of theirs have negative places.
BACKGROUND = -(2**30)

# Images, and where they are asked for visible masks.
Painted = tuple[UInt8[Array, "B _ W"] | Float[Array, "B _ W"], Int8[Array, "B _ W"] | None]


class Layer(NamedTuple):
    """What each canvas column shows of every other slot.

    Attributes:
        starts: where the column's top pixel lies in the flat store, or `BACKGROUND`.
        owners: the slot + 1, 0 for background.
        drops: the slot's drop; None where there are none.
    """

    starts: Int32[Array, "B W"]
    owners: Int32[Array, "B W"]
    drops: Int32[Array, "B W"] | None


def layers(slots: Slots, width: int, cell: int) -> tuple[Layer, Layer]:
    """The layers of even slots and of odd slots.

    A digit covers the columns of its ink. Neighbours may overlap, but no digit
    reaches the next but one (gaps are at least half a cell, or half the
    narrower ink), so slots of one parity never meet.

    Args:
        slots: from `layout.place`.
        width: of the canvas, a Python integer.
        cell: pixels along a side of the store's glyphs.
    """
    layer = _compared if slots.offsets.shape[1] <= FEW_SLOTS else _looked_up
    return layer(slots, 0, width, cell), layer(slots, 1, width, cell)


def _compared(slots: Slots, parity: int, width: int, cell: int) -> Layer:
    """A layer by comparing each of its slots with each column, `GROUP` slots at a time."""
    xs = jnp.arange(width, dtype=jnp.int32)[None, None, :]
    left, right = _edges(slots)
    bases = slots.rows * cell**2 - slots.offsets
    found = []
    for first in range(parity, max(slots.offsets.shape[1], parity + 1), 2 * GROUP):
        group = slice(first, first + 2 * GROUP, 2)

        def own(values: jax.Array, group: slice = group) -> jax.Array:
            return values[:, group, None]

        names = own(jnp.arange(1, slots.offsets.shape[1] + 1, dtype=jnp.int32)[None])
        covered = (xs >= own(left)) & (xs < own(right)) & own(slots.shown)

        def of(values: jax.Array, background: int, covered: jax.Array = covered) -> jax.Array:
            return jnp.where(covered, values, background).max(axis=1, initial=background)

        drops = None if slots.drops is None else of(own(slots.drops), -MAX_HEIGHT)
        found.append(Layer(of(own(bases) + xs, BACKGROUND), of(names, 0), drops))
    return functools.reduce(functools.partial(jax.tree.map, jnp.maximum), found)


def _looked_up(slots: Slots, parity: int, width: int, cell: int) -> Layer:
    """A layer by counting, up to each column, how many of its slots have begun."""
    xs = jnp.arange(width, dtype=jnp.int32)[None, :]
    left, right = _edges(slots)
    begins = jnp.where(slots.shown, left, width)[:, parity::2]
    row = jnp.arange(begins.shape[0], dtype=jnp.int32)[:, None]
    begun = jnp.zeros((begins.shape[0], width), jnp.int32).at[row, begins].add(1, mode="drop")
    last = jnp.cumsum(begun, axis=1, dtype=jnp.int32) - 1

    def of(values: jax.Array) -> jax.Array:
        return jnp.take_along_axis(values[:, parity::2], jnp.maximum(last, 0), axis=1, mode="clip")

    covered = (last >= 0) & (xs < of(right))
    starts = jnp.where(covered, of(slots.rows * cell**2 - slots.offsets) + xs, BACKGROUND)
    drops = None if slots.drops is None else jnp.where(covered, of(slots.drops), -MAX_HEIGHT)
    return Layer(starts, jnp.where(covered, 2 * last + parity + 1, 0), drops)


def _edges(slots: Slots) -> tuple[Int32[Array, "B K"], Int32[Array, "B K"]]:
    """The canvas columns where each slot's ink begins and ends."""
    return slots.offsets + slots.ink[..., 0], slots.offsets + slots.ink[..., 2]


def paint(
    store: Store,
    slots: Slots,
    spec: SequenceSpec,
    *,
    masks: bool,
    form: Callable[[jax.Array], jax.Array] = unit_ink,
) -> Painted:
    """The canvas, and the visible masks where asked for.

    One gather per pixel straight from the store. The `branch` is what makes
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
    # Images and masks are made of pixels that are gathered once.
    shown = (lambda ink: ink) if masks else form

    def one_layer(flat: jax.Array, even: Layer, odd: Layer) -> Painted:
        either = jax.tree.map(jnp.maximum, even, odd)
        image = shown(_gather(flat, either.starts, either.drops, spec))
        return image, _named(either, spec) if masks else None

    def two_layers(flat: jax.Array, even: Layer, odd: Layer) -> Painted:
        first, second = (_gather(flat, layer.starts, layer.drops, spec) for layer in (even, odd))
        image = shown(jnp.maximum(first, second))
        if not masks:
            return image, None
        mine, other = _named(even, spec), _named(odd, spec)
        return image, jnp.where((first > second) | ((first == second) & (mine < other)), mine, other)

    left, right = _edges(slots)
    overlapping = jnp.any((right[:, :-1] > left[:, 1:]) & slots.shown[:, 1:])

    def drawn() -> tuple[jax.Array, Layer, Layer]:
        return store.reshape(-1), *layers(slots, spec.image_width, spec.cell)

    image, owners = branch(overlapping, drawn, two_layers, one_layer)
    if owners is not None:
        image, owners = form(image), jnp.where(inked(image), owners, jnp.int8(0))
    if slots.drops is not None:
        return image, owners
    return _on_canvas(image, spec), None if owners is None else _on_canvas(owners, spec)


def _named(layer: Layer, spec: SequenceSpec) -> Int8[Array, "B _ W"]:
    """Each pixel's slot + 1 where the layer has a digit in its column, else 0."""
    height = spec.cell if layer.drops is None else spec.image_height
    batch, width = layer.owners.shape
    return jnp.broadcast_to(layer.owners.astype(jnp.int8)[:, None, :], (batch, height, width))


def _on_canvas(band: Shaped[Array, "*B S W"], spec: SequenceSpec) -> Shaped[Array, "*B H W"]:
    """The band that the cells take, with the canvas's blank rows above and below it."""
    rows = spec.top, spec.image_height - spec.cell - spec.top
    return jnp.pad(band, [(0, 0)] * (band.ndim - 2) + [rows, (0, 0)]) if any(rows) else band


def _gather(
    flat: UInt8[Array, " P"] | Float32[Array, " P"],
    starts: Int32[Array, "N W"],
    drops: Int32[Array, "N W"] | None,
    spec: SequenceSpec,
) -> UInt8[Array, "N _ W"] | Float32[Array, "N _ W"]:
    """The columns of a cell's height whose top pixels lie at `starts` in the flat store; 0 for background.

    With `drops` columns of the canvas's height, in which the cells lie so many rows below their place.
    """
    cell, height = spec.cell, spec.cell if drops is None else spec.image_height
    rows = jnp.arange(height, dtype=jnp.int32)[None, :, None]
    starts = starts[:, None, :]
    if drops is not None:
        rows = rows - spec.top - drops[:, None, :]
        starts = jnp.where((rows >= 0) & (rows < cell), starts, BACKGROUND)
    # Asked of each pixel's place, and not of columns: a GPU would store the answers, and read them again.
    places = starts + cell * rows
    # Unsigned, since JAX asks of each signed place whether it counts from the end.
    found = flat.at[jnp.maximum(places, 0).astype(jnp.uint32)].get(mode="promise_in_bounds")
    return jnp.where(places >= 0, found, jnp.zeros((), flat.dtype))


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
    starts = jnp.where(covered, slots.rows[..., None] * spec.cell**2 + xs, BACKGROUND)
    drops = None if slots.drops is None else jnp.broadcast_to(slots.drops[..., None], starts.shape)
    drops = None if drops is None else drops.reshape(-1, spec.image_width)
    image = unit_ink(_gather(store.reshape(-1), starts.reshape(-1, spec.image_width), drops, spec))
    image = image if drops is not None else _on_canvas(image, spec)
    return image.reshape(*slots.rows.shape, *image.shape[1:])
