"""with_signs: a bank's digits or letters, and glyphs of signs beside them, as dates, prices and sums need."""

import os

import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal.pixels import host_ink_boxes
from ..internal.settings import own_settings
from .bank import MAX_GLYPHS, DigitBank
from .construction import to_device
from .loading import load_bank
from .sign_drawing import drawn
from .sign_shapes import SIGNS

ALL = ".,-/:+='#$%()"
# Glyphs of each sign.
PER_SIGN = 300


@own_settings
def with_signs(bank: DigitBank | str | os.PathLike[str], signs: str = ALL) -> DigitBank:
    """A bank with classes for signs after its own, each with glyphs drawn as pen strokes.

    The glyphs of a sign are the same for ever, and stand in their cells where
    a writer puts them beside MNIST's digits: a comma below the line, a dash in
    the middle, an apostrophe at the top. Sequences of the bank's own classes
    are drawn as without signs, pixel by pixel.

    >>> ds.with_signs("builtin", "./").symbols
    '0123456789./'

    Where the bank knows its writers, each sign's glyphs are dealt out to them
    in equal numbers, and there are as many as writers if those are more than
    300: lines in one hand then have signs, always the same few of a writer, and
    `split_bank(by="writer")` leaves signs in each part.

    Args:
        bank: the bank, or its name. Split a bank after signs are added, or its
            parts have the same signs: those are -1 in `rows`, as they
            are of no row of the original.
        signs: of `.,-/:+='#$%()`, those that the bank gets, in
            the order of their classes.

    Returns:
        A bank with `symbols` of the bank's own followed by `signs`, and 300
        glyphs of each sign.

    Raises:
        ValueError: no signs, one twice, or one that digitseq doesn't draw.
        BankError: the bank's classes have no names, or it has such a sign already.
    """
    if not isinstance(bank, DigitBank):
        bank = load_bank(bank)
    check_signs(signs)
    if len(bank.symbols) != bank.num_classes:
        raise BankError(
            f"signs: the bank's {bank.num_classes} classes have no names for signs to stand beside; "
            f"give them some: make_bank(..., symbols=...)"
        )
    if known := [sign for sign in signs if sign in bank.symbols]:
        raise BankError(f"signs: the bank has {known[0]!r} already, its symbols are {bank.symbols!r}")
    names = None if bank.writer_index is None else np.asarray(bank.writer_index.names)
    each = PER_SIGN if names is None else max(PER_SIGN, len(names))
    if bank.glyphs.shape[0] + each * len(signs) > MAX_GLYPHS:
        raise BankError(f"signs: a bank holds at most {MAX_GLYPHS} glyphs, this has {bank.glyphs.shape[0]}")
    glyphs = np.concatenate([drawn(sign, each) for sign in signs])
    return to_device(
        np.concatenate([np.asarray(bank.glyphs), glyphs]),
        np.concatenate([np.asarray(bank.counts), np.full(len(signs), each, np.int32)]),
        np.concatenate([np.asarray(bank.ink), host_ink_boxes(glyphs)]),
        _writers(bank, names, each, len(signs)),
        None if bank.rows is None else np.append(np.asarray(bank.rows), np.full(len(glyphs), -1, np.int32)),
        bank.symbols + signs,
    )


def check_signs(signs: str, name: str = "signs") -> str:
    """The signs, if digitseq draws them.

    Raises:
        ValueError: none, no text, one twice, or one that it doesn't draw; starts with `name`.
    """
    if not isinstance(signs, str) or not signs:
        raise ValueError(f"{name} must be some of {ALL!r}, got {signs!r}")
    if unknown := [sign for sign in signs if sign not in SIGNS]:
        raise ValueError(f"{name} must be some of {ALL!r}, got {unknown[0]!r} in {signs!r}")
    if repeated := [sign for sign in signs if signs.count(sign) > 1]:
        raise ValueError(f"{name} must differ, got {repeated[0]!r} more than once in {signs!r}")
    return signs


def signs_in(bank: DigitBank) -> str:
    """The signs that `with_signs` added to a bank, known by their glyphs; "" if there are none."""
    glyphs, starts, counts = (np.asarray(leaf) for leaf in (bank.glyphs, bank.starts, bank.counts))
    first = bank.num_classes
    while first and len(bank.symbols) >= first and bank.symbols[first - 1] in SIGNS:
        start, count = int(starts[first - 1]), int(counts[first - 1])
        if count < PER_SIGN or not np.array_equal(
            glyphs[start : start + count], drawn(bank.symbols[first - 1], count)
        ):
            break
        first -= 1
    return bank.symbols[first:]


def _writers(
    bank: DigitBank, names: npt.NDArray[np.int32] | None, each: int, signs: int
) -> npt.NDArray[np.int32]:
    """The writers of a bank with signs, int32 [N], or [0] where unknown."""
    if names is None or bank.writers is None:
        return np.zeros(0, np.int32)
    dealt = names[np.arange(each) * len(names) // each]
    return np.concatenate([np.asarray(bank.writers), np.tile(dealt, signs)])
