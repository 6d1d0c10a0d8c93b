"""Slope, slant and shift of lines, bounds of where ink goes, and lines fitted to a height."""

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from hypothesis import strategies as st
from reference import fold, ink_box
from scipy import stats

import digitseq as ds
from digitseq import augment
from digitseq.augment.line_fit import Fitted, measured
from digitseq.augment.resample import grid

SIZE = (28, 120)
BOXES = jnp.array([[[10, 6, 22, 25], [30, 4, 50, 26], [52, 20, 56, 28], [60, 7, 70, 24]]], jnp.float32)
FITTED = Fitted(augment.FitHeight(low=0.3, high=2.0, shift=9.0), measured(BOXES, jnp.ones((1, 4), bool)))
MOVING = (
    augment.LineSlope(angle=20.0, bias=10.0),
    augment.LineSlant(angle=40.0, bias=-20.0),
    augment.LineShift(down=20.0, right=30.0),
    augment.BaselineWave(amplitude=9.0),
    augment.Affine(rotation=180.0, scale=0.5, slant=40.0, shift=9.0),
    augment.Perspective(tilt=0.45),
    augment.Sometimes(0.5, augment.LineSlope()),
    FITTED,
)


def places_of(transform, count=2000):
    found = jax.jit(lambda t: t.pull(t.draw(fold(0, count), SIZE), grid(SIZE), SIZE))(transform)
    return [np.broadcast_to(place, (count, SIZE[0] * SIZE[1])).reshape(-1, *SIZE) for place in found]


def test_a_slope_shears_along_the_columns_within_its_range():
    y, x = places_of(augment.LineSlope(angle=5.0, bias=-2.0))
    np.testing.assert_array_equal(x[0], np.mgrid[:28, :120][1])
    np.testing.assert_allclose((y[:, :, 0] + y[:, :, -1])[5], 2 * np.arange(28), atol=1e-3)
    # A place of the result lies lower in the input to the right of the middle: the line has risen there.
    rise = np.degrees(np.arctan((y[:, 9, -1] - y[:, 9, 0]) / 119))
    assert stats.kstest(rise, stats.uniform(-7, 10).cdf).pvalue > 1e-4


def test_a_bias_moves_the_range_of_slants_and_strokes():
    _, x = places_of(augment.LineSlant(angle=10.0, bias=30.0))
    lean = np.degrees(np.arctan((x[:, 27, 60] - x[:, 0, 60]) / 27))
    assert stats.kstest(lean, stats.uniform(20, 20).cdf).pvalue > 1e-4
    bar = jnp.zeros((400, 28, 28)).at[:, :, 11:17].set(1.0)
    for strokes, law in (
        (augment.StrokeWidth(change_by=0.5, bias=-0.5), stats.uniform(5, 1)),
        (augment.StrokeWidth(change_by=0.5, bias=1.0), stats.uniform(6.5, 1)),
    ):
        widths = np.asarray(augment.apply(4, [strokes], bar))[:, 14].sum(axis=1)
        assert stats.kstest(widths, law.cdf).pvalue > 1e-4
    most = np.asarray(augment.apply(4, [augment.StrokeWidth(change_by=2.0, bias=2.0)], bar))[:, 14].sum(
        axis=1
    )
    assert most.max() <= 8 + 1e-4


def test_a_shift_moves_the_line_and_cuts_off_ink():
    y, x = places_of(augment.LineShift(down=4.0, right=2.0))
    for moved, most in ((np.mgrid[:28, :120][0] - y, 4), (np.mgrid[:28, :120][1] - x, 2)):
        assert np.ptp(moved, axis=(1, 2)).max() < 1e-4
        assert stats.kstest(moved[:, 0, 0], stats.uniform(-most, 2 * most).cdf).pvalue > 1e-4
    image = jnp.ones((200, 28, 40))
    moved = np.asarray(augment.apply(1, [augment.LineShift(down=5.0)], image))
    filled = moved.sum(axis=(1, 2)) / 40
    assert 22.9 < filled.min() < 24
    assert filled.max() > 27.5


@pytest.mark.parametrize("transform", MOVING, ids=lambda t: type(t).__name__)
def test_pushed_boxes_bound_where_ink_goes(transform):
    far = np.mgrid[-60:90:3.0, -90:210:3.0].astype(np.float32).reshape(2, 1, -1)

    @jax.jit
    def both(seed, box):
        drawn = transform.draw(jax.random.key(seed)[None], SIZE)
        return *transform.pull(drawn, (far[0], far[1]), SIZE), transform.push(drawn, box[None], SIZE)

    @hypothesis.settings(max_examples=40)
    @hypothesis.given(
        st.integers(0, 2**31),
        st.integers(-5, 110),
        st.integers(-5, 25),
        st.integers(1, 40),
        st.integers(1, 28),
    )
    def check(seed, left, top, wide, high):
        box = np.array([left, top, left + wide, top + high], np.float32)
        y, x, pushed = map(np.asarray, both(np.uint32(seed), box))
        y, x = np.broadcast_to(y, far[0].shape), np.broadcast_to(x, far[0].shape)
        inside = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
        x0, y0, x1, y1 = pushed[0] + np.array([-1, -1, 1, 1]) * 1e-2
        reached = far[:, inside]
        assert ((reached[0] >= y0) & (reached[0] <= y1)).all()
        assert ((reached[1] >= x0) & (reached[1] <= x1)).all()

    check()


def test_a_fit_measures_digits_and_not_dashes():
    shown = jnp.array([[True, True, True, True], [True, False, False, True], [False] * 4])
    tall, middle, top, bottom, left, right = np.asarray(measured(jnp.repeat(BOXES, 3, axis=0), shown)).T
    np.testing.assert_allclose(tall, [19, 18, 1])
    np.testing.assert_allclose(middle, [15.5, 15.5, 0])
    np.testing.assert_allclose(
        [top[:2], bottom[:2], left[:2], right[:2]], [[4, 6], [28, 25], [10, 10], [70, 70]]
    )


