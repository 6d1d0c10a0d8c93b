"""Real lines read by a recogniser, in batches of equal width, so that few programs are compiled."""

import itertools
from typing import NamedTuple

import numpy as np

from ..recogniser.network import Weights
from ..recogniser.reading import VIEWS, View, Views, read_lines

# Widths are multiples of this; lines of one call.
STEP, BATCH = 64, 32
# Real digits are narrower, wider and more slanted than MNIST's, mostly to the right: the views that stand
# them up go further. Neighbours in the grid show the network other columns. Which views are taken matters
# little: any twelve read 346 cheques with a standard deviation of 0.9 points, any 24 read 0.8 points more.
SLANTS, WIDTHS, SHIFTS = (8.0, 0.0, -8.0, -16.0), (0.85, 1.0, 1.15), 4
MANY: Views = (
    *VIEWS,
    *(View(wide=wide) for wide in (0.85, 1.15)),
    *(View(slant=slant) for slant in (8.0, -8.0)),
    *(
        View(slant=slant, wide=wide, shift=number % SHIFTS)
        for number, (slant, wide) in enumerate(itertools.product(SLANTS, WIDTHS))
        if (slant, wide) != (0.0, 1.0)  # which VIEWS have
    ),
)
ONE: Views = (View(),)


class Read(NamedTuple):
    """What was read off a line, and how confidently: the reading's mean probability over the views."""

    text: str
    confidence: float


def read_real(
    weights: Weights, images: list[np.ndarray], views: Views = MANY, *, lone: bool = False
) -> list[Read]:
    """What is read off each image [28, W], in their order; one digit each if they are `lone` digits."""
    read: list[Read] = [Read("", 0.0)] * len(images)
    wides = np.array([-(-image.shape[1] // STEP) * STEP for image in images])
    for wide in sorted(set(wides.tolist())):
        places = np.flatnonzero(wides == wide)
        for part in np.split(places, range(BATCH, len(places), BATCH)):
            batch = np.zeros((BATCH, 28, wide), np.float32)
            for row, place in enumerate(part):
                batch[row, :, : images[place].shape[1]] = images[place]
            digits, log_probs = read_lines(weights, batch, views, BATCH, lone=lone)
            for row, place in enumerate(part):
                text = "".join(str(digit) for digit in digits[row] if digit >= 0)
                read[place] = Read(text, float(np.exp(log_probs[row])))
    return read
