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
from ..internal.shapes import Array, Int32, UInt32
from ..internal.validation import as_integer
from ..internal.xla import map_in_chunks
from .spacing_long import long_excesses
from .spacing_table import LEAST_SHARE, conditional_excesses

MIN_SPACING = -14


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
        words: gives uniform random bits, read as integers, or for the table as fractions; where they are
            needed, since what a branch is given would be stored: one more program for one image.
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

    def are_tight() -> jax.Array:
        return spans.sum(axis=1, dtype=jnp.int32) > slacks

    def conditioned() -> jax.Array:
        # Rows that are not tight ask for no room in the table.
        tight = are_tight()
        limits = jnp.where(tight, slacks, 0)
        exact = functools.partial(_exact, most=limits.max(), max_slack=max_slack)
        # Tables of 1,024 lines of five digits, 4 MB, are made at once: a loop over fewer lines would take
        # a tenth of a second to compile (`benchmarks/compile.py`, plain), and more would wait for memory.
        pixels = -(-spans.shape[1] * (max_slack + 1) // 3)
        return jnp.where(tight[:, None], map_in_chunks(exact, pixels, words(), spans, limits), plain)

    excesses: jax.Array = lax.cond(are_tight().any(), conditioned, lambda: plain)
    return excesses


def _exact(
    bits: UInt32[Array, "B J"],
    spans: Int32[Array, "B J"],
    slacks: Int32[Array, " B"],
    most: Int32[Array, ""],
    max_slack: int,
) -> Int32[Array, "B J"]:
    """`conditional_excesses`, of any number of slots."""
    exact, sound = conditional_excesses(bits, spans, slacks, most, max_slack)
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
