"""A bank of your own, without any data: digits drawn as jittered pen strokes.

Run: python examples/stroke_bank.py FOLDER
then: digitseq generate 350 0 10 120 --bank FOLDER
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import digitseq as ds

PER_DIGIT = 100
ZOOM = 8
# Each stroke is a curve through these points, x to the right and y down, in a
# box from 0 to 1.
STROKES = {
    0: ["50 0, 15 12, 0 50, 14 88, 50 100, 86 88, 100 50, 86 12, 50 0, 38 4"],
    1: ["30 18, 52 0, 51 50, 50 100"],
    2: ["6 22, 24 3, 58 0, 84 20, 74 48, 36 76, 4 98, 40 95, 98 97"],
    3: ["8 8, 48 0, 82 14, 76 38, 38 47, 80 58, 88 82, 50 100, 6 92"],
    4: ["62 0, 36 32, 4 66, 50 65, 98 63", "72 34, 70 66, 68 100"],
    5: ["24 2, 20 24, 14 46, 48 40, 84 54, 86 82, 50 100, 8 92", "24 2, 56 3, 90 0"],
    6: ["74 2, 36 22, 10 60, 18 92, 50 100, 82 86, 80 60, 50 50, 14 66"],
    7: ["4 6, 48 5, 94 2, 66 40, 44 72, 34 100"],
    8: ["82 14, 50 0, 16 12, 26 36, 66 54, 86 80, 50 100, 14 80, 34 54, 74 34, 84 16"],
    9: ["84 24, 56 2, 18 14, 16 42, 46 52, 80 36, 86 20, 80 60, 66 100"],
}


def curve(points: np.ndarray, steps: int = 12) -> np.ndarray:
    """Points on the Catmull-Rom spline through the given ones."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * before - 5 * start + 4 * end - after
        parts.append(start + 0.5 * t * (end - before + t * (bend + t * (3 * (start - end) + after - before))))
    return np.concatenate([*parts, points[-1:]])


def draw(digit: int, rng: np.random.Generator) -> np.ndarray:
    """One glyph, uint8 [28, 28]."""
    slant, turn = rng.normal(0.12, 0.14), rng.normal(0, 0.07)
    height, width = 19 + rng.normal(0, 0.8), 19 * rng.uniform(0.55, 0.8) * (0.75 if digit == 1 else 1)
    shape = np.array([[width, -slant * height], [0, height]])
    shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ shape
    pen = ZOOM * rng.uniform(1.7, 3.0)
    picture = Image.new("L", (28 * ZOOM, 28 * ZOOM))
    canvas = ImageDraw.Draw(picture)
    for stroke in STROKES[digit]:
        points = np.array([point.split() for point in stroke.split(",")], float) / 100 - 0.5
        line = (curve(points + rng.normal(0, 0.025, points.shape)) @ shape.T + 14) * ZOOM
        canvas.line([tuple(point) for point in line], 255, round(pen), joint="curve")
        for x, y in line[[0, -1]]:
            canvas.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(picture.resize((28, 28), Image.Resampling.BOX))


def main() -> None:
    """Writes the bank as a pair of IDX files."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "strokes")
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10, dtype=np.uint8), PER_DIGIT)
    ds.write_idx(folder / "images-idx3-ubyte.gz", np.stack([draw(digit, rng) for digit in labels.tolist()]))
    ds.write_idx(folder / "labels-idx1-ubyte.gz", labels)
    print(folder)


if __name__ == "__main__":
    main()
