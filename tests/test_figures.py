"""The documents' figures: their words, their style, and the animation."""

import importlib
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import digitseq as ds
from digitseq import augment

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


@pytest.fixture(scope="module")
def example():
    """Imports an example by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "examples")
        yield importlib.import_module


def test_every_row_of_a_transform_says_its_strength(example):
    drawn = example("augmentation_pictures")
    tables = drawn.GLYPHS | drawn.LINES | drawn.WRITTEN | drawn.SIZED
    assert {type(transform) for transform in tables} == set(augment.serialization.KINDS.values())
    for transform, changes in tables.items():
        rows = drawn.strengths(transform, *changes)
        assert len(rows) == (3 if transform.limits else 1)
        for words, changed in rows.items():
            for name in transform.limits.keys() & changed.parameters():
                assert f"{name}\xa0=\xa0{getattr(changed, name):.4g}" in words


def test_words_stay_on_the_left_of_the_pictures(example):
    figures = example("figures")
    row = figures.Row(
        "several = 1, words = 2, that = 3, are = 4, broken = 5", [np.full((84, 84), 255, np.uint8)] * 12
    )
    page = figures.page("A title", [row, row])
    assert page.shape[1] == figures.WIDTH
    assert page.ndim == 2
    left = figures.MARGIN + figures.WORDS
    assert (page[:, left - figures.GAP : left] == figures.GROUND[0]).all()
    assert (page[:, -figures.MARGIN :] == figures.GROUND[0]).all()
    assert (page[:, figures.MARGIN : left] > 200).any()


def test_all_figures_have_one_width(example):
    figures = example("figures")
    names = [path.name for path in (PICTURES / "augmentation").iterdir()]
    assert names
    for name in (
        *(f"augmentation/{name}" for name in names),
        "sharpness.png",
        "visible-amodal.png",
        "one-writer.png",
    ):
        with Image.open(PICTURES / name) as picture:
            assert picture.width == figures.WIDTH, name
            assert picture.convert("RGB").getpixel((0, 0)) == figures.GROUND, name


def test_the_animation_is_small_and_loops(example):
    frames = example("curriculum").FRAMES
    assert (PICTURES / "curriculum.gif").stat().st_size < 10**6
    with Image.open(PICTURES / "curriculum.gif") as picture:
        assert picture.n_frames == frames
        assert picture.info["loop"] == 0
        first = np.asarray(picture.convert("L"))
        picture.seek(frames - 1)
        assert (np.asarray(picture.convert("L")) != first).mean() > 0.01


def test_a_curriculum_ends_at_the_whole_preset_and_begins_at_none_of_it(example):
    spec_at = example("curriculum").spec_at
    glyphs, lines = augment.preset("cheque")
    spec = ds.SequenceSpec(
        spacing_range=(-3, 8),
        baseline_jitter=0.8,
        ligatures=0.06,
        glyph_transforms=glyphs,
        line_transforms=lines,
    )
    assert jax.tree.all(jax.tree.map(np.isclose, spec_at(spec, 1.0), spec))
    clean = spec_at(spec, 0.0)
    assert clean.ligatures == clean.baseline_jitter == 0
    ds.check_spec(clean)
    assert tuple(map(int, clean.spacing_range)) == (4, 4)
    for transform in (*clean.glyph_transforms, *clean.line_transforms):
        inner = getattr(transform, "transform", transform)
        kept = {name for name in inner.limits if getattr(inner, name) != 0}
        assert kept == {
            "Elastic": {"sigma"},
            "BaselineWave": {"wavelength"},
            "FitHeight": {"height", "low", "high", "rows"},
        }.get(type(inner).__name__, set())
    (fit,) = (t for t in clean.line_transforms if isinstance(t, augment.FitHeight))
    assert fit.low == fit.high == 1
