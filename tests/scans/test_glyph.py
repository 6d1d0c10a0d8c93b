"""Scanned glyphs as MNIST's are: polarity, background, size, centre; what looks wrong is said."""

import io

import hypothesis
import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitseq as ds
from digitseq import scans


def drawn(width=64, height=64, points=((20, 12), (44, 12), (28, 52)), ink=30, paper=220, pen=5):
    """A seven on paper."""
    picture = Image.new("L", (width, height), paper)
    ImageDraw.Draw(picture).line(points, fill=ink, width=pen, joint="curve")
    return np.asarray(picture)


def shaded(picture, *, noise=6.0, slope=70.0):
    rng = np.random.default_rng(4)
    light = np.linspace(-slope / 2, slope / 2, picture.shape[1])
    return np.clip(picture * 0.8 + light + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


def box_of(glyph):
    rows, columns = (np.flatnonzero((glyph > 127).any(axis=axis)) for axis in (1, 0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def centre_of(glyph):
    y, x = np.indices(glyph.shape) + 0.5
    return (glyph * y).sum() / glyph.sum(), (glyph * x).sum() / glyph.sum()


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("worse", [lambda picture: picture, shaded])
def test_a_glyph_is_as_mnist_has_them(worse, inverted):
    picture = worse(drawn())
    found = scans.inspect_glyph(255 - picture if inverted else picture)
    glyph = found.glyph
    assert (found.ink, found.doubts) == ("bright" if inverted else "dark", ())
    assert (glyph.shape, glyph.dtype) == ((28, 28), np.uint8)
    assert glyph.max() > 220
    x0, y0, x1, y1 = box_of(glyph)
    assert 19 <= max(x1 - x0, y1 - y0) <= 20
    np.testing.assert_allclose(centre_of(glyph), 14.5, atol=0.6)
    # Nothing of the paper is left: all ink is in the box and its soft edge.
    assert glyph.any(axis=0).sum() <= x1 - x0 + 2
    # The bar at the top, and nothing under it on the left.
    assert glyph[y0 : y0 + 3, x0 : x1 - 3].mean() > 100
    assert not glyph[y0 + 8 :, : x0 + 1].any()


@hypothesis.settings(max_examples=15, deadline=None, phases=[hypothesis.Phase.generate])
@hypothesis.given(
    st.integers(50, 160), st.integers(60, 160), st.integers(5, 7), st.integers(0, 90), st.integers(150, 255)
)
def test_size_place_and_contrast_do_not_matter(width, height, pen, ink, paper):
    points = np.array([(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)]) * (width, height)
    glyph = ds.normalize_glyph(drawn(width, height, [tuple(point) for point in points], ink, paper, pen))
    x0, y0, x1, y1 = box_of(glyph)
    assert 16 <= max(x1 - x0, y1 - y0) <= 20
    aspect = (x1 - x0) / (y1 - y0)
    wanted = (0.4 * width + pen) / (0.6 * height + pen)
    assert abs(np.log(aspect / wanted)) < 0.35
    assert glyph.max() > 220


def test_every_kind_of_array_is_taken():
    grey = drawn()
    colour = np.stack([grey, grey, grey], axis=2)
    see_through = np.dstack([np.zeros_like(colour), 255 - grey])
    same = ds.normalize_glyph(grey)
    for image in (
        grey.astype(np.uint16) * 257,
        grey / np.float32(255),
        jnp.asarray(grey),
        Image.fromarray(grey),
        colour,
    ):
        np.testing.assert_array_equal(ds.normalize_glyph(image), same)
    assert np.abs(ds.normalize_glyph(see_through).astype(int) - same).mean() < 6
    bits = ds.normalize_glyph(grey > 127)
    assert np.abs(bits.astype(int) - same).mean() < 6


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((0, 9), np.uint8), "no pixels"),
        (np.zeros(9, np.uint8), "H, W"),
        (np.zeros((9, 9, 2), np.uint8), "H, W"),
        (np.zeros((9, 9), np.int64), "int64"),
        (np.full((9, 9), 2.0), r"2\.0"),
        (np.full((9, 9), np.nan), "nan"),
        (np.broadcast_to(np.uint8(0), (1, 70_000)), "70000 x 1"),
    ],
)
def test_images_that_are_none_are_refused(image, said):
    for normalize in (ds.normalize_glyph, ds.normalize_line):
        with pytest.raises(ValueError, match=f"^image.*{said}"):
            normalize(image)
    with pytest.raises(ValueError, match="ink must be one of"):
        ds.normalize_glyph(drawn(), ink="grey")
    with pytest.raises(ValueError, match="box must be from 1 to 28"):
        ds.normalize_glyph(drawn(), box=29)


def test_what_looks_wrong_is_said():
    rng = np.random.default_rng(5)
    for blank in (
        np.full((60, 50), 200, np.uint8),
        rng.normal(200, 4, (64, 64)).astype(np.uint8),
        shaded(np.full((64, 64), 210, np.uint8), noise=3.0),
        np.zeros((1, 1), np.uint8),
    ):
        found = scans.inspect_glyph(blank)
        assert found.doubts == ("no ink",)
        assert not found.glyph.any()
    two = np.concatenate([drawn(), drawn()], axis=1)
    assert scans.inspect_glyph(two).doubts == ("two digits in one picture",)
    assert "ink touches the edge" in scans.inspect_glyph(drawn()[14:]).doubts


def test_mnists_own_glyphs_change_little(mnist_test):
    glyphs = np.asarray(mnist_test.glyphs)[::250]
    large = [Image.fromarray(255 - glyph).resize((84, 84), Image.Resampling.BICUBIC) for glyph in glyphs]
    made = np.stack([ds.normalize_glyph(picture) for picture in large])
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(made, glyphs, strict=True)]
    assert np.median(likeness) > 0.9
    assert min(likeness) > 0.5


def test_steps_can_be_called_alone():
    grey = drawn() / np.float32(255)
    assert scans.find_polarity(grey) == "dark"
    difference = scans.subtract_background(grey, "dark")
    assert abs(np.median(difference)) < 0.01
    found = scans.find_ink(difference)
    assert abs(found.contrast - 190 / 255) < 0.05
    np.testing.assert_array_equal(found.strong, grey < 0.5)
    cropped = scans.crop_to_ink(found.ink)
    fitted = scans.fit_to_box(cropped)
    assert max(fitted.shape) == 20
    assert scans.centre_mass(fitted).shape == (28, 28)
    assert scans.shrink(np.zeros((100, 301), np.float32), 25).shape == (25, 75)
    assert 1 < scans.otsu(np.array([0, 0.1, 1, 2, 2.1], np.float32)) < 2
    bits = np.zeros((20, 20), np.float32)
    bits[2:9, 3:5] = bits[15, 15] = 1
    cleaned = scans.remove_specks(scans.InkMap(bits, bits > 0, 1.0), share=0.1)
    assert cleaned.ink.sum() == 14


def test_a_jpeg_of_a_phone_is_turned_as_it_says(tmp_path):
    picture = Image.fromarray(drawn())
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    file = io.BytesIO()
    picture.rotate(90, expand=True).save(file, "jpeg", exif=exif, quality=95)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    grey = scans.read_grey(tmp_path / "a.jpg")
    assert np.abs(grey - drawn() / 255).mean() < 0.02
