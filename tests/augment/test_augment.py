"""Glyph transforms: identity at zero, no folds, one resampling, gradients, exact labels."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import Shift, slow
from reference import ink_box
from scipy import stats

import digitseq as ds
from digitseq import augment
from digitseq.augment import resample
from digitseq.augment.geometry import Geometric
from digitseq.augment.resample import grid

STRONG = [
    augment.Affine(rotation=40.0, scale=0.4, slant=30.0, shift=6.0),
    augment.Elastic(amplitude=5.0, sigma=3.0),
    augment.Perspective(tilt=0.4),
    augment.StrokeWidth(change_by=2.0),
    augment.Contrast(strength=4.0),
    augment.Gamma(strength=4.0),
    augment.InkFade(strength=0.9),
    augment.Blur(sigma=2.0),
]
apply = jax.jit(augment.apply)


def zero(transform):
    """The same transform at no strength."""
    strengths = {
        name: 0.0 for name in transform.limits if name != "sigma" or isinstance(transform, augment.Blur)
    }
    return dataclasses.replace(transform, **strengths)


def keys_of(seed, count):
    fold = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
    return fold(jax.random.key(seed), jnp.arange(count, dtype=jnp.uint32))


def map_of(transform, count=200, seed=0):
    """The places each pixel comes from, [N, 28, 28] down and right, from the pixels' own."""
    size = (28, 28)
    places = jax.jit(lambda t: t.pull(t.draw(keys_of(seed, count), size), grid(size), size))(transform)
    return [np.broadcast_to(place, (count, 784)).reshape(-1, 28, 28).astype(np.float64) for place in places]


@pytest.fixture(scope="module")
def glyphs(bank):
    return bank.glyphs.astype(jnp.float32) / 255


@pytest.mark.parametrize("transform", STRONG, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_zero_strength_is_the_bit_exact_identity(glyphs, transform, interpolation):
    nothing = zero(transform)
    if isinstance(nothing, Geometric):
        nothing = dataclasses.replace(nothing, interpolation=interpolation)
    np.testing.assert_array_equal(apply(jax.random.key(0), [nothing], glyphs), glyphs)


def test_a_whole_chain_at_zero_is_the_identity(glyphs):
    np.testing.assert_array_equal(apply(jax.random.key(0), [zero(t) for t in STRONG], glyphs), glyphs)


@pytest.mark.parametrize("transform", STRONG, ids=lambda t: type(t).__name__)
def test_results_are_finite_images_that_differ_from_glyph_to_glyph(glyphs, transform):
    same = jnp.repeat(glyphs[:1], 50, axis=0)
    changed = np.asarray(apply(jax.random.key(1), [transform], same))
    assert np.isfinite(changed).all()
    assert changed.min() >= 0
    assert changed.max() <= 1
    # Blurs too slight to show are alike.
    assert len(np.unique(changed.reshape(50, -1), axis=0)) >= 45


def test_consecutive_geometric_transforms_are_resampled_once(glyphs):
    """Two halves make a whole pixel exactly; resampled twice, they would blur."""
    halves = apply(jax.random.key(0), [Shift(0.5), Shift(0.5)], glyphs)
    np.testing.assert_array_equal(halves[:, :, 1:], glyphs[:, :, :-1])
    blurred = apply(jax.random.key(0), [Shift(0.5), zero(augment.Gamma()), Shift(0.5)], glyphs)
    assert np.abs(np.asarray(blurred - halves)).max() > 0.05


def test_transforms_act_in_the_order_given(glyphs):
    """A shift of 20 pixels and back is nothing, but the ink that left is gone if it was resampled between."""
    away = [Shift(20.0), zero(augment.Gamma()), Shift(-20.0)]
    assert (np.asarray(apply(jax.random.key(0), away, glyphs))[:, :, 8:] == 0).all()
    one = augment.Affine(rotation=0.0, scale=0.5, slant=0.0, shift=0.0)
    key = jax.random.key(2)
    # Shifting first, the shift itself is scaled; shifting last, it is not.
    first, last = apply(key, [Shift(4.0), one], glyphs), apply(key, [one, Shift(4.0)], glyphs)
    assert np.abs(np.asarray(first - last)).max() > 0.1


@pytest.mark.parametrize("amplitude", [1.0, 8.0, 100.0])
@pytest.mark.parametrize("sigma", [2.0, 4.0, 30.0])
def test_elastic_never_folds(amplitude, sigma):
    """Over 10,000 fields both triangles of each square of pixels keep their orientation, both ways cut."""
    y, x = map_of(augment.Elastic(amplitude=amplitude, sigma=sigma), count=1200, seed=7)
    corners = [
        (y[:, a : 27 + a, b : 27 + b], x[:, a : 27 + a, b : 27 + b])
        for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))
    ]
    for k in range(4):
        (y0, x0), (y1, x1), (y2, x2) = (corners[(k + step) % 4] for step in range(3))
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        assert area.min() > 0.005


