"""Threefry, the hash behind JAX's random numbers: the same words, in one program on every backend.

J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3" (2011), section 4.2, of two 32-bit
words in 20 rounds. On a CPU `jax.random` runs it as a loop, nine programs that wait for each other, where
this is one, or part of one: one image starts 19 in all (`benchmarks/single.py` counts them).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .shapes import Array, UInt32

ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
PARITY = np.uint32(0x1BD11BDA)


def hashed(
    words: UInt32[Array, "... 2"], numbers: UInt32[Array, "..."]
) -> tuple[UInt32[Array, "..."], UInt32[Array, "..."]]:
    """The two words that each key makes of each number.

    Args:
        words: raw keys.
        numbers: uint32, of a shape that broadcasts with the keys'.
    """
    return _rounds(*jnp.broadcast_arrays(words[..., 0], words[..., 1], numbers))


def paired(words: UInt32[Array, "... 2"], numbers: UInt32[Array, "..."]) -> UInt32[Array, "... 2"]:
    """`hashed` as one array, whose last axis is the two words."""
    # Not stacked: XLA would compile all rounds once for each word (`benchmarks/compile.py`, plain).
    first, second = hashed(words[..., None, :], numbers[..., None])
    which = jnp.arange(2, dtype=jnp.int32)
    return jnp.where(which == 0, first, second)


@jax.jit
def _rounds(first: jax.Array, second: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The cipher of a number below 2**32 under a key of two words; arrays of one shape.

    In functions of `lax`, and traced once a shape: by operators the hashes of a program would take as long to
    trace as all the rest of it (`benchmarks/compile.py`, plain lines).
    """

    def turned(word: jax.Array, places: int) -> jax.Array:
        up = lax.shift_left(word, lax.full_like(word, places))
        return lax.bitwise_or(up, lax.shift_right_logical(word, lax.full_like(word, 32 - places)))

    mixed = lax.bitwise_xor(lax.bitwise_xor(first, second), lax.full_like(first, PARITY))
    schedule = first, second, mixed
    # The block that is hashed is of two words, of which the upper is 0.
    x, y = first, lax.add(number, second)
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x = lax.add(x, y)
            y = lax.bitwise_xor(x, turned(y, rotation))
        x = lax.add(x, schedule[(group + 1) % 3])
        y = lax.add(lax.add(y, schedule[(group + 2) % 3]), lax.full_like(y, group + 1))
    return x, y
