"""Threefry, the hash behind JAX's random numbers: the same words, in one program on every backend.

J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3" (2011), section 4.2, of two 32-bit
words in 20 rounds. On a CPU `jax.random` runs it as a loop, nine programs that wait for each other: a batch's
words take twice as long and 3 to 15 times as long to compile (`benchmarks/workarounds.py`).
"""

import jax.numpy as jnp
import numpy as np

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
    first, second = words[..., 0], words[..., 1]
    schedule = first, second, first ^ second ^ PARITY
    # The block that is hashed: a number below 2**64, of which the upper word is 0.
    x, y = jnp.broadcast_arrays(first, numbers + second)
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
        x = x + schedule[(group + 1) % 3]
        y = y + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return x, y
