"""Which generated glyphs of a digit a person can read, by two tests whose limits are those of MNIST's digits.

1. Strokes (`well_formed`): in one piece, no fainter and no more smeared than those of 95 of 100 real
   digits (no wider than those of 97), with a number of holes that at least 6 of 100 real ones have: an 8
   without any is a blob.
2. Reading (`readable`): classifiers of several seeds all give the digit a high probability, as it stands and
   in random views of it, which are turned, scaled, slanted and shifted a little, and thinner or thicker.
   Ensembles agree less on what is unlike their training data (B. Lakshminarayanan and others, 2017).
"""

from collections.abc import Sequence
from typing import NamedTuple

import classifier
import jax
import jax.numpy as jnp
import numpy as np
from augmentation_ablation import Data
from measures import faint_ink, holes, largest_piece, smear, widths

from digitseq import augment

SEEDS, EPOCHS = (22, 24), 2  # of the classifiers, which read 99.2 and 99.3 % of MNIST's test digits rightly
VIEWS, VIEW_SEED = 8, 26
MOVES = (
    augment.Affine(rotation=10.0, scale=0.1, slant=10.0, shift=1.5),
    augment.StrokeWidth(change_by=1.0),
)
LEAST_PROBABILITY = 0.99  # of every classifier and view
LEAST_PIECE = 0.97  # of the ink, in the largest piece: a speck beside it is no break
USUAL = (0.95, 0.95, 0.97)  # of real digits have so much faint ink, smear and width, or less
RARE = 0.06  # of real digits are so
MOST_HOLES = 8


class Strokes(NamedTuple):
    """A digit's strokes: limits of faint ink, smear and width [3]; which numbers of holes [8]."""

    most: np.ndarray
    holes: np.ndarray


def _measured(glyphs: np.ndarray) -> np.ndarray:
    return np.stack([faint_ink(glyphs), smear(glyphs), widths(glyphs)])


def strokes_of(real: np.ndarray) -> Strokes:
    """The strokes of real glyphs of one digit, float32 [N, 28, 28] in [0, 1]."""
    counts = np.bincount(holes(real).clip(max=MOST_HOLES - 1), minlength=MOST_HOLES)
    most = [np.quantile(values, share) for values, share in zip(_measured(real), USUAL, strict=True)]
    return Strokes(np.array(most), counts >= RARE * len(real))


def well_formed(strokes: Strokes, glyphs: np.ndarray) -> np.ndarray:
    """Which glyphs, float32 [N, 28, 28] in [0, 1], have such strokes in one piece; bool [N]."""
    within = (_measured(glyphs) <= strokes.most[:, None]).all(axis=0)
    usual = strokes.holes[holes(glyphs).clip(max=MOST_HOLES - 1)]
    return within & usual & (largest_piece(glyphs) >= LEAST_PIECE)


def readers(train: Data) -> list[classifier.Weights]:
    """The classifiers' weights."""
    return [classifier.train(jax.random.key(seed), train, EPOCHS) for seed in SEEDS]


@jax.jit
def _view(key: jax.Array, glyphs: jax.Array) -> jax.Array:
    return augment.apply(key, MOVES, glyphs)


def readable(weights: Sequence[classifier.Weights], glyphs: np.ndarray, digit: int) -> np.ndarray:
    """Which glyphs, float32 [N, 28, 28] in [0, 1], all classifiers read rightly in all views; bool [N]."""
    keys = jax.random.split(jax.random.key(VIEW_SEED), VIEWS)
    views = [glyphs, *(np.asarray(_view(key, jnp.asarray(glyphs))) for key in keys)]
    probs = [classifier.classify(own, view)[1][:, digit] for own in weights for view in views]
    return np.min(probs, axis=0) >= LEAST_PROBABILITY
