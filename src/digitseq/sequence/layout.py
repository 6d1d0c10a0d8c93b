"""Where the digits of each row go: how many fit, their gaps, their left edges."""

import jax
import jax.numpy as jnp

from ..internal import keys, random_bits
from ..internal.shapes import Array, Bool, Int32
from . import outlines
from .slots import Slots, Store
from .spacing import MIN_SPACING, even_excesses, lagging_excesses, random_excesses
from .spec import SequenceSpec
from .stages import OWN_RANGE, Draws


def place(
    draws: Draws,
    store: Store,
    slots: Slots,
    spec: SequenceSpec,
    width: int | Int32[Array, ""],
) -> Slots:
    """The slots with their places on the canvas: `offsets`, `boxes`, and `lengths` cut to what fits.

    Args:
        draws: of the rows.
        store: the glyphs; only `advance="outline"` reads them.
        slots: from `sample_glyphs`.
        spec: the layout; its `image_width` bounds `width`.
        width: of the part of the canvas, from the left, to fill; may be traced.
    """
    by_ink = spec.advance != "cell"
    ink = slots.ink
    sizes = ink[..., 2] - ink[..., 0] if by_ink else jnp.full_like(slots.digits, spec.cell)
    tucks = outlines.tucks_of(store, slots) if spec.advance == "outline" else None
    lefts, lengths = arrange(draws, sizes, slots.lengths, spec, width, tucks)
    offsets = lefts - ink[..., 0] if by_ink else lefts
    tops = jnp.full_like(offsets, spec.top) if slots.drops is None else spec.top + slots.drops
    shift = jnp.stack([offsets, tops] * 2, axis=-1)
    return slots._replace(lengths=lengths, offsets=offsets, boxes=ink + shift)


def arrange(
    draws: Draws,
    sizes: Int32[Array, "B K"],
    lengths: Int32[Array, " B"],
    spec: SequenceSpec,
    width: int | Int32[Array, ""],
    tucks: Int32[Array, "B K-1"] | None = None,
) -> tuple[Int32[Array, "B K"], Int32[Array, " B"]]:
    """The left edge of each digit, and how many digits there are.

    Args:
        draws: of the rows.
        sizes: pixels that each digit takes: its cell or its ink.
        lengths: how many slots of each row hold digits.
        spec, width: as for `place`.
        tucks: from `outlines.tucks`, where gaps are measured between outlines.

    Returns:
        x of the left edges (undefined past the length), and how many digits
        fit at the least spacing.
    """
    slots = jnp.arange(sizes.shape[1], dtype=jnp.int32)[None, :]
    low, high = _range_of(spec)
    lows, highs = _gap_bounds(sizes, lengths, tucks, spec, width, low, high)
    extents = _extents(sizes, lows)
    lengths = jnp.sum((extents <= width) & (slots < lengths[:, None]), axis=1, dtype=jnp.int32)
    shown = slots < lengths[:, None]
    if spec.spacing == "hand":
        own = _gap_bounds(sizes, lengths, tucks, spec, width, *_own_ranges(draws, low, high))
        # A line that is too long for its own least gap takes the range's.
        roomy = _taken(_extents(sizes, own[0]), shown) <= width
        lows, highs = jnp.where(roomy[:, None], own[0], lows), own[1]
        extents = _extents(sizes, lows)
    slacks = width - _taken(extents, shown)

    used = shown[:, 1:]
    spans = jnp.where(used, highs - lows, 0)
    if spec.spacing != "even":
        excesses = random_excesses(lambda: draws.gaps, spans, slacks, spec.image_width)
    elif tucks is None:
        excesses = jax.vmap(even_excesses)(spans, slacks, lengths - 1)
    else:
        lags = lows + tucks - jnp.clip(low, MIN_SPACING, width)
        excesses = jax.vmap(lagging_excesses)(spans, jnp.where(used, lags, width), slacks)
    margin = _margin(draws, slacks - excesses.sum(axis=1, dtype=jnp.int32), spec)
    steps = jnp.concatenate([margin[:, None], sizes[:, :-1] + lows + excesses], axis=1)
    return jnp.cumsum(steps, axis=1, dtype=jnp.int32), lengths


