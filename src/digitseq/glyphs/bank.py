"""DigitBank: glyphs sorted by digit, from which they are sampled; its digest."""

import dataclasses
import functools
import hashlib

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal import random_bits
from ..internal.pixels import CELL, HEIGHT, unit_ink
from ..internal.pytrees import register_pytree
from ..internal.symbols import DIGITS
from .writers import WriterIndex

# A pixel's place in the bank is an int32.
MAX_GLYPHS = (2**31 - 1) // (HEIGHT * CELL)
MAX_CLASSES = 1 << 20
# A bank on the host: glyphs [N, 28, 28], counts [C], ink [N, 4], and writers [N], or [0] where unknown.
Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DigitBank:
    """Handwritten glyphs, sorted by digit. A pytree and a source.

    Made by `make_bank` and `load_bank`, which check; the record does not.

    >>> bank = ds.load_bank("builtin")
    >>> bank.glyphs.shape, bank.counts.tolist(), bank.symbols
    ((3000, 28, 28), [300, 300, 300, 300, 300, 300, 300, 300, 300, 300], '0123456789')
    >>> sevens = bank.glyphs[bank.starts[7] : bank.starts[7] + bank.counts[7]]  # uint8 [300, 28, 28]

    Attributes:
        glyphs: uint8 [N, 28, 28], 0 background, 255 ink; those of digit d are
            the rows `starts[d]` to `starts[d] + counts[d]`, in the order in
            which they were given.
        starts: int32 [C], the first row of each digit's run.
        counts: int32 [C], the length of each digit's run, which may be 0.
        ink: int32 [N, 4], the box (x0, y0, x1, y1) of each glyph's non-zero
            pixels, half-open; all 0 for a blank glyph.
        writers: int32 [N], the writer of each glyph, by which those of one
            digit are then sorted (stable). None where unknown.
        writer_index: a `WriterIndex` where the writers are known; else None.
        rows: int32 [N], in a bank made by `split_bank` each glyph's row in
            the original bank. Else None.
        symbols: what the classes are called, one character each, such as
            "0123456789"; "" where they have no names. Static.
    """

    glyphs: jax.Array
    starts: jax.Array
    counts: jax.Array
    ink: jax.Array
    writers: jax.Array | None = None
    writer_index: WriterIndex | None = None
    rows: jax.Array | None = None
    symbols: str = dataclasses.field(default="", metadata={"static": True})

    @property
    def num_classes(self) -> int:
        """C, the number of digits the bank has a (possibly empty) run for."""
        return self.counts.shape[0]

    def serves(self, digits: jax.Array) -> jax.Array:
        """Whether the bank has a glyph of each digit; bool, of the digits' shape."""
        known = (digits >= 0) & (digits < self.num_classes)
        return known & (self.counts[self._clipped(digits)] > 0)

    def choose(self, key: jax.Array, words: jax.Array, digits: jax.Array) -> jax.Array:
        """A row of `glyphs` for each digit, uniform over the digit's run.

        Args:
            key: not needed.
            words: uint32 [K], random.
            digits: int32 [K]. For a digit that the bank does not serve the row
                is in range but arbitrary.

        Returns:
            int32 [K]. Element k is a function of `words[k]` and `digits[k]` alone.
        """
        digits = self._clipped(digits)
        pick = random_bits.integers_below(words, self.counts[digits])
        return jnp.minimum(self.starts[digits] + pick, self.glyphs.shape[0] - 1)

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Samples a glyph for each digit: float32 [K, 28, 28] in [0, 1], and their rows, int32 [K]."""
        glyph_ids = self.choose(key, jax.random.bits(key, digits.shape, jnp.uint32), digits)
        return unit_ink(self.glyphs[glyph_ids]), glyph_ids

    @functools.cached_property
    def _digest(self) -> str:
        """`bank_digest` of this record, computed once, unless a cached copy of its files knows it."""
        writers = np.zeros(0, np.int32) if self.writers is None else np.asarray(self.writers)
        return digest_arrays(np.asarray(self.glyphs), np.asarray(self.counts), writers, self.symbols)

    def _clipped(self, digits: jax.Array) -> jax.Array:
        return jnp.clip(digits, 0, self.num_classes - 1)

    def __repr__(self) -> str:
        by = "" if self.writer_index is None else f" by {self.writer_index.names.shape[0]} writers"
        return f"<DigitBank of {self.glyphs.shape[0]} glyphs of {self.num_classes} digits{by}>"


def bank_digest(bank: DigitBank) -> str:
    """The bank's contents as a SHA-256 digest: 64 hexadecimal digits.

    Of the number of glyphs of each digit, of all glyphs in the bank's order,
    and of their writers where these are known: the same for the same glyphs
    and labels, whatever file format they came in and however many empty
    classes follow the last. Names of classes count where they are no digits.

    >>> bank = ds.make_bank(np.full((20, 28, 28), 99, np.uint8), np.arange(20) % 10)
    >>> ds.bank_digest(bank)[:16]
    'd875784c7775b665'
    """
    return bank._digest


def digest_arrays(
    glyphs: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
    writers: npt.NDArray[np.int32],
    symbols: str = "",
) -> str:
    """`bank_digest` of a bank's host arrays."""
    used = np.trim_zeros(counts, "b").tolist()
    named = "" if DIGITS.startswith(symbols) else f" {symbols[: len(used)]}"
    digest = hashlib.sha256(f"digitseq bank 1 {glyphs.shape[1:]} {used}{named}\n".encode())
    digest.update(np.ascontiguousarray(glyphs).data)
    digest.update(writers.astype("<i4").tobytes())
    return digest.hexdigest()