def test_elastic_moves_by_its_amplitude_everywhere():
    y, x = map_of(augment.Elastic(amplitude=0.4, sigma=5.0), count=4000, seed=3)
    down, right = np.mgrid[:28, :28]
    for moved in (y - down, x - right):
        spread = np.std(moved, axis=0)
        assert abs(spread / 0.4 - 1).max() < 0.06
        assert np.abs(np.mean(moved, axis=0)).max() < 0.4 * 5 / np.sqrt(4000)


def test_a_rotation_keeps_distances_and_is_uniform():
    y, x = map_of(augment.Affine(rotation=30.0, scale=0.0, slant=0.0, shift=0.0), count=3000)
    np.testing.assert_allclose(
        np.hypot(y - 13.5, x - 13.5)[0], np.hypot(*np.mgrid[-13.5:14, -13.5:14]), atol=1e-4
    )
    angles = np.degrees(np.arctan2(y[:, 13, 27] - y[:, 13, 0], x[:, 13, 27] - x[:, 13, 0]))
    assert stats.kstest(angles, stats.uniform(-30, 60).cdf).pvalue > 1e-4


def test_scale_slant_and_shift_do_what_they_say():
    y, x = map_of(augment.Affine(rotation=0.0, scale=0.2, slant=0.0, shift=0.0), count=3000)
    for factor in (27 / (x[:, 5, 27] - x[:, 5, 0]), 27 / (y[:, 27, 5] - y[:, 0, 5])):
        assert stats.kstest(factor, stats.uniform(0.8, 0.4).cdf).pvalue > 1e-4
    y, x = map_of(augment.Affine(rotation=0.0, scale=0.0, slant=20.0, shift=0.0), count=3000)
    np.testing.assert_allclose(y[0], np.mgrid[:28, :28][0], atol=1e-4)
    lean = np.degrees(np.arctan((x[:, 27, 9] - x[:, 0, 9]) / 27))
    assert stats.kstest(lean, stats.uniform(-20, 40).cdf).pvalue > 1e-4
    y, x = map_of(augment.Affine(rotation=0.0, scale=0.0, slant=0.0, shift=3.0), count=3000)
    for moved in (y - np.mgrid[:28, :28][0], x - np.mgrid[:28, :28][1]):
        assert np.ptp(moved, axis=(1, 2)).max() < 1e-4
        assert stats.kstest(moved[:, 0, 0], stats.uniform(-3, 6).cdf).pvalue > 1e-4


def test_perspective_turns_nothing_over():
    y, x = map_of(augment.Perspective(tilt=0.45), count=1000)
    area = np.diff(x, axis=2)[:, :-1] * np.diff(y, axis=1)[:, :, :-1]
    area -= np.diff(y, axis=2)[:, :-1] * np.diff(x, axis=1)[:, :, :-1]
    assert area.min() > 0.05


@pytest.mark.parametrize(
    "chain", [STRONG[:3], *slow((STRONG[2::-1],))], ids=["elastic last", "elastic first"]
)
def test_a_glyph_does_not_depend_on_the_others(glyphs, chain):
    """Alone, in a small and in a large batch; the elastic field between pixels or on them."""
    whole = apply(jax.random.key(9), chain, glyphs)
    assert whole.dtype == jnp.float32
    for count in (1, 3):
        np.testing.assert_allclose(apply(jax.random.key(9), chain, glyphs[:count]), whole[:count], atol=1e-5)


def test_no_glyphs_make_no_glyphs(bank):
    assert apply(jax.random.key(0), STRONG, jnp.zeros((0, 28, 28))).shape == (0, 28, 28)
    spec = ds.SequenceSpec(glyph_transforms=tuple(STRONG))
    # Old versions of JAX take slices of no keys at all for a second use.
    with jax.debug_key_reuse(False):
        s = ds.sample_sequences(jax.random.key(0), bank, np.zeros((0, 3), np.int32), spec)
    assert s.image.shape == (0, 28, 200)


@pytest.mark.parametrize("chain", [(), STRONG[:1], STRONG[4:5]], ids=["nothing", "geometric", "ink"])
def test_bytes_and_single_glyphs(bank, glyphs, chain):
    whole = apply(jax.random.key(9), chain, glyphs[:3])
    np.testing.assert_allclose(apply(jax.random.key(9), chain, bank.glyphs[:3]), whole, atol=1e-6)
    one = apply(jax.random.key(9), chain, glyphs[0])
    assert one.shape == (28, 28)
    np.testing.assert_allclose(one, whole[0], atol=1e-5)


