"""split_bank: banks that share no glyph, or no writer."""

from collections.abc import Sequence
from typing import Literal, get_args

import jax
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal.keys import as_key
from ..internal.settings import own_settings
from .bank import DigitBank
from .construction import to_device
from .loading import load_bank

By = Literal["glyph", "writer"]


@own_settings
def split_bank(
    bank: DigitBank | str, fractions: Sequence[float], key: jax.Array, *, by: By = "glyph"
) -> tuple[DigitBank, ...]:
    """Splits a bank into disjoint parts, such as training and test glyphs.

    Each part's `rows` are its glyphs' rows in the original bank (the first one,
    where a part is split again), so that `part.rows[glyph_ids]` of samples
    (without the ids that are -1) proves that two parts' samples share no glyph.

    >>> train, test = ds.split_bank("builtin", (0.8, 0.2), 0)
    >>> train, test
    (<DigitBank of 2400 glyphs of 10 digits>, <DigitBank of 600 glyphs of 10 digits>)
    >>> np.intersect1d(train.rows, test.rows).size
    0

    Args:
        bank: the bank, or its name.
        fractions: one for each part, positive, with a sum of at most 1. The
            remainder is in no part.
        key: a PRNG key, or an integer seed.
        by: "glyph" splits the glyphs of each digit (stratified); "writer"
            splits the writers, so that no writer is in two parts.

    Returns:
        A bank for each fraction, with the same classes.

    Raises:
        ValueError: fractions, a key or a `by` that can't be used.
        BankError: a part would have no glyph, or the writers are unknown.
    """
    if isinstance(bank, str):
        bank = load_bank(bank)
    try:
        shares = np.asarray(fractions, float)
    except (TypeError, ValueError):
        shares = np.zeros(0)
    if shares.ndim != 1 or not shares.size or not (shares > 0).all() or shares.sum() > 1 + 1e-6:
        raise ValueError(f"fractions must be positive and add up to at most 1, got {fractions!r}")
    if by not in get_args(By):
        raise ValueError(f"by must be one of {get_args(By)}, got {by!r}")
    counts = np.asarray(bank.counts)
    writers = np.zeros(0, np.int32) if bank.writers is None else np.asarray(bank.writers)
    key = as_key(key)
    if by == "writer":
        if not writers.size:
            raise BankError(
                "by='writer' needs a bank that knows its writers, from load_bank(..., writers=PATH) "
                "or make_bank(..., writers=...)"
            )
        names = np.unique(writers)
        parts = _cut(names[np.asarray(jax.random.permutation(key, len(names)))], shares)
        chosen = [np.flatnonzero(np.isin(writers, part)) for part in parts]
    else:
        order = np.asarray(jax.random.permutation(key, bank.glyphs.shape[0]))
        by_digit = np.split(order[np.argsort(_digits(counts)[order], kind="stable")], np.cumsum(counts)[:-1])
        cuts = [_cut(rows, shares) for rows in by_digit]
        chosen = [np.sort(np.concatenate(part)) for part in zip(*cuts, strict=True)]
    for share, rows in zip(shares, chosen, strict=True):
        if not rows.size:
            raise BankError(f"fractions: {share:g} of this bank is not one {by}")
    return tuple(_part(bank, writers, rows) for rows in chosen)


def _digits(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """The digit of each glyph of a bank; [N]."""
    return np.repeat(np.arange(len(counts)), counts)


def _cut(items: npt.NDArray[np.integer], shares: npt.NDArray[np.float64]) -> list[npt.NDArray[np.integer]]:
    """Consecutive parts of the items, whose sizes are the shares of their number, rounded."""
    places = np.round(np.cumsum(shares) * len(items)).astype(int)
    return np.split(items, np.minimum(places, len(items)))[: len(shares)]


def _part(bank: DigitBank, writers: npt.NDArray[np.int32], rows: npt.NDArray[np.intp]) -> DigitBank:
    """The bank of these rows of a bank."""
    counts = np.asarray(bank.counts)
    return to_device(
        np.asarray(bank.glyphs)[rows],
        np.bincount(_digits(counts)[rows], minlength=len(counts)).astype(np.int32),
        np.asarray(bank.ink)[rows],
        writers[rows] if writers.size else writers,
        np.asarray(bank.rows)[rows] if bank.rows is not None else rows.astype(np.int32),
        bank.symbols,
    )
