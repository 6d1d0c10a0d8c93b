"""The one reader of digits in text, and the form that is written."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .digits import PAD

# What stands between the digits of telephone numbers, dates and amounts, and is not drawn.
SEPARATORS = " -/.,:()+\N{NO-BREAK SPACE}\N{EN DASH}\N{NON-BREAKING HYPHEN}"


def pack(sequences: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """Sequences of any lengths as rows of int32 [N, K], PAD after the last digit."""
    packed = np.full((len(sequences), max([1, *map(len, sequences)])), PAD, np.int32)
    for row, sequence in zip(packed, sequences, strict=True):
        row[: len(sequence)] = sequence
    return packed


def parse_sequence(
    text: str, *, name: str = "a sequence", dashed: bool = False, separators: str = ""
) -> list[int]:
    """The digits that a text stands for: all that read digits in text call this.

    >>> parse_sequence("350"), parse_sequence("12-3")
    ([3, 5, 0], [12, 3])
    >>> parse_sequence("12", dashed=True), parse_sequence("12-3", separators="-")
    ([12], [1, 2, 3])

    Args:
        text: `350`, each character a digit, or, where there is a hyphen,
            `12-3`, each number a digit (for banks of more than ten classes).
        name: what the text is, for the message.
        dashed: the text is `format_sequence`'s, so a number without a hyphen
            is one digit.
        separators: characters that stand between digits without a meaning, as
            in a table's telephone numbers; they are taken out beforehand.

    Raises:
        ValueError: anything else, nothing, or a number that int32 can't hold.
    """
    rest = text.translate(dict.fromkeys(map(ord, separators))) if separators else text
    parts = rest.split("-") if dashed or "-" in rest else list(rest)
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"{name} must be written as 350 or 3-5-0, got {text!r}")
    if max(map(len, parts)) > 10 or max(map(int, parts)) >= 2**31:
        raise ValueError(f"{name}: digit {max(parts, key=len)[:20]} is out of range")
    return [int(part) for part in parts]


def format_sequence(digits: Sequence[int]) -> str:
    """The digits as `3-5-0`, which `parse_sequence(..., dashed=True)` reads back."""
    return "-".join(str(digit) for digit in digits)
