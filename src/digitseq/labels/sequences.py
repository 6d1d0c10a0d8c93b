"""What to write: given digits, from a list or a file, and random ones."""

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
    """Given sequences: image i of a run has sequence i, over and over.

    `draw`, which is told no image's number, draws each equally often.

    Attributes:
        digits: int32 [M, K], PAD (-1) after each row's last digit. A list of
            sequences becomes one: `["350", "0042"]`, or lists of numbers; so
            does one text.
        order: "given", or "random": each drawn equally often, with
            replacement. Static.
    """

    digits: Any
    order: Order = static("given")

    def __post_init__(self) -> None:
        if isinstance(self.digits, str):
            object.__setattr__(self, "digits", [self.digits])
        if isinstance(self.digits, list | tuple):
            object.__setattr__(self, "digits", pack([_sequence(row) for row in self.digits]))

    @property
    def size(self) -> int | None:
        """How many images write each sequence once; None where they are drawn at random."""
        return None if self.order == "random" else len(self.digits)

    def draw_at(self, key: jax.Array, number: jax.Array) -> jax.Array:
        """The label of image `number`, uint32 []; int32 [K]."""
        if self.order == "random":
            # As `draw(key, 1)[0]`.
            return self._one(jax.random.fold_in(key, np.uint32(0)))
        return narrowed(jnp.asarray(self.digits))[number % np.uint32(len(self.digits))]

    def _one(self, key: jax.Array) -> jax.Array:
        digits = narrowed(jnp.asarray(self.digits))
        return digits[
            random_bits.integers_below(jax.random.bits(key, (), jnp.uint32), jnp.int32(len(digits)))
        ]

    def check(self) -> None:
        """Raises ValueError on digits that are no integers [M, K], a row without any, or an unknown order."""
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
        """Each sequence."""
        unique = np.unique(np.asarray(self.digits), axis=0)
        return [[[digit] for digit in row if digit >= 0] for row in unique.tolist()]


def _sequence(row: Any) -> list[int]:
    if isinstance(row, str):
        return parse_sequence(row, name="FixedLabels.digits: a sequence")
    try:
        return [_digit(digit) for digit in row]
    except (TypeError, ValueError) as error:
        raise ValueError(f"FixedLabels.digits: {row!r} is no sequence of digits ({error})") from None


def _digit(value: Any) -> int:
    # What no bank has must not wrap to what one has.
    digit = as_integer("a digit", value)
    return digit if abs(digit) <= MAX_DIGIT else MAX_DIGIT + 1


def FileLabels(
    path: str | os.PathLike[str], *, column: str | None = None, order: Order = "given"
) -> FixedLabels:
    """The sequences of a text file, one a line, or of a column of a table; leading zeros are kept.

    What separates digits in a table's cells (spaces, hyphens and such, as in
    telephone numbers) is not drawn, which a `UserWarning` says.

    Args:
        path: UTF-8, or UTF-16 with a byte order mark; `~` is the home folder. Empty lines are skipped.
        column: of a table (`.csv`, `.tsv`) the heading of the column, or its number from 1.
        order: as of `FixedLabels`.

    Raises:
        ValueError: naming the line that can't be read, or a file with none.
        FileNotFoundError: there is no such file.
    """
    listed = read_list(atomic.with_home(os.fspath(path)), column)
    if listed.dropped:
        warnings.warn(f"{os.fspath(path)}: {not_drawn(listed.dropped)}", stacklevel=2)
    return FixedLabels(pack(listed.sequences), order)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class RandomDigits(Rows):
    """Random digits of a random length, all lengths equally likely.

    Attributes:
        min_length: the least number of digits. A leaf.
        max_length: the greatest, and the number of slots. Static.
        choices: int32 [M], the digits to draw from. A leaf.
        weights: float32 [M], how often each choice is drawn, in proportion;
            None draws all alike. A leaf.
        repeat: the probability that a digit is made the same as the one
            before it; otherwise it is drawn afresh, which may give the same
            too. A leaf.
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

    def _one(self, key: jax.Array) -> jax.Array:
        slots = self.max_length
        bits = jax.random.bits(key, (1 + 2 * slots,), jnp.uint32)
        spread = self.max_length + 1 - jnp.asarray(self.min_length, jnp.int32)
        length = jnp.asarray(self.min_length, jnp.int32) + random_bits.integers_below(bits[0], spread)
        digits = jnp.asarray(self.choices, jnp.int32)[self._picks(bits[1 : 1 + slots])]
        places = jnp.arange(slots, dtype=jnp.int32)
        again = random_bits.fractions(bits[1 + slots :]) < jnp.asarray(self.repeat, jnp.float32)
        # Each slot takes the last one before it that was drawn afresh.
        digits = digits[jax.lax.cummax(jnp.where(again, 0, places))]
        return jnp.where(places < length, digits, PAD)

    def _picks(self, bits: jax.Array) -> jax.Array:
        if self.weights is None:
            return random_bits.integers_below(bits, jnp.full(bits.shape, len(self.choices), jnp.int32))
        weights = jnp.asarray(self.weights, jnp.float32)
        # Its last is exactly 1, and a choice of weight 0 takes no part of it, however it is rounded.
        sums = jax.lax.cummax(jnp.where(weights > 0, jnp.cumsum(weights), 0))
        return jnp.searchsorted(sums / sums[-1], random_bits.fractions(bits), side="right").astype(jnp.int32)

    def check(self) -> None:
        """Raises ValueError, naming the field, on values that can't be used."""
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
        """One row of the most slots."""
        choices = np.asarray(self.choices)
        if self.weights is not None:
            choices = choices[np.asarray(self.weights) > 0]
        return [[choices.tolist()] * self.max_length]


def _known(digits: npt.NDArray[Any]) -> bool:
    return bool(((digits >= 0) & (digits <= MAX_DIGIT)).all())


def _are_weights(values: Any, count: int) -> bool:
    weights = np.asarray(values)
    if weights.shape != (count,) or weights.dtype.kind not in "iuf":
        return False
    return bool((weights >= 0).all() and 0 < weights.sum() < np.inf)
