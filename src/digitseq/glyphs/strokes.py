"""Pen strokes, drawn as grey glyphs: splines, pressure, and ink with soft edges, on the host.

All is made of integers and of +, -, *, / and the square root of float64,
which IEEE 754 rounds in one way only: the same numbers give the same bytes on
every machine, which sines, exponentials and sums in an order of NumPy's choice
would not. N glyphs are drawn side by side.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT

Floats = npt.NDArray[np.float64]

# Uniform numbers of one glyph, more than any takes.
WIDTH = 640
# Of MNIST's strokes, which were scaled down: ink fades to nothing over as many pixels.
EDGE = 1.2
# Dabs of the pen lie about so far apart, in pixels; those of a stroke of radius 1 then differ from a
# continuous one by 0.05 pixels.
STEP = 0.6
# A dab is painted in a square of this side, which holds one of radius REACH.
WINDOW = 9
REACH = WINDOW / 2 - 1 - EDGE / 2


class Chance:
    """Random numbers of N glyphs, each glyph's a function of the seed and of its own place alone.

    The generator is PCG64, whose raw stream NumPy keeps between versions (NEP 19).

    Attributes:
        numbers: float64 [N, WIDTH], uniform in [0, 1).
    """

    def __init__(self, numbers: Floats) -> None:
        self.numbers = numbers
        self._used = 0

    @classmethod
    def of(cls, seed: int, count: int) -> "Chance":
        """The numbers of the glyphs 0 to `count` - 1 of a seed."""
        bits = np.random.PCG64(seed).random_raw(count * WIDTH)
        return cls((bits >> np.uint64(11)).astype(np.float64).reshape(count, WIDTH) / 2**53)

    def of_rows(self, rows: npt.NDArray[np.intp]) -> "Chance":
        """The numbers of some of the glyphs that are not used yet."""
        return Chance(self.numbers[rows, self._used :])

    def uniform(self, low: float, high: float, *shape: int) -> Floats:
        """Uniform numbers, float64 [N, *shape]."""
        size = math.prod(shape)
        end = self._used + size
        if end > self.numbers.shape[1]:
            raise AssertionError(f"a glyph takes more than {WIDTH} random numbers")
        taken = self.numbers[:, self._used : end]
        self._used = end
        return low + (high - low) * taken.reshape(len(taken), *shape)

    def normal(self, deviation: float, *shape: int) -> Floats:
        """Numbers around 0, float64 [N, *shape]: sums of four uniform ones, within 3.5 deviations."""
        parts = self.uniform(-1.0, 1.0, *shape, 4)
        total = parts[..., 0] + parts[..., 1] + parts[..., 2] + parts[..., 3]
        return total * (deviation * math.sqrt(3.0) / 2.0)


def steps_of(points: Floats, scale: float) -> list[int]:
    """Into how many steps `spline` is to cut each part of a stroke so that most are at most STEP pixels.

    They don't depend on what chance makes of the stroke, so that no glyph does on those beside it.

    Args:
        points: float64 [P, 2], before they are shaken.
        scale: the greatest size they are drawn at.
    """
    apart = np.diff(points, axis=0) * scale
    lengths = np.sqrt(apart[:, 0] ** 2 + apart[:, 1] ** 2)
    # A curve is longer than its chord, and is not run through at a constant speed.
    return [math.ceil((1.7 * length + 0.8) / STEP) for length in lengths.tolist()]


def spline(points: Floats, steps: Sequence[int]) -> Floats:
    """Places of the pen along the Catmull-Rom splines through some points.

    E. Catmull and R. Rom, "A class of local interpolating splines", 1974.

    Args:
        points: float64 [N, P, 2], P at least 2, (x, y) in pixels.
        steps: P - 1 numbers: how many places from each point to before the next.

    Returns:
        float64 [N, sum of steps + 1, 2], from each first point to each last one.
    """
    first, last = 2 * points[:, :1] - points[:, 1:2], 2 * points[:, -1:] - points[:, -2:-1]
    padded = np.concatenate([first, points, last], axis=1)
    parts = []
    for start, count in enumerate(steps):
        before, here, there, after = (padded[:, start + k, None] for k in range(4))
        t = (np.arange(count) / count)[:, None]
        bend = 2 * before - 5 * here + 4 * there - after
        pull = 3 * (here - there) + after - before
        parts.append(here + 0.5 * t * (there - before + t * (bend + t * pull)))
    return np.concatenate([*parts, points[:, -1:]], axis=1)


def paint(canvas: Floats, places: Floats, radii: Floats) -> None:
    """Paints a stroke on each canvas, in place: each pixel keeps the most ink that any dab gives it.

    Args:
        canvas: float64 [N, 28, 28], ink from 0 to 1.
        places: float64 [N, M, 2], (x, y) of each dab, inside the canvas; pixel (row r, column c) has its
            middle at (c + 0.5, r + 0.5).
        radii: float64 [N, M], of each dab, at most REACH.
    """
    half, size = WINDOW // 2, HEIGHT + 2 * (WINDOW // 2)
    wide = np.zeros((len(canvas), size, CELL + 2 * half))
    wide[:, half:-half, half:-half] = canvas
    flat = wide.reshape(-1)
    square = np.arange(WINDOW)
    own = np.arange(len(canvas)) * (size * (CELL + 2 * half))
    for dab in range(places.shape[1]):
        x, y, radius = places[:, dab, 0], places[:, dab, 1], radii[:, dab]
        # The wide canvas begins half a window before the canvas, so that pixels left is the window's first.
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        across = (left - half + 0.5 - x)[:, None] + square
        down = (top - half + 0.5 - y)[:, None] + square
        far = np.sqrt(across[:, None, :] ** 2 + down[:, :, None] ** 2)
        ink = np.clip((radius[:, None, None] - far) / EDGE + 0.5, 0.0, 1.0)
        rows = (top[:, None] + square) * (CELL + 2 * half)
        at = (own[:, None] + rows)[:, :, None] + (left[:, None] + square)[:, None, :]
        flat[at] = np.maximum(flat[at], ink)
    canvas[:] = wide[:, half:-half, half:-half]
