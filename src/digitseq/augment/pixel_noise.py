"""Random numbers for each pixel of an image, from one seed an image.

A hash of threefry's for each pixel would cost more than all else that is done
to it (`benchmarks/workarounds.py`, "noise by a short hash"). So threefry gives
each image a seed of 64 bits, and pixels get a short hash of their number and
that. Pixels are numbered down the columns: a number then does not depend on
how wide the canvas is.
"""

import jax.numpy as jnp
import numpy as np

from ..internal.shapes import Array, Float32, UInt32
from .base import random_words
from .hand_keys import Keys

# From the sum of four uniform numbers to a normal one: coefficients of t, t**3, t**5 and t**7.
NORMAL = (3.267157, 1.295263, -3.006203, 3.607744)


def pixel_words(keys: Keys, size: tuple[int, int]) -> UInt32[Array, "N {size[0]} {size[1]}"]:
    """Uniform random bits for each pixel, the same whatever columns follow.

    The hash is "lowbias32" of C. Wellons, "Prospecting for hash functions"
    (2018), of which the seed's first word shifts the argument, and the second
    is mixed in half-way.

    Args:
        keys: one for each image.
        size: (H, W) of the images.
    """
    first, second = random_words(keys, (2,), out_axes=1)[..., None, None]
    x, y = (np.arange(count, dtype=np.uint32) for count in reversed(size))
    bits = jnp.asarray(x[None, None, :] * np.uint32(size[0]) + y[None, :, None]) + first
    bits = (bits ^ (bits >> 16)) * np.uint32(0x7FEB352D)
    bits = bits ^ second
    bits = (bits ^ (bits >> 15)) * np.uint32(0x846CA68B)
    return bits ^ (bits >> 16)


def normal(bits: UInt32[Array, "N H W"]) -> Float32[Array, "N H W"]:
    """Normal random numbers, of mean 0 and variance 1, one for each word of random bits.

    The sum of a word's four bytes is nearly normal; an odd polynomial of it,
    fitted to the normal distribution's quantiles (D. Teichroew's method: D.
    Knuth, "The Art of Computer Programming", volume 2, 3.4.1), is so to within
    0.003 in probability. The inverse of the error function would take five
    times as long (`benchmarks/workarounds.py`).
    """
    pairs = (bits & 0x00FF00FF) + ((bits >> 8) & 0x00FF00FF)
    total = ((pairs & 0xFFFF) + (pairs >> 16)).astype(jnp.int32).astype(jnp.float32)
    t = total * np.float32(1 / 510) - 1
    a, b, c, d = (np.float32(number) for number in NORMAL)
    square = t * t
    return t * (a + square * (b + square * (c + square * d)))
