"""Glyphs of signs, drawn by random pens: where each sign's shapes become ink."""

import functools

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT
from . import strokes
from .sign_shapes import SIGNS, Shape, Sign
from .strokes import Chance, Floats

# The mean slant, and the least and greatest radius of a pen, in pixels: dashes are then 1.9 to 3.7 wide (5th
# to 95th percentile), MNIST's ones 1.8 to 4.5 (area of ink over height), and the greys are MNIST's: 35 % of
# inked pixels are above 249 (MNIST's: 38 %) and 17 % below 64 (18 %).
LEAN = 0.1
PEN = (0.85, 2.3)
# The pen's radius under the strongest pressure is as many times its own.
PRESSED = 1.5
# Paper and scanner make edges rough: the radius varies by as much at so many knots along a stroke.
ROUGH, KNOTS = 0.07, 12
# Ink keeps this far from the edges of its cell.
MARGIN = 0.5
# The seed of a sign is its code point after this number, which is arbitrary.
SEED = 2018 << 24


@functools.lru_cache(maxsize=64)
def drawn(sign: str, count: int) -> npt.NDArray[np.uint8]:
    """Glyphs of one of SIGNS, uint8 [count, 28, 28], read-only: glyph i is the same whatever the count."""
    glyphs = written(SIGNS[sign], Chance.of(SEED + ord(sign), count))
    glyphs.flags.writeable = False
    return glyphs


def written(law: Sign, chance: Chance) -> npt.NDArray[np.uint8]:
    """Glyphs of a sign, or whatever else is written by such a law, each by its own random numbers."""
    shares = np.cumsum([shape.share for shape in law.shapes])
    which = np.searchsorted(shares, chance.uniform(0.0, float(shares[-1])), side="right")
    glyphs = np.zeros((len(chance.numbers), HEIGHT, CELL), np.uint8)
    for number, shape in enumerate(law.shapes):
        rows = np.flatnonzero(which == number)
        if rows.size:
            glyphs[rows] = _written(shape, law, chance.of_rows(rows))
    return glyphs


def _written(shape: Shape, law: Sign, chance: Chance) -> npt.NDArray[np.uint8]:
    """Glyphs of one shape."""
    pen = _pen(law, chance)
    points = [_points(stroke) for stroke in shape.strokes]
    steps = [strokes.steps_of(line, law.size[1]) for line in points]
    lines = _placed(_shaken(points, law, chance), law, chance)
    paths = _within([strokes.spline(*line) for line in zip(lines, steps, strict=True)], pen)
    canvas = np.zeros((len(pen), HEIGHT, CELL))
    for path in paths:
        strokes.paint(canvas, path, pressed(pen, path.shape[1], chance))
    # Rounded half up, in whole numbers.
    return np.floor(canvas * 255 + 0.5).astype(np.uint8)


def _pen(law: Sign, chance: Chance) -> Floats:
    """The radius of each glyph's pen, float64 [N]: most are fine, some broad."""
    fine = np.minimum(chance.uniform(0.0, 1.0), chance.uniform(0.0, 1.0))
    low, high = PEN
    return (low + (high - low) * (0.2 + 0.8 * fine)) * chance.uniform(0.85, 1.1) * chance.uniform(*law.pen)


def _points(stroke: str) -> Floats:
    """The points of a shape's stroke, float64 [P, 2]."""
    return np.array([point.split() for point in stroke.split(",")], np.float64)


def _shaken(points: list[Floats], law: Sign, chance: Chance) -> list[Floats]:
    """The points of each stroke, float64 [N, P, 2], as an unsteady hand would put them."""
    return [line + chance.normal(law.wobble, *line.shape) + chance.normal(law.apart, 1, 2) for line in points]


def _placed(lines: list[Floats], law: Sign, chance: Chance) -> list[Floats]:
    """The points after each glyph's size, slant, turn and place, about the middle of its strokes."""
    low, high = _bounds(lines)
    middle = ((low + high) / 2)[:, None]
    size = chance.uniform(*law.size)
    across = size * (1 + chance.normal(law.aspect))
    lean = LEAN + chance.normal(law.lean)
    tangent = chance.normal(law.turn)
    cosine = 1 / np.sqrt(1 + tangent * tangent)
    sine = tangent * cosine
    shift = np.stack([chance.normal(law.place[0]), chance.normal(law.place[1])], axis=-1)
    # Across, the sign's own middle is that of its cell, as a digit's is.
    home = np.stack([np.full(len(size), CELL / 2), middle[:, 0, 1]], axis=-1) + shift
    placed = []
    for line in lines:
        away = line - middle
        x, y = away[..., 0] * across[:, None], away[..., 1] * size[:, None]
        x = x - lean[:, None] * y
        turned = np.stack(
            [cosine[:, None] * x - sine[:, None] * y, sine[:, None] * x + cosine[:, None] * y], axis=-1
        )
        placed.append(turned + home[:, None])
    return placed


def _bounds(lines: list[Floats]) -> tuple[Floats, Floats]:
    """The least and the greatest (x, y) of each glyph's points, float64 [N, 2] both."""
    whole = np.concatenate(lines, axis=1)
    return whole.min(axis=1), whole.max(axis=1)


def _within(paths: list[Floats], pen: Floats) -> list[Floats]:
    """The paths, moved so that their ink is in the cell; what is larger than it ends at its edge."""
    near = (MARGIN + strokes.EDGE / 2 + pen * PRESSED)[:, None]
    far = CELL - near
    low, high = _bounds(paths)
    shift = np.maximum(near - low, 0) + np.minimum(far - high, 0)
    return [np.clip(path + shift[:, None], near[:, None], far[:, None]) for path in paths]


def pressed(pen: Floats, dabs: int, chance: Chance) -> Floats:
    """The radius at each dab of a stroke, float64 [N, dabs]: a trend, a swell, a lighter end, rough edges."""
    t = np.arange(dabs) / max(1, dabs - 1)
    trend = chance.normal(0.09)[:, None] * (2 * t - 1)
    peak = chance.uniform(0.2, 0.8)[:, None]
    swell = chance.normal(0.09)[:, None] * (1 - 2 * np.minimum(np.abs(t - peak), 0.5))
    lift = chance.uniform(0.0, 0.35)[:, None] * np.clip(1 - (1 - t) * 4, 0.0, 1.0)
    scale = np.clip(1 + trend + swell - lift, 0.6, PRESSED - 3.5 * ROUGH)
    # Straight between knots, so that edges are rough and not noisy.
    knots = chance.normal(ROUGH, KNOTS)
    place = t * (KNOTS - 1)
    left = np.minimum(place.astype(np.int64), KNOTS - 2)
    rough = knots[:, left] + (place - left) * (knots[:, left + 1] - knots[:, left])
    return np.minimum(pen[:, None] * (scale + rough), strokes.REACH)
