"""Sequences of digits as text, and as rows of an array."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .digits import PAD


def pack(sequences: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """Sequences of any lengths as rows of int32 [N, K], PAD after the last digit."""
    packed = np.full((len(sequences), max([1, *map(len, sequences)])), PAD, np.int32)
    for row, sequence in zip(packed, sequences, strict=True):
        row[: len(sequence)] = sequence
    return packed


def parse_sequence(text: str) -> list[int]:
    """Digits from `350` (each a digit) or `3-5-0` (each a number, for banks of more than ten classes).

    Raises:
        ValueError: anything else.
    """
    parts = text.split("-") if "-" in text else list(text)
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"SEQUENCE must be digits as in 350 or 3-5-0, got {text!r}")
    if max(map(len, parts)) > 10 or max(map(int, parts)) >= 2**31:
        raise ValueError(f"SEQUENCE: digit {max(parts, key=len)[:20]} is out of range")
    return [int(part) for part in parts]


def format_sequence(digits: Sequence[int]) -> str:
    """The digits as `3-5-0`."""
    return "-".join(str(digit) for digit in digits)
