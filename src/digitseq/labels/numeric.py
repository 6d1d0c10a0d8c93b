"""Label sources: numbers from a range, and random digits in a pattern."""

import dataclasses
import re
import warnings

import jax
import jax.numpy as jnp
import numpy as np

from ..internal import random_bits
from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Int32, OneKey
from ..internal.symbols import DIGITS
from ..internal.validation import as_integer, as_size
from .base import LONGEST, Row, Rows, not_drawn, static
from .digits import PAD
from .text import pack


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class NumberRange(Rows):
    """Draws whole numbers uniformly from a range.

    >>> ds.NumberRange(0, 999).draw(jax.random.key(0), 2).tolist()
    [[8, 4, 2], [7, -1, -1]]

    Attributes:
        low: the least number, from 0. A leaf.
        high: the greatest, included, up to 2**31 - 1. A leaf.
        zero_padded: whether to write leading zeros, up to `max_digits`. Static.
        max_digits: K, the number of slots, at most 10. Static; the default is
            as many as `high` has when the record is made (10 for an array).
    """

    low: int | jax.Array
    high: int | jax.Array
    zero_padded: bool = static(False)
    max_digits: int | None = static(None)

    def __post_init__(self) -> None:
        if self.max_digits is None and isinstance(self.high, int | np.integer):
            object.__setattr__(self, "max_digits", len(str(self.high)))

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        slots = 10 if self.max_digits is None else self.max_digits
        low, high = jnp.asarray(self.low, jnp.int32), jnp.asarray(self.high, jnp.int32)
        count = (high - low).astype(jnp.uint32) + np.uint32(1)
        value = low + random_bits.wide_integers_below(jax.random.bits(key, (2,), jnp.uint32), count)
        powers = np.array([10**place for place in range(slots)], np.int32)
        places = jnp.arange(slots, dtype=jnp.int32)
        size = jnp.maximum((value >= powers).sum(dtype=jnp.int32), slots if self.zero_padded else 1)
        digits = value // jnp.asarray(powers)[jnp.clip(size - 1 - places, 0)] % 10
        return jnp.where(places < size, digits, PAD)

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        low, high = (as_integer(f"NumberRange.{name}", getattr(self, name)) for name in ("low", "high"))
        if not 0 <= low <= high < 2**31:
            raise ValueError(f"NumberRange must be 0 <= low <= high < 2**31, got {low} to {high}")
        slots = as_size("NumberRange.max_digits", 10 if self.max_digits is None else self.max_digits, 10)
        if len(str(high)) > slots:
            raise ValueError(f"NumberRange.high {high} has more than max_digits {slots} digits")

    def rows(self) -> list[Row]:
        """The possible digits in each slot, a row for each number of digits."""
        low, high, slots = int(self.low), int(self.high), 10 if self.max_digits is None else self.max_digits
        if self.zero_padded:
            return [places_of(low, high, slots)]
        sizes = range(len(str(low)), len(str(high)) + 1)
        return [places_of(max(low, 10 ** (n - 1) if n > 1 else 0), min(high, 10**n - 1), n) for n in sizes]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class Pattern(Rows):
    """Draws random digits in a pattern, such as `##/##/####` for a date's digits or `[01]#` for some of them.

    >>> ds.Pattern("[01]#/20##").draw(jax.random.key(0), 2).tolist()
    [[1, 1, 2, 0, 1, 7], [0, 0, 2, 0, 2, 1]]

    Attributes:
        text: `#` is any digit, `[0-35]` one of 0, 1, 2, 3 and 5, and a digit
            stands for itself, all independent and uniform. So does any of the
            `symbols`; other separators (space and any of `-/.,:()+`) are not
            drawn, as there are no glyphs of them. Static.
        luhn: whether the last `#` is the check digit of all before it, as on
            payment cards: H. P. Luhn, US patent 2,950,048 (1960). Static.
        symbols: what the source's classes are called, `bank.symbols`. Static.
    """

    text: str = static("")
    luhn: bool = static(False)
    symbols: str = static(DIGITS)

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        (slots,) = self.rows()
        sizes = np.array([len(choices) for choices in slots], np.int32)
        table = pack(slots)
        picks = random_bits.integers_below(jax.random.bits(key, sizes.shape, jnp.uint32), jnp.asarray(sizes))
        digits = jnp.asarray(table)[np.arange(len(slots)), picks]
        if not self.luhn:
            return digits
        doubled = np.arange(len(slots))[::-1] % 2 == 1
        counted = jnp.where(doubled, 2 * digits - jnp.where(digits > 4, 9, 0), digits)[:-1]
        return digits.at[-1].set(-counted.sum(dtype=jnp.int32) % 10)

    def check(self) -> None:
        """Raises ValueError on a text that is no pattern, or that has no `#` at its end for the check digit.

        Warns (`UserWarning`) of separators, which are not drawn.
        """
        self.rows()
        rest = re.sub(r"#|[0-9]|\[[0-9-]+\]", "", self.text)
        if separators := "".join(mark for mark in rest if mark not in self.symbols):
            warnings.warn(f"Pattern {self.text!r}: {not_drawn(separators)}", stacklevel=2)

    def rows(self) -> list[Row]:
        """The possible digits in each slot, as the only row."""
        text = self.text if isinstance(self.text, str) else ""
        signs = "".join(mark for mark in self.symbols if mark not in DIGITS and mark not in "#[]")
        tokens = re.findall(rf"#|[0-9]|\[[0-9-]+\]|[-/ .,:()+{re.escape(signs)}]", text)
        slots = [
            [self.symbols.index(token)] if token in signs else _choices(token)
            for token in tokens
            if token[0] in "#[0123456789" or token in signs
        ]
        if "".join(tokens) != text or not 1 <= len(slots) <= LONGEST or not all(slots):
            raise ValueError(
                f"Pattern.text must be of #, digits, sets as [0-35], and space or -/.,:()+ between, "
                f"got {self.text!r}"
            )
        if self.luhn and (len(slots) < 2 or len(slots[-1]) < 10):
            raise ValueError(f"Pattern.text must end in # for the check digit (luhn), got {self.text!r}")
        return [slots]


def places_of(low: int, high: int, slots: int) -> list[list[int]]:
    """The possible digits in each of so many decimal places of the numbers from low to high."""
    heads = [(low // 10**place, high // 10**place) for place in reversed(range(slots))]
    return [sorted({head % 10 for head in range(first, min(last, first + 9) + 1)}) for first, last in heads]


def _choices(token: str) -> list[int]:
    """The digits that a token of a pattern stands for; an empty list for a set that can't be read."""
    if token == "#":
        return list(range(10))
    if not token.startswith("["):
        return [int(token)]
    parts = re.findall(r"([0-9])(?:-([0-9]))?", token)
    whole = "".join(f"{low}-{high}" if high else low for low, high in parts) == token[1:-1]
    if not whole or any(high and high < low for low, high in parts):
        return []
    return sorted({digit for low, high in parts for digit in range(int(low), int(high or low) + 1)})
