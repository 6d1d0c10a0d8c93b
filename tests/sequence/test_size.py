"""Canvases higher than 28 pixels, and scaled glyphs: pixels, boxes and masks, everywhere."""

import jax
import numpy as np
import pytest
from conftest import slow
from PIL import Image
from reference import ink_box

import digitseq as ds
from digitseq import augment
from digitseq.exporter import formats
from digitseq.sequence.serialization import spec_to_dict

ROWS = np.array([[3, 5, 0, -1], [8, -1, -1, -1], [1, 1, 4, 9]], np.int32)
PLAIN = ds.SequenceSpec(image_width=160, spacing_range=(-8, 4), masks="visible")


def sampled(bank, spec, rows=ROWS):
    return jax.device_get(ds.sample_sequences(7, bank, rows, spec))


def test_the_usual_size_is_described_as_before():
    assert {"image_height", "scale"}.isdisjoint(spec_to_dict(PLAIN))
    sized = PLAIN.replace(image_height=64, scale=1.5)
    again = ds.spec_from_json(ds.spec_to_json(sized))
    assert (again.image_height, again.scale) == (64, 1.5)
    assert repr(again) == repr(sized)


@pytest.mark.parametrize("masks", ["visible", *slow("amodal")])
def test_a_higher_canvas_has_blank_rows_above_and_below(bank, masks):
    low = sampled(bank, PLAIN.replace(masks=masks))
    high = sampled(bank, PLAIN.replace(masks=masks, image_height=47))
    assert high.image.shape == (3, 47, 160)
    for name in ("image", "masks"):
        band = getattr(high, name)
        np.testing.assert_array_equal(band[..., 9:37, :], getattr(low, name))
        assert not band[..., :9, :].any()
        assert not band[..., 37:, :].any()
    there = low.digits >= 0
    np.testing.assert_array_equal(high.boxes[there], low.boxes[there] + [0, 9, 0, 9])
    for name in ("digits", "offsets", "glyph_ids", "length"):
        np.testing.assert_array_equal(getattr(high, name), getattr(low, name))


@pytest.mark.parametrize(("height", "scale"), [(60, 1.7), *slow((64, 2), (32, 32 / 28), (28, 0.5))])
def test_boxes_and_masks_are_those_of_the_scaled_ink(bank, height, scale):
    cell = round(28 * scale)
    spec = PLAIN.replace(image_width=330, image_height=height, scale=scale, spacing_range=(3, 9))
    s = sampled(bank, spec)
    glyphs = np.asarray(bank.glyphs, np.float32) / 255
    for b, k in np.argwhere(s.digits >= 0):
        x0, y0, x1, y1 = s.boxes[b, k]
        left, top = s.offsets[b, k], (height - cell) // 2
        alone = np.where(s.masks[b] == k + 1, s.image[b], 0)
        assert ink_box(alone) == [x0, y0, x1, y1]
        # As Pillow's bicubic interpolation, which has another kernel, has it.
        scaled = Image.fromarray(glyphs[s.glyph_ids[b, k]]).resize((cell, cell), Image.Resampling.BICUBIC)
        found = s.image[b, top : top + cell, left : left + cell]
        assert np.abs(found - np.clip(np.asarray(scaled), 0, 1)).mean() < 0.03


def test_a_scale_is_part_of_the_composed_map(bank):
    spec = PLAIN.replace(image_width=330, image_height=64, scale=2, spacing_range=(3, 9))
    nothing = augment.Affine(rotation=0.0, scale=0.0, slant=0.0, shift=0.0)
    plain, still = sampled(bank, spec), sampled(bank, spec.replace(glyph_transforms=(nothing,)))
    np.testing.assert_allclose(plain.image, still.image, atol=1e-5)
    turned = sampled(bank, spec.replace(glyph_transforms=(augment.Affine(rotation=30.0), augment.Gamma())))
    assert np.abs(turned.image - plain.image).max() > 0.5
    inked = np.rint(turned.image * 255) > 0
    assert (inked == (turned.masks > 0)).all()


