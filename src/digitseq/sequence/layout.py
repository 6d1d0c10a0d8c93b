"""Where the digits of each row go: how many fit, their gaps, their left edges."""

import jax
import jax.numpy as jnp

from ..internal import random_bits
from ..internal.shapes import Array, Int32, Key
from .slots import Slots
from .spacing import MIN_SPACING, even_excesses, random_excesses
from .spec import SequenceSpec


def place(
    gap_keys: Key[Array, " B"],
    align_keys: Key[Array, " B"],
    slots: Slots,
    spec: SequenceSpec,
    width: int | Int32[Array, ""],
) -> Slots:
    """The slots with their places on the canvas: `offsets`, `boxes`, and `lengths` cut to what fits.

    Args:
        gap_keys, align_keys: typed PRNG keys, one a row.
        slots: from `sample_glyphs`.
        spec: the layout; its `image_width` bounds `width`.
        width: of the part of the canvas, from the left, to fill; may be traced.
    """
    by_ink = spec.advance == "ink"
    ink = slots.ink
    sizes = ink[..., 2] - ink[..., 0] if by_ink else jnp.full_like(slots.digits, spec.cell)
    lefts, lengths = arrange(gap_keys, align_keys, sizes, slots.lengths, spec, width)
    offsets = lefts - ink[..., 0] if by_ink else lefts
    shift = jnp.stack([offsets, jnp.full_like(offsets, spec.top)] * 2, axis=-1)
    return slots._replace(lengths=lengths, offsets=offsets, boxes=ink + shift)


def arrange(
    gap_keys: Key[Array, " B"],
    align_keys: Key[Array, " B"],
    sizes: Int32[Array, "B K"],
    lengths: Int32[Array, " B"],
    spec: SequenceSpec,
    width: int | Int32[Array, ""],
) -> tuple[Int32[Array, "B K"], Int32[Array, " B"]]:
    """The left edge of each digit, and how many digits there are.

    Args:
        gap_keys, align_keys: typed PRNG keys, one a row.
        sizes: pixels that each digit takes: its cell or its ink.
        lengths: how many slots of each row hold digits.
        spec, width: as for `place`.

    Returns:
        x of the left edges (undefined past the length), and how many digits
        fit at the least spacing.
    """
    slots = jnp.arange(sizes.shape[1], dtype=jnp.int32)[None, :]
    lows, highs = _gap_bounds(sizes, lengths, spec, width)
    extents = jnp.cumsum(sizes, axis=1, dtype=jnp.int32) + _after_first(
        jnp.cumsum(lows, axis=1, dtype=jnp.int32)
    )
    lengths = jnp.sum((extents <= width) & (slots < lengths[:, None]), axis=1, dtype=jnp.int32)
    least = jnp.take_along_axis(extents, jnp.maximum(lengths - 1, 0)[:, None], axis=1)[:, 0]
    slacks = width - jnp.where(lengths > 0, least, 0)

    used = slots[:, 1:] < lengths[:, None]
    spans = jnp.where(used, highs - lows, 0)
    if spec.spacing == "random":
        excesses = random_excesses(gap_keys, spans, slacks, spec.image_width)
    else:
        excesses = jax.vmap(even_excesses)(spans, slacks, lengths - 1)
    leftover = slacks - excesses.sum(axis=1, dtype=jnp.int32)
    steps = sizes[:, :-1] + lows + excesses
    lefts = _after_first(jnp.cumsum(steps, axis=1, dtype=jnp.int32))
    return lefts + _margin(align_keys, leftover, spec)[:, None], lengths


def _gap_bounds(
    sizes: Int32[Array, "B K"], lengths: Int32[Array, " B"], spec: SequenceSpec, width: int | Int32[Array, ""]
) -> tuple[Int32[Array, "B K-1"], Int32[Array, "B K-1"]]:
    """The lowest and highest gap after each digit but the last.

    A gap overlaps at most half of the narrower neighbour: 14 pixels of a cell,
    less of narrow ink, which else could swap the order of two digits. Bounds
    are cut where they can't matter (no gap is wider than the canvas), which
    keeps sums in int32.
    """
    low, high = (jnp.asarray(bound) for bound in spec.spacing_range)
    if not (jnp.issubdtype(low.dtype, jnp.integer) and jnp.issubdtype(high.dtype, jnp.integer)):
        raise ValueError(f"spacing_range must be integers, got {low.dtype} and {high.dtype}; round first")
    low, high = low.astype(jnp.int32), high.astype(jnp.int32)
    low = jnp.clip(low, MIN_SPACING, width)
    high = jnp.clip(high, low, low + width)
    lows = jnp.maximum(low, -(jnp.minimum(sizes[:, :-1], sizes[:, 1:]) // 2))
    if spec.spacing == "even":
        used = jnp.arange(1, sizes.shape[1], dtype=jnp.int32)[None, :] < lengths[:, None]
        common = jnp.where(used, lows, MIN_SPACING).max(axis=1, initial=MIN_SPACING)
        lows = jnp.maximum(low, jnp.broadcast_to(common[:, None], lows.shape))
    return lows, jnp.maximum(high, lows)


def _margin(keys: Key[Array, " B"], leftover: Int32[Array, " B"], spec: SequenceSpec) -> Int32[Array, " B"]:
    """The columns left of the first digit."""
    if spec.align == "left":
        return jnp.zeros_like(leftover)
    if spec.align == "center":
        return leftover // 2
    if spec.align == "right":
        return leftover
    bits = jax.vmap(lambda key: jax.random.bits(key, (), jnp.uint32))(keys)
    return random_bits.integers_below(bits, leftover + 1)


def _after_first(values: Int32[Array, "B J"]) -> Int32[Array, "B J+1"]:
    """Values of the slots after the first, with 0 for the first."""
    return jnp.pad(values, ((0, 0), (1, 0)))
