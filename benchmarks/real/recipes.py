"""What the lines to train on are made of: a preset, whole or without one of its parts."""

from typing import NamedTuple

import digitseq as ds
from digitseq import augment
from digitseq.glyphs.source import Source
from digitseq.labels.base import LabelSource

from ..recogniser import training

# The presets of lines to train on; "clean" lines are those that the recogniser of test digits is trained on.
NAMES = ("cheque", "form", "clean")


class Recipe(NamedTuple):
    """All that training lines are made of; `gaps` as for the recogniser's Trainer."""

    name: str
    bank: Source
    labels: LabelSource
    spec: ds.SequenceSpec
    gaps: training.Gaps | None


def recipe_of(name: str) -> Recipe:
    """The recipe of a preset; "clean" is that of the recogniser of test digits, without any realism."""
    bank = ds.load_bank("mnist")
    if name == "clean":
        spec = training.SPEC.replace(glyph_transforms=training.WARP)
        return Recipe(name, bank, training.LABELS, spec, training.GAPS)
    labels = ds.Amounts(format="#", min_digits=2, max_digits=7, round=0.3)
    spec = training.SPEC.replace(
        image_width=192, glyph_transforms=training.WARP, line_transforms=(augment.LineSlant(angle=30.0),)
    )
    return Recipe(name, bank, labels, spec, training.GAPS)