DIGITS = np.array([[3, 5, 0, 8, 1], [9, 9, 9, 9, 9], [7, 2, 6, -1, -1], [4, -1, -1, -1, -1]] * 10, np.int32)
EARLIER = (augment.LineSlope(angle=4.0), augment.LineSlant(angle=20.0), augment.BaselineWave(amplitude=1.0))


@pytest.mark.parametrize("earlier", [False, *slow(True)])
def test_fitted_lines_have_the_height_and_stay_on_the_canvas(earlier):
    blocks = jnp.zeros((10, 28, 28), jnp.uint8).at[:, 4:21, 9:18].set(255)
    bank = ds.make_bank(blocks, np.arange(10))
    sizes = augment.Affine(rotation=0.0, scale=0.4, slant=0.0, shift=0.0)
    fit = augment.FitHeight(low=0.8, high=1.0, shift=0.5)
    spec = ds.SequenceSpec(image_width=260, glyph_transforms=(augment.PerLine(sizes),), spacing_range=(0, 4))
    s = jax.device_get(
        ds.sample_sequences(
            5, bank, DIGITS, spec.replace(line_transforms=(*(EARLIER if earlier else ()), fit))
        )
    )
    plain = ds.sample_sequences(5, bank, DIGITS, spec)
    np.testing.assert_array_equal(s.length, plain.length)  # no digit is lost
    medians, middles = [], [14.0]
    for image, boxes in zip(s.image, s.boxes, strict=True):
        used = boxes[boxes[:, 0] >= 0]
        heights = used[:, 3] - used[:, 1]
        medians.append(np.median(heights))
        assert image[[0, -1]].max() < 0.55  # half a row stays free
        assert image[:, [0, -1]].max() < 0.55
        if not earlier:
            middles.append(np.median(used[:, 1] + used[:, 3]) / 2)
    # Interpolation smears ink over a pixel of the input more, which is up to two of the result.
    assert max(medians) <= 24
    assert min(medians) >= (16 if not earlier else 10)
    assert np.std(medians) > 0.7
    assert np.abs(np.array(middles) - 14).max() < 1.1


def test_a_fit_s_height_is_uniform_in_its_range():
    lines = 3000
    fit = jnp.tile(jnp.array([[16.0, 15.0, 7.0, 23.0, 40.0, 80.0]]), (lines, 1))
    transform = Fitted(augment.FitHeight(), fit)
    scale = np.asarray(jax.jit(lambda: transform.draw(fold(3, lines), SIZE))())[0, :, 0]
    assert stats.kstest(16 * scale, stats.uniform(17, 5.4).cdf).pvalue > 1e-4
    edges = fit[:, jnp.array([4, 2, 5, 3])] - 0.5
    boxes = np.asarray(transform.push(transform.draw(fold(3, lines), SIZE), edges, SIZE))
    middle = (boxes[:, 1] + boxes[:, 3]) / 2 + 0.5
    assert stats.kstest(middle, stats.uniform(13.2, 1.6).cdf).pvalue > 1e-4
    np.testing.assert_allclose((boxes[:, 0] + boxes[:, 2]) / 2 + 0.5, 60, atol=1e-3)


def test_a_wide_line_is_made_to_fit_the_width():
    image = jnp.zeros((30, 28, 60)).at[:, 10:18, 2:58].set(1.0)
    fitted = np.asarray(augment.apply(2, [augment.FitHeight()], image))
    boxes = np.array([ink_box(line) for line in fitted])
    assert (boxes[:, 2] - boxes[:, 0] >= 58).all()
    assert np.abs(fitted.sum(axis=(1, 2)) / (8 * 56) - (59 / 56) ** 2).max() < 0.01


def test_blank_lines_and_blank_images_stay_blank(bank):
    assert not np.asarray(augment.apply(2, [augment.FitHeight()], jnp.zeros((3, 28, 60)))).any()
    spec = ds.SequenceSpec(image_width=60, line_transforms=(augment.FitHeight(),))
    s = ds.sample_sequences(2, bank, np.full((3, 2), -1, np.int32), spec)
    assert not np.asarray(s.image).any()
    assert s.length.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (augment.LineSlant(angle=40.0, bias=-50.0), "slants of at most 75 degrees"),
        (augment.LineSlope(angle=31.0), r"LineSlope\.angle .* 0 to 30, got 31"),
        (augment.LineShift(down=-1.0), r"LineShift\.down .* got -1"),
        (augment.FitHeight(low=1.2), "low must be at most high"),
        (augment.FitHeight(height=0.0), r"FitHeight\.height .* 1 to 4096, got 0"),
        (augment.BaselineRules(under=2.0), r"BaselineRules\.under .* got 2"),
        (augment.Specks(most=9.0), r"Specks\.most .* 0 to 8, got 9"),
    ],
)
def test_bad_parameters_are_named(transform, message):
    with pytest.raises(ValueError, match=message):
        ds.check_spec(ds.SequenceSpec(line_transforms=(transform,)))


def test_a_bias_is_shown_where_there_is_one():
    assert repr(augment.StrokeWidth()) == "StrokeWidth(change_by=1.0)"
    assert augment.to_plain([augment.LineSlant(bias=0.0)]) == [
        {"LineSlant": {"angle": 15.0, "interpolation": "linear"}}
    ]
    leaning = augment.LineSlant(bias=3.0)
    assert repr(augment.from_plain(augment.to_plain([leaning]))[0]) == repr(leaning)
    assert "bias=3.0" in repr(leaning)
