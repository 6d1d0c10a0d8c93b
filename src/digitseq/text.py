"""Sequences of digits as text, and as rows of an array."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .arguments import PAD


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
    digits = [int(part) for part in parts]
    if max(digits) >= 2**31:
        raise ValueError(f"SEQUENCE: digit {max(digits)} is out of range")
    return digits


def format_sequence(digits: Sequence[int]) -> str:
    """The digits as `3-5-0`."""
    return "-".join(str(digit) for digit in digits)


def read_sequences(path: str | os.PathLike[str]) -> list[list[int]]:
    """The sequences of a text file, one a line as `parse_sequence` reads them; empty lines are skipped.

    Raises:
        ValueError: naming the line that can't be read, or a file with none.
        FileNotFoundError: there is no such file.
    """
    sequences = []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise ValueError(f"{os.fspath(path)} is not a text file ({error})") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                sequences.append(parse_sequence(line.strip()))
            except ValueError as error:
                raise ValueError(f"{os.fspath(path)}, line {number}: {error}") from None
    if not sequences:
        raise ValueError(f"{os.fspath(path)} holds no sequence; write one a line")
    return sequences
