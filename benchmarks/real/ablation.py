"""What each part of a preset is worth: short trainings with one part taken out in turn."""

from pathlib import Path

import numpy as np

from ..recogniser.network import Weights
from ..recogniser.reading import Views
from . import lines
from .reading import MANY, ONE, read_real
from .recipes import Recipe, clean, parts_of, without
from .scores import Score, score
from .training import trained

STEPS = 4000


def ablate(recipe: Recipe, paths: list[Path], steps: int, seed: int, keep: Path | None) -> None:
    """Trains on the recipe, on it without each of its parts, and on clean lines; prints how each reads."""
    sets = {path.stem: lines.load(path) for path in paths}
    images = {name: lines.prepared(real) for name, real in sets.items()}
    scores: dict[str, dict[str, list[Score]]] = {name: {} for name in sets}
    for one in [recipe, *(without(recipe, part) for part in parts_of(recipe)), clean()]:
        weights = trained(one, steps, seed, keep).weights
        for name, real in sets.items():
            scores[name][one.name] = [_score(weights, images[name], real, views) for views in (ONE, MANY)]
    for name, real in sets.items():
        print_table(f"{name}, {len(real)} lines; each trained {steps} steps", scores[name])


def print_table(title: str, scores: dict[str, list[Score]]) -> None:
    """Prints exact lines and CER of each recipe, by a single view and by all; the first is the whole one."""
    width = max(map(len, scores))
    print(f"\n{title}\n{'in %':{width}}  one view: exact, CER   all views: exact, CER   (95 % interval)")
    whole = next(iter(scores.values()))[1].right
    for name, (single, many) in scores.items():
        low, high = many.interval
        print(
            f"{name:{width}}  {100 * single.right:15.1f} {100 * single.error_rate:6.1f} "
            f"{100 * many.right:17.1f} {100 * many.error_rate:6.1f}   ({100 * low:.1f} to {100 * high:.1f})"
            f"  {100 * (many.right - whole):+.1f}"
        )


def _score(weights: Weights, images: list[np.ndarray], real: list[lines.Line], views: Views) -> Score:
    read = read_real(weights, images, views, lone=lines.lone(real))
    return score([line.label for line in real], [one.text for one in read], [one.confidence for one in read])
