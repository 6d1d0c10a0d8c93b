"""Label sources: US ZIP codes, and North American telephone numbers."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..internal import random_bits
from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, HostArray, Int32, OneKey, UInt32
from ..internal.symbols import DIGITS
from .base import LONGEST, Row, Rows, static
from .digits import PAD
from .forms import any_of, classes_of

# The first three digits under which ZIP codes for streets and post office boxes are in use, those of the
# armed forces and of single firms and agencies left out: facts, taken in 2026 from the list that the package
# `zipcodes` 3.0 (PyPI) keeps of the US Postal Service's. 902 of them, with 39,001 codes.
PREFIXES = """
006-054 056-089 099-191 193-203 205-212 214-268 270-339 341-342 344 346-347 349-352 354-374 376-398 400-418
420-427 430-458 460-516 520-528 530-532 534-535 537-551 553-567 570-577 580-588 590-620 622-631 633-641
644-648 650-658 660-662 664-681 683-693 700-701 703-708 710-714 716-731 734-741 743-770 772-816 820-838
840-841 843-847 850-853 855-857 859-860 863-865 870-871 873-875 877-885 890-891 893-895 897-898 900-908
910-928 930-937 939-941 943-961 967-986 988-999
"""
NUMBER = 10


def prefixes() -> Int32[HostArray, " M"]:
    """The first three digits of ZIP codes in use, in order; int32 [902]."""
    ranges = (part.partition("-") for part in PREFIXES.split())
    return np.concatenate(
        [np.arange(int(low), int(high or low) + 1, dtype=np.int32) for low, _, high in ranges]
    )


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class ZipCodes(Rows):
    """Draws US ZIP codes: each prefix of three digits that is in use equally likely, then any two digits.

    Two fifths of these are codes in use, and all could be. MDW (K. L.
    Wagstaff, 2025, arXiv 2512.00676) draws uniformly from the US Postal
    Service's list of codes, which is not shipped here; with that list in a
    file, `FileLabels(path, order="random")` does just that.

    >>> ds.ZipCodes().draw(jax.random.key(0), 2).tolist()
    [[8, 2, 6, 1, 2], [0, 1, 2, 0, 5]]

    Attributes:
        plus_four: whether a hyphen and four uniform digits follow (ZIP+4). Static.
        symbols: the alphabet, one character a class. Static.
    """

    plus_four: bool = static(False)
    symbols: str = static(DIGITS)

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        bits = jax.random.bits(key, (9 if self.plus_four else 3,), jnp.uint32)
        known = prefixes()
        prefix = jnp.asarray(known)[random_bits.integers_below(bits[0], jnp.int32(len(known)))]
        leading = prefix // jnp.array([100, 10, 1], jnp.int32) % 10
        digits = jnp.concatenate([leading, _digits(bits[1:])])
        classes = jnp.asarray(classes_of(DIGITS, self.symbols, "ZipCodes.symbols"))[digits]
        if not self.plus_four:
            return classes
        hyphen = jnp.asarray(classes_of("-", self.symbols, "ZipCodes.plus_four"))
        return jnp.concatenate([classes[:5], hyphen, classes[5:9]])

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        self.rows()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, as the only row."""
        any_digit = classes_of(DIGITS, self.symbols, "ZipCodes.symbols").tolist()
        if not self.plus_four:
            return [[any_digit] * 5]
        hyphen = classes_of("-", self.symbols, "ZipCodes.plus_four").tolist()
        return [[any_digit] * 5 + [hyphen] + [any_digit] * 4]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class PhoneNumbers(Rows):
    """Draws telephone numbers of the North American Numbering Plan, all that it allows equally likely.

    Of the ten digits NPA-NXX-XXXX, the area code NPA and the office code NXX
    begin with 2 to 9 and don't end in 11; an area code's middle digit is not
    9 (reserved for expansion). Other countries' are best drawn by `Pattern`.

    >>> ds.PhoneNumbers("##########", fictional=True).draw(jax.random.key(0), 1).tolist()
    [[8, 6, 6, 5, 5, 5, 0, 1, 7, 7]]

    Attributes:
        formats: how a number is written, or a tuple of ways that are equally
            likely: ten `#`, with signs and digits between, such as
            `###-###-####` or `+1(###)###-####`. Static.
        fictional: only 555-0100 to 555-0199 of each area code, which are set
            aside for fiction, so that no number is anyone's. Static.
        symbols: the alphabet, one character a class. Static.
    """

    formats: str | tuple[str, ...] = static("###-###-####")
    fictional: bool = static(False)
    symbols: str = static(DIGITS)

    def __post_init__(self) -> None:
        several = isinstance(self.formats, list | tuple)
        object.__setattr__(self, "formats", tuple(self.formats) if several else (self.formats,))

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        bits = jax.random.bits(key, (3 + 4,), jnp.uint32)
        area = _code(bits[0], office=False)
        office = _code(bits[1], office=True)
        line = _digits(bits[3:])
        if self.fictional:
            office = jnp.full(3, 5, jnp.int32)
            line = line.at[:2].set(jnp.array([0, 1], jnp.int32))
        digits = jnp.asarray(classes_of(DIGITS, self.symbols, "PhoneNumbers.symbols"))
        number = digits[jnp.concatenate([area, office, line])]
        slots = max(map(len, self._checked()))
        return any_of([self._written(form, number, slots) for form in self._checked()], bits[2])

    def _written(self, form: str, number: Int32[Array, "10"], slots: int) -> Int32[Array, " K"]:
        signs = np.full(slots, PAD, np.int32)
        places = np.array([place for place, sign in enumerate(form) if sign == "#"])
        rest = [place for place, sign in enumerate(form) if sign != "#"]
        signs[rest] = classes_of(form.replace("#", ""), self.symbols, "PhoneNumbers.formats")
        return jnp.asarray(signs).at[places].set(number)

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        self.rows()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, a row for each form."""
        digits = classes_of(DIGITS, self.symbols, "PhoneNumbers.symbols").tolist()
        slots = [[*digits[2:]], [*digits[:9]], digits, [*digits[2:]], *[digits] * 6]
        if self.fictional:
            slots[3:8] = [[digits[n]] for n in (5, 5, 5, 0, 1)]
        rows = []
        for form in self._checked():
            number = iter(slots)
            signs = (None if c == "#" else classes_of(c, self.symbols, "PhoneNumbers.formats") for c in form)
            rows.append([next(number) if sign is None else sign.tolist() for sign in signs])
        return rows

    def _checked(self) -> tuple[str, ...]:
        """The forms.

        Raises:
            ValueError: one without ten `#`, or with a sign or a digit that the alphabet lacks.
        """
        forms: Any = self.formats
        for form in forms:
            if not isinstance(form, str) or form.count("#") != NUMBER or len(form) > LONGEST:
                raise ValueError(f"PhoneNumbers.formats must hold ten # each, as ###-###-####, got {form!r}")
            classes_of(form.replace("#", ""), self.symbols, f"PhoneNumbers.formats {form!r}")
        if not forms:
            raise ValueError("PhoneNumbers.formats must name at least one form, such as ###-###-####")
        return tuple(forms)


def _digits(bits: UInt32[Array, " N"]) -> Int32[Array, " N"]:
    """Uniform decimal digits."""
    return random_bits.integers_below(bits, jnp.full(bits.shape, 10, jnp.int32))


def _code(bits: UInt32[Array, ""], *, office: bool) -> Int32[Array, "3"]:
    """The digits of an office code, or of an area code, which has no 9 in the middle; none ends in 11."""
    codes = [code for code in range(200, 1000) if code % 100 != 11 and (office or code // 10 % 10 != 9)]
    table = jnp.asarray(np.array(codes, np.int32))
    return table[random_bits.integers_below(bits, jnp.int32(len(codes)))] // jnp.array([100, 10, 1]) % 10
