"""Keys of digits that share a line: what `PerLine` draws random numbers from."""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from ..internal.keys import random_words, several
from ..internal.random_bits import fractions
from ..internal.shapes import Array, Float32, Key, UInt32


class HandKeys(NamedTuple):
    """The keys of N digits, each with that of its line.

    They travel where plain keys do, which they equal (`own`) to all transforms
    but those inside `PerLine`, which sets `jitter` and `drift`.

    Attributes:
        own: each digit's key.
        line: the key of its line, the same for all its digits.
        place: where on the line it stands, from -1/2 at the first digit to 1/2 at the last.
        jitter, drift: as of `PerLine`; None outside of it.
    """

    own: Key[Array, " N"]
    line: Key[Array, " N"]
    place: Float32[Array, " N"]
    jitter: Any = None
    drift: Any = None


# One key an image, or with it that of its line.
Keys = Key[Array, " N"] | HandKeys


def own_keys(keys: Keys) -> Key[Array, " N"]:
    """The images' own keys."""
    return keys.own if isinstance(keys, HandKeys) else keys


def several_keys(keys: Keys, count: int) -> list[Keys]:
    """The keys with each number below `count` folded in: each image's own, and each line's."""
    if isinstance(keys, HandKeys):
        both = zip(several(keys.own, count), several(keys.line, count), strict=True)
        return [keys._replace(own=own, line=line) for own, line in both]
    return list(several(keys, count))


def split_keys(keys: Keys) -> tuple[Keys, Keys]:
    """The keys split in two."""
    first, second = several_keys(keys, 2)
    return first, second


def words(keys: Key[Array, " N"], shape: tuple[int, ...]) -> UInt32[Array, "N ..."]:
    """Random uint32 of that shape for each key."""
    return random_words(keys, math.prod(shape)).reshape(-1, *shape)


def halves(drawn: UInt32[Array, "N C"]) -> UInt32[Array, "N D"]:
    """The lower halves of words, then the upper: numbers of sixteen bits."""
    return jnp.concatenate([drawn & 0xFFFF, drawn >> 16], axis=1)


def line_words(keys: HandKeys, shape: tuple[int, ...], *, halved: bool = False) -> UInt32[Array, "N ..."]:
    """Random uint32 of each image, each uniform, and alike within a line.

    The line's number w is uniform on a circle of 2**32 points. A digit's is w
    + 2**31 * (jitter * (v - 1/2) + drift * d * place), v in [0, 1) its own and
    d in [-1, 1) the line's, reflected: the first half of the circle runs up
    from 0 to 2**32, the second down again. Each is uniform, since w is; two
    digits differ by at most 2**32 * (jitter + drift).

    Args:
        keys: of the images, inside `PerLine`.
        shape: of each image's words.
        halved: whether the numbers are the words' `halves`, sixteen bits each.
    """
    line, apart = several(keys.line, 2)
    w, d, v = (words(part, shape) for part in (line, apart, keys.own))
    if halved:
        w, d, v = (halves(part) << 16 for part in (w, d, v))
    place = keys.place.reshape(-1, *[1] * (w.ndim - 1))
    off = keys.jitter * (fractions(v) - 0.5) + keys.drift * (2 * fractions(d) - 1) * place
    # The greatest float32 below 2**31.
    off = jnp.clip(off * np.float32(2**31), np.float32(-(2**31)), np.float32(2**31 - 128))
    phase = w + off.astype(jnp.int32).astype(jnp.uint32)
    reflected = jnp.where(phase < jnp.uint32(2**31), phase, ~phase) << 1
    return reflected >> 16 if halved else reflected
