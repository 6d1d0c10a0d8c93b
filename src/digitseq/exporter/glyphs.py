"""Glyphs named by what they show, so that exports from different banks can be compared."""

import hashlib

import numpy as np
import numpy.typing as npt

from ..glyphs.bank import DigitBank

DIGITS = 32


def digests(bank: DigitBank, rows: npt.NDArray[np.bool_]) -> list[str]:
    """The first hex digits of the SHA-256 of each of these glyphs, sorted, each once."""
    glyphs = np.asarray(bank.glyphs)[rows]
    return sorted({hashlib.sha256(glyph.tobytes()).hexdigest()[:DIGITS] for glyph in glyphs})
