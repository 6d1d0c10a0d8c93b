"""Shapes of digits that MNIST hardly has, by name: how often lines have them, and how they are drawn."""

from typing import NamedTuple

from . import variant_laws as laws
from .sign_shapes import Sign


class Variant(NamedTuple):
    """A way to write a digit.

    Attributes:
        digit: the digit.
        in_lines: the share of lines whose writer has this habit.
        in_digits: the share of the digits of such a line that are written so.
        law: how it is drawn; None where it is drawn onto the bank's own glyphs.
    """

    digit: int
    in_lines: float
    in_digits: float = 0.85
    law: Sign | None = None


VARIANTS = {
    "upstroke one": Variant(1, 0.5),
    "footed one": Variant(1, 0.1),
    "long one": Variant(1, 0.15, 0.85, laws.LONG_ONE),
    "crossed seven": Variant(7, 0.45, 0.9),
    "hooked seven": Variant(7, 0.3, 0.9, laws.HOOKED_SEVEN),
    "tailed zero": Variant(0, 0.25, 0.6),
    "small zero": Variant(0, 0.4, 0.7),
    "mirrored nine": Variant(9, 0.06, 0.8),
    "narrow nine": Variant(9, 0.2, 0.85, laws.NARROW_NINE),
    "curled nine": Variant(9, 0.2, 0.85, laws.CURLED_NINE),
    "looped two": Variant(2, 0.45, 0.85, laws.LOOPED_TWO),
    "open four": Variant(4, 0.2, 0.85, laws.OPEN_FOUR),
    "chair four": Variant(4, 0.25, 0.85, laws.CHAIR_FOUR),
    "barless five": Variant(5, 0.35, 0.85, laws.BARLESS_FIVE),
    "flat three": Variant(3, 0.12, 0.85, laws.FLAT_THREE),
    "open eight": Variant(8, 0.15, 0.85, laws.OPEN_EIGHT),
    "straight six": Variant(6, 0.15, 0.85, laws.STRAIGHT_SIX),
    "looped zero": Variant(0, 0.12, 0.6, laws.LOOPED_ZERO),
    "open zero": Variant(0, 0.15, 0.6, laws.OPEN_ZERO),
    "flagged five": Variant(5, 0.2, 0.85, laws.FLAGGED_FIVE),
    "slanted nine": Variant(9, 0.2, 0.85, laws.SLANTED_NINE),
    "narrow zero": Variant(0, 0.12, 0.6, laws.NARROW_ZERO),
    "split zero": Variant(0, 0.1, 0.6, laws.SPLIT_ZERO),
    "winged two": Variant(2, 0.1, 0.85, laws.WINGED_TWO),
    "looped one": Variant(1, 0.08, 0.85, laws.LOOPED_ONE),
    "open nine": Variant(9, 0.12, 0.85, laws.OPEN_NINE),
}
