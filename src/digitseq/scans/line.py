"""normalize_line: a scanned line of digits as digitseq's own lines are, by steps that can be called alone."""

from typing import Any, NamedTuple

import numpy as np

from ..internal.pixels import HEIGHT
from ..internal.shapes import Float32, HostArray
from . import background, pictures
from .background import Ink, InkMap
from .glyph import BOX, check_ink, resize, restore_contrast
from .rules import remove_rules

# The shorter side of a picture, in pixels, above which it is reduced first.
MOST_SIDE = 192
# Rows of the canvas that ink may fill: half a row stays free above, and one below, for antialiased edges.
MOST_ROWS = 26.5
# Pieces of ink that are lower than this share of the usual one (or of the picture) are no digits.
LOW, LEAST_HEIGHT = 0.5, 0.12
# Digits lower than this can't be enlarged to 20 pixels, in pixels.
LEAST_PIXELS = 5


class NormalizedLine(NamedTuple):
    """A normalised line, and what was found on the way.

    >>> scan = np.full((60, 200), 230, np.uint8)
    >>> scan[10:50, 40:46] = scan[10:50, 90:96] = 20  # two ones, 40 pixels high
    >>> line = ds.normalize_line(scan)
    >>> isinstance(line, scans.NormalizedLine), line.image.shape[0], line.scale
    (True, 28, 0.5)

    Attributes:
        image: float32 [28, W] in [0, 1], 0 background, 1 ink; all 0 where no digit was found.
        ink: "dark" or "bright", the polarity of the picture.
        digit_height: the median height of the digits in pixels of the picture; 0 where none was found.
        scale: pixels of `image` per pixel of the picture.
        rules: how many rules (printed or drawn lines) were removed.
    """

    image: Float32[HostArray, "28 W"]
    ink: Ink
    digit_height: float
    scale: float
    rules: int


def normalize_line(
    image: Any,
    *,
    ink: Ink | None = None,
    spread: float = 0.7,
    least_contrast: float = background.LEAST_CONTRAST,
    rules: bool = True,
    digit_height: float = BOX,
    margin: int = 4,
) -> NormalizedLine:
    """A photographed or scanned line of digits, as a recogniser trained on digitseq's lines expects it.

    The background is taken off (`scans.subtract_background`), ink found, full
    at the 75th percentile of what is strong (`scans.find_ink`), rules and
    specks are removed (`scans.remove_rules`), and the line is scaled so that
    its median digit is 20 pixels high and all ink fits 26.5 of the 28 rows.

    >>> scan = np.full((60, 200), 230, np.uint8)
    >>> scan[10:50, 40:46] = scan[10:50, 90:96] = 20  # two ones, 40 pixels high
    >>> line = ds.normalize_line(scan)
    >>> line.image.shape[0], line.ink, round(line.digit_height), line.scale
    (28, 'dark', 40, 0.5)

    Args:
        image: [H, W] or [H, W, 3 or 4] of any size: uint8, uint16, bools, or
            floats in [0, 1]; of NumPy, JAX or Pillow. One line of digits.
        ink: "dark" or "bright"; None finds out (`scans.find_polarity`).
        spread: as for `scans.subtract_background`.
        least_contrast: as for `scans.find_ink`.
        rules: whether to remove rules.
        digit_height: of the median digit on the canvas, in pixels.
        margin: empty columns left and right of the ink.

    Raises:
        ValueError: an image or argument that can't be used.
    """
    check_ink(ink)
    if not 1 <= digit_height <= HEIGHT:
        raise ValueError(f"digit_height must be from 1 to {HEIGHT}, got {digit_height!r}")
    if not 0 <= margin <= 1000:
        raise ValueError(f"margin must be from 0 to 1000 columns, got {margin!r}")
    grey = pictures.as_grey(image)
    small = background.shrink(grey, MOST_SIDE)
    reduced = round(min(grey.shape) / min(small.shape))
    ink = background.find_polarity(small, along_edges=False) if ink is None else ink
    difference = background.subtract_background(small, ink, spread)
    found = background.find_ink(difference, least_contrast=least_contrast)
    found, removed = remove_rules(found) if rules else (found, 0)
    found = background.remove_specks(found, share=0.01)
    height, middle = measure_digits(found)
    if height < LEAST_PIXELS:
        empty = np.zeros((HEIGHT, 2 * margin + 1), np.float32)
        return NormalizedLine(empty, ink, 0.0, 1.0, removed)
    canvas, scale = fit_to_canvas(found.ink, height, middle, digit_height=digit_height, margin=margin)
    return NormalizedLine(canvas, ink, height * reduced, scale / reduced, removed)


