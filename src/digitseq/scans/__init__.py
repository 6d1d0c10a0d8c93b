"""Your own hand: scanned or photographed glyphs made into a bank, and lines made fit for a recogniser.

`ds.bank_from_images`, `ds.normalize_glyph` and `ds.normalize_line` do the
whole; here are their steps, which can be called alone.
"""

from .background import InkMap, find_ink, find_polarity, otsu, remove_specks, shrink, subtract_background
from .collection import Collection, Doubt, bank_from_images, collect
from .glyph import (
    ScannedGlyph,
    centre_mass,
    crop_to_ink,
    fit_to_box,
    inspect_glyph,
    normalize_glyph,
    restore_contrast,
)
from .line import NormalizedLine, fit_to_canvas, measure_digits, normalize_line
from .pictures import read_grey
from .rules import remove_rules
from .sheet import before_and_after

__all__ = [
    "Collection",
    "Doubt",
    "InkMap",
    "NormalizedLine",
    "ScannedGlyph",
    "bank_from_images",
    "before_and_after",
    "centre_mass",
    "collect",
    "crop_to_ink",
    "find_ink",
    "find_polarity",
    "fit_to_box",
    "fit_to_canvas",
    "inspect_glyph",
    "measure_digits",
    "normalize_glyph",
    "normalize_line",
    "otsu",
    "read_grey",
    "remove_rules",
    "remove_specks",
    "restore_contrast",
    "shrink",
    "subtract_background",
]
