"""The law of the gaps for rows of any length: `spacing_table.conditional_excesses` in numbers of any size.

The ways to fill the gaps of a long row differ by more powers of two than
float32 has: at 300 digits those that a row really takes were rounded to 0
beside those that it could not take. Here a number of ways is a pair, `Ways`,
of a float32 and an exponent of its own. Scaling by powers of two is exact, so
neither the scale nor how XLA fuses a product and a sum can tip a draw.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ..internal import random_bits
from ..internal.shapes import Array, Bool, Float32, Int32, UInt32

# The exponent of 0, below that of any number of ways.
NONE = -(2**29)


class Ways(NamedTuple):
    """Numbers `parts` * 2**`powers`.

    Attributes:
        parts: 0, or from 1 up to few times more.
        powers: `NONE` where the part is 0.
    """

    parts: Float32[Array, " T"]
    powers: Int32[Array, " T"]


def long_excesses(
    bits: UInt32[Array, " J"], span: Int32[Array, " J"], slack: Int32[Array, ""], max_slack: int
) -> Int32[Array, " J"]:
    """One row's excesses, uniform over the vectors with 0 <= e[j] <= span[j] and sum <= slack.

    From the same bits as `spacing_table.conditional_excesses`, up to rounding, but
    sums over windows are added up by doubling, with no differences: the
    relative error of a gap's probability is at most some J * 2**-24, however
    wide the row. It takes some 10 to 25 times as long.
    """
    rooms = jnp.arange(max_slack + 1, dtype=jnp.int32)
    every = Ways(
        jnp.where(rooms <= slack, 1.0, 0.0).astype(jnp.float32),
        jnp.where(rooms <= slack, 0, NONE).astype(jnp.int32),
    )

    def count(ways: Ways, span: jax.Array) -> tuple[Ways, Ways]:
        return _normal(_window_sums(ways, span), rooms <= slack), ways

    def fill(room: jax.Array, slot: tuple[jax.Array, jax.Array, Ways]) -> tuple[jax.Array, jax.Array]:
        fraction, span, ways = slot
        powers = jnp.where((rooms <= room) & (rooms >= room - span), ways.powers, NONE)
        weights = prefix_sums(ways.parts * _power_of_two(powers - powers.max()))
        left = jnp.sum((weights <= fraction * weights[room]) & (rooms < room), dtype=jnp.int32)
        left = jnp.clip(left, jnp.maximum(room - span, 0), room)
        return left, room - left

    _, ways = lax.scan(count, every, span, reverse=True)
    _, excesses = lax.scan(fill, slack, (random_bits.fractions(bits), span, ways))
    return excesses


def _window_sums(ways: Ways, span: Int32[Array, ""]) -> Ways:
    """For each room t the ways of t - span up to t in all.

    Windows of 1, 2, 4, ... rooms are put together, those that make up span + 1.
    """

    def double(carried: tuple[jax.Array, jax.Array, Ways, Ways]) -> tuple[jax.Array, jax.Array, Ways, Ways]:
        size, done, window, sums = carried
        taken = ((span + 1) & size) > 0
        more = _add(sums, _shifted(window, done))
        sums = Ways(*(jnp.where(taken, new, old) for new, old in zip(more, sums, strict=True)))
        return size * 2, done + jnp.where(taken, size, 0), _add(window, _shifted(window, size)), sums

    none = Ways(jnp.zeros_like(ways.parts), jnp.full_like(ways.powers, NONE))
    start = (jnp.int32(1), jnp.int32(0), ways, none)
    return lax.while_loop(lambda carried: carried[1] <= span, double, start)[3]


def _shifted(ways: Ways, by: Int32[Array, ""]) -> Ways:
    """Each room's those of so many rooms less, 0 where there are none."""
    size = ways.parts.shape[0]
    start = size - jnp.minimum(by, size)
    parts = lax.dynamic_slice_in_dim(jnp.pad(ways.parts, (size, 0)), start, size)
    powers = lax.dynamic_slice_in_dim(jnp.pad(ways.powers, (size, 0), constant_values=NONE), start, size)
    return Ways(parts, powers)


def _add(left: Ways, right: Ways) -> Ways:
    """Their sums, place by place."""
    powers = jnp.maximum(left.powers, right.powers)
    parts = left.parts * _power_of_two(left.powers - powers) + right.parts * _power_of_two(
        right.powers - powers
    )
    return Ways(parts, powers)


def _normal(ways: Ways, there: Bool[Array, " T"]) -> Ways:
    """The same numbers with parts from 1 to below 2; 0 where not `there`."""
    there &= ways.parts > 0
    power = (lax.bitcast_convert_type(ways.parts, jnp.int32) >> 23) - 127
    return Ways(
        jnp.where(there, ways.parts * _power_of_two(-power), 0.0).astype(jnp.float32),
        jnp.where(there, ways.powers + power, NONE),
    )


def _power_of_two(power: Int32[Array, " T"]) -> Float32[Array, " T"]:
    """2**power as float32, exact; 0 below 2**-126. The power is at most 127."""
    return lax.bitcast_convert_type((jnp.maximum(power, -127) + 127) << 23, jnp.float32)


def prefix_sums(values: Float32[Array, "T ..."]) -> Float32[Array, "T ..."]:
    """Sums along the first axis, up to and with each place, by doubling (Hillis and Steele, 1986).

    The order of a place's additions depends on the place alone, which
    `jnp.cumsum`, about as fast (`benchmarks/workarounds.py`), does not promise:
    so a gap does not depend on the width that a canvas is padded to.
    """
    size = values.shape[0]

    def double(step: jax.Array, sums: jax.Array) -> jax.Array:
        padded = jnp.pad(sums, [(size, 0)] + [(0, 0)] * (sums.ndim - 1))
        return sums + lax.dynamic_slice_in_dim(padded, size - (1 << step), size)

    return lax.fori_loop(0, (size - 1).bit_length(), double, values)
