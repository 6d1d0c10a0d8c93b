"""Label sources: dates, and times of the day."""

import dataclasses
import datetime
import re
from typing import Any

import jax
import jax.numpy as jnp

from ..internal import random_bits
from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Int32, OneKey
from ..internal.symbols import DIGITS
from ..internal.validation import as_integer
from .base import Row, Rows, static
from .forms import Field, any_of, pieces_of, possible_rows, write

DATE_FIELDS = {
    "YYYY": Field(4),
    "YY": Field(2),
    "MM": Field(2),
    "M": Field(2, padded=False),
    "DD": Field(2),
    "D": Field(2, padded=False),
}
TIME_FIELDS = {
    "HH": Field(2),
    "H": Field(2, padded=False),
    "hh": Field(2),
    "h": Field(2, padded=False),
    "MM": Field(2),
    "SS": Field(2),
}
MINUTES = 24 * 60
EARLIEST = 10_000


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class Dates(Rows):
    """Draws dates of the Gregorian calendar, every day of a range equally likely, so months in their lengths.

    >>> labels = ds.Dates("DDMMYYYY", "2000", "2025")
    >>> labels.draw(jax.random.key(0), 2).tolist()
    [[2, 5, 1, 1, 2, 0, 2, 1], [1, 0, 0, 3, 2, 0, 0, 0]]

    Attributes:
        formats: how a date is written, or a tuple of ways that are equally
            likely: YYYY, YY, MM, M, DD and D (M and D without a leading zero),
            with signs between. Static.
        first: the first day, "2000-01-31", the year "2000" (its first day), or
            a `datetime.date`; kept as its number, `date.toordinal()`, 10000
            to 3652059. A leaf.
        last: the last, included; a year is its last day. A leaf.
        symbols: the alphabet, one character a class. Static.
    """

    formats: str | tuple[str, ...] = static("DD/MM/YYYY")
    first: Any = "1950"
    last: Any = "2049"
    symbols: str = static(DIGITS)

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", _several(self.formats))
        object.__setattr__(self, "first", _ordinal("Dates.first", self.first, "-01-01"))
        object.__setattr__(self, "last", _ordinal("Dates.last", self.last, "-12-31"))

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        bits = jax.random.bits(key, (2,), jnp.uint32)
        first, last = jnp.asarray(self.first, jnp.int32), jnp.asarray(self.last, jnp.int32)
        year, month, day = civil(first + random_bits.integers_below(bits[0], last - first + 1))
        values = {"YYYY": year, "YY": year % 100, "MM": month, "M": month, "DD": day, "D": day}
        slots = max(map(_most, self._pieces()))
        rows = [write(pieces, DATE_FIELDS, values, self.symbols, slots) for pieces in self._pieces()]
        return any_of(rows, bits[1])

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        first, last = (as_integer(f"Dates.{name}", getattr(self, name)) for name in ("first", "last"))
        # A lower number is a year that somebody gave as one: day 2000 is in the year 6.
        if not EARLIEST <= first <= last <= datetime.date.max.toordinal():
            raise ValueError(
                f"Dates.first must be a day of the years 28 to 9999, not after last, and years are text "
                f"('2000'), got days {first} to {last}"
            )
        self._pieces()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, a row for each form and length."""
        first, last = (datetime.date.fromordinal(int(day)) for day in (self.first, self.last))
        same_year, same_century = first.year == last.year, first.year // 100 == last.year // 100
        months = (first.month, last.month) if same_year else (1, 12)
        days = (first.day, last.day) if same_year and first.month == last.month else (1, 31)
        bounds = {
            "YYYY": (first.year, last.year),
            "YY": (first.year % 100, last.year % 100) if same_century else (0, 99),
            **dict.fromkeys(("MM", "M"), months),
            **dict.fromkeys(("DD", "D"), days),
        }
        return [row for p in self._pieces() for row in possible_rows(p, DATE_FIELDS, bounds, self.symbols)]

    def _pieces(self) -> list[list[str]]:
        return _all_pieces(self.formats, DATE_FIELDS, self.symbols, "Dates.formats")


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class Times(Rows):
    """Draws times of the day, every minute of a range equally likely, and every second.

    `Times("HMM")` is the law of the clock times in K. L. Wagstaff, "Realistic
    Handwritten Multi-Digit Writer (MDW) Number Recognition Challenges" (2025,
    arXiv 2512.00676), but for their last minute, 23:59, which is never drawn there.

    >>> ds.Times("HHMM", "09:00", "17:00").draw(jax.random.key(0), 2).tolist()
    [[1, 5, 4, 5], [0, 9, 0, 3]]

    Attributes:
        formats: how a time is written, or a tuple of ways that are equally
            likely: HH or H (0 to 23, H without a leading zero), hh or h (12, 1
            to 11), MM, SS, with signs between. Static.
        first: the first minute, "09:00", kept as its number, 0 to 1439. A leaf.
        last: the last, included. A leaf.
        symbols: the alphabet, one character a class. Static.
    """

    formats: str | tuple[str, ...] = static("HH:MM")
    first: Any = "00:00"
    last: Any = "23:59"
    symbols: str = static(DIGITS)

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", _several(self.formats))
        object.__setattr__(self, "first", _minute("Times.first", self.first))
        object.__setattr__(self, "last", _minute("Times.last", self.last))

    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        bits = jax.random.bits(key, (3,), jnp.uint32)
        first, last = jnp.asarray(self.first, jnp.int32), jnp.asarray(self.last, jnp.int32)
        minute = first + random_bits.integers_below(bits[0], last - first + 1)
        hour, second = minute // 60, random_bits.integers_below(bits[1], jnp.int32(60))
        half = (hour + 11) % 12 + 1
        values = {"HH": hour, "H": hour, "hh": half, "h": half, "MM": minute % 60, "SS": second}
        slots = max(map(_most, self._pieces()))
        rows = [write(pieces, TIME_FIELDS, values, self.symbols, slots) for pieces in self._pieces()]
        return any_of(rows, bits[2])

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        first, last = (as_integer(f"Times.{name}", getattr(self, name)) for name in ("first", "last"))
        if not 0 <= first <= last < MINUTES:
            raise ValueError(
                f"Times.first must be from 00:00 (0) to 23:59 (1439), not after last, got {first} to {last} "
                f"minutes"
            )
        self._pieces()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, a row for each form and length."""
        first, last = int(self.first), int(self.last)
        minutes = (first % 60, last % 60) if first // 60 == last // 60 else (0, 59)
        bounds = {
            **dict.fromkeys(("HH", "H"), (first // 60, last // 60)),
            **dict.fromkeys(("hh", "h"), (1, 12)),
            "MM": minutes,
            "SS": (0, 59),
        }
        return [row for p in self._pieces() for row in possible_rows(p, TIME_FIELDS, bounds, self.symbols)]

    def _pieces(self) -> list[list[str]]:
        found = _all_pieces(self.formats, TIME_FIELDS, self.symbols, "Times.formats")
        for form, pieces in zip(self.formats, found, strict=True):
            if {"H", "HH"} & set(pieces) and {"h", "hh"} & set(pieces):
                raise ValueError(
                    f"Times.formats {form!r}: hours are of 24 (H, HH) or of 12 (h, hh), not both"
                )
        return found


def civil(ordinal: Int32[Array, ""]) -> tuple[Int32[Array, ""], Int32[Array, ""], Int32[Array, ""]]:
    """Year, month and day of a day's number, 1 for 0001-01-01, in the Gregorian calendar.

    H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2014),
    `civil_from_days`: years begin in March, so that the leap day ends one, and
    repeat after 400 years, 146,097 days.
    """
    era, day = jnp.divmod(ordinal + 305, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    of_year = day - (365 * year + year // 4 - year // 100)
    from_march = (5 * of_year + 2) // 153
    month = jnp.where(from_march < 10, from_march + 3, from_march - 9)
    year = year + 400 * era + (month <= 2).astype(jnp.int32)
    return year, month, of_year - (153 * from_march + 2) // 5 + 1


def _all_pieces(formats: Any, fields: dict[str, Field], symbols: str, name: str) -> list[list[str]]:
    """The pieces of each form.

    Raises:
        ValueError: there is none, or one that can't be used.
    """
    if not formats:
        raise ValueError(f"{name} must name at least one form, got {formats!r}")
    return [pieces_of(form, fields, symbols, name) for form in formats]


def _several(formats: Any) -> Any:
    """One form as a tuple of one; a list as a tuple."""
    return tuple(formats) if isinstance(formats, list | tuple) else (formats,)


def _most(pieces: list[str]) -> int:
    """The slots that a form takes at most: a field's name is as long as it, but for M, D, H and h."""
    return sum(max(len(piece), 2) if piece in DATE_FIELDS | TIME_FIELDS else 1 for piece in pieces)


def _ordinal(name: str, day: Any, rest: str) -> Any:
    """A day's number of text or a date; numbers, and tracers, as they are."""
    if isinstance(day, datetime.date):
        return day.toordinal()
    if not isinstance(day, str):
        return day
    try:
        return datetime.date.fromisoformat(day + rest if re.fullmatch("[0-9]{4}", day) else day).toordinal()
    except ValueError:
        raise ValueError(f"{name} must be a day as 2000-01-31, or a year as 2000, got {day!r}") from None


def _minute(name: str, time: Any) -> Any:
    """A minute's number of text; numbers, and tracers, as they are."""
    if not isinstance(time, str):
        return time
    if not (match := re.fullmatch("([01]?[0-9]|2[0-3]):([0-5][0-9])", time)):
        raise ValueError(f"{name} must be a time from 00:00 to 23:59, got {time!r}")
    return int(match[1]) * 60 + int(match[2])
