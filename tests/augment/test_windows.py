"""Boxes read in windows are those of whole canvases, however far ink goes."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow

import digitseq as ds
from digitseq import augment
from digitseq.augment import windows
from digitseq.augment.line_fit import fits
from digitseq.sequence import annotations

DIGITS = np.array([[3, 5, 0, 8, 1, -1], [9, 9, 9, 9, 9, 9], [7, -1, -1, -1, -1, -1]] * 3, np.int32)
SPEC = ds.SequenceSpec(image_width=150, spacing_range=(-9, 5), align="random")
FAR = (augment.LineSlant(angle=60.0), augment.BaselineWave(amplitude=6.0, wavelength=30.0))


def boxes_of(bank, spec):
    sample = jax.jit(lambda: ds.sample_sequences(jax.random.key(8), bank, DIGITS, spec))
    return jax.device_get(sample())


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        ((*FAR, augment.FitHeight(), augment.Blur()), {}),
        *slow(
            (FAR, {}),
            ((augment.StrokeWidth(change_by=2.0), augment.Invert(), augment.Blur()), {"advance": "ink"}),
            ((augment.LineSlant(angle=60.0, interpolation="cubic"), augment.Contrast()), {}),
            ((augment.Sometimes(0.5, FAR[0]), augment.Sometimes(0.5, augment.Blur())), {}),
            ((*FAR, augment.Gamma()), {"image_height": 70, "scale": 2.2, "image_width": 333}),
            ((augment.LineSlope(), augment.LineShift(right=50.0)), {}),
            ((augment.Affine(rotation=180.0, shift=9.0), augment.Perspective(tilt=0.45)), {}),
            ((augment.Sometimes(0.5, augment.FitHeight()), augment.LineShift()), {}),
            (
                (augment.FitHeight(), augment.Contrast(strength=3.0)),
                {"baseline": "ink", "baseline_jitter": 6.0, "glyph_transforms": (augment.Elastic(),)},
            ),
            (FAR, {"glyph_transforms": (augment.Elastic(), augment.Blur(sigma=2.0))}),
        ),
    ],
)  # fmt: skip
def test_windows_find_the_boxes_of_whole_canvases(bank, monkeypatch, lines, changes):
    spec = SPEC.replace(line_transforms=lines, **changes)
    # A fit knows its bounds once the line is measured.
    assert windows.reach_of(tuple(t for t in lines if not fits(t))) is not None
    found = boxes_of(bank, spec)
    monkeypatch.setattr(annotations, "_in_windows", lambda *_: None)
    jax.clear_caches()
    whole = boxes_of(bank, spec)
    # Neither way makes the images, whose pixels older versions of XLA round otherwise in another program.
    labels = [dataclasses.replace(lines, image=None) for lines in (found, whole)]
    jax.tree.map(np.testing.assert_array_equal, *labels)
    assert (found.boxes[:, :, 2] - found.boxes[:, :, 0]).max() > 12


@pytest.mark.slow
def test_windows_end_where_a_line_of_a_traced_width_does(bank, monkeypatch):
    from digitseq.sequence.pipeline import render

    spec = SPEC.replace(line_transforms=FAR)

    def drawn():
        row_keys = jax.vmap(jax.random.key)(np.arange(len(DIGITS), dtype=np.uint32))
        return jax.jit(lambda width: render(row_keys, bank, jnp.asarray(DIGITS), spec, width))(jnp.int32(101))

    found = drawn()
    monkeypatch.setattr(annotations, "_in_windows", lambda *_: None)
    jax.clear_caches()
    jax.tree.map(np.testing.assert_array_equal, found, drawn())


class Further(augment.LineSlant):
    """A user's subclass, whose bounds are not its parent's."""


class Spread(augment.Blur):
    limits: ClassVar[Any] = {}


@pytest.mark.parametrize(
    ("chain", "reach"),
    [
        ((), 0),
        (FAR, 0),
        ((*FAR, augment.GaussianNoise(), augment.Blur(), augment.StrokeWidth()), 5),
        ((augment.Blur(), augment.LineSlant()), None),  # blurred ink would be moved
        ((augment.LineSlant(), augment.GaussianNoise(), augment.LineSlant()), None),  # two resamplings
        ((Further(),), None),
        ((Spread(),), None),
        ((augment.Sometimes(0.5, Further()),), None),
    ],
)
def test_windows_do_only_chains_whose_bounds_are_stated(chain, reach):
    assert windows.reach_of(chain) == reach
