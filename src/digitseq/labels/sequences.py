"""Label sources: given sequences, from a list or a file, and random digits."""

import dataclasses
import os
import warnings
from collections.abc import Sequence
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal import random_bits
from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, HostArray, Int32, Integer, OneKey, Shaped, UInt32
from ..internal.symbols import DIGITS
from ..internal.validation import as_integer, as_size
from ..io import atomic
from .base import LONGEST, Row, Rows, not_drawn, static
from .digits import MAX_DIGIT, PAD, narrowed
from .lists import read_list
from .text import pack, parse_sequence

Order = Literal["given", "random"]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class FixedLabels(Rows):
    """Given sequences, in order: image i of a run has sequence i modulo their number.

    `draw`, which does not know the images' numbers, samples uniformly with replacement.

    >>> ds.FixedLabels(["350", "0042"]).digits.tolist()
    [[3, 5, 0, -1], [0, 0, 4, 2]]

    Attributes:
        digits: int32 [M, K], PAD (-1) after each row's last digit, which is
            made of a list: `["350", "0042"]` or lists of integers; a single
            string is a list of one. A leaf.
        order: "given", or "random": sampled uniformly, with replacement. Static.
        symbols: of which strings are made, `bank.symbols` where they hold more
            than digits. Only for the constructor: a label source keeps classes.
    """

    digits: Any
    order: Order = static("given")
    symbols: dataclasses.InitVar[str] = DIGITS

    def __post_init__(self, symbols: str) -> None:
        if isinstance(self.digits, str):
            object.__setattr__(self, "digits", [self.digits])
        if isinstance(self.digits, list | tuple):
            object.__setattr__(self, "digits", pack([_sequence(row, symbols) for row in self.digits]))

    @property
    def size(self) -> int | None:
        """M, the number of images that use each sequence once; None where they are sampled."""
        return None if self.order == "random" else len(self.digits)

    def taken(self, places: Integer[HostArray, " N"]) -> "FixedLabels":
        """The list of those of the sequences that stand at these places."""
        return FixedLabels(np.asarray(self.digits)[places], self.order)

    def draw_at(self, key: OneKey, number: UInt32[Array, ""]) -> Int32[Array, " K"]:
        """The label of image `number` of a run; the key matters where the order is random."""
        if self.order == "random":
            # As `draw(key, 1)[0]`.
            return self._one(jax.random.fold_in(key, np.uint32(0)))
        return narrowed(jnp.asarray(self.digits))[number % np.uint32(len(self.digits))]

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        digits = narrowed(jnp.asarray(self.digits))
        return digits[
            random_bits.integers_below(jax.random.bits(key, (), jnp.uint32), jnp.int32(len(digits)))
        ]

    def check(self) -> None:
        """Raises ValueError on digits that aren't integers [M, K], an empty row, or an unknown order."""
        if self.order not in get_args(Order):
            raise ValueError(f"FixedLabels.order must be one of {get_args(Order)}, got {self.order!r}")
        digits = np.asarray(self.digits)
        if digits.ndim != 2 or not digits.size or digits.dtype.kind not in "iu":
            raise ValueError(
                f"FixedLabels.digits must be integers [M, K], at least one sequence, got {digits.dtype} "
                f"{list(digits.shape)}"
            )
        there = digits >= 0
        wrong = (digits < PAD) | (digits > MAX_DIGIT) | (there & ~np.logical_and.accumulate(there, axis=1))
        if bad := np.flatnonzero(wrong.any(axis=1) | ~there[:, 0]).tolist():
            raise ValueError(
                f"FixedLabels.digits: sequence {bad[0]} must be digits from 0 to {MAX_DIGIT}, then -1, got "
                f"{digits[bad[0]].tolist()}"
            )

    def rows(self) -> list[Row]:
        """The sequences, each once, as rows of the only possible digit of each slot."""
        unique = np.unique(np.asarray(self.digits), axis=0)
        return [[[digit] for digit in row if digit >= 0] for row in unique.tolist()]


def _sequence(row: Any, symbols: str) -> list[int]:
    """The digits of one sequence from text or integers."""
    if isinstance(row, str):
        return parse_sequence(row, name="FixedLabels.digits: a sequence", symbols=symbols)
    try:
        return [_digit(digit) for digit in row]
    except (TypeError, ValueError) as error:
        raise ValueError(f"FixedLabels.digits: {row!r} is no sequence of digits ({error})") from None


def _digit(value: Any) -> int:
    # A digit that int32 can't hold must not wrap to one that exists; `check` refuses what this returns.
    digit = as_integer("a digit", value)
    return digit if abs(digit) <= MAX_DIGIT else MAX_DIGIT + 1


