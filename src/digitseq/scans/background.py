"""Ink and paper told apart: polarity, background, threshold, contrast. Each step can be called alone."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..internal.shapes import Bool, Float32, HostArray

Ink = Literal["dark", "bright"]
INKS = ("dark", "bright")
# The background follows what is wider than this share of a picture's shorter side.
SPREAD = 0.5
# A picture has ink if its contrast (in grey levels from 0 to 1, and in standard deviations of the noise)
# exceeds these: paper's own texture does not.
LEAST_CONTRAST, LEAST_DEVIATIONS = 0.06, 3.0
# Deviations of the noise at which ink begins, a share of the contrast at least.
NOISE, WEAK = 1.5, 0.12
# For a line's polarity: the most pixels of its shorter side, and the side of a pixel's surroundings as a
# share of that.
COARSE, AROUND = 24, 0.7


class InkMap(NamedTuple):
    """Where a picture has ink, and how much.

    >>> scan = np.full((60, 40), 0.9, np.float32)
    >>> scan[10:50, 18:22] = 0.1
    >>> found = scans.find_ink(scans.subtract_background(scan))
    >>> int(found.strong.sum()), round(found.contrast, 1)
    (160, 0.8)

    Attributes:
        ink: float32 [H, W] in [0, 1], exactly 0 off the ink.
        strong: bool [H, W], what is ink beyond doubt.
        contrast: how far ink lies from paper, in grey levels from 0 to 1; 0 where there is no ink.
    """

    ink: Float32[HostArray, "H W"]
    strong: Bool[HostArray, "H W"]
    contrast: float


def shrink(image: Float32[HostArray, "H W"], most: int) -> Float32[HostArray, "H W"]:
    """The image with its shorter side at most `most` pixels, by means over whole blocks of pixels.

    A photograph of many megapixels shows no more of a digit than a small one,
    and takes far longer.

    >>> scans.shrink(np.zeros((4000, 3000), np.float32), most=160).shape
    (210, 157)
    """
    block = -(-min(image.shape) // most)
    if block <= 1:
        return image
    height, width = (side // block * block for side in image.shape)
    blocks = image[:height, :width].reshape(height // block, block, width // block, block)
    return blocks.mean(axis=(1, 3), dtype=np.float32)


def find_polarity(image: Float32[HostArray, "H W"], *, along_edges: bool = True) -> Ink:
    """Whether the ink is "dark", on bright paper, or "bright", on dark paper.

    In a picture of one digit, a plane is taken off (light falls from one
    side), and paper is what lies along the edges, and what most of it is:
    Otsu's threshold splits the levels, and the brighter part is paper if it
    has more than half of the frame and of the picture, the frame counting
    twice. A line has rules and cut strokes at its edges, but much more paper
    than ink: there the median of the surroundings is taken off, which follows
    shadows and the edges of shaded fields but no stroke, and the ink is on
    the side of the longer tail (the skewness).

    >>> scan = np.full((60, 40), 0.9, np.float32)
    >>> scan[10:50, 18:22] = 0.1
    >>> scans.find_polarity(scan), scans.find_polarity(1 - scan)
    ('dark', 'bright')

    Args:
        image: float32 [H, W] in [0, 1], 0 black.
        along_edges: whether paper lies along the picture's edges.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(image, min(image.shape) / 30, mode="nearest")
    if not along_edges:
        coarse = shrink(smooth, COARSE)
        around = max(1, round(AROUND * min(coarse.shape)))
        level = coarse - ndimage.median_filter(coarse, size=around, mode="nearest")
        return "dark" if ((level - level.mean()) ** 3).mean() <= 0 else "bright"
    level = smooth - _plane(smooth)
    bright = level > otsu(level)
    frame = np.concatenate([bright[0], bright[-1], bright[1:-1, 0], bright[1:-1, -1]])
    return "dark" if 2 * frame.mean() + bright.mean() > 1.5 else "bright"


def subtract_background(
    image: Float32[HostArray, "H W"], ink: Ink = "dark", spread: float = SPREAD
) -> Float32[HostArray, "H W"]:
    """How far each pixel is from the paper around it, towards the ink; float32 [H, W], paper about 0.

    The paper is a grey closing (a maximum, then a minimum over a square),
    which fills strokes in, smoothed; folds, shadows and stains wider than the
    square go with it.

    >>> scan = np.full((60, 40), 0.9, np.float32)
    >>> scan[10:50, 18:22] = 0.1
    >>> difference = scans.subtract_background(scan)
    >>> round(float(difference[30, 20]), 1), round(float(difference[30, 5]), 1)
    (0.8, 0.0)

    Args:
        image: float32 [H, W] in [0, 1], 0 black.
        ink: its polarity, as `find_polarity` tells.
        spread: the square's side, as a share of the picture's shorter side;
            it has to be larger than strokes are thick.
    """
    from scipy import ndimage

    if not 0 < spread <= 1:
        raise ValueError(f"spread must be above 0 and at most 1, got {spread!r}")
    side = max(3, round(spread * min(image.shape)))
    bright_paper = image if ink == "dark" else 1 - image
    # Noise would lift the maximum: the closing is of a picture without its finest grain.
    smooth = ndimage.gaussian_filter(bright_paper, side / 30, mode="nearest")
    paper = ndimage.grey_closing(smooth, size=(side, side), mode="nearest")
    paper = ndimage.gaussian_filter(paper, side / 4, mode="nearest")
    difference = paper - bright_paper
    centred: npt.NDArray[np.float32] = (difference - np.median(difference)).astype(np.float32)
    return centred


