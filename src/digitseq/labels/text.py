"""The one reader of sequences in text, and their text."""

from collections.abc import Sequence

import numpy as np

from ..internal.shapes import HostArray, Int32
from ..internal.symbols import DIGITS
from .digits import PAD

# What stands between the digits of telephone numbers, dates and amounts, and is not drawn.
SEPARATORS = " -/.,:()+\N{NO-BREAK SPACE}\N{EN DASH}\N{NON-BREAKING HYPHEN}"


def pack(sequences: Sequence[Sequence[int]]) -> Int32[HostArray, "N K"]:
    """Sequences of any lengths as rows of one array, PAD after each row's last digit.

    >>> pack([[3, 5, 0], [7]])
    array([[ 3,  5,  0],
           [ 7, -1, -1]], dtype=int32)
    """
    packed = np.full((len(sequences), max([1, *map(len, sequences)])), PAD, np.int32)
    for row, sequence in zip(packed, sequences, strict=True):
        row[: len(sequence)] = sequence
    return packed


def parse_sequence(
    text: str,
    *,
    name: str = "a sequence",
    dashed: bool = False,
    separators: str = "",
    symbols: str = DIGITS,
) -> list[int]:
    """The classes that a text stands for: all that read sequences in text call this.

    >>> parse_sequence("350"), parse_sequence("12-3")
    ([3, 5, 0], [12, 3])
    >>> parse_sequence("12", dashed=True), parse_sequence("12-3", separators="-")
    ([12], [1, 2, 3])
    >>> parse_sequence("12/5", symbols="0123456789/")
    [1, 2, 10, 5]

    Args:
        text: `350`, each character one of the `symbols`, or, where there is a
            hyphen that is none of them, `12-3`, each number a class.
        name: what the text is, for the message.
        dashed: the text is `format_sequence`'s, so a number without a hyphen
            is one digit.
        separators: characters that stand between digits without a meaning, as
            in a table's telephone numbers; but for those that are symbols,
            they are taken out beforehand.
        symbols: what the classes are called, one character each; "" where they
            have no names, so that each digit is a class.

    Raises:
        ValueError: anything else, nothing, or a number that int32 can't hold.
    """
    symbols = DIGITS if DIGITS.startswith(symbols) else symbols
    dropped = set(separators) - set(symbols)
    rest = text.translate(dict.fromkeys(map(ord, dropped))) if dropped else text
    if rest and not dashed and set(rest) <= set(symbols):
        return [symbols.index(mark) for mark in rest]
    parts = rest.split("-") if dashed or "-" in rest else list(rest)
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"{name} must be written as 350 or 3-5-0, got {text!r}{_lacking(rest, symbols)}")
    if symbols != DIGITS and not dashed and "-" not in rest:
        raise ValueError(f"{name}: {text!r} can't be written{_lacking(rest, symbols)}")
    if max(map(len, parts)) > 10 or max(map(int, parts)) >= 2**31:
        raise ValueError(f"{name}: digit {max(parts, key=len)[:20]} is out of range")
    return [int(part) for part in parts]


def _lacking(text: str, symbols: str) -> str:
    """A clause that says which character of a text is no symbol; empty where none has to be named."""
    lacking = [mark for mark in text if mark not in symbols and mark != "-"]
    if not lacking:
        return ""
    signs = "" if lacking[0].isalnum() or lacking[0].isspace() else "; --signs or ds.with_signs adds signs"
    return f": {lacking[0]!r} is none of the symbols {symbols}{signs}"


def text_of(digits: Sequence[int], symbols: str = DIGITS) -> str:
    """A sequence as text: its symbols, or `12-3-40` where a class has none.

    >>> text_of([3, 5, 0]), text_of([1, 10, 2], "0123456789/"), text_of([12, 3], "")
    ('350', '1/2', '12-3')
    """
    if max(digits, default=0) < len(symbols):
        return "".join(symbols[digit] for digit in digits)
    return format_sequence(digits)


def format_sequence(digits: Sequence[int]) -> str:
    """The digits as `3-5-0`, which `parse_sequence(..., dashed=True)` reads back."""
    return "-".join(str(digit) for digit in digits)
