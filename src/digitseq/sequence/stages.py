"""What each row's key gives to the stages of the pipeline: random words, and keys of their own."""

from typing import NamedTuple, Self

import jax

from ..internal import keys
from ..internal.shapes import Array, Key, UInt32

# What a row's key folds in for stages that take more than their words. No word has one of these numbers.
GLYPHS, TRANSFORMS, OWN_RANGE, JITTER, LIGATURES, LINE = range(2**32 - 6, 2**32)


class Draws(NamedTuple):
    """The random numbers of B rows of K slots, two words a slot: one hash makes all that most lines take.

    Word 2 k chooses the glyph of slot k, word 2 k + 1 is for what lies left of
    it: the margin, or the gap.

    Attributes:
        raw: each row's key.
        implementation: its name.
        words: each row's.
    """

    raw: UInt32[Array, "B W"]
    implementation: str
    words: UInt32[Array, "B 2*K"]

    @classmethod
    def of(cls, row_keys: Key[Array, " B"], slots: int) -> Self:
        """The draws of rows with these keys."""
        raw, implementation = jax.random.key_data(row_keys), str(jax.random.key_impl(row_keys))
        return cls(raw, implementation, keys.random_words(row_keys, 2 * slots))

    def keys(self, stage: int) -> Key[Array, " B"]:
        """The rows' keys of a stage."""
        return keys.folded(keys.from_words(self.raw, self.implementation), stage)

    @property
    def glyphs(self) -> UInt32[Array, "B K"]:
        """The word for each slot's glyph."""
        return self.words[:, ::2]

    @property
    def margin(self) -> UInt32[Array, " B"]:
        """The word for what is left of the first digit."""
        return self.words[:, 1]

    @property
    def gaps(self) -> UInt32[Array, "B J"]:
        """The word for the gap before each other slot."""
        return self.words[:, 3::2]
