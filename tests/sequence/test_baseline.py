"""Digits that stand on the bottom of their ink: places, boxes and masks to the pixel."""

import jax
import numpy as np
import pytest
from conftest import slow
from hypothesis import given
from hypothesis import strategies as st
from reference import ink_box

import digitseq as ds
from digitseq.glyphs.sign_shapes import SIGNS

KEY = jax.random.key(8)
DIGITS = np.random.default_rng(1).integers(0, 10, (30, 5)).astype(np.int32)
BANK = ds.load_bank("builtin")
SPEC = ds.SequenceSpec(image_width=130, spacing_range=(-4, 4), advance="ink", baseline="ink")


def painted(bank, sample, b, spec):
    """Each digit of a row alone on a canvas, by plain loops: from its glyph, its offset and its box's top."""
    layers = []
    for glyph_id, x, box in zip(sample.glyph_ids[b], sample.offsets[b], sample.boxes[b], strict=True):
        layer = np.zeros((spec.image_height, spec.image_width), np.uint8)
        glyph = np.asarray(bank.glyphs)[glyph_id]
        for row, column in np.argwhere(glyph > 0) if glyph_id >= 0 else ():
            layer[row - np.flatnonzero(glyph.any(axis=1))[0] + box[1], column + x] = glyph[row, column]
        layers.append(layer)
    return np.array(layers)


@pytest.mark.parametrize(
    ("jitter", "height", "masks"), [(2.5, 40, "visible"), *slow((2.5, 28, "amodal"), (0.0, 28, "visible"))]
)
def test_images_boxes_and_masks_are_those_of_moved_glyphs(bank, jitter, height, masks):
    spec = SPEC.replace(baseline_jitter=jitter, image_height=height, masks=masks)
    s = jax.device_get(ds.sample_sequences(KEY, bank, DIGITS, spec))
    bottom = (height - 28) // 2 + 24
    for b in range(len(DIGITS)):
        layers = painted(bank, s, b, spec)
        np.testing.assert_array_equal(np.rint(s.image[b] * 255), layers.max(axis=0))
        for k in range(s.length[b]):
            assert s.boxes[b, k].tolist() == ink_box(layers[k] / 255)
        if masks == "amodal":
            np.testing.assert_array_equal(s.masks[b], layers > 0)
        else:
            strongest = np.where(layers.any(axis=0), layers.argmax(axis=0) + 1, 0)
            np.testing.assert_array_equal(s.masks[b], strongest)
    shown = s.digits >= 0
    bottoms = s.boxes[..., 3][shown]
    assert ((bottoms == bottom).all()) == (jitter == 0)
    assert s.boxes[shown].min() >= 0
    assert bottoms.max() <= height


def test_jitter_is_normal_rounded_and_each_digits_own(bank):
    """On a canvas that is high enough, against the normal law; leaves never recompile."""
    spec = SPEC.replace(image_height=80, image_width=250)
    digits = np.tile(DIGITS, (20, 1))
    sample = jax.jit(lambda spec: ds.sample_sequences(KEY, bank, digits, spec).boxes)
    moved = {}
    for jitter in (0.0, 1.0, 3.0):
        boxes = np.asarray(sample(spec.replace(baseline_jitter=jitter)))
        moved[jitter] = (boxes[..., 3] - 50).astype(float)
        assert abs(moved[jitter].mean()) <= 4.5 * jitter / np.sqrt(digits.size)
        wanted = jitter**2 + (1 / 12 if jitter else 0)
        assert abs(moved[jitter].var() - wanted) <= 4.5 * wanted * np.sqrt(2 / digits.size)
    assert sample._cache_size() == 1
    for a in range(5):
        for b in range(a):
            assert abs(np.corrcoef(moved[3.0][:, a], moved[3.0][:, b])[0, 1]) < 4.5 / np.sqrt(len(digits))


@pytest.mark.slow
def test_gaps_and_digits_stay_as_they_are(bank):
    """Only rows change where gaps are measured across: by the same draws."""
    cell, ink = (jax.device_get(ds.sample_sequences(KEY, bank, DIGITS, SPEC.replace(baseline=word)))
                 for word in ("cell", "ink"))  # fmt: skip
    for name in ("digits", "offsets", "glyph_ids", "length"):
        np.testing.assert_array_equal(getattr(cell, name), getattr(ink, name))
    np.testing.assert_array_equal(cell.boxes[..., [0, 2]], ink.boxes[..., [0, 2]])
    assert (cell.boxes != ink.boxes).any()


