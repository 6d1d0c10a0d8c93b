"""Shapes of digits that MNIST hardly has: strokes through points, as those of signs.

Points are pixels of the cell, as in `sign_shapes`: digits stand in rows 4 to
24. They were drawn by hand after what is seen on European and South American
forms.
"""

from typing import NamedTuple

from .sign_shapes import Shape, Sign


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


def _law(*shapes: Shape, **changes: float | tuple[float, float]) -> Sign:
    usual: dict[str, float | tuple[float, float]] = {
        # Points lie 20 pixels apart, and the pen adds its width: digits are then 20 high, as MNIST's.
        "size": (0.75, 0.99),
        "aspect": 0.13,
        "lean": 0.13,
        "turn": 0.06,
        "wobble": 0.6,
        "apart": 0.45,
        "place": (0.3, 0.4),
        "pen": (0.6, 0.95),
    }
    return Sign(shapes, **usual | changes)  # type: ignore[arg-type]


LONG_ONE = _law(
    Shape(("7.6 17, 11 11, 14.6 4.6, 14.2 14, 13.8 24",), 2),
    Shape(("5.8 21.5, 10 13, 14.8 4.4, 14.6 14, 14.4 24",)),
    Shape(("8 13.6, 14.8 4.6, 14.2 23.6, 10 24", "9.6 23.8, 18.4 23.8")),
    Shape(("4.6 23.6, 8.8 21.2, 12.8 12.8, 16.2 4.4, 15.2 13, 14.2 23.8",)),  # from the line on
)
HOOKED_SEVEN = _law(
    Shape(("7.4 8.6, 7.6 5.2, 13 5, 19.6 5, 16 12, 13.6 18, 12.4 24", "9.4 14.4, 14 14, 19 13.6"), 3),
    Shape(("7.6 6.4, 11 4.6, 18.6 5.4, 17 13, 16 24", "11 14.6, 20.6 13.4"), 2),
    Shape(("6.8 7.6, 9 4.8, 13.4 6.2, 18.8 4.6, 15.4 13, 12.8 24", "9 14.8, 18.6 13.6"), 2),
    Shape(("7 9, 7.4 5, 19 4.8, 15 14, 13 24",)),
    # With a wave for its top and a hook for its foot, like a Z.
    Shape(("7 8.4, 9.4 5.2, 13.2 6.8, 18.8 4.8, 14.4 12, 11.6 18.4, 11.4 22.4, 14.2 23.6",)),
    Shape(("7.4 7.6, 9.6 5, 13.4 6.4, 18.6 4.6, 13.8 13, 11.6 20, 12.6 23.6", "9.4 14.2, 18.4 13"), 1.5),
    # Hardly a top: like a t.
    Shape(("11 6.8, 14.8 5, 14.4 14, 13.2 24", "8.2 14, 19.8 13"), 1.5),
)
LOOPED_TWO = _law(
    Shape(  # closed at its start, as real twos that are read as nines
        (
            "14.4 8.6, 11.4 11, 8.6 9.4, 9 5.8, 13.6 4.2, 17.8 6.6, 17.2 11.4, 13 17.6, 8 23.4, "
            "13.4 22.6, 20.4 23.2",
        ),
        3,
    ),
    Shape(  # at its foot
        (
            "8.6 8.4, 10.6 5, 15 4.4, 17.8 7.6, 15.6 13.4, 10.6 20.6, 7.4 22.8, 6.8 20.6, 10 20.4, "
            "14 23, 20 22.4",
        ),
        2,
    ),
    Shape(  # both
        (
            "13 8, 10.4 9.8, 8.6 7.6, 11 4.8, 15.6 4.6, 17.4 8.4, 14.4 15, 9.6 21.8, 7 22, 8.4 19.8, "
            "12 21.4, 15 23.4, 20.2 21.8",
        )
    ),
    Shape(("9 7, 12.6 4.4, 17.6 5.6, 17 10.4, 12.6 17, 8.4 23, 20.6 23.4",)),  # a straight foot, like Z
    Shape(  # a round bowl, nearly closed, and a low foot: like Q
        (
            "11.6 14.6, 7.8 12.4, 7 8, 10.8 4.4, 16.2 4.8, 19 9, 16.8 14.6, 11.4 20, 7.6 22, 7.4 20, "
            "11 20, 15 22.4, 21 22",
        ),
        2,
    ),
    Shape(  # the same without a loop below, and a short foot
        ("13.6 10.8, 10 11, 8.4 7.8, 11 4.6, 15.8 4.8, 17.6 9, 15.4 14.8, 11.6 20.2, 9.2 22.8, 17.6 22.6",), 2
    ),
    # The foot rises.
    Shape(
        ("8.8 8.4, 11 5, 15.4 4.8, 17.4 8.4, 14.4 14, 8.8 21.4, 6.8 20.2, 9.6 18.8, 13.4 22.6, 21.4 16.6",), 1
    ),
)  # fmt: skip
OPEN_FOUR = _law(
    Shape(("9 5, 8.6 10, 8.4 14.6, 13 14.8, 19.4 14.2", "18 5.4, 17.4 14, 16.8 24"), 2),
    Shape(("8.8 5, 8 11, 9.6 14.4, 14 14.2, 17.6 11.6, 18.4 5.4, 17.6 14, 16.6 24",), 2),  # without lifting
    Shape(("11 4.4, 9.4 11, 8 15.6, 14 15, 20.6 14", "15.8 10.6, 15.2 17, 14.2 24"), 3),
    Shape(("8 5.2, 8 10, 11 13.2, 15 11.4, 17.8 5, 16.6 13, 12.4 24",), 2),  # like a y
    Shape(("11 4.4, 8.8 9.4, 9 12.8, 14.2 12.8, 15.8 14.4, 13.6 24",), 0.5),  # like lightning
    Shape(("10.4 4.4, 8 9.4, 9 13.6, 13.4 13.4, 17 9.4, 18 5.6, 16.6 14, 15 24",), 1),
)
CHAIR_FOUR = _law(
    Shape(("10.4 4.4, 9.2 11, 7.4 16.8, 12.6 15.6, 20 15.2", "15.6 11.4, 14.6 18, 13.8 23.6"), 3),
    Shape(("10 4.4, 9.2 14, 9 17.2, 13.4 13.4, 16.6 14.4, 16 19, 15.2 24",), 2),  # like an h
    Shape(("12.6 4.2, 9.2 12, 7.2 17.4, 13 16.4, 19.6 16", "16.8 8.6, 15.4 17, 14.6 24"), 2),
    Shape(("15.6 4.4, 11 11, 7 16.4, 13 16, 20.4 15.8", "15.4 4.8, 15.2 14, 14.8 24"), 2),  # closed
)
BARLESS_FIVE = _law(
    Shape(("11.6 4.8, 10.6 8.4, 9.8 12, 14.2 11.6, 17.4 15.6, 16 21.2, 8.8 23.4",), 2),
    Shape(("18 6, 13 4.6, 9.4 7.4, 11.6 11.8, 16.2 15, 16.4 20, 12.6 23.4, 8 22.6",), 3),  # like an S
    Shape(("20 4.8, 14.6 5, 10.8 5.6, 9.8 11.6, 14.8 12, 17 16.6, 14.8 22, 8.2 23",), 3),  # in one stroke
    Shape(
        ("10.8 6.4, 9.8 11.8, 14.6 11.8, 17.2 16, 15.2 22, 8.4 23.2", "12.6 4.6, 16 4.8, 21 4.2"), 2
    ),  # apart
    Shape(("7.6 14, 9.4 12.6, 10.8 22.6, 13.4 12, 16.2 5.4, 21 5",), 1),  # like a root sign
    Shape(("8.6 8.4, 10.4 12.4, 10.2 23.4", "10.6 14.6, 13.8 9, 20 8"), 0.5),  # like an r
    Shape(  # its bar apart, high and long
        ("10.6 7.4, 9.6 12.4, 14.6 12.4, 17 16.4, 14.8 22.2, 8.6 22.8", "10.8 4.4, 16 4.4, 22.6 3.8"), 1.5
    ),
)
NARROW_NINE = _law(
    Shape(("16.6 7.4, 14 4.6, 11 6.8, 11.2 11, 14 12, 16.4 8.4, 16.8 6, 16 15, 14.8 24",), 3),
    Shape(("15.6 7, 13.6 4.6, 11.6 7, 12 10.6, 14 10.8, 15.6 7.6, 15.8 5.6, 15.4 14, 14.8 24",), 2),
    Shape(("17.6 6.6, 13 4.2, 9.4 8, 11.6 12.4, 16.4 9.6, 17.6 5.6, 15.6 14, 12.2 24",), 2),
)
CURLED_NINE = _law(
    Shape(
        ("17 7.2, 13.4 4.4, 10 7.4, 11.6 12, 16 10.6, 17.4 6.4, 17.4 16, 15.4 22.6, 10.6 23.4, 8.6 20.6",), 3
    ),
    Shape(("17.4 6.4, 12 4.6, 8.6 8.6, 12 12.4, 17 9.4, 17.6 6, 18 17, 14.4 23.6, 9.6 21",), 2),
    # A flat loop, written from its right end, as an R or an e that has fallen over.
    Shape(("11.4 12.8, 17.6 11.6, 20 7.8, 15.6 4.8, 9.4 6.8, 8.6 11.2, 13.4 13, 15.4 18, 17.6 24",), 0.7),
)
FLAT_THREE = _law(
    Shape(("7.8 5.2, 13 5, 18.4 4.8, 14.6 8.6, 11.4 12, 16 12.8, 18 17, 15.4 22.4, 8 22.8",), 3),
    Shape(("8.6 5, 18 5.2, 12 11.4, 17.4 14.4, 16.8 20.6, 12 23.6, 7.8 21.4",), 2),
)
OPEN_EIGHT = _law(
    Shape(("15.6 4.4, 10.4 6.6, 12.4 12, 17.2 17, 14.4 23.2, 9.8 19.6, 13 13.2, 18.8 5.4",), 2),
    Shape(("17.4 6.2, 13.2 4.2, 10 7.6, 13.4 12.4, 17 17.4, 13.6 23.4, 9.6 19.4, 13 13.6, 17.2 8.4",), 2),
    Shape(
        ("14 4.4, 10.8 7.4, 14 11.6, 17.2 8, 14.4 4.4", "14 11.8, 9.8 17.4, 13.6 23.4, 18 18.4, 14.6 12"), 2
    ),
)
STRAIGHT_SIX = _law(
    Shape(("15.8 4.2, 11.6 11, 9.4 18, 11.4 23, 16 22, 17.2 18, 13.8 15.6, 9.8 18.8",), 2),
    Shape(("12.4 4, 10.4 13, 9.6 21, 13.4 23.6, 17.4 20, 15.2 15.8, 10 18.4",), 2),
    Shape(("17 4.4, 11 9, 8.6 17, 12 23.4, 17.4 21.4, 16.6 16.4, 11.6 16, 9.4 19",), 1),
    # Not closed.
    Shape(("12.8 4.4, 11 12, 10 19.6, 12.8 23.4, 16.8 21.8, 17.6 17.8",), 1),
    Shape(("15 4.6, 10.6 11, 9.2 18.4, 11.8 23.4, 16.6 22, 17.2 18.2, 14.4 17",), 1.5),
)
LOOPED_ZERO = _law(
    # The end curls inside, or over the top.
    Shape(
        ("14.6 5.2, 10 7.2, 8.4 14, 10.6 22, 15.6 22.8, 18.8 17, 18 9, 14.8 5.4, 11.4 7.2, 13 10, 17.6 6.8",),
        2,
    ),
    Shape(("12.4 8.2, 15.4 5, 12 4.6, 8.8 9, 8.6 16.6, 12 23, 16.6 21.6, 18.8 14, 17.2 7, 13.6 5.4",), 2),
    Shape(("10.6 5.6, 9 12, 9.8 20, 13.6 23.4, 17.6 19, 18 10, 15 5.4, 11.8 8, 14.6 10.2, 19.4 7",), 1),
    size=(0.55, 0.99),
)
OPEN_ZERO = _law(
    Shape(("11.4 4.6, 9 8.4, 8.8 16, 10.8 22.6, 15.2 22.6, 18 16, 18.6 9, 18 4.8",), 2),
    Shape(("14.2 4.8, 10.6 7, 8.6 13, 9.4 20.6, 13 23.2, 17.4 19, 19.2 11, 19 4.6",), 2),
    Shape(("12.8 4.4, 9.4 9, 8.8 17, 11 23, 13.8 22.4", "14.8 4.4, 18.4 8.6, 18.4 16.6, 14.6 22.4"), 1),
    lean=0.2,
)
# With its bar hung down at the end like a flag, or flung up.
FLAGGED_FIVE = _law(
    Shape(("20.8 10, 19.6 5.6, 16 4.6, 12.8 6.8, 11.4 11.4, 14.8 13.8, 14.6 19.2, 10.4 23.4, 6.6 21.2",), 3),
    Shape(("20.4 9.8, 19 4.8, 13.6 6, 12 11.8, 13.6 15, 12.6 20.6, 8.8 23.6, 6 21.6",), 2),
    Shape(("21.4 4.2, 15 6.8, 10.6 8.4, 10.2 12, 13.8 13.2, 13.8 19, 10.8 23.2, 7.8 20.4, 9.2 16.4",), 1),
    Shape(
        ("12.6 7, 11.2 11.6, 14.8 13.8, 14.2 19.6, 10 23.4, 6.8 21", "12.8 6.6, 16.6 5, 19.6 6.2, 20.4 9.8"),
        2,
    ),
    Shape(("19.8 4.6, 13.4 5.8, 11 11.6, 14.6 13, 13.6 19.8, 9.2 23.4, 6.4 20.8",), 1),
    lean=0.2,
)
# A small or an open loop before a long straight tail, which may end in a foot.
SLANTED_NINE = _law(
    Shape(("18.6 6.4, 15 4.8, 12 8.4, 13.4 11.2, 17 8.8, 19 5, 14.2 14, 8.6 23.8",), 3),
    Shape(("18.4 5.2, 12.6 5.2, 8.8 10, 10.8 13.6, 16.8 9.4, 19.4 5.2, 14.8 14.6, 9.6 23.2, 13.2 23",), 2),
    Shape(("18 6.6, 14.6 5, 12.4 8.6, 14 10.8, 17.6 7.6, 14.6 14.4, 10.4 23.2, 14.4 22.8",), 2),
    Shape(("16.4 4.4, 12 8.6, 10 12.6, 12.8 13.6, 17.4 9.4, 19.8 4.6, 15 14, 9.8 23.8",), 0.5),
    Shape(("19.6 5.4, 14.6 7.4, 13.4 9.8, 16.6 9.2, 19.4 5, 13.8 14.6, 8.2 24",), 1),
    lean=0.2,
    pen=(0.5, 0.8),
)
# Two strokes near each other: a one at a glance.
NARROW_ZERO = _law(
    Shape(("15.4 4.6, 11.8 9.4, 9.6 17, 10.6 22.8, 13.6 20.4, 16.6 12.6, 17 6.4, 15.2 4.8",), 3),
    Shape(("14.6 4.6, 11.8 10, 10.8 18.4, 12.6 23.4, 15.2 19.6, 16.2 11, 15.6 5.6, 14.4 4.8",), 2),
    Shape(("14 5.4, 10.6 11, 9.6 18.6, 11.8 23.2, 15.4 19.4, 17.4 11, 17.6 4.6",), 2),
    Shape(("12.4 5.8, 10 12, 10.4 20.4, 13 23.4, 15.8 22.8, 17.6 15, 17.8 5",), 1),
    size=(0.6, 0.99),
    lean=0.25,
    pen=(0.45, 0.75),
)