def loss(transforms, glyphs):
    weights = jnp.sin(jnp.arange(784, dtype=jnp.float32)).reshape(1, 28, 28)
    return jnp.sum(augment.apply(jax.random.key(5), transforms, glyphs) * weights)


@pytest.mark.parametrize(
    ("transform", "name"),
    [
        (augment.Affine(), "rotation"),
        (augment.Affine(), "scale"),
        (augment.Affine(), "slant"),
        (augment.Affine(), "shift"),
        (augment.Elastic(), "amplitude"),
        (augment.Perspective(), "tilt"),
        (augment.StrokeWidth(), "change_by"),
        (augment.Contrast(), "strength"),
        (augment.Gamma(), "strength"),
        (augment.InkFade(), "strength"),
        (augment.Blur(sigma=1.5), "sigma"),
    ],
    ids=lambda part: part if isinstance(part, str) else type(part).__name__,
)
def test_gradients_match_finite_differences(transform, name):
    """On a smooth picture, cubic: at a corner of an interpolation there is no derivative to agree with."""
    if isinstance(transform, Geometric):
        transform = dataclasses.replace(transform, interpolation="cubic")
    y, x = jnp.mgrid[:28, :28].astype(jnp.float32)
    smooth = (0.5 + 0.4 * jnp.sin(x / 4) * jnp.cos(y / 5)) * jnp.exp(-((y - 13) ** 2 + (x - 14) ** 2) / 60)
    value = jax.jit(lambda v: loss([dataclasses.replace(transform, **{name: v})], smooth[None]))
    at = getattr(transform, name)
    slope = float(jax.grad(value)(at))
    step = 0.01 * at
    expected = (float(value(at + step)) - float(value(at - step))) / (2 * step)
    assert np.isfinite(slope)
    assert abs(slope - expected) < 0.03 * abs(expected) + 3e-3 / at


@pytest.mark.parametrize("interpolate", [resample.bilinear, resample.cubic])
def test_a_picture_has_its_slope_where_places_are_pixels(interpolate):
    """As at zero strength: a ramp is a ramp there, too, and what is beyond all ink has none."""
    ramp = jnp.broadcast_to(jnp.arange(9.0) / 10, (1, 9, 9))

    def value(x):
        return interpolate((ramp, None), (jnp.full((1, 1), 4.0), x[None, None]))[0, 0]

    assert abs(float(jax.grad(value)(jnp.float32(3.0))) - 0.1) < 1e-6
    assert abs(float(jax.grad(value)(jnp.float32(3.4))) - 0.1) < 1e-6
    for far in (-1e20, 1e20, np.inf):
        assert float(jax.grad(value)(jnp.float32(far))) == 0


def test_a_schedule_of_parameters_compiles_once(bank):
    traces = 0

    @jax.jit
    def step(key, bank, digits, rotation, sigma):
        nonlocal traces
        traces += 1
        transforms = (
            augment.Affine(rotation=rotation),
            augment.Elastic(sigma=sigma),
            augment.Blur(sigma=sigma / 4),
        )
        spec = ds.SequenceSpec(glyph_transforms=transforms)
        return ds.sample_sequences(key, bank, digits, spec).image

    digits = np.array([[1, 2, 3]], np.int32)
    pictures = [
        step(jax.random.key(0), bank, digits, r, s) for r, s in [(0.0, 3.0), (20.0, 3.0), (20.0, 6.0)]
    ]
    assert traces == 1
    assert len({np.asarray(picture).tobytes() for picture in pictures}) == 3


@pytest.mark.parametrize("kind", [augment.Contrast, augment.Gamma])
def test_curves_keep_black_and_white(kind):
    values = jnp.linspace(0, 1, 784).reshape(1, 28, 28).repeat(20, axis=0)
    curves = np.asarray(apply(jax.random.key(3), [kind(strength=3.0)], values)).reshape(20, -1)
    assert (curves[:, 0] == 0).all()
    assert (curves[:, -1] == 1).all()
    assert (np.diff(curves, axis=1) >= -1e-6).all()
    assert (curves[:, 200] < 0.2).any()
    assert (curves[:, 200] > 0.3).any()


def test_strokes_get_thicker_and_thinner_by_the_pixels_said():
    bar = jnp.zeros((400, 28, 28)).at[:, :, 11:17].set(1.0)
    widths = np.asarray(apply(jax.random.key(4), [augment.StrokeWidth(change_by=2.0)], bar))[:, 14].sum(
        axis=1
    )
    assert stats.kstest(widths, stats.uniform(4, 4).cdf).pvalue > 1e-4


