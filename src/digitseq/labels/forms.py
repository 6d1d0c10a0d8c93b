"""Text in a form, such as `DD/MM/YYYY`: fields of decimal digits with signs between, as rows of classes."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..internal import random_bits
from ..internal.shapes import Array, Bool, HostArray, Int32, UInt32
from ..internal.symbols import DIGITS
from .base import LONGEST, Row
from .digits import PAD
from .numeric import places_of


class Field(NamedTuple):
    """A number in a form.

    Attributes:
        slots: the most digits that it takes.
        padded: whether it takes as many always, with leading zeros.
    """

    slots: int
    padded: bool = True


def classes_of(text: str, symbols: str, name: str) -> Int32[HostArray, " N"]:
    """The class of each character: its place in the alphabet.

    >>> classes_of("3/5", "0123456789/", "Dates.formats")
    array([ 3, 10,  5], dtype=int32)

    Args:
        text: what is written.
        symbols: the alphabet, one character a class.
        name: what the text is, for the message.

    Raises:
        ValueError: a character that the alphabet lacks.
    """
    if missing := [sign for sign in text if sign not in symbols]:
        raise ValueError(
            f"{name}: {missing[0]!r} is not among the symbols {symbols!r}: write a form without it, or "
            f"draw from a bank that has it (ds.with_signs, --signs)"
        )
    return np.array([symbols.index(sign) for sign in text], np.int32)


def pieces_of(form: str, fields: Mapping[str, Field], symbols: str, name: str) -> list[str]:
    """A form's fields, by name, and its other characters, one by one.

    >>> pieces_of("D.MM", {"D": Field(2, False), "MM": Field(2)}, "0123456789.", "Dates.formats")
    ['D', '.', 'MM']

    Raises:
        ValueError: no field, more than 10,000 characters, or a character or digit that the alphabet lacks.
    """
    named = "|".join(sorted(map(re.escape, fields), key=len, reverse=True))
    text = form if isinstance(form, str) else ""
    found = re.findall(rf"{named}|.", text, re.DOTALL)
    if not set(found) & set(fields) or len(text) > LONGEST:
        raise ValueError(f"{name} must hold fields ({', '.join(fields)}), with signs between, got {form!r}")
    letters = set("".join(fields))
    runs = (run[0] for run in re.finditer(r"([A-Za-z])\1*", text))
    if unknown := [run for run in runs if run[0] in letters and run not in fields]:
        raise ValueError(f"{name} {form!r}: {unknown[0]!r} is no field; there are {', '.join(fields)}")
    classes_of(DIGITS, symbols, name)
    classes_of("".join(piece for piece in found if piece not in fields), symbols, f"{name} {form!r}")
    return found


def write(
    pieces: Sequence[str],
    fields: Mapping[str, Field],
    values: Mapping[str, Int32[Array, ""]],
    symbols: str,
    slots: int,
) -> Int32[Array, " K"]:
    """The row of a form, its fields filled with values.

    Args:
        pieces: of the form.
        fields: by name.
        values: of each field that the form has.
        symbols: the alphabet.
        slots: K.

    Returns:
        Classes, PAD (-1) after the last.
    """
    classes, keep = [], []
    digits = jnp.asarray(classes_of(DIGITS, symbols, "symbols"))
    for piece in pieces:
        if piece not in fields:
            classes.append(jnp.asarray(classes_of(piece, symbols, "a form")))
            keep.append(jnp.ones(1, bool))
            continue
        powers = np.array([10**place for place in reversed(range(fields[piece].slots))], np.int32)
        value = values[piece]
        classes.append(digits[value // powers % np.int32(10)])
        keep.append((value >= powers) | (powers == 1) | fields[piece].padded)
    return compact(jnp.concatenate(classes), jnp.concatenate(keep), slots)


def compact(classes: Int32[Array, " N"], keep: Bool[Array, " N"], slots: int) -> Int32[Array, " K"]:
    """Those of the classes that are marked by `keep`, in their order, then PAD up to `slots`."""
    order = jnp.argsort(~keep, stable=True)
    row = jnp.where(jnp.arange(len(order)) < keep.sum(), classes[order], PAD)
    return jnp.pad(row, (0, max(0, slots - len(order))), constant_values=PAD)[:slots]


def any_of(rows: Sequence[Int32[Array, " K"]], bits: UInt32[Array, ""]) -> Int32[Array, " K"]:
    """One of the rows, all equally likely, from uniform random bits."""
    return jnp.stack(list(rows))[random_bits.integers_below(bits, jnp.int32(len(rows)))]


def possible_rows(
    pieces: Sequence[str],
    fields: Mapping[str, Field],
    bounds: Mapping[str, tuple[int, int]],
    symbols: str,
) -> list[Row]:
    """The classes that may stand in each slot of a form, a row for each way of its fields' lengths.

    Args:
        pieces: of the form.
        fields: by name.
        bounds: the least and the greatest value of each field that the form has.
        symbols: the alphabet.
    """
    digits = classes_of(DIGITS, symbols, "symbols").tolist()
    ways: list[list[Row]] = []
    for piece in pieces:
        if piece not in fields:
            ways.append([[classes_of(piece, symbols, "a form").tolist()]])
            continue
        rows = _rows_of(fields[piece], *bounds[piece])
        ways.append([[[digits[digit] for digit in choices] for choices in row] for row in rows])
    return [list(itertools.chain(*parts)) for parts in itertools.product(*ways)]


def _rows_of(field: Field, low: int, high: int) -> Iterable[Row]:
    """The digits that may stand in each place of the numbers from low to high, a row for each length."""
    if field.padded:
        return [places_of(low, high, field.slots)]
    lengths = range(len(str(low)), len(str(high)) + 1)
    return [places_of(max(low, 10 ** (n - 1) if n > 1 else 0), min(high, 10**n - 1), n) for n in lengths]
