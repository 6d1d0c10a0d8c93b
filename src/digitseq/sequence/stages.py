"""What a row's key gives to the pipeline's stages: random words, all by one hash, and keys of their own."""

from typing import NamedTuple

from ..internal import keys
from ..internal.shapes import Array, Key, UInt32

# What a row's key folds in for stages that take more than their words. No word has one of these numbers.
GLYPHS, TRANSFORMS, OWN_RANGE, JITTER, LIGATURES, LINE = range(2**32 - 6, 2**32)


class Words(NamedTuple):
    """The random words of B rows of K slots.

    Attributes:
        glyphs: choose each slot's glyph.
        margin: what is left of the first digit.
        gaps: what is left of each other.
    """

    glyphs: UInt32[Array, "B K"]
    margin: UInt32[Array, " B"]
    gaps: UInt32[Array, "B K-1"]


def words_of(row_keys: Key[Array, " B"], slots: int) -> Words:
    """Each row's words, two a slot: word 2 k for the glyph of slot k, word 2 k + 1 for what is left of it."""
    drawn = keys.random_words(row_keys, 2 * slots).reshape(-1, slots, 2)
    return Words(drawn[:, :, 0], drawn[:, 0, 1], drawn[:, 1:, 1])
