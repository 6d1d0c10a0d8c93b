"""The law of the gaps of rows that are tight: uniform over all that fit, drawn with a table of ways."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal import random_bits
from ..internal.shapes import Array, Bool, Float32, Int32, Shaped, UInt32
from .spacing_long import prefix_sums

# Ways below this share of the most are not to be relied on: what float32 holds beside 1 ends at 2**-126.
LEAST_SHARE = 2.0**-96
# Rooms of the table that are counted at a time: they stay in a CPU's cache.
BLOCK = 32


def conditional_excesses(
    bits: UInt32[Array, "B J"],
    spans: Int32[Array, "B J"],
    slacks: Int32[Array, " B"],
    most: Int32[Array, ""],
    max_slack: int,
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
        most: at least each of `slacks`: as far as the table is filled.
        max_slack: at least `most`, a Python integer: the table's length.

    Returns:
        The excesses, and whether each row's are sound: not where it took
        rooms whose ways are too few beside those at its slack for float32 to
        hold, as happens from some 200 slots on. From the same bits
        `long_excesses` draws the same, up to rounding, and is right there too.
    """
    table = _counted(spans, slacks, most, max_slack)
    lefts = _filled(table, bits, spans, slacks, max_slack)
    rooms = lefts[:, :-1]
    ways = jax.vmap(_ways)(table, jnp.swapaxes(spans, 0, 1)[:, None], jnp.swapaxes(rooms, 0, 1)[:, None])
    return rooms - lefts[:, 1:], (ways >= LEAST_SHARE).all(axis=(0, 1))


def _counted(
    spans: Int32[Array, "B J"], slacks: Int32[Array, " B"], most: Int32[Array, ""], max_slack: int
) -> Float32[Array, "J T B"]:
    """The table: for slot j and room t the sum of w[j+1] below t, scaled.

    Slot by slot from the last, and block by block as far as `most`, since most
    rows leave less room than the canvas has. Rows are the last axis, along
    which a CPU adds several at once.
    """
    slots, length = spans.shape[1], (max_slack // BLOCK + 1) * BLOCK + 1
    limits, steps = slacks[None], jnp.arange(BLOCK, dtype=jnp.int32)[:, None]
    # One way each for the last, which the others replace; nothing below room 0.
    ones = jnp.minimum(jnp.arange(length, dtype=jnp.int32)[:, None], limits + 1).astype(jnp.float32)

    def count(state: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        slot, start, table = state
        sums, span = lax.dynamic_index_in_dim(table, slot, keepdims=False), _of_slot(spans, slot)
        rooms = start.astype(jnp.int32) + steps
        ways = _ways(sums, span, rooms) / _ways(sums, span, limits)
        zero = jnp.zeros_like(slot)
        before = lax.dynamic_slice(table, (slot - 1, start, zero), (1, 1, table.shape[2]))
        own = prefix_sums(jnp.where(rooms <= limits, ways, 0.0)) + before[0]
        places = _signed(slot - 1), _signed(start + 1), _signed(zero)
        table = lax.dynamic_update_slice(table, own[None], places)
        ends = (start + BLOCK).astype(jnp.int32) > most
        return jnp.where(ends, slot - 1, slot), jnp.where(ends, 0, start + BLOCK), table

    # Unsigned, since JAX asks of each signed place whether it counts from the end.
    first = jnp.uint32(slots - 1), jnp.uint32(0), jnp.broadcast_to(ones, (slots, length, len(slacks)))
    return lax.while_loop(lambda state: state[0] > 0, count, first)[2]


def _filled(
    table: Float32[Array, "J T B"],
    words: UInt32[Array, "B J"],
    spans: Int32[Array, "B J"],
    slacks: Int32[Array, " B"],
    max_slack: int,
) -> Int32[Array, "B J+1"]:
    """The room before each slot, and in the end.

    What is left after a slot is the number of rooms whose sum is at most its
    fraction of all ways, found bit by bit, as the sums ascend.
    """
    slots, bits = spans.shape[1], max(max_slack.bit_length(), 1)

    def fill(number: jax.Array, lefts: jax.Array) -> jax.Array:
        number = number.astype(jnp.uint32)
        slot, bit = lax.div(number, np.uint32(bits)), np.uint32(bits - 1) - lax.rem(number, np.uint32(bits))
        sums = lax.dynamic_index_in_dim(table, slot, keepdims=False)
        room, left, span = _of_slot(lefts, slot), _of_slot(lefts, slot + 1), _of_slot(spans, slot)
        # No product meets a sum: fused into one rounding here and not there,
        # they would tip a draw.
        least = _below(sums, room - span)
        wanted = random_bits.fractions(_of_slot(words, slot)) * (_below(sums, room + 1) - least)
        more = left + (np.uint32(1) << bit).astype(jnp.int32)
        left = jnp.where(
            (more <= room) & (_below(sums, jnp.minimum(more, room)) - least <= wanted), more, left
        )
        left = jnp.where(bit == 0, jnp.clip(left, jnp.maximum(room - span, 0), room), left)
        return lax.dynamic_update_slice_in_dim(lefts, left.T, _signed(slot + 1), 1)

    lefts: jax.Array = lax.fori_loop(0, slots * bits, fill, jnp.pad(slacks[:, None], ((0, 0), (0, slots))))
    return lefts


def _signed(place: UInt32[Array, ""]) -> Int32[Array, ""]:
    """A place where something is written: JAX 0.6, under `vmap`, writes nothing at unsigned ones."""
    return place.astype(jnp.int32)


def _of_slot(values: Shaped[Array, "B J"], slot: UInt32[Array, ""]) -> Shaped[Array, "1 B"]:
    return lax.dynamic_index_in_dim(values, slot, axis=1).T


def _ways(
    sums: Float32[Array, "T B"], span: Int32[Array, "1 B"], rooms: Int32[Array, "R _"]
) -> Float32[Array, "R B"]:
    """The ways, into each room, of a slot and those that follow, from the sums of the latter."""
    return _below(sums, rooms + 1) - _below(sums, rooms - span)


def _below(sums: Float32[Array, "T B"], rooms: Int32[Array, "R _"]) -> Float32[Array, "R B"]:
    """Each row's sum below each of the rooms, 0 below negative ones."""
    places = jnp.maximum(rooms, 0).astype(jnp.uint32)
    return jnp.take_along_axis(sums, places, axis=0, mode="promise_in_bounds")
