"""Pen strokes: random numbers, splines, ink."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitseq.glyphs import strokes
from digitseq.glyphs.strokes import Chance, paint, spline, steps_of


def test_random_numbers_of_a_glyph_depend_on_its_place_alone():
    few, many = Chance.of(3, 5), Chance.of(3, 50)
    np.testing.assert_array_equal(few.numbers, many.numbers[:5])
    assert (many.numbers >= 0).all()
    assert (many.numbers < 1).all()
    some = many.of_rows(np.array([4, 2]))
    np.testing.assert_array_equal(some.uniform(0.0, 1.0, 3), few.numbers[[4, 2], :3])
    assert not np.array_equal(Chance.of(4, 5).numbers, few.numbers)


def test_normal_numbers_have_their_deviation():
    drawn = Chance.of(1, 4000).normal(2.0, 10)
    assert abs(drawn.mean()) < 4 * 2 / np.sqrt(drawn.size)
    assert abs(drawn.std() - 2) < 0.03
    assert np.abs(drawn).max() <= 2 * 2 * np.sqrt(3)


def test_more_random_numbers_than_there_are_is_an_error():
    chance = Chance.of(1, 2)
    chance.uniform(0.0, 1.0, strokes.WIDTH)
    with pytest.raises(AssertionError, match="random numbers"):
        chance.uniform(0.0, 1.0)


@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
def test_a_spline_passes_its_points(seed, count):
    rng = np.random.default_rng(seed)
    points, steps = rng.uniform(3, 25, (3, count, 2)), rng.integers(1, 9, count - 1).tolist()
    path = spline(points, steps)
    assert path.shape == (3, sum(steps) + 1, 2)
    np.testing.assert_allclose(path[:, np.cumsum([0, *steps])], points, atol=1e-9)


def test_a_curve_is_cut_into_small_steps():
    points = np.array([[4.0, 4.0], [10.0, 12.0], [24.0, 18.0], [20.0, 26.0]])
    (path,) = spline(points[None] * 1.1, steps_of(points, 1.1))
    assert np.sqrt((np.diff(path, axis=0) ** 2).sum(-1)).max() <= strokes.STEP


@given(st.floats(4, 24), st.floats(4, 24), st.floats(0.8, 3.0))
def test_ink_is_a_disc_around_a_dab(x, y, radius):
    canvas = np.zeros((1, 28, 28))
    paint(canvas, np.array([[[x, y]]]), np.array([[radius]]))
    down, across = np.mgrid[:28, :28] + 0.5
    far = np.hypot(across - x, down - y)
    assert (canvas[0][far > radius + strokes.EDGE / 2 + 1e-9] == 0).all()
    assert (canvas[0][far < radius - strokes.EDGE / 2 - 1e-9] == 1).all()
    np.testing.assert_allclose(canvas[0], np.clip((radius - far) / strokes.EDGE + 0.5, 0, 1), atol=1e-9)


def test_a_stroke_keeps_the_ink_that_is_there_and_each_canvas_its_own():
    canvas = np.zeros((2, 28, 28))
    canvas[0, 2:4] = 0.7
    before = canvas.copy()
    paint(canvas, np.array([[[14.0, 14.0], [20.0, 14.0]], [[0.1, 0.1], [27.9, 27.9]]]), np.full((2, 2), 1.5))
    assert (canvas >= before).all()
    assert (canvas[0, 2:4] == 0.7).all()
    assert canvas[0, 13, 13] == 1
    assert canvas[0, :2].max() == 0
    assert canvas[1, 0, 0] == 1
    assert canvas[1, 27, 27] == 1
    assert canvas[1, 13, 13] == 0
