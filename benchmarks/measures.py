"""Measures of glyphs, float32 [N, 28, 28] in [0, 1]: distances, diversity, stroke width, slant, breaks."""

import numpy as np
from scipy import ndimage

Glyphs = np.ndarray
INK = 0.5  # what counts as ink where pieces and holes are counted
FAINT = 0.75  # a stroke whose pixels are all below it is faint


def percent(right: np.ndarray) -> str:
    """A share of True with its standard error, in percent."""
    share = right.mean()
    return f"{100 * share:6.2f} ± {100 * (share * (1 - share) / right.size) ** 0.5:.2f} %"


def frechet(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The Fréchet distance of normal distributions fitted to features (M. Heusel and others, 2017, eq. 6)."""
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    first, second = np.cov(ours.T), np.cov(theirs.T)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    means = ((ours.mean(0) - theirs.mean(0)) ** 2).sum()
    return float(means + np.trace(first) + np.trace(second) - 2 * shared)


def spread(glyphs: Glyphs) -> float:
    """The mean Euclidean distance of all pairs of glyphs."""
    distances = apart(glyphs, glyphs)
    return float(distances.sum() / (len(glyphs) * (len(glyphs) - 1)))


def nearest(glyphs: Glyphs, others: Glyphs) -> np.ndarray:
    """The Euclidean distance of each glyph to the nearest of the others, [N]."""
    parts = [apart(glyphs, part).min(axis=1) for part in np.array_split(others, 12)]
    return np.min(parts, axis=0)


def apart(ours: Glyphs, theirs: Glyphs) -> np.ndarray:
    """Euclidean distances of all pairs, [N, M]."""
    ours, theirs = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
    squares = (ours**2).sum(1)[:, None] + (theirs**2).sum(1)[None] - 2 * ours @ theirs.T
    return np.sqrt(np.maximum(squares, 0))


def decibels(ours: Glyphs, clean: Glyphs) -> float:
    """The mean over images of 10 log10(1 / mean squared error)."""
    errors = ((ours - clean) ** 2).mean(axis=(1, 2))
    return float(-10 * np.log10(np.maximum(errors, 1e-10)).mean())


def widths(glyphs: Glyphs) -> np.ndarray:
    """Stroke widths in pixels: the ink's area over half the length of its outline."""
    area = glyphs.sum(axis=(1, 2))
    down, right = np.gradient(glyphs, axis=(1, 2))
    return 2 * area / np.maximum(np.hypot(down, right).sum(axis=(1, 2)), 1e-6)


def slants(glyphs: Glyphs) -> np.ndarray:
    """Slants: the tangent of the angle to the upright, from the second moments of the ink's places."""
    ink = glyphs / np.maximum(glyphs.sum(axis=(1, 2), keepdims=True), 1e-6)
    y, x = np.mgrid[:28, :28].astype(np.float32)
    y = y - (ink * y).sum(axis=(1, 2), keepdims=True)
    x = x - (ink * x).sum(axis=(1, 2), keepdims=True)
    return -(ink * x * y).sum(axis=(1, 2)) / np.maximum((ink * y**2).sum(axis=(1, 2)), 1e-6)


def without_digit(values: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Values less the mean of their digit: an 8 takes more ink than a 1, whoever writes it."""
    means = np.array([values[digits == digit].mean() for digit in range(10)])
    return values - means[digits]


def largest_piece(glyphs: Glyphs) -> np.ndarray:
    """The share of the ink's pixels that belong to the largest piece (8-connected); 0 without ink."""
    shares = []
    for glyph in glyphs:
        pieces = np.bincount(ndimage.label(glyph >= INK, np.ones((3, 3)))[0].ravel())[1:]
        shares.append(pieces.max(initial=0) / max(pieces.sum(), 1))
    return np.array(shares)


def holes(glyphs: Glyphs) -> np.ndarray:
    """How many areas without ink are enclosed by it (4-connected): an 8 has two."""
    around = np.pad(glyphs < INK, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    return np.array([ndimage.label(paper)[1] - 1 for paper in around])


def faint_ink(glyphs: Glyphs) -> np.ndarray:
    """The share of the ink that has no full pixel beside it: broken and faded strokes."""
    near = ndimage.maximum_filter(glyphs, (1, 3, 3))
    return (glyphs * (near < FAINT)).sum(axis=(1, 2)) / np.maximum(glyphs.sum(axis=(1, 2)), 1e-6)


def smear(glyphs: Glyphs) -> np.ndarray:
    """How wide the grey between ink and paper is, over the outline's length: about 0.8 for pen strokes."""
    down, right = np.gradient(glyphs, axis=(1, 2))
    outline = np.hypot(down, right).sum(axis=(1, 2))
    return (4 * glyphs * (1 - glyphs)).sum(axis=(1, 2)) / np.maximum(outline, 1e-6)
