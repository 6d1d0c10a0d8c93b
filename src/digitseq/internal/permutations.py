"""Permutations of any size that are computed place by place, so that nothing has to be shuffled and kept."""

import jax
import jax.numpy as jnp

from . import random_bits
from .shapes import Array, Int32, OneKey, UInt32

ROUNDS = 12


def permuted(key: OneKey, place: Int32[Array, ""], size: Int32[Array, ""]) -> Int32[Array, ""]:
    """Where a random permutation of the integers below `size`, which the key names, sends `place`.

    A Feistel network on the a * b >= size pairs of integers below a and b
    (a the square root of the size, rounded up), stepped again until it falls
    below the size: J. Black and P. Rogaway, "Ciphers with Arbitrary Finite
    Domains" (2002). Integers alone, so that it is bit-exact on every
    device and in every batch.

    Args:
        key: a PRNG key.
        place: from 0 to `size` - 1.
        size: from 1 to 2**22; both may be traced.

    Returns:
        int32 from 0 to `size` - 1, different for different places.
    """
    words = jax.random.bits(key, (ROUNDS,), jnp.uint32)
    size = jnp.maximum(size, 1)
    root = jnp.sqrt(size.astype(jnp.float32)).astype(jnp.int32)
    # Rounded up, however the device rounds square roots.
    root = jnp.where(root * root > size, root - 1, root)
    a = jnp.where(root * root < size, root + 1, root)
    b = (size + a - 1) // a

    def step(at: Int32[Array, ""]) -> Int32[Array, ""]:
        left, right = at % a, at // a
        for number in range(0, ROUNDS, 2):
            left = (left + _mixed(words[number], right, a)) % a
            right = (right + _mixed(words[number + 1], left, b)) % b
        return left + a * right

    return jax.lax.while_loop(lambda at: at >= size, step, step(place))


def _mixed(word: UInt32[Array, ""], value: Int32[Array, ""], bound: Int32[Array, ""]) -> Int32[Array, ""]:
    """An integer below the bound, a hash of a value: the finalizer of A. Appleby's MurmurHash3 (2011)."""
    bits = value.astype(jnp.uint32) ^ word
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits = (bits ^ (bits >> shift)) * jnp.uint32(factor)
    return random_bits.integers_below(bits ^ (bits >> 16), bound)