def measure_digits(found: InkMap) -> tuple[float, float]:
    """The median height of digits and the median row of their middles, in pixels; (0, 0) where there is none.

    Digits are the connected pieces that are at least half as high as the
    piece with the median ink: commas, dashes and dots, which have little of
    it, are not, and a first digit that towers over the others makes none of
    them too small.

    >>> scan = np.full((60, 200), 0.9, np.float32)
    >>> scan[10:50, 40:46] = scan[10:50, 90:96] = 0.1
    >>> height, middle = scans.measure_digits(scans.find_ink(scans.subtract_background(scan)))
    >>> round(height), round(middle)
    (40, 30)

    Args:
        found: the ink of a line, without rules.
    """
    from scipy import ndimage

    pieces, count = ndimage.label(found.ink > 0.25, np.ones((3, 3)))
    if not count:
        return 0.0, 0.0
    boxes = ndimage.find_objects(pieces)
    heights = np.array([rows.stop - rows.start for rows, _ in boxes], np.float64)
    middles = np.array([(rows.stop + rows.start) / 2 for rows, _ in boxes])
    weights = np.bincount(pieces.ravel(), found.ink.ravel(), count + 1)[1:]
    order = np.argsort(heights, kind="stable")
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    usual = float(heights[order][half])
    digits = heights >= max(LOW * usual, LEAST_HEIGHT * found.ink.shape[0])
    if not digits.any():
        return 0.0, 0.0
    return float(np.median(heights[digits])), float(np.median(middles[digits]))


def fit_to_canvas(
    ink: Float32[HostArray, "H W"],
    height: float,
    middle: float,
    *,
    digit_height: float = BOX,
    margin: int = 4,
) -> tuple[Float32[HostArray, "28 w"], float]:
    """The line on a canvas of 28 rows, and its scale.

    >>> ink = np.zeros((60, 200), np.float32)
    >>> ink[10:50, 40:46] = ink[10:50, 90:96] = 1.0
    >>> image, scale = scans.fit_to_canvas(ink, height=40.0, middle=30.0)
    >>> image.shape, scale
    ((28, 36), 0.5)

    Args:
        ink: float32 [H, W] in [0, 1].
        height: the median height of its digits in pixels.
        middle: the row of their middles, which becomes the canvas's middle,
            unless ink would then leave the canvas.
        digit_height: what the height becomes, or less, so that all ink fits 26.5 rows.
        margin: empty columns left and right of the ink.
    """
    rows, columns = (np.flatnonzero((ink > 0.25).any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    scale = min(digit_height / height, MOST_ROWS / (bottom - top))
    sized = resize(
        ink[top:bottom, left:right],
        max(1, min(HEIGHT - 1, round((bottom - top) * scale))),
        max(1, round((right - left) * scale)),
    )
    place = round(HEIGHT / 2 - (middle - top) * scale)
    place = min(max(place, 0), HEIGHT - sized.shape[0])
    canvas = np.zeros((HEIGHT, sized.shape[1] + 2 * margin), np.float32)
    canvas[place : place + sized.shape[0], margin : margin + sized.shape[1]] = restore_contrast(sized)
    return canvas, float(scale)
