"""What signs look like: strokes through points, placed as beside MNIST's digits, and how they vary.

Points are pixels of the cell, x to the right and y down. MNIST's digits stand
in rows 4 to 24 and have their centre of mass in the middle, at 14: row 24 is
the line that is written on.
"""

from typing import NamedTuple


class Shape(NamedTuple):
    """One way to write a sign.

    Attributes:
        strokes: of each stroke the points that the pen passes, "x y, x y, ...".
        share: how often it is written, relative to the sign's other shapes.
    """

    strokes: tuple[str, ...]
    share: float = 1.0


class Sign(NamedTuple):
    """How a sign is written, and how much that varies. Numbers are standard deviations unless stated.

    Attributes:
        shapes: the ways to write it.
        size: the least and the greatest scale, uniform, about the shape's middle.
        aspect: of the scale across relative to the scale down, which it leaves.
        lean: of the slant, as a shift across for each pixel up; its mean is LEAN for all signs.
        turn: of the rotation, as a tangent.
        wobble: of each point, in pixels.
        apart: of each whole stroke, in pixels.
        place: of the whole sign, across and down, in pixels.
        pen: the least and the greatest scale of the pen's width.
    """

    shapes: tuple[Shape, ...]
    size: tuple[float, float] = (0.85, 1.15)
    aspect: float = 0.07
    lean: float = 0.1
    turn: float = 0.05
    wobble: float = 0.35
    apart: float = 0.3
    place: tuple[float, float] = (0.5, 0.6)
    pen: tuple[float, float] = (1.0, 1.0)


DOT = Shape(("13.7 22.6, 14.3 22.9",), 4)
DOTS = Sign(
    (
        DOT,
        Shape(("13.6 22.2, 14.4 22.8, 13.8 23.3",), 2),  # a dab that was turned round
        Shape(("13.4 23, 14.8 22.5",)),
        Shape(("14.3 21.9, 13.8 23.3",)),
    ),
    size=(0.6, 1.5),
    turn=0.3,
    wobble=0.25,
    place=(0.5, 0.55),
    pen=(1.0, 1.35),
)

