"""with_variants: a bank whose digits are also written in ways that it has no glyphs of."""

import dataclasses
import os
from collections.abc import Mapping
from numbers import Real
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal import random_bits
from ..internal.pixels import host_ink_boxes, unit_ink
from ..internal.pytrees import register_pytree
from ..internal.settings import own_settings
from ..internal.symbols import DIGITS
from ..internal.validation import as_size, nearest
from .bank import MAX_GLYPHS, DigitBank
from .loading import load_bank
from .variant_drawing import drawn_variant
from .variant_table import VARIANTS
from .writers import WriterIndex

# Glyphs of each variant, and the most: a manifest that asks for more is a mistake.
EACH, MOST = 1000, 100_000
# What a line's key folds in for its habits.
HABITS = 1
# The share of lines with a habit, or of lines and of the digits of one.
Share = float | tuple[float, float]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class VariedBank:
    """A bank and variants of its digits. A pytree and a source; made by `with_variants`.

    Each line has habits: variant v is one with probability `in_lines[v]`,
    independently. In a line that has it, each digit that it is a variant of is
    written so with probability `in_digits[v]`; where several habits of one
    digit add up to more than 1, they share the digit in proportion. The glyph
    is then uniform over the variant's. All other digits are the bank's, glyph
    by glyph those that it would give. Lines with `hand="one-writer"` and those
    of `sampling="epoch"` have no variants.

    >>> bank = ds.with_variants("builtin", {"crossed seven": 0.6}, each=50)
    >>> bank.names, bank.reweighted({"crossed seven": 0.5}).in_lines.tolist()
    (('crossed seven',), [0.5])

    Attributes:
        bank: the bank itself.
        glyphs: uint8 [N + M, 28, 28], the bank's and then those of each variant.
        ink: int32 [N + M, 4], their ink boxes.
        variant_starts: int32 [V], the first row of each variant's glyphs.
        variant_counts: int32 [V], how many there are.
        variant_digits: int32 [V], the class that each is a variant of.
        in_lines: float32 [V], the share of lines with this habit. A leaf: a change never recompiles.
        in_digits: float32 [V], the share of the digits of such a line.
        names: what the variants are called. Static.
    """

    bank: DigitBank
    glyphs: jax.Array
    ink: jax.Array
    variant_starts: jax.Array
    variant_counts: jax.Array
    variant_digits: jax.Array
    in_lines: jax.Array
    in_digits: jax.Array
    names: tuple[str, ...] = dataclasses.field(metadata={"static": True})

    @property
    def starts(self) -> jax.Array:
        """The first row of each digit's run of glyphs of the bank; int32 [C]."""
        return self.bank.starts

    @property
    def counts(self) -> jax.Array:
        """The length of each digit's run; int32 [C]."""
        return self.bank.counts

    @property
    def num_classes(self) -> int:
        """C, as the bank's."""
        return self.bank.num_classes

    @property
    def symbols(self) -> str:
        """What the classes are called, as the bank's."""
        return self.bank.symbols

    @property
    def writer_index(self) -> WriterIndex | None:
        """The bank's writers, who wrote no variants."""
        return self.bank.writer_index

    def serves(self, digits: jax.Array) -> jax.Array:
        """Whether the bank has a glyph of each digit; bool, of the digits' shape."""
        return self.bank.serves(digits)

    def choose(self, key: jax.Array, words: jax.Array, digits: jax.Array) -> jax.Array:
        """A row of `glyphs` for each digit of a line.

        Args:
            key: a PRNG key, for the line's habits and its digits' variants.
            words: uint32 [K], random, for glyphs of the bank.
            digits: int32 [K].

        Returns:
            int32 [K].
        """
        own = self.bank.choose(key, words, digits)
        line_key, digit_key = jax.random.split(jax.random.fold_in(key, HABITS))
        drawn = random_bits.fractions(jax.random.bits(line_key, self.in_lines.shape, jnp.uint32))
        bits = jax.random.bits(digit_key, (*digits.shape, 2), jnp.uint32)
        shares = jnp.where(drawn < self.in_lines, self.in_digits, 0.0)[None, :]
        shares = jnp.where(digits[:, None] == self.variant_digits[None, :], shares, 0.0)
        ends = jnp.cumsum(shares, axis=1)
        total = ends[:, -1:]
        place = random_bits.fractions(bits[:, :1]) * jnp.maximum(total, 1.0)
        variant = jnp.sum(ends <= place, axis=1, dtype=jnp.int32)
        varied = place[:, 0] < total[:, 0]
        variant = jnp.minimum(variant, len(self.names) - 1)
        pick = random_bits.integers_below(bits[:, 1], self.variant_counts[variant])
        return jnp.where(varied, self.variant_starts[variant] + pick, own)

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Samples a glyph for each digit: float32 [K, 28, 28] in [0, 1], and their rows, int32 [K]."""
        rows = self.choose(key, jax.random.bits(key, digits.shape, jnp.uint32), digits)
        return unit_ink(self.glyphs[rows]), rows

    def rows_of(self, digit: int) -> npt.NDArray[np.int32]:
        """All rows of `glyphs` that a digit may take, on the host."""
        runs = [(int(self.starts[digit]), int(self.counts[digit]))]
        variants = map(np.asarray, (self.variant_digits, self.variant_starts, self.variant_counts))
        runs += [
            (int(start), int(count)) for own, start, count in zip(*variants, strict=True) if own == digit
        ]
        return np.concatenate([np.arange(start, start + count, dtype=np.int32) for start, count in runs])

    def reweighted(self, shares: Mapping[str, Share]) -> Self:
        """The bank with other shares for some of its variants; nothing is drawn again.

        Raises:
            ValueError: unknown names, or shares outside 0..1.
        """
        in_lines, in_digits = np.array(self.in_lines), np.array(self.in_digits)
        for name, share in checked(shares, self.names).items():
            place = self.names.index(name)
            in_lines[place], in_digits[place] = share
        return dataclasses.replace(self, in_lines=jnp.asarray(in_lines), in_digits=jnp.asarray(in_digits))

    def __repr__(self) -> str:
        return f"<VariedBank, {self.bank!r} with {len(self.names)} variants>"


@own_settings
def with_variants(
    bank: DigitBank | str | os.PathLike[str],
    shares: Mapping[str, Share] | None = None,
    *,
    each: int = EACH,
) -> VariedBank:
    """A bank whose lines have habits: crossed sevens, ones with an upstroke, looped twos and others.

    Their glyphs are drawn by digitseq's own pen strokes, and are the same every
    time: some onto glyphs of the bank (parts of a split bank then share none),
    the others by strokes alone, which are the same for every bank.

    >>> ds.with_variants("builtin", {"crossed seven": 0.6}, each=50).names
    ('crossed seven',)

    Args:
        bank: the bank, or its name; with signs or without. Split a bank before.
        shares: for each of the variants that are wanted, the share of lines
            that have it, or a pair, of lines and of the digits of such a line;
            None: all that there are (`digitseq.glyphs.variants.VARIANTS`), with their usual shares.
        each: glyphs of each variant, at most 100,000.

    Raises:
        ValueError: no or unknown names, or shares outside 0..1.
        BankError: the bank has none of their digits, or classes without names.
    """
    if not isinstance(bank, DigitBank):
        bank = load_bank(bank)
    if not bank.symbols:
        raise BankError(
            f"variants: the bank's {bank.num_classes} classes have no names that say which are digits; "
            f"give them some: make_bank(..., symbols=...)"
        )
    each = as_size("each", each, MOST)
    usual = {name: (variant.in_lines, variant.in_digits) for name, variant in VARIANTS.items()}
    wanted = usual if shares is None else checked(shares, tuple(VARIANTS))
    classes = {name: _class_of(bank, VARIANTS[name].digit) for name in wanted}
    # In one order, whichever the shares come in.
    names = [name for name in VARIANTS if classes.get(name) is not None]
    if not names:
        raise BankError(f"variants {list(wanted)} are of digits that the bank has no glyphs of: {bank!r}")
    if bank.glyphs.shape[0] + each * len(names) > MAX_GLYPHS:
        raise BankError(
            f"variants: a bank holds at most {MAX_GLYPHS} glyphs, this has {bank.glyphs.shape[0]}"
        )
    glyphs, digits = np.asarray(bank.glyphs), [classes[name] or 0 for name in names]
    starts, counts = np.asarray(bank.starts), np.asarray(bank.counts)
    made = np.concatenate(
        [
            drawn_variant(name, glyphs[starts[digit] : starts[digit] + counts[digit]], each)
            for name, digit in zip(names, digits, strict=True)
        ]
    )
    return VariedBank(
        bank=bank,
        glyphs=jnp.asarray(np.concatenate([glyphs, made])),
        ink=jnp.asarray(np.concatenate([np.asarray(bank.ink), host_ink_boxes(made)])),
        variant_starts=jnp.asarray(len(glyphs) + each * np.arange(len(names)), jnp.int32),
        variant_counts=jnp.full(len(names), each, jnp.int32),
        variant_digits=jnp.asarray(digits, jnp.int32),
        in_lines=jnp.asarray([wanted[name][0] for name in names], jnp.float32),
        in_digits=jnp.asarray([wanted[name][1] for name in names], jnp.float32),
        names=tuple(names),
    )


def checked(shares: Mapping[str, Share], names: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """The shares of lines and of digits, by name.

    Raises:
        ValueError: none, unknown names, or shares outside 0..1.
    """
    if not isinstance(shares, Mapping) or not shares:
        raise ValueError(f"shares must name at least one variant, as {{{names[0]!r}: 0.5}}, got {shares!r}")
    found = {}
    for name, share in shares.items():
        if name not in names:
            raise ValueError(f"no variant {name!r}{nearest(str(name), names)}; there are {', '.join(names)}")
        usual = VARIANTS[name].in_digits
        pair = share if isinstance(share, tuple) and len(share) == 2 else (share, usual)
        if not all(isinstance(part, Real) and not isinstance(part, bool) and 0 <= part <= 1 for part in pair):
            raise ValueError(f"the share of {name!r} must be a number from 0 to 1, or two, got {share!r}")
        found[name] = (float(pair[0]), float(pair[1]))
    return found


def _class_of(bank: DigitBank, digit: int) -> int | None:
    """The class of a digit by its name, if the bank has glyphs of it."""
    place = bank.symbols.find(DIGITS[digit])
    return place if place >= 0 and int(bank.counts[place]) > 0 else None
