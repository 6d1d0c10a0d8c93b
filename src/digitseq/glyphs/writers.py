"""The index of who wrote which glyph, from which lines by one writer are sampled."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from ..internal import random_bits
from ..internal.pytrees import register_pytree


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class WriterIndex:
    """The writers of a bank that is sorted by digit and then by writer.

    Attributes:
        names: int32 [V], the number of each writer, ascending.
        runs: int32 [C, V + 1]: the glyphs of digit d by writer v are the rows
            `runs[d, v]` to `runs[d, v + 1]`, which may be none.
    """

    names: jax.Array
    runs: jax.Array

    def can_write(self, digits: jax.Array) -> jax.Array:
        """Which writers have all of a row's digits up to and including each slot.

        Args:
            digits: int32 [K], of the bank's classes.

        Returns:
            bool [K, V].
        """
        has = jnp.diff(self.runs, axis=1) > 0
        return lax.cummin(has[digits].astype(jnp.int32), axis=0) > 0

    def sample(
        self, key: jax.Array, words: jax.Array, digits: jax.Array, length: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """A writer, uniform over those who have all the digits, and glyphs by that writer.

        Args:
            key: a PRNG key, for the writer.
            words: uint32 [K], random, for the glyphs.
            digits: int32 [K], of the bank's classes.
            length: int32 [], how many of them, from the left, are wanted.

        Returns:
            glyph rows int32 [K], each uniform over the writer's glyphs of the
            digit; the writer's number, int32 []; and how many digits are
            written, int32 []: those before the first that no writer has
            together with all before it.
        """
        can_write = self.can_write(digits)
        length = jnp.minimum(length, can_write.any(axis=1).sum(dtype=jnp.int32))
        candidates = jnp.cumsum(can_write[jnp.maximum(length - 1, 0)], dtype=jnp.int32)
        pick = random_bits.integers_below(jax.random.bits(key, (), jnp.uint32), candidates[-1])
        writer = jnp.argmax(candidates > pick).astype(jnp.int32)
        first = self.runs[digits, writer]
        counts = self.runs[digits, writer + 1] - first
        rows = first + random_bits.integers_below(words, counts)
        # Those of digits that are not written may lie beyond the last.
        rows = jnp.minimum(rows, self.runs[-1, -1] - 1)
        return rows, jnp.where(length > 0, self.names[writer], -1), length


def index_writers(counts: npt.NDArray[np.int32], writers: npt.NDArray[np.int32]) -> WriterIndex:
    """The index of glyphs that are sorted by digit, then writer: counts [C] of the digits, writers [N]."""
    names, order = np.unique(writers, return_inverse=True)
    places = np.repeat(np.arange(len(counts)), counts) * len(names) + order
    starts = np.arange(len(counts))[:, None] * len(names) + np.arange(len(names) + 1)
    runs = np.searchsorted(places, starts).astype(np.int32)
    return WriterIndex(names=jax.device_put(names), runs=jax.device_put(runs))
