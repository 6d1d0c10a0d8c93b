"""normalize_glyph: a scanned digit as MNIST's are, by steps that can be called alone."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT, to_uint8
from ..internal.shapes import Float32, HostArray, UInt8
from . import background, pictures
from .background import Ink, InkMap

# The side of the box that holds MNIST's ink, in pixels.
BOX = 20
# MNIST's centres of mass lie in the middle of pixel 14, half a pixel right of the middle and below it:
# the mean over its first 2,000 test digits is 14.49 down and 14.50 across.
OFF_MIDDLE = 0.5
# The shorter side of a picture, in pixels, above which it is reduced first.
MOST_SIDE = 160
# A second digit has this share of the first one's ink and height, and stands beside it.
SECOND_INK, SECOND_HEIGHT = 0.25, 0.5
# Of a picture's frame, the share with ink at which it touches the edge.
ON_EDGE = 0.01


class ScannedGlyph(NamedTuple):
    """A normalised glyph, and what was found on the way.

    >>> scan = np.full((60, 40), 240, np.uint8)
    >>> scan[10:50, 18:22] = 30
    >>> found = scans.inspect_glyph(scan)
    >>> isinstance(found, scans.ScannedGlyph), found.ink, found.doubts
    (True, 'dark', ())

    Attributes:
        glyph: uint8 [28, 28], 0 background, 255 ink; all 0 where no ink was found.
        ink: "dark" or "bright", the polarity of the picture.
        doubts: what looks wrong, each in a few words; none as a rule.
    """

    glyph: UInt8[HostArray, "28 28"]
    ink: Ink
    doubts: tuple[str, ...]


def normalize_glyph(
    image: Any,
    *,
    ink: Ink | None = None,
    spread: float = background.SPREAD,
    least_contrast: float = background.LEAST_CONTRAST,
    box: int = BOX,
) -> UInt8[HostArray, "28 28"]:
    """A picture of one digit, as MNIST's are: bright ink in a box of 20 pixels, centred by its mass.

    The steps are those of Y. LeCun, L. Bottou, Y. Bengio and P. Haffner,
    "Gradient-based learning applied to document recognition", 1998: ink fills
    a box of 20 x 20 pixels with its aspect kept, antialiased, and its centre
    of mass lies in the middle of 28 x 28. Before them the background is taken
    off (`scans.subtract_background`), ink found (`scans.find_ink`) and specks
    removed (`scans.remove_specks`).

    >>> scan = np.full((90, 60), 240, np.uint8)
    >>> scan[20:70, 28:34] = 30  # a one, dark on bright paper
    >>> glyph = ds.normalize_glyph(scan)
    >>> glyph.shape, int(glyph.max()), np.flatnonzero(glyph.any(axis=1))[[0, -1]].tolist()
    ((28, 28), 255, [4, 23])

    Args:
        image: [H, W] or [H, W, 3 or 4] of any size: uint8, uint16, bools, or
            floats in [0, 1]; of NumPy, JAX or Pillow.
        ink: "dark" or "bright"; None finds out (`scans.find_polarity`).
        spread: as for `scans.subtract_background`.
        least_contrast: as for `scans.find_ink`.
        box: the side of the box in pixels.

    Returns:
        uint8 [28, 28], 0 background, 255 ink; all 0 where no ink was found.

    Raises:
        ValueError: an image or argument that can't be used.
    """
    return inspect_glyph(image, ink=ink, spread=spread, least_contrast=least_contrast, box=box).glyph


def inspect_glyph(
    image: Any,
    *,
    ink: Ink | None = None,
    spread: float = background.SPREAD,
    least_contrast: float = background.LEAST_CONTRAST,
    box: int = BOX,
) -> ScannedGlyph:
    """`normalize_glyph`, with the polarity found and what looks wrong: no ink, two digits, at the edge.

    >>> scans.inspect_glyph(np.full((60, 40), 240, np.uint8)).doubts
    ('no ink',)
    """
    check_ink(ink)
    if not 1 <= box <= CELL:
        raise ValueError(f"box must be from 1 to {CELL}, got {box!r}")
    grey = background.shrink(pictures.as_grey(image), MOST_SIDE)
    ink = background.find_polarity(grey) if ink is None else ink
    difference = background.subtract_background(grey, ink, spread)
    found = background.find_ink(difference, least_contrast=least_contrast)
    found = background.remove_specks(found)
    if not found.strong.any():
        return ScannedGlyph(np.zeros((HEIGHT, CELL), np.uint8), ink, ("no ink",))
    glyph = centre_mass(restore_contrast(fit_to_box(crop_to_ink(found.ink), box)))
    return ScannedGlyph(to_uint8(glyph), ink, doubts_of(found))


def check_ink(ink: str | None) -> None:
    """Raises (ValueError) where `ink` is no polarity."""
    if ink is not None and ink not in background.INKS:
        raise ValueError(f"ink must be one of {background.INKS}, or None to find out, got {ink!r}")


def crop_to_ink(ink: Float32[HostArray, "H W"], above: float = 0.5) -> Float32[HostArray, "h w"]:
    """The rows and columns of float32 [H, W] in which ink exceeds `above`; all of it where none does.

    >>> ink = np.zeros((60, 40), np.float32)
    >>> ink[10:50, 18:22] = 1.0
    >>> scans.crop_to_ink(ink).shape
    (40, 4)
    """
    rows, columns = (np.flatnonzero((ink > above).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_box(ink: Float32[HostArray, "H W"], box: int = BOX) -> Float32[HostArray, "h w"]:
    """The image with its longer side `box` pixels, its aspect kept, antialiased.

    >>> scans.fit_to_box(np.ones((40, 10), np.float32)).shape
    (20, 5)
    """
    height, width = (max(1, round(side * box / max(ink.shape))) for side in ink.shape)
    return resize(ink, height, width)


def resize(image: Float32[HostArray, "H W"], height: int, width: int) -> Float32[HostArray, "h w"]:
    """float32 [height, width] in [0, 1]: a triangle filter, as wide as what an output pixel covers."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image, np.float32))
    sized = np.array(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    return np.clip(sized, 0, 1)


def restore_contrast(ink: Float32[HostArray, "H W"], percentile: float = 75.0) -> Float32[HostArray, "H W"]:
    """The ink with the percentile of its strong pixels at 1 again, which reducing has lowered.

    >>> float(scans.restore_contrast(np.full((20, 4), 0.8, np.float32)).max())
    1.0
    """
    strong = ink[ink > max(0.5 * float(ink.max()), 1e-3)]
    full = float(np.percentile(strong, percentile)) if strong.size else 1.0
    return np.minimum(ink / full, 1).astype(np.float32)


def centre_mass(ink: Float32[HostArray, "h w"]) -> Float32[HostArray, "28 28"]:
    """The image in a cell of 28 x 28, moved by whole pixels so that its centre of mass is in pixel 14.

    >>> ink = np.zeros((20, 10), np.float32)
    >>> ink[:, 4:6] = 1.0
    >>> np.flatnonzero(scans.centre_mass(ink).any(axis=0)).tolist()
    [14, 15]

    Args:
        ink: float32 [h, w] of at most 28 x 28; what would leave the cell is
            kept inside, off the middle.
    """
    cell = np.zeros((HEIGHT, CELL), np.float32)
    total = max(float(ink.sum()), 1e-6)
    corner = []
    for axis, side in enumerate((HEIGHT, CELL)):
        places = np.arange(ink.shape[axis]) + 0.5
        mean = float(ink.sum(axis=1 - axis) @ places) / total
        corner.append(min(max(round(side / 2 + OFF_MIDDLE - mean), 0), side - ink.shape[axis]))
    top, left = corner
    cell[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return cell


def doubts_of(found: InkMap) -> tuple[str, ...]:
    """What looks wrong with a picture of one digit: "two digits", "touches the edge"; none as a rule.

    Args:
        found: the ink, without specks.
    """
    said = []
    if _has_two(found.ink):
        said.append("two digits in one picture")
    strong = found.strong
    frame = np.concatenate([strong[0], strong[-1], strong[1:-1, 0], strong[1:-1, -1]])
    if frame.mean() > ON_EDGE:
        said.append("ink touches the edge")
    return tuple(said)


def _has_two(ink: npt.NDArray[np.float32]) -> bool:
    """Whether two large pieces stand side by side, with an empty column between them."""
    from scipy import ndimage

    rows = np.flatnonzero((ink > 0).any(axis=1))
    whole = rows[-1] - rows[0] + 1
    runs, count = ndimage.label((ink > 0.2).any(axis=0))
    if count < 2:
        return False
    sizes = np.array([ink[:, runs == run].sum() for run in range(1, count + 1)])
    heights = np.array(
        [np.ptp(np.flatnonzero((ink[:, runs == run] > 0.2).any(axis=1))) + 1 for run in range(1, count + 1)]
    )
    large = (sizes >= SECOND_INK * sizes.max()) & (heights >= SECOND_HEIGHT * whole)
    return bool(large.sum() > 1)