VARIANTS = {
    "upstroke one": Variant(1, 0.5),
    "footed one": Variant(1, 0.1),
    "long one": Variant(1, 0.15, 0.85, LONG_ONE),
    "crossed seven": Variant(7, 0.45, 0.9),
    "hooked seven": Variant(7, 0.3, 0.9, HOOKED_SEVEN),
    "tailed zero": Variant(0, 0.25, 0.6),
    "small zero": Variant(0, 0.4, 0.7),
    "mirrored nine": Variant(9, 0.06, 0.8),
    "narrow nine": Variant(9, 0.2, 0.85, NARROW_NINE),
    "curled nine": Variant(9, 0.2, 0.85, CURLED_NINE),
    "looped two": Variant(2, 0.45, 0.85, LOOPED_TWO),
    "open four": Variant(4, 0.2, 0.85, OPEN_FOUR),
    "chair four": Variant(4, 0.25, 0.85, CHAIR_FOUR),
    "barless five": Variant(5, 0.35, 0.85, BARLESS_FIVE),
    "flat three": Variant(3, 0.12, 0.85, FLAT_THREE),
    "open eight": Variant(8, 0.15, 0.85, OPEN_EIGHT),
    "straight six": Variant(6, 0.15, 0.85, STRAIGHT_SIX),
    "looped zero": Variant(0, 0.12, 0.6, LOOPED_ZERO),
    "open zero": Variant(0, 0.15, 0.6, OPEN_ZERO),
    "flagged five": Variant(5, 0.2, 0.85, FLAGGED_FIVE),
    "slanted nine": Variant(9, 0.2, 0.85, SLANTED_NINE),
    "narrow zero": Variant(0, 0.12, 0.6, NARROW_ZERO),
}