def FileLabels(
    path: str | os.PathLike[str],
    *,
    column: str | None = None,
    order: Order = "given",
    symbols: str = DIGITS,
) -> FixedLabels:
    """The label source of the sequences in a text file, one a line, or in a column of a table.

    Leading zeros are kept. Separators in a table's cells (spaces, hyphens and
    such, as in telephone numbers) are not drawn, and a `UserWarning` says so.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> np.savetxt(path, ["350", "0042"], fmt="%s")
    >>> ds.FileLabels(path).digits.tolist()
    [[3, 5, 0, -1], [0, 0, 4, 2]]

    Args:
        path: UTF-8, or UTF-16 or UTF-32 with a byte order mark; `~` is the
            home folder. Empty lines are skipped.
        column: the heading of a table's column (`.csv`, `.tsv`), or its number from 1.
        order: "given" or "random", as for `FixedLabels`.
        symbols: of which the sequences are made; separators among them are drawn.

    Raises:
        ValueError: a line that can't be read, or a file without sequences; the
            message names the file and the line.
        FileNotFoundError: there is no such file.
    """
    listed = read_list(atomic.with_home(os.fspath(path)), column, symbols=symbols)
    if listed.dropped:
        warnings.warn(f"{os.fspath(path)}: {not_drawn(listed.dropped)}", stacklevel=2)
    return FixedLabels(pack(listed.sequences), order)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class RandomDigits(Rows):
    """Draws random digits of a random length, uniform from `min_length` to `max_length`.

    >>> ds.RandomDigits(min_length=2, max_length=4).draw(jax.random.key(0), 3).tolist()
    [[1, 2, 1, 1], [0, 5, -1, -1], [9, 3, 2, 6]]

    Attributes:
        min_length: the least number of digits. A leaf.
        max_length: the greatest, which is K, the number of slots. Static.
        choices: int32 [M], the digits to sample from. A leaf.
        weights: float32 [M], the choices' probabilities up to a factor; None
            is uniform. A leaf.
        repeat: the probability that a digit copies the one before it; else it
            is sampled anew, which may give the same digit too. A leaf.
    """

    min_length: int | jax.Array = 5
    max_length: int = static(5)
    choices: jax.Array | npt.NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.arange(10, dtype=np.int32)
    )
    weights: Sequence[float] | npt.ArrayLike | None = None
    repeat: float | jax.Array = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.weights, list | tuple):
            object.__setattr__(self, "weights", np.asarray(self.weights))

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        slots = self.max_length
        bits = jax.random.bits(key, (1 + 2 * slots,), jnp.uint32)
        spread = self.max_length + 1 - jnp.asarray(self.min_length, jnp.int32)
        length = jnp.asarray(self.min_length, jnp.int32) + random_bits.integers_below(bits[0], spread)
        digits = jnp.asarray(self.choices, jnp.int32)[self._picks(bits[1 : 1 + slots])]
        places = jnp.arange(slots, dtype=jnp.int32)
        again = random_bits.fractions(bits[1 + slots :]) < jnp.asarray(self.repeat, jnp.float32)
        # Each slot takes the nearest one at or before it that was sampled anew.
        digits = digits[jax.lax.cummax(jnp.where(again, 0, places))]
        return jnp.where(places < length, digits, PAD)

    def _picks(self, bits: UInt32[Array, " K"]) -> Int32[Array, " K"]:
        """Indices into `choices`, from uniform random bits."""
        if self.weights is None:
            return random_bits.integers_below(bits, jnp.full(bits.shape, len(self.choices), jnp.int32))
        weights = jnp.asarray(self.weights, jnp.float32)
        # The running maximum keeps rounding from giving a choice of weight 0 a share of [0, 1), and
        # dividing by the last sum makes that exactly 1, so that no fraction lies beyond it.
        sums = jax.lax.cummax(jnp.where(weights > 0, jnp.cumsum(weights), 0))
        return jnp.searchsorted(sums / sums[-1], random_bits.fractions(bits), side="right").astype(jnp.int32)

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        longest = as_size("RandomDigits.max_length", self.max_length, LONGEST)
        least = as_integer("RandomDigits.min_length", self.min_length)
        if not 1 <= least <= longest:
            raise ValueError(f"RandomDigits.min_length must be from 1 to max_length {longest}, got {least}")
        choices = np.asarray(self.choices)
        if choices.ndim != 1 or not choices.size or choices.dtype.kind not in "iu" or not _known(choices):
            raise ValueError(
                f"RandomDigits.choices must be integers [M] from 0 to {MAX_DIGIT}, got {self.choices!r}"
            )
        if self.weights is not None and not _are_weights(self.weights, len(choices)):
            raise ValueError(
                f"RandomDigits.weights must be {len(choices)} numbers from 0, one of each of "
                f"choices, not all 0, got {self.weights!r}"
            )
        if not isinstance(self.repeat, float | int | np.number | jax.Array) or not 0 <= self.repeat <= 1:
            raise ValueError(f"RandomDigits.repeat must be from 0 to 1, got {self.repeat!r}")

    def rows(self) -> list[Row]:
        """The possible digits in each slot of the longest sequence, as the only row."""
        choices = np.asarray(self.choices)
        if self.weights is not None:
            choices = choices[np.asarray(self.weights) > 0]
        return [[choices.tolist()] * self.max_length]


def _known(digits: Shaped[HostArray, " M"]) -> bool:
    """Whether all are from 0 to MAX_DIGIT."""
    return bool(((digits >= 0) & (digits <= MAX_DIGIT)).all())


def _are_weights(values: Any, count: int) -> bool:
    """Whether these are so many finite numbers from 0, not all 0."""
    weights = np.asarray(values)
    if weights.shape != (count,) or weights.dtype.kind not in "iuf":
        return False
    return bool((weights >= 0).all() and 0 < weights.sum() < np.inf)