def test_outlines_are_measured_where_digits_stand():
    """Bars eight rows apart tuck in until half of them overlaps; on one baseline they touch."""
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 2:4, 4:24] = 255
    images[1, 2:20, 4:6] = 255
    images[2] = np.roll(images[1], 8, axis=0)[:, ::-1]
    bank = ds.make_bank(images, np.arange(10))
    spec = ds.SequenceSpec(image_width=80, spacing_range=(0, 0), advance="outline", align="left")
    for baseline, wanted in (("cell", 10), ("ink", 20)):
        s = ds.sample_sequences(KEY, bank, np.array([[1, 2]], np.int32), spec.replace(baseline=baseline))
        assert np.diff(s.offsets[0]).tolist() == [wanted]


def test_signs_keep_their_place(bank):
    signs = ds.with_signs(bank, ".,-")
    symbols = signs.symbols
    digits = np.array([[symbols.index(c) for c in "3,5-1."]] * 20, np.int32)
    spec = SPEC.replace(spacing_range=(0, 4), baseline_jitter=3.0)
    s = jax.device_get(ds.sample_sequences(KEY, signs, digits, spec))
    ink = np.asarray(signs.ink)[s.glyph_ids]
    signs_at = np.array([c in SIGNS for c in "3,5-1."])
    np.testing.assert_array_equal(s.boxes[:, signs_at][..., [1, 3]], ink[:, signs_at][..., [1, 3]])
    assert (s.boxes[:, ~signs_at][..., 3] != ink[:, ~signs_at][..., 3]).any()


@pytest.mark.slow
@given(st.floats(0, 500), st.sampled_from([(28, 1.0), (40, 0.75)]), st.integers(0, 2**32 - 1))
def test_ink_never_leaves_the_canvas(jitter, size, seed):
    spec = SPEC.replace(baseline_jitter=jitter, image_height=size[0], scale=size[1])
    s = jax.device_get(ds.sample_sequences(seed, BANK, DIGITS[:4], spec))
    shown = s.digits >= 0
    assert (s.boxes[shown][:, 1] >= 0).all()
    assert (s.boxes[shown][:, 3] <= spec.image_height).all()
    for image, boxes in zip(s.image, s.boxes, strict=True):
        used = boxes[boxes[:, 0] >= 0]
        assert ink_box(image) == [*used[:, :2].min(axis=0), *used[:, 2:].max(axis=0)]


@pytest.mark.slow
def test_labels_follow_line_transforms(bank):
    """Boxes after a slant are those of the moved digits, whichever way they are read."""
    slant = (ds.augment.LineSlant(angle=20.0),)
    spec = SPEC.replace(baseline_jitter=2.0, line_transforms=slant, image_width=150)
    boxes = ds.sample_sequences(KEY, bank, DIGITS, spec)
    masks = ds.sample_sequences(KEY, bank, DIGITS, spec.replace(masks="amodal"))
    np.testing.assert_array_equal(boxes.boxes, masks.boxes)
    for row, own in zip(np.asarray(masks.masks), np.asarray(masks.boxes), strict=True):
        for mask, box in zip(row, own, strict=True):
            if box[0] >= 0:
                assert ink_box(mask.astype(np.float32)) == box.tolist()


@pytest.mark.slow
def test_a_row_is_the_single_sample(bank):
    spec = SPEC.replace(baseline_jitter=2.0)
    whole = ds.sample_sequences(KEY, bank, DIGITS, spec)
    single = ds.sample_sequence(jax.random.fold_in(KEY, 7), bank, DIGITS[7], spec)
    for name in ("image", "offsets", "boxes", "digits"):
        np.testing.assert_array_equal(getattr(whole, name)[7], getattr(single, name))


def test_what_is_not_asked_for_is_not_told():
    assert "baseline" not in repr(ds.SequenceSpec()) + ds.spec_to_json(ds.SequenceSpec())
    spec = SPEC.replace(baseline_jitter=1.5)
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)
    assert "baseline='ink', baseline_jitter=1.5" in repr(spec)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baseline": "bottom"}, "baseline must be one of"),
        ({"baseline_jitter": -1.0}, "baseline_jitter must be a number from 0 to 4096, got -1.0"),
        ({"baseline_jitter": float("nan")}, "baseline_jitter must be a number"),
        ({"baseline": "cell", "baseline_jitter": 1.0}, "baseline_jitter 1.0 is for baseline='ink'"),
    ],
)
def test_values_that_can_not_be_used(changes, message):
    with pytest.raises(ValueError, match=message):
        ds.check_spec(SPEC.replace(**changes))