def _range_of(spec: SequenceSpec) -> tuple[Int32[Array, ""], Int32[Array, ""]]:
    """The bounds of `spacing_range`, int32."""
    low, high = (jnp.asarray(bound) for bound in spec.spacing_range)
    if not (jnp.issubdtype(low.dtype, jnp.integer) and jnp.issubdtype(high.dtype, jnp.integer)):
        raise ValueError(f"spacing_range must be integers, got {low.dtype} and {high.dtype}; round first")
    return low.astype(jnp.int32), high.astype(jnp.int32)


def _own_ranges(
    draws: Draws, low: Int32[Array, ""], high: Int32[Array, ""]
) -> tuple[Int32[Array, "B 1"], Int32[Array, "B 1"]]:
    """Each row's own range of gaps: the lesser and the greater of two uniform integers of the range."""
    bits = keys.random_words(draws.keys(OWN_RANGE), 2)
    # Counted modulo 2**32, in which no range that int32 can state is too wide.
    drawn = low + random_bits.integers_below(bits, jnp.broadcast_to(high - low + 1, bits.shape))
    return drawn.min(axis=1, keepdims=True), drawn.max(axis=1, keepdims=True)


def _gap_bounds(
    sizes: Int32[Array, "B K"],
    lengths: Int32[Array, " B"],
    tucks: Int32[Array, "B K-1"] | None,
    spec: SequenceSpec,
    width: int | Int32[Array, ""],
    low: Int32[Array, "*R"],
    high: Int32[Array, "*R"],
) -> tuple[Int32[Array, "B K-1"], Int32[Array, "B K-1"]]:
    """The lowest and highest gap after each digit but the last, between cells or boxes of ink.

    A gap overlaps at most half of the narrower neighbour: 14 pixels of a cell,
    less of narrow ink, which else could swap the order of two digits. Bounds
    are cut where they can't matter (no gap is wider than the canvas), which
    keeps sums in int32.
    """
    low = jnp.clip(low, MIN_SPACING, width)
    high = jnp.clip(high, low, low + width)
    limits = -(jnp.minimum(sizes[:, :-1], sizes[:, 1:]) // 2)
    if tucks is not None:
        lows = jnp.maximum(low - tucks, limits)
        return lows, jnp.maximum(high - tucks, lows)
    lows = jnp.maximum(low, limits)
    if spec.spacing == "even":
        used = jnp.arange(1, sizes.shape[1], dtype=jnp.int32)[None, :] < lengths[:, None]
        common = jnp.where(used, lows, MIN_SPACING).max(axis=1, initial=MIN_SPACING)
        lows = jnp.maximum(low, jnp.broadcast_to(common[:, None], lows.shape))
    return lows, jnp.maximum(high, lows)


def _extents(sizes: Int32[Array, "B K"], gaps: Int32[Array, "B K-1"]) -> Int32[Array, "B K"]:
    """The columns that the digits up to each one take with these gaps."""
    return jnp.cumsum(sizes + jnp.pad(gaps, ((0, 0), (1, 0))), axis=1, dtype=jnp.int32)


def _taken(extents: Int32[Array, "B K"], shown: Bool[Array, "B K"]) -> Int32[Array, " B"]:
    """The columns that the digits shown take in all; no digit ends before the one on its left."""
    return jnp.where(shown, extents, 0).max(axis=1, initial=0)


def _margin(draws: Draws, leftover: Int32[Array, " B"], spec: SequenceSpec) -> Int32[Array, " B"]:
    """The columns left of the first digit."""
    if spec.align == "left":
        return jnp.zeros_like(leftover)
    if spec.align == "center":
        return leftover // 2
    if spec.align == "right":
        return leftover
    return random_bits.integers_below(draws.margin, leftover + 1)
