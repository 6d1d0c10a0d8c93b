"""The pictures of docs/guide/augmentation.md: every transform at low, default and high strength.

Run: python examples/augmentation_pictures.py BANK_FOLDER PICTURE_FOLDER
where BANK_FOLDER is what examples/stroke_bank.py drew. The same pictures each time.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import digitseq as ds
from digitseq import augment
from digitseq.io import png

# Changes of a transform's defaults for the first and the last of a picture's three rows.
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
    augment.FitHeight(): ({"height": 13.0}, {"low": 0.5, "high": 1.5, "shift": 5.0}),
    augment.BaselineRules(): (
        {"under": 0.15, "over": 0.05, "edge": 0.05, "strength": 0.5},
        {"under": 1.0, "over": 0.5, "edge": 0.5},
    ),
    augment.Specks(): ({"most": 2.0}, {"most": 8.0}),
}
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
ACROSS = 6
# Presets that belong to a document, which is shown whole; its key was chosen to show rules, rare in forms.
DOCUMENTS = ("form", "cheque")
# Chosen so that no transform of lines shows three slight samples, or three that are alike.
SEED = 1877
DIGITS = jnp.array([[3, 5, 0, 8, 1], [2, 7, 4, 9, 6], [6, 0, 1, 3, 2]])


def three(transform: augment.Transform, changes: tuple[dict[str, float], ...]) -> list[augment.Transform]:
    """The transform at low, default and high strength."""
    record: Any = transform
    low, high = (dataclasses.replace(record, **change) for change in changes)
    return [low, transform, high]


def glyph_rows(bank: ds.DigitBank, transforms: list[augment.Transform]) -> np.ndarray:
    """A row for each transform: two glyphs untransformed, each followed by several random samples."""
    glyphs = jnp.repeat(bank.glyphs[bank.starts[jnp.array([3, 5])] + 7], ACROSS, axis=0)
    first = jnp.arange(2 * ACROSS)[:, None, None] % ACROSS == 0
    plain = augment.apply(jax.random.key(0), (), glyphs)
    rows = [
        jnp.where(first, plain, augment.apply(jax.random.key(1), (transform,), glyphs))
        for transform in transforms
    ]
    return np.concatenate(rows)


def line_rows(bank: ds.DigitBank, transforms: list[augment.Transform]) -> np.ndarray:
    """A row for each transform: the same three lines."""
    spec = ds.SequenceSpec(image_width=160, spacing_range=(0, 4))
    lines = ds.sample_sequences(jax.random.key(11), bank, DIGITS, spec).image
    return np.concatenate([augment.apply(jax.random.key(SEED), (t,), lines) for t in transforms])


def written_rows(bank: ds.DigitBank, transforms: list[augment.Transform]) -> np.ndarray:
    """A row for each transform: the same three lines, written with it."""
    rows = []
    for transform in transforms:
        lines, glyphs = (transform,), ()
        if isinstance(transform, augment.PerLine):
            lines, glyphs = glyphs, lines
        elif isinstance(transform, augment.FitHeight):
            glyphs = (augment.PerLine(augment.Affine(rotation=0.0, scale=0.45, slant=0.0)),)
        spec = ds.SequenceSpec(
            image_width=160, spacing_range=(0, 4), glyph_transforms=glyphs, line_transforms=lines
        )
        rows.append(ds.sample_sequences(jax.random.key(11), bank, DIGITS, spec).image)
    return np.concatenate(rows)


def main() -> None:
    """Writes the pictures."""
    source, folder = sys.argv[1:]
    bank, out = ds.load_bank(source), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for table, draw, columns in (
        (GLYPHS, glyph_rows, 2 * ACROSS),
        (LINES, line_rows, len(DIGITS)),
        (WRITTEN, written_rows, len(DIGITS)),
    ):
        for transform, changes in table.items():
            rows = three(transform, changes) if changes != ({}, {}) else [transform]
            name = type(transform).__name__
            png.save(out / f"{name}.png", ds.contact_sheet(draw(bank, rows), columns=columns, scale=2))
    for name in augment.PRESETS:
        if name in DOCUMENTS:
            batch = ds.batch_at(jax.random.key(6), 0, *ds.document(name, bank, image_width=160), 6)
        else:
            glyphs, lines = augment.preset(name)
            spec = ds.SequenceSpec(
                image_width=160, spacing_range=(-4, 4), glyph_transforms=glyphs, line_transforms=lines
            )
            batch = ds.sample_sequences(jax.random.key(3), bank, jnp.tile(DIGITS, (2, 1)), spec)
        page = ds.contact_sheet(np.asarray(batch.image), columns=3, scale=2, boxes=np.asarray(batch.boxes))
        png.save(out / f"{name}.png", page)


if __name__ == "__main__":
    main()