def test_blur_keeps_the_amount_of_ink():
    dot = jnp.zeros((100, 28, 28)).at[:, 14, 14].set(1.0)
    blurred = np.asarray(apply(jax.random.key(4), [augment.Blur(sigma=1.3)], dot))
    np.testing.assert_allclose(blurred.sum(axis=(1, 2)), 1, atol=1e-3)
    np.testing.assert_allclose(
        blurred, blurred[:, ::-1, ::-1][:, np.r_[27, :27]][:, :, np.r_[27, :27]], atol=1e-6
    )


@pytest.mark.parametrize("advance", ["ink", *slow("cell")])
def test_labels_stay_exact(bank, advance):
    """Boxes and masks are those of the transformed ink, to the pixel."""
    transforms = (
        augment.Affine(rotation=30.0, shift=3.0),
        augment.Elastic(),
        augment.StrokeWidth(),
        augment.InkFade(),
    )
    spec = ds.SequenceSpec(image_width=200, glyph_transforms=transforms, masks=True, advance=advance)
    digits = np.tile(np.arange(5, dtype=np.int32), (64, 1))
    s = jax.device_get(ds.sample_sequences(jax.random.key(6), bank, digits, spec))
    for b in range(64):
        assert ink_box(s.image[b]) == [
            s.boxes[b, :, 0].min(),
            s.boxes[b, :, 1].min(),
            s.boxes[b, :, 2].max(),
            s.boxes[b, :, 3].max(),
        ]
        np.testing.assert_array_equal(s.masks[b] > 0, np.rint(s.image[b] * 255) > 0)
        for slot in range(5):
            # With gaps of 0 and more each digit's ink is alone in its columns.
            alone = np.where(s.masks[b] == slot + 1, s.image[b], 0)
            assert ink_box(alone) == s.boxes[b, slot].tolist()
    plain = ds.sample_sequences(jax.random.key(6), bank, digits, spec.replace(glyph_transforms=()))
    np.testing.assert_array_equal(plain.glyph_ids, s.glyph_ids)
    assert (plain.boxes != s.boxes).any()


@pytest.mark.slow
def test_a_row_is_the_single_sample(bank):
    spec = ds.SequenceSpec(glyph_transforms=tuple(STRONG), spacing_range=(-5, 5))
    digits = np.array([[1, 2, 3, -1], [4, 5, 6, 7], [8, -1, -1, -1]], np.int32)
    batch = jax.device_get(ds.sample_sequences(jax.random.key(8), bank, digits, spec))
    for b in range(3):
        one = ds.sample_sequence(jax.random.fold_in(jax.random.key(8), b), bank, digits[b], spec)
        np.testing.assert_array_equal(one.glyph_ids, batch.glyph_ids[b])
        np.testing.assert_array_equal(one.offsets, batch.offsets[b])
        np.testing.assert_allclose(one.image, batch.image[b], atol=1e-5)
        image = ds.generate_numbers_sequence(
            digits[b][digits[b] >= 0],
            (-5, 5),
            200,
            key=jax.random.fold_in(jax.random.key(8), b),
            bank=bank,
            spec=spec,
        )
        np.testing.assert_allclose(image, batch.image[b], atol=1e-5)


def test_a_spec_with_transforms_prints_as_code_and_travels():
    spec = ds.SequenceSpec(glyph_transforms=tuple(STRONG))
    names = {name: getattr(augment, name) for name in augment.__all__} | {"SequenceSpec": ds.SequenceSpec}
    assert repr(eval(repr(spec), names)) == repr(spec)
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (augment.Elastic(sigma=-1.0), r"Elastic\.sigma must be a number from 2 to 100, got -1\.0"),
        (augment.Affine(scale=1.0), r"Affine\.scale .* 0 to 0\.9, got 1\.0"),
        (augment.Affine(rotation=float("nan")), r"Affine\.rotation .* nan"),
        (augment.Affine(shift="2"), r"Affine\.shift .*'2'"),
        (augment.Perspective(tilt=True), r"Perspective\.tilt .*True"),
        (augment.Blur(sigma=float("inf")), r"Blur\.sigma .*inf"),
        (augment.Affine(interpolation="nearest"), r"Affine\.interpolation .*'nearest'"),
        (3, "transforms of digitseq.augment, got 3"),
    ],
)
def test_bad_parameters_are_named(bank, transform, message):
    spec = ds.SequenceSpec(glyph_transforms=(transform,))
    with pytest.raises(ValueError, match=message):
        ds.check_spec(spec)
    with pytest.raises(ValueError, match=message):
        ds.generate_numbers_sequence([1], (0, 0), 28, bank=bank, spec=spec)
