"""Glyphs of variants: by strokes alone, or a stroke drawn onto a bank's own glyphs, or these changed."""

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT, host_ink_boxes
from . import strokes
from .sign_drawing import MARGIN, pressed, written
from .sign_shapes import Sign
from .strokes import Chance, Floats
from .variant_table import VARIANTS

Glyphs = npt.NDArray[np.uint8]
# The seed of a variant is its place after this number, which is arbitrary.
SEED = 2019 << 24
# Into how many steps a stroke that is drawn onto a glyph is cut: it is at most 20 pixels long.
STEPS = 36


def drawn_variant(name: str, own: Glyphs, each: int) -> Glyphs:
    """Glyphs of one of VARIANTS, uint8 [each, 28, 28].

    One drawn by strokes alone is a function of its place; one drawn onto a glyph of the bank, which are
    dealt out in their order, of its place, of `each` and of the digit's glyphs.

    Args:
        name: the variant's.
        own: the bank's glyphs of its digit, at least one.
        each: how many to make.
    """
    law, seed = VARIANTS[name].law, SEED + list(VARIANTS).index(name)
    if law is not None:
        return _by_strokes(law, seed, each)
    return ONTO[name](own[np.arange(each) * len(own) // each], Chance.of(seed, each))


@functools.lru_cache(maxsize=len(VARIANTS))
def _by_strokes(law: Sign, seed: int, each: int) -> Glyphs:
    glyphs = written(law, Chance.of(seed, each))
    glyphs.flags.writeable = False
    return glyphs


class _Ends:
    """Where the ink of N glyphs ends, and the radius of their pens, float64 [N]."""

    def __init__(self, glyphs: Glyphs, length: float) -> None:
        boxes = host_ink_boxes(glyphs).astype(np.float64)
        self.left, self.top, self.right, self.bottom = boxes.T
        self.height = np.maximum(self.bottom - self.top, 1.0)
        # Whole numbers, whose sums are the same in any order.
        area = glyphs.astype(np.int64).sum(axis=(1, 2)) / 255
        self.radius = np.clip(area / (length * self.height) / 2, 0.7, 2.0)

    def middle(self, glyphs: Glyphs, rows: Floats) -> Floats:
        """The mean column of the ink within a row of the given ones, float64 [N]."""
        near = np.abs(np.arange(HEIGHT)[None] + 0.5 - rows[:, None]) <= 1.0
        ink = (glyphs.astype(np.int64) * near[:, :, None]).sum(axis=1)
        return (ink * (2 * np.arange(CELL) + 1)).sum(axis=1) / np.maximum(2 * ink.sum(axis=1), 1)


def _with_stroke(glyphs: Glyphs, start: Floats, end: Floats, radius: Floats, chance: Chance) -> Glyphs:
    """The glyphs with a slightly bent stroke from `start` to `end`, (x, y) [N, 2]."""
    away = end - start
    across = np.stack([-away[:, 1], away[:, 0]], axis=-1)
    middle = (start + end) / 2 + across * chance.normal(0.07)[:, None]
    path = strokes.spline(np.stack([start, middle, end], axis=1), [STEPS // 2, STEPS // 2])
    near = (MARGIN + strokes.EDGE / 2 + radius * 1.5)[:, None, None]
    path = np.minimum(np.maximum(path, near), CELL - near)
    canvas = glyphs / 255
    strokes.paint(canvas, path, pressed(radius, path.shape[1], chance))
    return np.floor(canvas * 255 + 0.5).astype(np.uint8)


def _upstroke(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A one with a stroke from its top down to the left, 0.25 to 0.85 of its height, at 20 to 64 degrees."""
    ends = _Ends(glyphs, 1.05)
    top = np.stack([ends.middle(glyphs, ends.top + 1), ends.top + 1], axis=-1)
    # The tangent of the angle, mostly small, from tan 20 degrees on.
    tangent = 0.36 + 1.7 * chance.uniform(0.0, 1.0) * chance.uniform(0.3, 1.0)
    length = ends.height * chance.uniform(0.25, 0.85) / np.sqrt(1 + tangent * tangent)
    end = top + np.stack([-tangent * length, length], axis=-1)
    return _with_stroke(glyphs, top, end, ends.radius * chance.uniform(0.75, 1.0), chance)


def _footed(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A one, half of them with an upstroke, that stands on a line."""
    ends = _Ends(glyphs, 1.05)
    tall = _upstroke(glyphs, chance)
    base = np.where((chance.uniform(0.0, 1.0) < 0.5)[:, None, None], tall, glyphs)
    middle = np.stack([ends.middle(glyphs, ends.bottom - 1), ends.bottom - 1], axis=-1)
    tilt = chance.normal(0.08)
    half = np.stack([np.ones(len(tilt)), tilt], axis=-1)
    start = middle - half * chance.uniform(2.5, 6.5)[:, None]
    end = middle + half * chance.uniform(2.5, 6.5)[:, None]
    return _with_stroke(base, start, end, ends.radius * chance.uniform(0.8, 1.0), chance)


def _crossed(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A seven with a bar at 0.4 to 0.65 of its height."""
    ends = _Ends(glyphs, 1.7)
    row = ends.top + ends.height * chance.uniform(0.4, 0.65)
    middle = np.stack([ends.middle(glyphs, row), row], axis=-1)
    half = np.stack([np.ones(len(row)), chance.normal(0.18) - 0.05], axis=-1)
    start = middle - half * chance.uniform(2.8, 7.0)[:, None]
    end = middle + half * chance.uniform(2.8, 7.0)[:, None]
    return _with_stroke(glyphs, start, end, ends.radius * chance.uniform(0.8, 1.05), chance)


def _tailed(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A zero with a tail of 3 to 9 pixels from its top to the right."""
    ends = _Ends(glyphs, 2.6)
    row = ends.top + chance.uniform(0.8, 2.5)
    start = np.stack([ends.middle(glyphs, row) + chance.uniform(-1.0, 2.5), row], axis=-1)
    length = chance.uniform(3.0, 9.0)
    end = start + np.stack([length, -length * chance.uniform(-0.35, 0.5)], axis=-1)
    return _with_stroke(glyphs, start, end, ends.radius * chance.uniform(0.7, 1.0), chance)


def _small(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A zero of 0.45 to 1 of its size, that stands where it stood; brighter, as its pen was no finer."""
    bottom = host_ink_boxes(glyphs)[:, 3].astype(np.float64)
    scale = chance.uniform(0.45, 1.0)
    # Of each pixel, four places, bilinearly interpolated: half of one is the least size, so none is missed.
    total = np.zeros(glyphs.shape)
    at = np.arange(CELL) + 0.5
    padded = np.pad(glyphs, ((0, 0), (1, 1), (1, 1))) / 255
    number = np.arange(len(glyphs))[:, None, None]
    for down in (-0.25, 0.25):
        for right in (-0.25, 0.25):
            y = (at + down - bottom[:, None]) / scale[:, None] + bottom[:, None] + 0.5
            x = (at + right - CELL / 2) / scale[:, None] + CELL / 2 + 0.5
            y, x = np.clip(y, 0.0, HEIGHT + 0.99), np.clip(x, 0.0, CELL + 0.99)
            top, left = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
            v, u = (y - top)[:, :, None], (x - left)[:, None, :]
            rows, columns = top[:, :, None], left[:, None, :]
            upper = padded[number, rows, columns] * (1 - u) + padded[number, rows, columns + 1] * u
            lower = padded[number, rows + 1, columns] * (1 - u) + padded[number, rows + 1, columns + 1] * u
            total = total + (upper * (1 - v) + lower * v)
    brighter = np.minimum(total / 4 * (0.4 + 0.6 / scale[:, None, None]), 1.0)
    return np.floor(brighter * 255 + 0.5).astype(np.uint8)


def _mirrored(glyphs: Glyphs, chance: Chance) -> Glyphs:
    """A nine seen in a mirror, like P."""
    return np.ascontiguousarray(glyphs[:, :, ::-1])


ONTO: dict[str, Callable[[Glyphs, Chance], Glyphs]] = {
    "upstroke one": _upstroke,
    "footed one": _footed,
    "crossed seven": _crossed,
    "tailed zero": _tailed,
    "small zero": _small,
    "mirrored nine": _mirrored,
}
