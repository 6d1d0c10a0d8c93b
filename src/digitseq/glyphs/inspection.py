"""Warnings of glyphs that don't look like bright ink on black, as users' own scans often don't."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

# Glyphs that are inspected, evenly spread over the bank.
SAMPLED = 1000
BRIGHT = 128
# An inverted glyph: the least share of bright pixels in the cell's frame, and the least number of dark ones.
PAPER, INKED = 0.75, 10
# A glyph that is nearly black: its brightest value is below DARK, though it has as many pixels as a stroke.
DARK, STROKE = 16, 20
# Dense noise fills the frame; sparse noise makes specks, and ink boxes that are nearly whole cells. These two
# count only together: clothes (Fashion-MNIST) and large characters (KMNIST) fill cells in one piece.
FILLED, SPECKS, NEAR = 0.5, 8, 3


def warn_of(doubts: str | None, stacklevel: int) -> None:
    """Warns (`UserWarning`) of what `doubts_of` found, if anything; the level is counted from the caller."""
    if doubts:
        warnings.warn(f"glyphs: {doubts}", stacklevel=stacklevel + 1)


def doubts_of(glyphs: npt.NDArray[np.uint8]) -> str | None:
    """What is probably wrong with most glyphs and how to fix it, as with no digit set's; None if nothing is.

    Most of them look inverted, nearly black, or noisy.

    Args:
        glyphs: uint8 [N, 28, 28], in any order.
    """
    shown = np.asarray(glyphs[:: -(-len(glyphs) // SAMPLED)])
    # A cell of one value shows neither ink nor background.
    shown = shown[shown.max((1, 2)) > shown.min((1, 2))]
    if not len(shown):
        return None
    frame = np.concatenate([shown[:, 0], shown[:, -1], shown[:, 1:-1, 0], shown[:, 1:-1, -1]], axis=1)
    inverted = (_share(frame >= BRIGHT) > PAPER) & ((shown < BRIGHT).sum((1, 2)) >= INKED)
    if _most(inverted):
        return (
            "they look like dark ink on bright paper, and digitseq wants bright ink on black; "
            "invert them: 255 - images"
        )
    dark = int(shown.max())
    if dark < DARK and np.median((shown > 0).sum((1, 2))) >= STROKE:
        return (
            f"their brightest pixel is {dark} of 255, so pictures of them look black; "
            f"multiply them: images * {255 // dark}"
        )
    if _most((_share(frame > 0) > FILLED) & (np.percentile(frame, 90, axis=1) < BRIGHT)):
        return _NOISY
    return _NOISY if _most(_nearly_whole(shown > 0) & (_specks(shown > 0) >= SPECKS)) else None


_NOISY = (
    "their background is not black, so that boxes of ink are whole cells; "
    "set it to 0: images * (images > threshold), with a threshold above the noise"
)


def _share(chosen: npt.NDArray[np.bool_]) -> Any:
    """The share of each row of [N, P] that is true; float64 [N]."""
    return chosen.mean(axis=1)


def _most(found: npt.NDArray[np.bool_]) -> bool:
    """Whether more than half are true."""
    return bool(found.mean() > 0.5)


def _nearly_whole(inked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether each glyph has ink within NEAR pixels of all four edges of its cell; bool [N]."""
    near = inked[:, :NEAR], inked[:, -NEAR:], inked[:, :, :NEAR], inked[:, :, -NEAR:]
    sides: npt.NDArray[np.bool_] = np.all([side.any((1, 2)) for side in near], axis=0)
    return sides


def _specks(inked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The number of isolated ink pixels of each glyph: none of their eight neighbours has ink."""
    inked = np.pad(inked, ((0, 0), (1, 1), (1, 1)))
    around = sum(
        (
            np.roll(inked, (down, right), (1, 2)).astype(np.int8)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
        ),
        np.zeros(inked.shape, np.int8),
    )
    specks: npt.NDArray[np.int64] = (inked & (around == 1)).sum((1, 2))
    return specks
