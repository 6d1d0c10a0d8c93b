"""Shapes of digits that MNIST hardly has, by name: how often lines have them, and how they are drawn."""

from typing import NamedTuple

from . import variant_shapes as shapes
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
    "long one": Variant(1, 0.15, 0.85, shapes.LONG_ONE),
    "crossed seven": Variant(7, 0.45, 0.9),
    "hooked seven": Variant(7, 0.3, 0.9, shapes.HOOKED_SEVEN),
    "tailed zero": Variant(0, 0.25, 0.6),
    "small zero": Variant(0, 0.4, 0.7),
    "mirrored nine": Variant(9, 0.06, 0.8),
    "narrow nine": Variant(9, 0.2, 0.85, shapes.NARROW_NINE),
    "curled nine": Variant(9, 0.2, 0.85, shapes.CURLED_NINE),
    "looped two": Variant(2, 0.45, 0.85, shapes.LOOPED_TWO),
    "open four": Variant(4, 0.2, 0.85, shapes.OPEN_FOUR),
    "chair four": Variant(4, 0.25, 0.85, shapes.CHAIR_FOUR),
    "barless five": Variant(5, 0.35, 0.85, shapes.BARLESS_FIVE),
    "flat three": Variant(3, 0.12, 0.85, shapes.FLAT_THREE),
    "open eight": Variant(8, 0.15, 0.85, shapes.OPEN_EIGHT),
    "straight six": Variant(6, 0.15, 0.85, shapes.STRAIGHT_SIX),
    "looped zero": Variant(0, 0.12, 0.6, shapes.LOOPED_ZERO),
    "open zero": Variant(0, 0.15, 0.6, shapes.OPEN_ZERO),
    "flagged five": Variant(5, 0.2, 0.85, shapes.FLAGGED_FIVE),
    "slanted nine": Variant(9, 0.2, 0.85, shapes.SLANTED_NINE),
    "narrow zero": Variant(0, 0.12, 0.6, shapes.NARROW_ZERO),
    "split zero": Variant(0, 0.1, 0.6, shapes.SPLIT_ZERO),
    "winged two": Variant(2, 0.1, 0.85, shapes.WINGED_TWO),
    "looped one": Variant(1, 0.08, 0.85, shapes.LOOPED_ONE),
    "open nine": Variant(9, 0.12, 0.85, shapes.OPEN_NINE),
}
