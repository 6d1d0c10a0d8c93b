"""Gaps between digits: uniform, exactly conditioned to fit; even.

Everything here is one row (one image) in pixels, except `random_excesses`, which
takes the batch so that a batch without a tight row can skip the table.
A row has J gap slots. Slot j's gap is `low[j]` plus an excess of 0 to
`span[j]`; a slot that no gap uses has `low` and `span` 0. `slack` is what the
canvas has left when every gap is at its lowest: the excesses may add up to it.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal import random_bits
from ..internal.shapes import Array, Bool, Float32, Int32, UInt32
from ..internal.validation import as_integer
from .spacing_long import long_excesses, prefix_sums

MIN_SPACING = -14
# Ways below this share of the most are not to be relied on: what float32 holds beside 1 ends at 2**-126.
LEAST_SHARE = 2.0**-96


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
    bits: UInt32[Array, "B J"], spans: Int32[Array, "B J"], slacks: Int32[Array, " B"], max_slack: int
) -> Int32[Array, "B J"]:
    """Excesses uniform over all that fit, for a batch of rows.

    A row whose spans can't add up to more than its slack takes independent
    uniform excesses. Where some draws would overflow, each vector of excesses
    that fits is equally likely. Which of the two a row takes depends on that
    row alone.

    Args:
        bits: uniform random bits: as integers, or for the table as fractions.
        spans: 0 or more.
        slacks: 0 to `max_slack`.
        max_slack: the largest slack, a Python integer.

    Returns:
        The excesses. Slot j's does not depend on slots that follow it if their
        spans are 0.
    """
    spans = jnp.minimum(spans, slacks[:, None])
    tight = spans.sum(axis=1, dtype=jnp.int32) > slacks
    plain = random_bits.integers_below(bits, spans + 1)

    def conditioned() -> jax.Array:
        exact, sound = jax.vmap(conditional_excesses, in_axes=(0, 0, 0, None))(bits, spans, slacks, max_slack)
        # The product of all (span + 1) bounds the ways: of few slots they are never too many.
        if spans.shape[1] * max_slack.bit_length() > -math.log2(LEAST_SHARE):
            lost = tight & ~sound
            long = jax.vmap(long_excesses, in_axes=(0, 0, 0, None))
            exact = lax.cond(
                lost.any(),
                lambda: jnp.where(lost[:, None], long(bits, spans, slacks, max_slack), exact),
                lambda: exact,
            )
        return jnp.where(tight[:, None], exact, plain)

    return lax.cond(tight.any(), conditioned, lambda: plain)


def conditional_excesses(
    bits: UInt32[Array, " J"], span: Int32[Array, " J"], slack: Int32[Array, ""], max_slack: int
) -> tuple[Int32[Array, " J"], Bool[Array, ""]]:
    """One row's excesses, uniform over the vectors with 0 <= e[j] <= span[j] and sum <= slack.

    Dynamic programming on the room left: with w[j](t) the number of ways to
    fill the slots from j on into t pixels (w[J] = 1),
    w[j](t) = w[j+1](t - span[j]) + ... + w[j+1](t), a difference of prefix
    sums. Then, slot by slot, the room t left after slot j is drawn with
    probability w[j+1](t) / w[j](room before), by inverting those sums.

    Numbers of ways overflow, so each w[j] is scaled to 1 at `slack`, which
    cancels in the ratios. In float32, and with fractions in steps of 2**-24,
    the relative error of a gap's probability is about slack * 2**-24: 1e-5 at
    200 pixels, 1e-4 at 2,000; more where there are hundreds of slots. The draw
    does not depend on `max_slack`.

    Args:
        bits: uniform random bits.
        span: the greatest excess of each gap.
        slack: the greatest sum.
        max_slack: at least `slack`, a Python integer: the table's length.

    Returns:
        The excesses, and whether they are sound: not where the row took
        rooms whose ways are too few beside those at `slack` for float32 to
        hold, as happens from some 200 slots on. From the same bits
        `long_excesses` draws the same, up to rounding, and is right there too.
    """
    rooms = jnp.arange(max_slack + 1, dtype=jnp.int32)
    ways = jnp.where(rooms <= slack, 1.0, 0.0).astype(jnp.float32)

    def count(ways: jax.Array, span: jax.Array) -> tuple[jax.Array, jax.Array]:
        sums = prefix_sums(ways)
        ways = jnp.where(rooms <= slack, sums - _sum_below(sums, rooms - span), 0.0)
        return ways / ways[slack], sums

    def fill(room: jax.Array, slot: tuple[jax.Array, ...]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        fraction, span, sums = slot
        # No product meets a sum: fused into one rounding here and not there,
        # they would tip a draw.
        weights = sums - _sum_below(sums, room - span)
        left = jnp.sum((weights <= fraction * weights[room]) & (rooms < room), dtype=jnp.int32)
        left = jnp.clip(left, jnp.maximum(room - span, 0), room)
        return left, (room - left, weights[room] >= LEAST_SHARE)

    _, sums = lax.scan(count, ways, span, reverse=True)
    _, (excesses, sound) = lax.scan(fill, slack, (random_bits.fractions(bits), span, sums))
    return excesses, sound.all()


def _sum_below(sums: Float32[Array, " T"], room: Int32[Array, "*R"]) -> Float32[Array, "*R"]:
    """The prefix sum of everything below `room`, 0 where that is nothing."""
    return jnp.where(room > 0, sums[jnp.maximum(room - 1, 0)], 0.0)


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
