"""What the lines to train on are made of: a preset, whole or without one of its parts."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

import digitseq as ds
from digitseq import augment
from digitseq.augment.wrapper import innermost
from digitseq.glyphs.source import Source
from digitseq.labels.base import LabelSource

from ..recogniser import training

# The presets of lines to train on; "clean" lines are those that the recogniser of test digits is trained on.
NAMES = ("cheque", "form", "clean")
# The transforms that a part takes out, by their names.
GEOMETRY = (
    "Affine",
    "BaselineWave",
    "Elastic",
    "FitHeight",
    "LineShift",
    "LineSlant",
    "LineSlope",
    "Perspective",
)
DIRT = ("BaselineRules", "Paper", "SaltPepper", "Specks")
INK = ("Blur", "Contrast", "Gamma", "InkFade", "StrokeWidth")


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
    labels = ds.Amounts(format="#", min_digits=2, max_digits=7, round=0.3)
    spec = training.SPEC.replace(
        image_width=192, glyph_transforms=training.WARP, line_transforms=(augment.LineSlant(angle=30.0),)
    )
    return Recipe(name, ds.load_bank("mnist"), labels, spec, training.GAPS)


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
    return tree == other_tree and all(a is b for a, b in zip(leaves, others, strict=True))


def _without_transforms(names: tuple[str, ...]) -> Callable[[Recipe], Recipe]:
    def kept(chain: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in chain if type(innermost(one)).__name__ not in names)

    def change(recipe: Recipe) -> Recipe:
        spec = recipe.spec
        changed = spec.replace(
            glyph_transforms=kept(spec.glyph_transforms), line_transforms=kept(spec.line_transforms)
        )
        return recipe._replace(spec=changed)

    return change


def _with_spec(**changes: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe._replace(spec=recipe.spec.replace(**changes))


PARTS: dict[str, Callable[[Recipe], Recipe]] = {
    "geometry": _without_transforms(GEOMETRY),
    "dirt": _without_transforms(DIRT),
    "ink": _without_transforms(INK),
}