SIGNS = {
    ".": DOTS,
    ",": Sign(
        (
            Shape(("14.6 22.1, 14.7 23.8, 13.7 25.6, 12.7 26.6",), 3),
            Shape(("14.2 22, 15 22.7, 14.7 24.6, 13 26.6",), 2),
            Shape(("15 22.3, 14 24.6, 12.8 26.6",), 2),  # a straight one
        ),
        size=(0.8, 1.2),
        turn=0.1,
        wobble=0.25,
        place=(0.5, 0.5),
        pen=(0.9, 1.1),
    ),
    "-": Sign(
        (Shape(("9 14.4, 12.5 14, 15.8 14, 19 14.2",), 3), Shape(("9.2 14.2, 14 14.5, 18.8 13.7",), 2)),
        size=(0.75, 1.25),
        turn=0.08,
        wobble=0.3,
        place=(0.5, 1.0),
    ),
    "/": Sign(
        (Shape(("19.3 3, 16 9.8, 12 18.2, 8.7 25.3",), 3), Shape(("18.6 3.2, 14.4 13.6, 9.4 25.4",), 2)),
        size=(0.92, 1.06),
        aspect=0.15,
        lean=0.08,
        wobble=0.4,
        place=(0.5, 0.5),
    ),
    ":": Sign(
        (
            Shape(("13.8 11.2, 14.3 11.5", "13.7 21, 14.2 21.3"), 4),
            Shape(("13.6 11, 14.4 11.3, 13.9 11.8", "13.6 20.8, 14.4 21.1, 13.9 21.6"), 2),
            Shape(
                ("13.4 11.5, 14.7 11.1", "13.3 21.4, 14.6 21"),
            ),
        ),
        size=(0.85, 1.1),
        lean=0.07,
        wobble=0.25,
        apart=0.4,
        pen=(1.0, 1.3),
    ),
    "+": Sign(
        (
            Shape(("8.4 14.6, 14 14.3, 19.6 14", "14.2 8.4, 14 14, 13.8 20.2"), 3),
            Shape(("14.1 8.6, 14 14.4, 13.8 20", "8.6 14.6, 13.8 14.6, 19.4 14.1"), 2),
            # In one stroke: down, and round to the bar.
            Shape(("14.6 8.4, 14.1 14, 13.6 19.4, 11.4 19.6, 9.4 16, 13.6 14.4, 19.6 14",), 0.5),
        ),
        size=(0.82, 1.18),
        lean=0.08,
        turn=0.07,
        place=(0.5, 0.8),
    ),
    "=": Sign(
        (
            Shape(("8.8 11.7, 12.4 11.5, 15.8 11.4, 19 11.5", "8.8 17.3, 12.4 17, 15.8 17, 19 17.1"), 3),
            Shape(("9 11.8, 14 11.7, 19 11.2", "9 17.2, 14 17.3, 19 16.7"), 2),
        ),
        size=(0.8, 1.15),
        turn=0.06,
        wobble=0.25,
        apart=0.45,
        place=(0.5, 0.9),
    ),
    "'": Sign(
        (
            Shape(("14.6 3, 14.2 5.4, 13.4 8.2",), 3),
            Shape(("14.3 2.9, 14.9 4, 14.5 6, 13.2 8.2",), 2),
            Shape(("14.2 3, 14 8",), 1),
        ),
        size=(0.8, 1.2),
        turn=0.06,
        wobble=0.25,
        place=(0.5, 0.6),
        pen=(0.9, 1.1),
    ),
    "#": Sign(
        (
            Shape(
                (
                    "12.2 5.4, 11 13.6, 9.6 22.8",
                    "18 5.4, 16.6 14, 15.4 22.8",
                    "6.4 11.2, 14 10.8, 21.4 10.6",
                    "5.8 17.6, 13.4 17.2, 20.8 16.8",
                ),
                3,
            ),
            Shape(
                (
                    "6.2 11, 14 10.8, 21.6 10.4",
                    "5.8 17.4, 13.4 17.2, 21 16.8",
                    "11.6 5.6, 10.6 14.2, 9.8 22.6",
                    "17.4 5.4, 16.6 14.2, 15.8 22.8",
                ),
                2,
            ),
        ),
        size=(0.85, 1.08),
        lean=0.07,
        wobble=0.4,
        apart=0.4,
        pen=(0.68, 0.85),
    ),
    "$": Sign(
        (
            Shape(
                (
                    "18.8 8.4, 16.8 6.2, 13.6 5.8, 9.8 7.6, 9.8 11.2, 13.8 13.8, 18 16, 18.4 19.8, "
                    "14.6 22.2, 11 21.8, 8.8 19.4",
                    "14.4 2.4, 14 14, 13.6 25.8",
                ),
                4,
            ),
            Shape(  # two bars
                (
                    "18.8 8.6, 16.6 6.4, 13.4 6.2, 10 8, 10 11.4, 14 13.8, 18 16, 18.2 19.6, "
                    "14.6 21.8, 11 21.4, 9 19.2",
                    "13 2.8, 12.8 14, 12.4 25.4",
                    "15.8 2.8, 15.4 14, 15.2 25.2",
                ),
                1,
            ),
            Shape(  # the bar only above and below
                (
                    "18.6 8.2, 16.8 6.2, 13.8 5.8, 10 7.6, 9.8 11, 13.8 13.6, 18 15.8, 18.4 19.6, "
                    "14.8 22.2, 11 21.8, 9 19.6",
                    "14.8 2.4, 14.4 6.4",
                    "13.8 21.6, 13.4 25.8",
                ),
                1,
            ),
        ),
        size=(0.9, 1.02),
        aspect=0.1,
        lean=0.08,
        wobble=0.35,
        pen=(0.6, 0.8),
    ),
    "%": Sign(
        (
            Shape(
                (
                    "20.6 4, 16.4 11, 11.6 18, 7.4 24.4",
                    "9 5.2, 6.6 6.2, 6.2 9, 8 11, 10.4 10.2, 11 7.4, 9.2 5.2",
                    "19.6 17, 17.2 18, 16.8 21, 18.6 23, 21 22, 21.6 19, 19.8 17",
                ),
                4,
            ),
            Shape(  # the first ring runs on into the slash
                (
                    "10.4 6, 7.4 5.6, 5.8 8, 7 10.8, 9.6 10.6, 10.8 7.8, 10.6 5.8, 14.6 6.2, "
                    "20.4 4, 15.8 11.4, 11.2 18, 7.6 24.4",
                    "19.4 17.2, 17 18.4, 16.8 21.2, 18.6 23, 20.8 22, 21.4 19.2, 19.6 17.2",
                ),
                1,
            ),
        ),
        size=(0.88, 1.05),
        lean=0.06,
        wobble=0.3,
        apart=0.35,
        pen=(0.66, 0.8),
    ),
    "(": Sign(
        (
            Shape(("17 2.8, 13.2 7.4, 11.7 13.8, 12.9 20.4, 16.4 25.4",), 3),
            Shape(("16.2 3, 12.8 8.8, 12 14.4, 13 20, 15.8 25.2",), 2),
        ),
        size=(0.92, 1.05),
        aspect=0.18,
        lean=0.06,
        place=(0.5, 0.5),
    ),
    ")": Sign(
        (
            Shape(("11.4 2.8, 15 7.4, 16.4 13.8, 15 20.4, 11.2 25.4",), 3),
            Shape(("12 3, 15.2 8.8, 16 14.4, 14.8 20, 11.6 25.2",), 2),
        ),
        size=(0.92, 1.05),
        aspect=0.18,
        lean=0.06,
        place=(0.5, 0.5),
    ),
}
