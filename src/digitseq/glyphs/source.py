"""What a source of glyphs is, and what may be asked of one."""

from typing import Protocol, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal.symbols import default_symbols
from ..internal.validation import as_integer, as_size
from .bank import MAX_CLASSES
from .writers import WriterIndex


class Source(Protocol):
    """What draws glyphs: a pytree, so that it can be an argument of a jitted function.

    A source may also have, as `DigitBank` does,

    - `serves(digits) -> bool`: a row then ends before the first digit that is not served. Sources without
      `serves` are assumed to serve every digit.
    - `num_classes`, an int: its digits are 0 to `num_classes` - 1; 10 where it has none. Exports need it
      where labels go beyond 9, since their texts then have dashes: [10] is "10", and [1, 0] is "1-0".
    - `symbols`, what its classes are called, as `DigitBank.symbols`.
    - all of `GlyphStore`: its glyphs are then painted from where they lie.
    """

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A glyph for each digit: float32 [K, 28, 28] in [0, 1], and glyph ids int32 [K] (-1: no bank)."""
        ...


class GlyphStore(Source, Protocol):
    """A source whose glyphs lie in one array, sorted by digit: `DigitBank` is one.

    It may have `writers`, int32 [N] or None, who wrote each glyph, and a `writer_index`, a `WriterIndex` or
    None, for lines that one writer wrote; and, where `choose` takes glyphs from beyond a digit's run, too,
    `rows_of(digit)`, int32 [R], all rows that it may take.
    """

    @property
    def glyphs(self) -> jax.Array:
        """The store: uint8 [N, 28, 28]."""
        ...

    @property
    def ink(self) -> jax.Array:
        """The ink box (x0, y0, x1, y1) of each glyph; int32 [N, 4]."""
        ...

    @property
    def starts(self) -> jax.Array:
        """The first row of each digit's run of glyphs; int32 [C]."""
        ...

    @property
    def counts(self) -> jax.Array:
        """The length of each digit's run; int32 [C]."""
        ...

    def choose(self, key: jax.Array, words: jax.Array, digits: jax.Array) -> jax.Array:
        """A row of `glyphs` for each digit of a line; int32 [K].

        Args:
            key: a PRNG key of the line's, for what takes more than the words.
            words: uint32 [K], a random word for each digit.
            digits: int32 [K].
        """
        ...


STORED = ("glyphs", "ink", "starts", "counts", "choose")


def has_store(source: Source) -> TypeGuard[GlyphStore]:
    """Whether the source is a `GlyphStore`."""
    return all(hasattr(source, name) for name in STORED)


def serves(source: Source, digits: jax.Array | npt.NDArray[np.int32]) -> jax.Array:
    """Whether the source draws each digit; bool, of the digits' shape."""
    known = getattr(source, "serves", lambda digits: digits >= 0)
    return jnp.asarray(known(digits))


def num_classes(source: Source) -> int:
    """How many classes of digits a source has; 10 where it does not say.

    Raises:
        ValueError: it says something else than a positive integer.
    """
    name = "source.num_classes"
    return as_size(name, as_integer(name, getattr(source, "num_classes", 10)), MAX_CLASSES)


def symbols_of(source: Source) -> str:
    """What a source's classes are called, one character each; "" where they have no names."""
    found: str | None = getattr(source, "symbols", None)
    return default_symbols(num_classes(source)) if found is None else found


def writer_index_of(source: Source) -> WriterIndex:
    """The writers of a bank.

    Raises:
        BankError: a source that does not know who wrote its glyphs.
    """
    index: WriterIndex | None = getattr(source, "writer_index", None)
    if index is None:
        raise BankError(
            f"hand='one-writer' needs a bank that knows its writers, from load_bank(..., writers=PATH) or "
            f"make_bank(..., writers=...), got {source!r}"
        )
    return index
