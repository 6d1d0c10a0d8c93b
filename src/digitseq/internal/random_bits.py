"""Uniform integers and fractions from random bits: one hash a number.

How a number is made of bits is part of what a seed means, so it stays:
`jax.random.randint` makes others, of three hashes each, in about the same
time (`benchmarks/workarounds.py`).
"""

import jax
import jax.numpy as jnp

LOW_HALF = 0xFFFF


def integers_below(bits: jax.Array, bound: jax.Array) -> jax.Array:
    """Uniform integers from 0 to `bound` - 1: floor(bits * bound / 2**32).

    D. Lemire, "Fast random integer generation in an interval" (2019), without
    its rejection step: no value's probability is off by more than 2**-32.

    Args:
        bits: uint32, uniform random bits.
        bound: int32 of the same shape, 1 or more (0 gives 0).

    Returns:
        int32 of the same shape.
    """
    return _upper_word(bits, bound.astype(jnp.uint32)).astype(jnp.int32)


def _upper_word(bits: jax.Array, bound: jax.Array) -> jax.Array:
    """The upper word of a 64-bit product, from products of 16-bit halves."""
    low, high = bits & LOW_HALF, bits >> 16
    bound_low, bound_high = bound & LOW_HALF, bound >> 16
    middle = high * bound_low + ((low * bound_low) >> 16)
    other = low * bound_high + (middle & LOW_HALF)
    return high * bound_high + (middle >> 16) + (other >> 16)


def wide_integers_below(bits: jax.Array, bound: jax.Array) -> jax.Array:
    """`integers_below` from 64 random bits: right to 2**-64, for bounds as large as int32 allows.

    Args:
        bits: uint32 [..., 2], uniform random bits.
        bound: uint32 [...], 1 to 2**31.
    """
    upper = _upper_word(bits[..., 0], bound)
    lower = bits[..., 0] * bound
    carried = lower + _upper_word(bits[..., 1], bound)
    return (upper + (carried < lower).astype(jnp.uint32)).astype(jnp.int32)


def fractions(bits: jax.Array) -> jax.Array:
    """Uniform float32 in [0, 1), multiples of 2**-24, from uint32 bits."""
    return (bits >> 8).astype(jnp.float32) * jnp.float32(2**-24)
