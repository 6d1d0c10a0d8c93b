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
    it: the margin, or the gap. They are methods, so that a branch hashes what
    it needs and nothing has to be stored for it.

    Attributes:
        raw: each row's key.
        implementation: its name.
        slots: K.
    """

    raw: UInt32[Array, "B W"]
    implementation: str
    slots: int

    @classmethod
    def of(cls, row_keys: Key[Array, " B"], slots: int) -> Self:
        """The draws of rows with these keys."""
        return cls(jax.random.key_data(row_keys), str(jax.random.key_impl(row_keys)), slots)

    def keys(self, stage: int) -> Key[Array, " B"]:
        """The rows' keys of a stage."""
        return keys.folded(self._row_keys, stage)

    def glyphs(self) -> UInt32[Array, "B K"]:
        """The word for each slot's glyph."""
        return keys.random_words(self._row_keys, self.slots, step=2)

    def margin(self) -> UInt32[Array, " B"]:
        """The word for what is left of the first digit."""
        return keys.random_words(self._row_keys, 1, first=1)[:, 0]

    def gaps(self) -> UInt32[Array, "B K-1"]:
        """The word for the gap before each other slot."""
        return keys.random_words(self._row_keys, self.slots - 1, first=3, step=2)

    @property
    def _row_keys(self) -> Key[Array, " B"]:
        return keys.from_words(self.raw, self.implementation)
