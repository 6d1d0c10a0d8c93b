"""Gaps between digits: uniform, exactly conditioned to fit; even.

Everything is in pixels, of one row (one image), or of a batch of them where work
can be skipped that none of its rows needs.
A row has J gap slots. Slot j's gap is `low[j]` plus an excess of 0 to
`span[j]`; a slot that no gap uses has `low` and `span` 0. `slack` is what the
canvas has left when every gap is at its lowest: the excesses may add up to it.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal import random_bits
from ..internal.shapes import Array, Bool, Float32, Int32, UInt32
from ..internal.validation import as_integer
from ..internal.xla import map_in_chunks
from .spacing_long import long_excesses, prefix_sums

MIN_SPACING = -14
# Ways below this share of the most are not to be relied on: what float32 holds beside 1 ends at 2**-126.
LEAST_SHARE = 2.0**-96
# Rooms of the table that are counted at a time.
BLOCK = 32


def check_spacing_range(value: Any) -> tuple[int, int]:
    """The range as two Python integers.

    Raises:
        ValueError: not a pair, not integers, reversed, or below -14.
    """
    if not isinstance(value, tuple | list | np.ndarray | jax.Array) or len(value) != 2:
        raise ValueError(f"spacing_range must be a pair (min, max), got {value!r}")
    low, high = value
    low, high = as_integer("spacing_range minimum", low), as_integer("spacing_range maximum", high)
    if low > high:
        raise ValueError(f"spacing_range is reversed: minimum {low} is above maximum {high}")
    if low < MIN_SPACING:
        raise ValueError(f"spacing_range goes down to {low}; the least spacing is {MIN_SPACING}")
    if high >= 2**31:
        raise ValueError(f"spacing_range goes up to {high}; it must stay below 2**31")
    return low, high


def random_excesses(
    words: Callable[[], UInt32[Array, "B J"]],
    spans: Int32[Array, "B J"],
    slacks: Int32[Array, " B"],
    max_slack: int,
) -> Int32[Array, "B J"]:
    """Excesses uniform over all that fit, for a batch of rows.

    A row whose spans can't add up to more than its slack takes independent
    uniform excesses. Where some draws would overflow, each vector of excesses
    that fits is equally likely. Which of the two a row takes depends on that
    row alone.

    Args:
        words: makes uniform random bits, read as integers, or for the table as fractions.
        spans: 0 or more.
        slacks: 0 to `max_slack`.
        max_slack: the largest slack, a Python integer.

    Returns:
        The excesses. Slot j's does not depend on slots that follow it if their
        spans are 0.
    """
    if not spans.size:  # no rows, or no gaps in them
        return spans
    spans = jnp.minimum(spans, slacks[:, None])
    plain = random_bits.integers_below(words(), spans + 1)
    slots = spans.shape[1]

    def are_tight() -> jax.Array:
        return spans.sum(axis=1, dtype=jnp.int32) > slacks

    def conditioned() -> jax.Array:
        # Rows that are not tight ask for no room in the table.
        tight = are_tight()
        rooms = jnp.where(tight, slacks, 0)
        rows = words(), jnp.minimum(spans, rooms[:, None]), rooms
        exact = map_in_chunks(functools.partial(_exact, max_slack=max_slack), slots * (max_slack + 1), *rows)
        return jnp.where(tight[:, None], exact, plain)

    excesses: jax.Array = lax.cond(are_tight().any(), conditioned, lambda: plain)
    return excesses


def _exact(
    bits: UInt32[Array, "B J"], spans: Int32[Array, "B J"], slacks: Int32[Array, " B"], max_slack: int
) -> Int32[Array, "B J"]:
    """`conditional_excesses`, of any number of slots."""
    exact, sound = conditional_excesses(bits, spans, slacks, max_slack)
    # The product of all (span + 1) bounds the ways: of few slots they are never too many.
    if spans.shape[1] * max_slack.bit_length() <= -math.log2(LEAST_SHARE):
        return exact
    long = jax.vmap(long_excesses, in_axes=(0, 0, 0, None))
    excesses: jax.Array = lax.cond(
        sound.all(),
        lambda: exact,
        lambda: jnp.where(sound[:, None], exact, long(bits, spans, slacks, max_slack)),
    )
    return excesses


def conditional_excesses(
    bits: UInt32[Array, "B J"], spans: Int32[Array, "B J"], slacks: Int32[Array, " B"], max_slack: int
) -> tuple[Int32[Array, "B J"], Bool[Array, " B"]]:
    """Excesses uniform over the vectors with 0 <= e[j] <= span[j] and sum <= slack, for a batch of rows.

    Dynamic programming on the room left: with w[j](t) the number of ways to
    fill the slots from j on into t pixels (w[J] = 1),
    w[j](t) = w[j+1](t - span[j]) + ... + w[j+1](t), a difference of prefix
    sums. Then, slot by slot, the room t left after slot j is drawn with
    probability w[j+1](t) / w[j](room before), by inverting those sums.

    Numbers of ways overflow, so each w[j] is scaled to 1 at `slack`, which
    cancels in the ratios. In float32, and with fractions in steps of 2**-24,
    the relative error of a gap's probability is about slack * 2**-24: 1e-5 at
    200 pixels, 1e-4 at 2,000; more where there are hundreds of slots. The draw
    depends neither on `max_slack` nor on other rows.

    Args:
        bits: uniform random bits.
        spans: the greatest excess of each gap.
        slacks: the greatest sum of each row.
        max_slack: at least each of `slacks`, a Python integer: the table's length.

    Returns:
        The excesses, and whether each row's are sound: not where it took
        rooms whose ways are too few beside those at its slack for float32 to
        hold, as happens from some 200 slots on. From the same bits
        `long_excesses` draws the same, up to rounding, and is right there too.
    """
    size = (max_slack // BLOCK + 1) * BLOCK
    rooms, limits = jnp.arange(size, dtype=jnp.int32)[None, :], slacks[:, None]

    def fill(room: jax.Array, slot: tuple[jax.Array, ...]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        fraction, span, sums = slot
        # No product meets a sum: fused into one rounding here and not there,
        # they would tip a draw.
        least = _sum_below(sums, room - span)
        weight = _sum_below(sums, room + 1) - least
        left = jnp.sum((sums - least <= fraction * weight) & (rooms < room), axis=1, dtype=jnp.int32)[:, None]
        left = jnp.clip(left, jnp.maximum(room - span, 0), room)
        return left, (room - left, weight >= LEAST_SHARE)

    def count(sums: jax.Array, span: jax.Array) -> tuple[jax.Array, jax.Array]:
        return _sums_of_ways(sums, span, limits), sums

    by_slot = spans.T[..., None]
    one_way_each = (jnp.minimum(rooms, limits) + 1).astype(jnp.float32)
    _, sums = lax.scan(count, one_way_each, by_slot, reverse=True)
    fractions = random_bits.fractions(bits).T[..., None]
    _, (excesses, sound) = lax.scan(fill, limits, (fractions, by_slot, sums))
    return excesses[..., 0].T, sound.all(axis=0)[:, 0]


def _sums_of_ways(
    sums: Float32[Array, "B T"], span: Int32[Array, "B 1"], limits: Int32[Array, "B 1"]
) -> Float32[Array, "B T"]:
    """Prefix sums of the ways of a slot and those that follow, from those of the latter.

    Block by block, as far as the batch's largest limit, since most rows leave
    less room than the canvas has, and a block stays in a CPU's cache.
    """
    most = _sum_below(sums, limits + 1) - _sum_below(sums, limits - span)

    def block(number: jax.Array, made: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        table, total = made
        rooms = number * BLOCK + jnp.arange(BLOCK, dtype=jnp.int32)[None, :]
        ways = lax.dynamic_slice_in_dim(sums, number * BLOCK, BLOCK, 1) - _sum_below(sums, rooms - span)
        own = jax.vmap(prefix_sums)(jnp.where(rooms <= limits, ways / most, 0.0)) + total
        return lax.dynamic_update_slice_in_dim(table, own, number * BLOCK, 1), own[:, -1:]

    nothing = jnp.zeros_like(sums), jnp.zeros_like(most)
    table: jax.Array = lax.fori_loop(0, limits.max() // BLOCK + 1, block, nothing)[0]
    return table


def _sum_below(sums: Float32[Array, "B T"], rooms: Int32[Array, "B R"]) -> Float32[Array, "B R"]:
    """The prefix sum of everything below each room, 0 where that is nothing."""
    places = jnp.maximum(rooms - 1, 0)
    return jnp.where(rooms > 0, jnp.take_along_axis(sums, places, axis=1, mode="promise_in_bounds"), 0.0)


def even_excesses(
    span: Int32[Array, " J"], slack: Int32[Array, ""], gaps: Int32[Array, ""]
) -> Int32[Array, " J"]:
    """One row's equal excesses: as large as span and slack allow.

    Args:
        span: the greatest excess of each gap.
        slack: the greatest sum.
        gaps: how many slots are in use (those with a span).
    """
    return jnp.minimum(span, slack // jnp.maximum(gaps, 1))


def lagging_excesses(
    span: Int32[Array, " J"], lag: Int32[Array, " J"], slack: Int32[Array, ""]
) -> Int32[Array, " J"]:
    """One row's even excesses where some gaps are wider than the others from the start.

    All gaps grow together, each once the others have reached it: slot j's
    excess is max(0, x - lag[j]), with the largest x that fits. What x takes is
    the most that any number m of slots adds up to, m x less the m least lags,
    so that x is the least of (slack + the m least lags) // m.

    Args:
        span: the greatest excess of each gap.
        lag: 0 or more, how far each gap is ahead at first; no less than the
            greatest x where the slot is not in use.
        slack: the greatest sum.
    """
    counts = jnp.arange(1, len(lag) + 1, dtype=jnp.int32)
    sums = jnp.cumsum(jnp.sort(lag), dtype=jnp.int32)
    common = jnp.min((slack + sums) // counts, initial=2**30)
    return jnp.clip(common - lag, 0, span)
