"""Line transforms: what each does to pixels, presets, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from reference import fold
from scipy import stats

import digitseq as ds
from digitseq import augment
from digitseq.augment.resample import grid
from digitseq.augment.wrapper import Wrapper

NOTHING = (
    augment.LineSlant(angle=0.0),
    augment.LineSlope(angle=0.0),
    augment.LineShift(down=0.0),
    augment.StrokeWidth(change_by=0.0),
    augment.BaselineWave(amplitude=0.0),
    augment.BaselineRules(strength=0.0),
    augment.BaselineRules(under=0.0, over=0.0, edge=0.0),
    augment.Specks(most=0.0),
    augment.GaussianNoise(sigma=0.0),
    augment.ReplaceNoise(p=0.0),
    augment.Paper(lines=0.0, boxes=0.0, gradient=0.0),
    augment.Occlude(size=0.0),
    augment.Sometimes(0.0, augment.Invert()),
    augment.Sometimes(0.0, augment.Elastic(amplitude=9.0)),
    augment.Elastic(amplitude=0.0),
    augment.Affine(rotation=0.0, scale=0.0, slant=0.0, shift=0.0),
    augment.Perspective(tilt=0.0),
)
apply = jax.jit(augment.apply)
DIGITS = np.array([[3, 5, 0, 8, 1], [9, 9, 9, 9, 9], [7, 2, -1, -1, -1], [4, -1, -1, -1, -1]] * 4, np.int32)


@pytest.fixture(scope="module")
def lines(bank):
    spec = ds.SequenceSpec(image_width=150)
    return ds.sample_sequences(jax.random.key(0), bank, DIGITS[:3], spec).image


@pytest.mark.parametrize("transform", NOTHING, ids=repr)
def test_zero_strength_is_the_bit_exact_identity(lines, transform):
    np.testing.assert_array_equal(apply(jax.random.key(0), [transform], lines), lines)


@pytest.mark.slow
def test_a_line_transform_of_no_strength_changes_no_label(bank):
    spec = ds.SequenceSpec(image_width=150, spacing_range=(-9, 9), masks="visible")
    plain = ds.sample_sequences(jax.random.key(4), bank, DIGITS, spec)
    same = ds.sample_sequences(jax.random.key(4), bank, DIGITS, spec.replace(line_transforms=NOTHING))
    for name, leaf in vars(plain).items():
        np.testing.assert_array_equal(leaf, getattr(same, name))


@pytest.mark.parametrize(("height", "width"), [(1, 1), *slow((28, 1), (28, 28))])
def test_no_size_divides_by_zero(height, width):
    """Every transform, on cells, columns and single pixels."""
    images = jax.random.uniform(jax.random.key(0), (6, height, width))
    everything = [kind() for kind in augment.serialization.KINDS.values() if not issubclass(kind, Wrapper)]
    for transform in everything:
        changed = np.asarray(apply(jax.random.key(1), [transform], images))
        assert changed.shape == images.shape
        assert np.isfinite(changed).all(), transform
        assert changed.min() >= 0
        assert changed.max() <= 1


def map_of(transform, count=2000, size=(28, 120)):
    places = jax.jit(lambda t: t.pull(t.draw(fold(0, count), size), grid(size), size))(transform)
    return [np.broadcast_to(place, (count, size[0] * size[1])).reshape(-1, *size) for place in places]


@pytest.mark.parametrize("last", [augment.LineSlant(angle=45.0), augment.BaselineWave(amplitude=9.0)])
def test_an_elastic_field_is_read_where_the_next_transform_says(last):
    """Though that one leaves rows, or columns, where they are."""
    elastic, size, count = augment.Elastic(amplitude=3.0, sigma=3.0), (28, 60), 300

    def both(elastic, last):
        """The composition as the chain makes it, and with all places known only when it runs."""
        field, places = (
            elastic.draw(fold(0, count), size),
            last.pull(last.draw(fold(1, count), size), grid(size), size),
        )
        spread = tuple(jnp.zeros((count, size[0] * size[1])) + place for place in places)
        return elastic.pull(field, places, size), elastic.pull(field, spread, size)

    found, exact = jax.jit(both)(elastic, last)
    for one, other in zip(found, exact, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_a_slant_leans_all_columns_alike():
    y, x = map_of(augment.LineSlant(angle=20.0))
    np.testing.assert_array_equal(y[0], np.mgrid[:28, :120][0])
    lean = np.degrees(np.arctan((x[:, 27, 60] - x[:, 0, 60]) / 27))
    assert stats.kstest(lean, stats.uniform(-20, 40).cdf).pvalue > 1e-4
    np.testing.assert_allclose((x[:, 0] + x[:, 27])[5], 2 * np.arange(120), atol=1e-3)


def test_a_wave_has_its_height_and_length():
    y, x = map_of(augment.BaselineWave(amplitude=3.0, wavelength=60.0))
    np.testing.assert_array_equal(x[0], np.mgrid[:28, :120][1])
    moved = y[:, 0]
    np.testing.assert_allclose(moved[:, :60], moved[:, 60:], atol=1e-3)
    np.testing.assert_allclose(moved[:, :30], -moved[:, 30:60], atol=1e-3)
    heights = np.abs(np.hypot(moved[:, 0], moved[:, 15]))
    assert stats.kstest(heights, stats.uniform(0, 3).cdf).pvalue > 1e-4
    phases = np.arctan2(moved[:, 0], moved[:, 15])
    assert stats.kstest(phases, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-4


def test_replaced_pixels_are_as_many_as_said_and_independent():
    grey = jnp.full((200, 28, 50), 0.25)
    noisy = np.asarray(apply(jax.random.key(5), [augment.ReplaceNoise(p=0.3)], grey))
    counts = [(noisy == value).sum() for value in (0, 1, 0.25)]
    assert sum(counts) == noisy.size
    assert stats.chisquare(counts, noisy.size * np.array([0.15, 0.15, 0.7])).pvalue > 1e-4
    pairs = np.histogram2d((noisy[:, :, :-1] != 0.25).ravel(), (noisy[:, :, 1:] != 0.25).ravel(), bins=2)[0]
    assert stats.chi2_contingency(pairs).pvalue > 1e-4
    every = np.asarray(apply(jax.random.key(5), [augment.ReplaceNoise(p=1.0)], grey))
    assert set(np.unique(every)) == {0, 1}


def test_gaussian_noise_has_its_deviation():
    grey = jnp.full((100, 28, 50), 0.5)
    noise = (np.asarray(apply(jax.random.key(5), [augment.GaussianNoise(sigma=0.08)], grey)) - 0.5) / 0.08
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-4


def test_a_chance_is_what_it_says():
    images = jnp.full((4000, 2, 2), 0.25)
    inverted = np.asarray(apply(jax.random.key(5), [augment.Sometimes(0.3, augment.Invert())], images))
    happened = inverted[:, 0, 0] == 0.75
    assert stats.binomtest(int(happened.sum()), 4000, 0.3).pvalue > 1e-4
    np.testing.assert_array_equal(inverted.reshape(4000, 4).T, [np.where(happened, 0.75, 0.25)] * 4)
    always = apply(jax.random.key(5), [augment.Sometimes(1.0, augment.Invert())], images)
    assert (np.asarray(always) == 0.75).all()


def test_paper_lies_under_the_ink(lines):
    many = jnp.repeat(lines, 40, axis=0)
    paper = np.asarray(apply(jax.random.key(2), [augment.Paper(lines=0.6, boxes=0.5, gradient=0.4)], many))
    assert (paper >= np.asarray(many)).all()
    np.testing.assert_array_equal(paper[many == 1], 1)
    blank = paper[np.asarray(many) == 0]
    assert blank.max() <= 0.6
    assert blank.max() > 0.5
    assert len(np.unique(paper.reshape(len(paper), -1), axis=0)) == len(paper)


@pytest.mark.parametrize("part", ["lines", "boxes", "gradient"])
def test_each_part_of_the_paper_shows(part):
    only = augment.Paper(**{"lines": 0.0, "boxes": 0.0, "gradient": 0.0, part: 1.0})
    paper = np.asarray(apply(jax.random.key(2), [only], jnp.zeros((50, 28, 120))))
    across, down = paper.std(axis=2).max(axis=1), paper.std(axis=1).max(axis=1)
    if part == "lines":
        assert across.max() < 1e-5
        assert (down > 0).mean() > 0.9
    elif part == "boxes":
        assert (across > 0).all()
    else:
        assert (np.ptp(paper, axis=(1, 2)) > 0).all()
        assert (np.abs(np.diff(paper, axis=2)).max(axis=(1, 2)) < 0.05).all()


def test_an_occlusion_is_one_grey_rectangle():
    images = jnp.full((300, 28, 90), 0.123)
    covered = np.asarray(apply(jax.random.key(2), [augment.Occlude(size=20.0)], images))
    heights = []
    for image in covered:
        ys, xs = np.nonzero(image != np.float32(0.123))
        heights.append(0 if not len(ys) else np.ptp(ys) + 1)
        if len(ys):
            block = image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
            assert (block == block[0, 0]).all()
            assert max(block.shape) <= 20
    assert np.max(heights) >= 17
    assert np.mean(heights) > 6


@pytest.mark.parametrize("name", ["light", *slow(*sorted(augment.PRESETS.keys() - {"light"}))])
def test_presets_are_plain_specs(bank, name):
    glyphs, lines = augment.preset(name)
    spec = ds.SequenceSpec(image_width=150, glyph_transforms=glyphs, line_transforms=lines)
    ds.check_spec(spec)
    names = {name: getattr(augment, name) for name in augment.__all__} | {"SequenceSpec": ds.SequenceSpec}
    assert repr(eval(repr(spec), names)) == repr(spec)
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)
    plain = ds.sample_sequences(jax.random.key(0), bank, DIGITS, ds.SequenceSpec(image_width=150))
    s = ds.sample_sequences(jax.random.key(0), bank, DIGITS, spec)
    assert np.abs(np.asarray(s.image - plain.image)).max() > 0.2
    np.testing.assert_array_equal(s.digits, plain.digits)


def test_unknown_presets():
    for wrong in ("heavy", "", None, 3, ["light"]):
        with pytest.raises(ValueError, match="no preset .*; there are light, strong, scan"):
            augment.preset(wrong)


@pytest.mark.parametrize(
    ("field", "transforms", "message"),
    [
        ("line_transforms", (augment.Sometimes(1.5, augment.Blur()),), r"Sometimes\.p .* 0 to 1, got 1\.5"),
        ("line_transforms", (augment.Sometimes(0.5, augment.Blur(sigma=-1.0)),), r"Blur\.sigma .*-1\.0"),
        ("line_transforms", (augment.Sometimes(0.5, 3),), r"Sometimes\.transform must be a transform, got 3"),
        ("line_transforms", (augment.ReplaceNoise(p=float("nan")),), r"ReplaceNoise\.p .*nan"),
        ("line_transforms", (augment.GaussianNoise(sigma=-0.1),), r"GaussianNoise\.sigma .*-0\.1"),
        ("line_transforms", (augment.LineSlant(angle=90.0),), r"LineSlant\.angle .* 0 to 60"),
        ("line_transforms", (augment.BaselineWave(wavelength=0.0),), r"BaselineWave\.wavelength .*0\.0"),
        ("line_transforms", (augment.Paper(gradient=2),), r"Paper\.gradient .*2"),
        ("line_transforms", (augment.Occlude(size=-1.0),), r"Occlude\.size .*-1\.0"),
        ("line_transforms", (augment.LineSlant(angle=10**400),), r"LineSlant\.angle .* 0 to 60, got 1000"),
        ("line_transforms", (augment.LineSlant(angle=np.ones(2)),), r"LineSlant\.angle must be a number"),
        ("line_transforms", (augment.LineSlant(angle=np.ones(1)),), r"LineSlant\.angle must be a number"),
        ("line_transforms", (augment.LineSlant(interpolation=np.ones(2)),), r"interpolation must be one of"),
        ("line_transforms", [augment.Invert()], "line_transforms must be a tuple"),
        ("line_transforms", (None,), "line_transforms must hold transforms"),
        ("glyph_transforms", (augment.GaussianNoise(),), "is no ink: it belongs in line_transforms"),
        ("glyph_transforms", (augment.Sometimes(0.1, augment.Paper()),), "belongs in line_transforms"),
    ],
)
def test_bad_parameters_are_named(bank, field, transforms, message):
    spec = ds.SequenceSpec(**{field: transforms})
    with pytest.raises(ValueError, match=message):
        ds.check_spec(spec)
    with pytest.raises(ValueError, match=message):
        ds.generate_numbers_sequence([1], (0, 0), 28, bank=bank, spec=spec)


def test_what_cannot_be_transformed():
    images = jnp.zeros((2, 28, 28))
    for transforms in (augment.Blur(), [3], ["Blur"]):
        with pytest.raises(ValueError, match="transforms must be a list"):
            augment.apply(jax.random.key(0), transforms, images)
    with pytest.raises(ValueError, match="glyphs must be"):
        augment.apply(jax.random.key(0), [augment.Blur()], images[0, 0])
    assert augment.apply(jax.random.key(0), [augment.Blur()], images[..., :0]).shape == (2, 28, 0)


@pytest.mark.slow
def test_images_that_are_too_large_to_warp():
    large = jax.ShapeDtypeStruct((1, 28, 2**22), jnp.float32)
    with pytest.raises(ValueError, match="too large to warp"):
        jax.eval_shape(lambda x: augment.apply(jax.random.key(0), [augment.LineSlant()], x), large)