def test_gaps_between_ink_are_those_of_the_scaled_ink(bank):
    spec = PLAIN.replace(image_width=330, image_height=64, scale=2, advance="ink", spacing_range=(5, 5))
    s = sampled(bank, spec)
    for row, length in zip(s.boxes, s.length, strict=True):
        assert (row[1:length, 0] - row[: length - 1, 2] == 5).all()


@pytest.mark.parametrize("masks", ["amodal", *slow("visible")])
def test_labels_follow_line_transforms_at_any_size(bank, masks):
    lines = (augment.LineSlant(angle=20.0), augment.BaselineWave(amplitude=4.0))
    spec = PLAIN.replace(
        image_width=330, image_height=70, scale=2, spacing_range=(9, 9), masks=masks, line_transforms=lines
    )
    s = sampled(bank, spec)
    for b, k in np.argwhere(s.digits >= 0):
        mask = s.masks[b] == k + 1 if masks == "visible" else s.masks[b, k]
        assert ink_box(np.where(mask, s.image[b], 0)) == s.boxes[b, k].tolist()


def test_all_ways_to_an_image_are_the_same(bank):
    spec = ds.SequenceSpec(image_width=300, image_height=48, scale=48 / 28, spacing_range=(0, 4))
    image = ds.generate_numbers_sequence([3, 5, 0], (0, 4), 300, key=5, bank=bank, spec=spec)
    np.testing.assert_allclose(image, ds.sample_sequence(5, bank, [3, 5, 0], spec).image, atol=1e-5)
    auto = ds.generate_numbers_sequence([3, 5, 0], (0, 4), "auto", key=5, bank=bank, spec=spec)
    assert auto.shape == (48, 3 * 48 + 2 * 4)
    with pytest.raises(ValueError, match="smallest width that works is 144"):
        ds.generate_numbers_sequence([3, 5, 0], (0, 4), 143, bank=bank, spec=spec)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image_height": 27}, "image_height 27 is too small"),
        ({"image_height": 40, "scale": 2}, "image_height 40 is too small.*at least 56"),
        ({"image_height": 5000}, "5000 is too large"),
        ({"scale": 0.4}, r"scale must be a number from 0\.5 to 32, got 0\.4"),
        ({"scale": float("nan")}, "scale must be"),
        ({"scale": "2"}, "scale must be"),
        ({"scale": np.float32(2)}, "scale must be"),
    ],
)
def test_sizes_that_are_none(bank, fields, message):
    with pytest.raises(ValueError, match=message):
        ds.check_spec(PLAIN.replace(**fields))
    with pytest.raises(ValueError, match=message):
        sampled(bank, PLAIN.replace(**fields))


def test_the_command_line_scales_digits_to_the_height(made, refused, here):
    (path,) = made("generate", "350", 0, 4, "auto", "--image-height", 64, "--seed", 3)
    with Image.open(path) as picture:
        assert picture.size == (3 * 64 + 2 * 4, 64)
    assert made("generate", "--like", path, "--out", "again.png") == ["again.png"]
    assert (here / "again.png").read_bytes() == (here / path).read_bytes()
    (path,) = made(
        "generate", "350", 0, 4, "auto", "--image-height", 64, "--glyph-scale", 1, "--out", "b.png"
    )
    with Image.open(path) as picture:
        assert picture.size == (3 * 28 + 2 * 4, 64)
    assert "image_height 20 is too small" in refused("generate", "350", 0, 4, 100, "--image-height", 20)


@pytest.mark.parametrize("format", ["png", *slow(*formats.NAMES[1:])])
def test_exports_of_any_size(bank, format, tmp_path):
    spec = ds.SequenceSpec(image_width=250, image_height=48, scale=1.5, spacing_range=(0, 4))
    ds.export(3, bank, "random:2-4", spec, tmp_path / "out", count=7, format=format)
    batch = jax.device_get(ds.batch_at(3, 0, bank, "random:2-4", spec, 7))
    read = list(formats.format_of(format).read(tmp_path / "out", "00000", 0))
    for n, example in enumerate(read):
        assert example.image.shape == (48, 250)
        np.testing.assert_allclose(example.image, np.rint(255 * batch.image[n]), atol=1)
        if format != "idx":
            assert example.boxes == batch.boxes[n][: batch.length[n]].tolist()
    assert ds.verify(tmp_path / "out", bank) == []
