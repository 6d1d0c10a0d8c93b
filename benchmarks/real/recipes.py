"""What the lines to train on are made of: a preset, whole or without one of its parts."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

import digitseq as ds
from digitseq import augment
from digitseq.augment.wrapper import innermost
from digitseq.glyphs.source import Source
from digitseq.glyphs.variants import VariedBank
from digitseq.labels.base import LabelSource

from ..recogniser import training

# The presets of lines to train on; "clean" lines are those that the recogniser of test digits is trained on.
NAMES = ("cheque", "form", "clean")
# Columns of the images that lines are trained on: 95 of 100 real amounts are no wider, and few are empty.
WIDTH = 128
# Amounts to train on: of all lengths, also single digits, with fewer zeros than real ones have.
AMOUNTS = ds.Amounts(format="#", min_digits=1, max_digits=7, round=0.2)
# The transforms that each part takes out.
GEOMETRY = (augment.BaselineWave, augment.LineSlant, augment.LineSlope)
FIT = (augment.FitHeight, augment.LineShift)
DIRT = (augment.BaselineRules, augment.Specks)
INK = (augment.Blur, augment.Contrast, augment.InkFade, augment.StrokeWidth)


class Recipe(NamedTuple):
    """All that training lines are made of; `gaps` as for the recogniser's Trainer."""

    name: str
    bank: Source
    labels: LabelSource
    spec: ds.SequenceSpec
    gaps: training.Gaps | None = None


def recipe_of(name: str) -> Recipe:
    """The recipe of a preset, by its name."""
    if name == "clean":
        return clean()
    labels = AMOUNTS if name == "cheque" else None
    return Recipe(name, *ds.document(name, "mnist", labels=labels, image_width=WIDTH))


def clean() -> Recipe:
    """What the recogniser of test digits is trained on, without any realism."""
    spec = training.SPEC.replace(glyph_transforms=training.WARP)
    return Recipe("clean", ds.load_bank("mnist"), training.LABELS, spec, training.GAPS)


def parts_of(recipe: Recipe) -> list[str]:
    """The names of the parts that a recipe has."""
    return [part for part in PARTS if not _same(without(recipe, part), recipe)]


def without(recipe: Recipe, part: str) -> Recipe:
    """The recipe without one of PARTS; the same, but for its name, where it has none of that."""
    return PARTS[part](recipe)._replace(name=f"{recipe.name}-without-{part}")


def _same(ours: Recipe, theirs: Recipe) -> bool:
    """Whether recipes are alike but for their names."""
    (leaves, tree), (others, other_tree) = (jax.tree.flatten(tuple(one)[1:]) for one in (ours, theirs))
    # Arrays that a part leaves alone are the same ones.
    same = (a is b or (isinstance(a, float) and a == b) for a, b in zip(leaves, others, strict=False))
    return tree == other_tree and all(same)


def _without_transforms(*kinds: type) -> Callable[[Recipe], Recipe]:
    def kept(chain: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in chain if not isinstance(innermost(one), kinds))

    def change(recipe: Recipe) -> Recipe:
        glyphs, lines = kept(recipe.spec.glyph_transforms), kept(recipe.spec.line_transforms)
        return _with_spec(glyph_transforms=glyphs, line_transforms=lines)(recipe)

    return change


def _with_spec(**changes: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe._replace(spec=recipe.spec.replace(**changes))


def _without_variants(recipe: Recipe) -> Recipe:
    varied = isinstance(recipe.bank, VariedBank)
    return recipe._replace(bank=recipe.bank.bank) if varied else recipe


def _without_marks(recipe: Recipe) -> Recipe:
    marked = isinstance(recipe.labels, ds.WithMarks)
    return _with_spec(unlabelled="")(recipe._replace(labels=recipe.labels.labels)) if marked else recipe


def _without_hand(recipe: Recipe) -> Recipe:
    """Each digit by a hand of its own, and gaps of one range for all lines."""
    chain = recipe.spec.glyph_transforms
    alone = tuple(one.transform if isinstance(one, augment.PerLine) else one for one in chain)
    return _with_spec(glyph_transforms=alone, spacing="random")(recipe)


PARTS: dict[str, Callable[[Recipe], Recipe]] = {
    "variants": _without_variants,
    "marks": _without_marks,
    "hand": _without_hand,
    "outline": _with_spec(advance="ink"),
    "baseline": _with_spec(baseline="cell", baseline_jitter=0.0),
    "ligatures": _with_spec(ligatures=None),
    "geometry": _without_transforms(*GEOMETRY),
    "fit": _without_transforms(*FIT),
    "dirt": _without_transforms(*DIRT),
    "ink": _without_transforms(*INK),
}