def otsu(values: Float32[HostArray, "..."], bins: int = 256) -> float:
    """The threshold that splits values into two groups of least variance within them.

    N. Otsu, "A threshold selection method from gray-level histograms", 1979.

    >>> values = np.array([0.1, 0.2, 0.1, 0.9, 0.8], np.float32)
    >>> bool(0.2 < scans.otsu(values) < 0.8)
    True

    Args:
        values: float32 of any shape.
        bins: of the histogram.
    """
    counts, edges = np.histogram(values, bins)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    total = np.cumsum(counts * middles)
    above = counts.sum() - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = total[:-1] / below - (total[-1] - total[:-1]) / above
        between = np.where((below > 0) & (above > 0), below * above * apart**2, 0.0)
    # Where no value lies between the groups, every threshold there is as good: the middle one.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + int(best.mean())])


def find_ink(
    difference: Float32[HostArray, "H W"],
    *,
    least_contrast: float = LEAST_CONTRAST,
    percentile: float = 75.0,
) -> InkMap:
    """The ink in what `subtract_background` returns: full at the percentile of strong ink, with soft edges.

    Otsu's threshold says what is strong; weak ink counts where it touches
    strong ink (hysteresis), and rises in a ramp from the noise of the paper.

    >>> scan = np.full((60, 40), 0.9, np.float32)
    >>> scan[10:50, 18:22] = 0.1
    >>> found = scans.find_ink(scans.subtract_background(scan))
    >>> float(found.ink[30, 20]), float(found.ink[30, 5])
    (1.0, 0.0)

    Args:
        difference: float32 [H, W], paper about 0, ink positive.
        least_contrast: grey levels, from 0 to 1, by which ink must differ
            from paper; else there is none.
        percentile: of the strong ink, whose level becomes 1.
    """
    from scipy import ndimage

    blank = InkMap(np.zeros_like(difference), np.zeros(difference.shape, np.bool_), 0.0)
    threshold = otsu(np.maximum(difference, 0))
    strong = difference > threshold
    if not strong.any() or strong.all():
        return blank
    paper = difference[~strong]
    noise = 1.4826 * float(np.median(np.abs(paper - np.median(paper))))
    full = float(np.percentile(difference[strong], percentile))
    if full < max(least_contrast, LEAST_DEVIATIONS * noise):
        return blank
    low = min(max(NOISE * noise, WEAK * full), threshold)
    pieces, _ = ndimage.label(difference > low, np.ones((3, 3)))
    kept = np.isin(pieces, np.unique(pieces[strong]))
    ramp = np.clip((difference - low) / (full - low), 0, 1)
    return InkMap(np.where(kept, ramp, 0).astype(np.float32), strong, full)


def remove_specks(found: InkMap, share: float = 0.04) -> InkMap:
    """The ink without pieces that have less than a share of the ink of the largest.

    >>> scan = np.full((60, 40), 0.9, np.float32)
    >>> scan[10:50, 18:22] = 0.1
    >>> scan[3:5, 3:5] = 0.1  # a speck
    >>> cleaned = scans.remove_specks(scans.find_ink(scans.subtract_background(scan)))
    >>> float(cleaned.ink[:6, :6].max())
    0.0

    Args:
        found: what `find_ink` returns.
        share: of the largest piece's ink, at which a piece is kept.
    """
    from scipy import ndimage

    pieces, count = ndimage.label(found.ink > 0, np.ones((3, 3)))
    if count < 2:
        return found
    weights = np.bincount(pieces.ravel(), found.ink.ravel(), count + 1)
    kept = (weights >= share * weights.max())[pieces] & (pieces > 0)
    return InkMap(np.where(kept, found.ink, 0).astype(np.float32), found.strong & kept, found.contrast)


def _plane(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The plane through a picture's frame that fits it best (least squares)."""
    height, width = image.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    frame = np.ones(image.shape, np.bool_)
    frame[1:-1, 1:-1] = False
    design = np.stack([np.ones(frame.sum(), np.float32), y[frame], x[frame]], axis=1)
    base, down, right = np.linalg.lstsq(design, image[frame], rcond=None)[0]
    plane: npt.NDArray[np.float32] = (base + down * y + right * x).astype(np.float32)
    return plane
