"""The pictures of docs/guide/augmentation.md: every transform at low, default and high strength.

Run: python examples/augmentation_pictures.py BANK_FOLDER PICTURE_FOLDER [NAME ...]
where BANK_FOLDER is what examples/stroke_bank.py drew. The same pictures each time.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from figures import Row, page, strength, zoomed

import digitseq as ds
from digitseq import augment

# Changes of a transform's defaults for the second and the last of a picture's four rows.
GLYPHS = {
    augment.Affine(): ({"rotation": 4.0, "scale": 0.04, "slant": 4.0}, {"rotation": 25.0, "scale": 0.3}),
    augment.Elastic(): ({"amplitude": 0.5}, {"amplitude": 3.0, "sigma": 8.0}),
    augment.Perspective(): ({"tilt": 0.05}, {"tilt": 0.4}),
    augment.StrokeWidth(): ({"change_by": 0.4}, {"change_by": 2.0}),
    augment.Contrast(): ({"strength": 0.2}, {"strength": 3.0}),
    augment.Gamma(): ({"strength": 0.2}, {"strength": 3.0}),
    augment.InkFade(): ({"strength": 0.15}, {"strength": 0.8}),
    augment.Blur(): ({"sigma": 0.3}, {"sigma": 2.0}),
}
# Transforms of lines that want to know where digits are, or which digits are a line's.
WRITTEN = {
    augment.PerLine(augment.Affine(rotation=5.0, scale=0.3, slant=25.0, shift=0.0)): (
        {"jitter": 0.0},
        {"jitter": 0.5},
    ),
    augment.BaselineRules(): (
        {"under": 0.15, "over": 0.05, "edge": 0.05, "strength": 0.5},
        {"under": 1.0, "over": 0.5, "edge": 0.5},
    ),
    augment.Specks(): ({"most": 2.0}, {"most": 8.0}),
}
SIZED = {augment.FitHeight(): ({"height": 13.0}, {"low": 0.5, "high": 1.5, "shift": 5.0})}
LINES = {
    augment.LineSlant(): ({"angle": 5.0}, {"angle": 40.0}),
    augment.LineSlope(): ({"angle": 1.5}, {"angle": 10.0}),
    augment.LineShift(): ({"down": 2.0}, {"down": 10.0, "right": 20.0}),
    augment.BaselineWave(): ({"amplitude": 1.0}, {"amplitude": 5.0, "wavelength": 80.0}),
    augment.GaussianNoise(): ({"sigma": 0.03}, {"sigma": 0.3}),
    augment.ReplaceNoise(): ({"p": 0.02}, {"p": 0.5}),
    augment.Paper(): (
        {"lines": 0.15, "boxes": 0.15, "gradient": 0.15},
        {"lines": 0.9, "boxes": 0.9, "gradient": 0.9},
    ),
    augment.Occlude(): ({"size": 5.0}, {"size": 28.0}),
    augment.Invert(): ({}, {}),
    augment.Sometimes(0.5, augment.Invert()): ({"p": 0.1}, {"p": 0.9}),
}
# Chosen so that all that moves lines shows in each of the three.
SEED = 13
GLYPH_DIGITS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 5)
DIGITS = jnp.array([[3, 5, 0, 8], [2, 7, 4, 9], [6, 1, 3, 2]])
WIDTH, ZOOM = 124, 3
# Lines in several sizes, for what makes them alike.
SIZES = augment.PerLine(augment.Affine(rotation=0.0, scale=0.45, slant=0.0))


def titled(transform: augment.Transform) -> str:
    """A transform's name, with what it wraps."""
    name, inner = type(transform).__name__, getattr(transform, "transform", None)
    if isinstance(transform, augment.FitHeight):
        return f"{name}, of lines in several sizes"
    if inner is None:
        return name
    return f"{name}({type(inner).__name__}({strength(inner)}))".replace("\xa0=\xa0", "=")


def strengths(transform: augment.Transform, low: dict[str, float], high: dict[str, float]) -> dict[str, Any]:
    """The transform at low, default and high strength, by the words beside it."""
    record: Any = transform
    if not transform.limits:
        return {"no parameters": transform}
    weak, strong = dataclasses.replace(record, **low), dataclasses.replace(record, **high)
    default = type(record).__name__ not in ("PerLine", "Sometimes")
    return {
        strength(weak): weak,
        strength(transform) + " (default)" * default: transform,
        strength(strong): strong,
    }


def glyphs_with(bank: ds.DigitBank, *transforms: augment.Transform) -> np.ndarray:
    """Some glyphs, transformed."""
    glyphs = bank.glyphs[bank.starts[jnp.array(GLYPH_DIGITS)] + 7 + jnp.arange(len(GLYPH_DIGITS)) // 10]
    return np.asarray(augment.apply(jax.random.key(1), transforms, glyphs))


def written(bank: ds.DigitBank, glyph_transforms: Any = (), line_transforms: Any = ()) -> ds.DigitSequence:
    """Three lines, written with transforms."""
    spec = ds.SequenceSpec(
        image_width=WIDTH,
        spacing_range=(0, 4),
        glyph_transforms=glyph_transforms,
        line_transforms=line_transforms,
    )
    return ds.sample_sequences(jax.random.key(11), bank, DIGITS, spec)


def lines_with(bank: ds.DigitBank, *transforms: augment.Transform) -> np.ndarray:
    """Three lines, transformed."""
    return np.asarray(augment.apply(jax.random.key(SEED), transforms, written(bank).image))


def written_with(bank: ds.DigitBank, *transforms: augment.Transform) -> np.ndarray:
    """Three lines, written with a transform that wants to know their digits."""
    if any(isinstance(transform, augment.PerLine) for transform in transforms):
        return np.asarray(written(bank, transforms).image)
    return np.asarray(written(bank, (), transforms).image)


def sized_with(bank: ds.DigitBank, *transforms: augment.Transform) -> np.ndarray:
    """Three lines in several sizes, written with a transform."""
    return np.asarray(written(bank, (SIZES,), transforms).image)


def main() -> None:
    """Writes the pictures."""
    source, folder, *names = sys.argv[1:]
    bank, out = ds.load_bank(source), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    tables = ((GLYPHS, glyphs_with), (LINES, lines_with), (WRITTEN, written_with), (SIZED, sized_with))
    if unknown := set(names) - {type(kind).__name__ for table, _ in tables for kind in table}:
        sys.exit(f"no transform {', '.join(sorted(unknown))}")
    for table, draw in tables:
        wanted = {kind: table[kind] for kind in table if not names or type(kind).__name__ in names}
        if not wanted:
            continue
        plain = Row("untransformed", zoomed(draw(bank), ZOOM))
        for transform, changes in wanted.items():
            rows = [plain]
            for words, changed in strengths(transform, *changes).items():
                rows.append(Row(words, zoomed(draw(bank, changed), ZOOM)))
            ds.save(out / f"{type(transform).__name__}.png", page(titled(transform), rows))


if __name__ == "__main__":
    main()
