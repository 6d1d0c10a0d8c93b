"""Label source: amounts of money, whose leading digits follow Benford's law."""

import dataclasses
import re
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..internal import random_bits
from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Int32, OneKey
from ..internal.symbols import DIGITS
from ..internal.validation import as_integer, as_size
from .base import Row, Rows, static
from .forms import classes_of, compact

LONGEST_AMOUNT = 100
FORM = re.compile(
    r"(?P<before>[^#]*)#(?:(?P<thousands>[^#0-9])###)?(?:(?P<point>[^#0-9])(?P<places>#+))?(?P<after>[^#]*)"
)
# The leading three digits 100, 101, ... end at these uint32, of uniform random bits: F. Benford, "The law of
# anomalous numbers" (1938), P(n) = log10(1 + 1/n). On the host, since logarithms differ between devices.
ENDS = np.round(np.log10(np.arange(101, 1000) / 100) * 2.0**32).astype(np.uint32)


class Form(NamedTuple):
    """A form of amounts: what stands before and after, the thousands' mark, the decimal point."""

    before: str
    thousands: str
    point: str
    places: int
    after: str


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class Amounts(Rows):
    """Draws amounts whose leading digits follow Benford's law: 30.1% begin with 1, 4.6% with 9.

    The number of digits before the decimal point is uniform, the leading
    three digits are n with the probability log10(1 + 1/n), 100 <= n <= 999,
    and all others are uniform: but for these, that is the law of 10**u for u
    uniform between the range's powers of ten. The check amounts of
    Wagstaff's MDW (2025, arXiv 2512.00676) are of such a law too, with 1 to 5
    digits before the point and two after it.

    >>> labels = ds.Amounts("#.##", max_digits=3, symbols="0123456789.")
    >>> ds.text(labels.draw(jax.random.key(0), 3), ds.with_signs("builtin", "."))
    ['152.71', '1.04', '817.72']

    Attributes:
        format: `#` stands for the number, with a mark and `###` where thousands
            are marked, a point and one `#` a decimal place: `#.##`, `#`, `$#,###.##`,
            `#.###,##`. Other signs stand before and after. Static.
        min_digits: the least number of digits before the point, from 1. A leaf.
        max_digits: the greatest. Static.
        round: the probability of a round amount, of which only the first
            digit, or the first two, equally likely, are as drawn, and all
            others 0. A leaf.
        symbols: the alphabet, one character a class. Static.
    """

    format: str = static("#.##")
    min_digits: int | jax.Array = 1
    max_digits: int = static(5)
    round: float | jax.Array = 0.0
    symbols: str = static(DIGITS)

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        form = self._form()
        slots = self.max_digits + form.places
        bits = jax.random.bits(key, (3 + slots,), jnp.uint32)
        least = jnp.asarray(self.min_digits, jnp.int32)
        size = least + random_bits.integers_below(bits[0], self.max_digits + 1 - least)
        leading = jnp.searchsorted(jnp.asarray(ENDS), bits[1], side="right").astype(jnp.int32) + 100
        # bits[2]'s halves: whether the amount is round, and after which digit.
        uniform = (bits[2] >> 16).astype(jnp.float32) * jnp.float32(2**-16)
        wanted = jnp.asarray(self.round, jnp.float32)
        kept = jnp.where(uniform < wanted, 1 + (bits[2] & 1).astype(jnp.int32), slots)
        # Significant digits, from the first: those of the leading three, then uniform ones.
        digits = random_bits.integers_below(bits[3:], jnp.full(slots, 10, jnp.int32))
        three = leading // jnp.array([100, 10, 1], jnp.int32)[:slots] % 10
        digits = digits.at[: min(3, slots)].set(three)
        digits = jnp.where(jnp.arange(slots) < kept, digits, 0)
        return self._written(form, digits, size)

    def _written(self, form: Form, digits: Int32[Array, " S"], size: Int32[Array, ""]) -> Int32[Array, " K"]:
        """The row of an amount of these significant digits, so many of them before the point."""
        classes, keep = [], []

        def put(values: jax.Array, kept: jax.Array) -> None:
            classes.append(values)
            keep.append(kept)

        def sign(text: str, kept: jax.Array | bool = True) -> None:
            put(jnp.asarray(classes_of(text, self.symbols, "Amounts.format")), jnp.full(len(text), kept))

        named = jnp.asarray(classes_of(DIGITS, self.symbols, "Amounts.symbols"))[digits]
        sign(form.before)
        for place in reversed(range(self.max_digits)):
            put(named[jnp.clip(size - 1 - place, 0)][None], (place < size)[None])
            if form.thousands and place and place % 3 == 0:
                sign(form.thousands, place < size)
        sign(form.point)
        places = size + jnp.arange(form.places)
        put(named[places], jnp.ones(form.places, bool))
        sign(form.after)
        row, kept = jnp.concatenate(classes), jnp.concatenate(keep)
        return compact(row, kept, len(row))

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        most = as_size("Amounts.max_digits", self.max_digits, LONGEST_AMOUNT)
        least = as_integer("Amounts.min_digits", self.min_digits)
        if not 1 <= least <= most:
            raise ValueError(f"Amounts.min_digits must be from 1 to max_digits {most}, got {least}")
        if not isinstance(self.round, float | int | np.number | np.ndarray | jax.Array) or not (
            0 <= self.round <= 1
        ):
            raise ValueError(f"Amounts.round must be from 0 to 1, got {self.round!r}")
        self._form()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, a row for each number of digits before the point."""
        form = self._form()
        return [self._row(form, size) for size in range(int(self.min_digits), self.max_digits + 1)]

    def _row(self, form: Form, size: int) -> Row:
        digits = classes_of(DIGITS, self.symbols, "Amounts.symbols").tolist()
        text = form.before + "".join(
            "#" + (form.thousands if place and place % 3 == 0 else "") for place in reversed(range(size))
        )
        text += form.point + "#" * form.places + form.after
        row = [digits if c == "#" else classes_of(c, self.symbols, "Amounts.format").tolist() for c in text]
        row[len(form.before)] = digits[1:]
        return row

    def _form(self) -> Form:
        """The form, taken apart.

        Raises:
            ValueError: another form, or a sign or a digit that the alphabet lacks.
        """
        match = FORM.fullmatch(self.format) if isinstance(self.format, str) else None
        if match is None or len(match[0]) > LONGEST_AMOUNT:
            raise ValueError(f"Amounts.format must be as #.##, #, $#,###.## or #.###,##, got {self.format!r}")
        before, thousands, point, places, after = (part or "" for part in match.groups())
        classes_of(before + thousands + point + after, self.symbols, f"Amounts.format {self.format!r}")
        classes_of(DIGITS, self.symbols, "Amounts.symbols")
        return Form(before, thousands, point, len(places), after)
