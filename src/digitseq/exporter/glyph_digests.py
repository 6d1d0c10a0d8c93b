"""Digests of single glyphs, by which exports from different banks can be compared."""

import hashlib

import numpy as np
import numpy.typing as npt

from ..glyphs.source import GlyphStore

DIGITS = 32


def digests(bank: GlyphStore, used: npt.NDArray[np.bool_]) -> list[str]:
    """The first 32 hex digits of the SHA-256 of each glyph, sorted and unique.

    Args:
        bank: of N glyphs.
        used: bool [N], which of them.
    """
    glyphs = np.asarray(bank.glyphs)[used]
    return sorted({hashlib.sha256(glyph.tobytes()).hexdigest()[:DIGITS] for glyph in glyphs})
