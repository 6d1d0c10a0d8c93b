"""Labels after any chain of transforms, held against each digit drawn alone."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import Shift, slow, toy_glyphs
from reference import fold, ink_box, paint

import digitseq as ds
from digitseq import augment
from digitseq.augment.base import Ink
from digitseq.internal import xla
from digitseq.sequence.stages import LINE

MOVING = (
    augment.LineSlant(angle=25.0),
    augment.BaselineWave(amplitude=4.0, wavelength=60.0),
    augment.Elastic(amplitude=2.0, sigma=3.0),
)
CHAINS = {
    "slant": MOVING[:1],
    "wave": MOVING[1:2],
    "all": (*MOVING, augment.Affine(rotation=3.0), augment.Perspective(tilt=0.1)),
    "ink": (augment.Blur(sigma=1.5), *MOVING[:2], augment.StrokeWidth(), augment.InkFade(strength=0.6)),
    "chance": tuple(augment.Sometimes(0.5, transform) for transform in (*MOVING, augment.Blur())),
    "between": (MOVING[0], augment.GaussianNoise(sigma=0.0), MOVING[1]),
    "sloped": (augment.LineSlope(angle=9.0, bias=-4.0), augment.LineShift(down=9.0, right=20.0)),
    "fit": (augment.LineSlope(), *MOVING[:2], augment.FitHeight(low=0.7, high=1.4)),
    "fits": (
        augment.Sometimes(0.5, augment.FitHeight(height=12.0)),
        augment.LineSlant(angle=10.0, bias=20.0),
        augment.Blur(),
        augment.FitHeight(interpolation="cubic"),
        augment.LineShift(),
        augment.StrokeWidth(bias=-0.5),
    ),
    "page": (*MOVING[:1], augment.Paper(), augment.Occlude(size=40.0), augment.ReplaceNoise(p=0.3)),
}
DIGITS = np.array([[3, 5, 0, 8, 1], [9, 9, 9, 9, 9], [7, 2, -1, -1, -1], [4, -1, -1, -1, -1]] * 4, np.int32)


def line_keys(seed, count):
    """The keys of the line transforms, as the pipeline folds them."""
    return jax.vmap(jax.random.fold_in, (0, None))(fold(seed, count), LINE)


def alone_by_hand(bank, sample, chosen, width, seed):
    """Each digit of an untransformed sample drawn alone by NumPy, and transformed with its row's key."""
    glyphs = np.asarray(bank.glyphs)[np.maximum(sample.glyph_ids, 0)].astype(np.float32) / 255
    layers = np.zeros((*sample.digits.shape, 28, width), np.float32)
    for b, k in np.argwhere(sample.digits >= 0):
        layers[b, k] = paint(glyphs[b, k][None], sample.offsets[b, k][None], width)
    keys, size, shown = line_keys(seed, len(layers)), (28, width), sample.boxes[..., 0] >= 0
    # What a line's digits share: how it is fitted.
    found = augment.measure(keys, chosen, jnp.asarray(sample.boxes), jnp.asarray(shown), size)
    keys = jax.random.clone(keys)
    change = jax.jit(lambda layers: augment.apply_to_batch(keys, chosen, layers, found=found))
    return np.stack([change(layers[:, k]) for k in range(layers.shape[1])], axis=1)


@pytest.mark.parametrize(
    ("name", "masks"),
    [
        ("page", "amodal"),
        ("fit", "visible"),
        *slow(
            ("all", "visible"),
            ("fits", "amodal"),
            ("sloped", "visible"),
            ("ink", "amodal"),
            ("slant", "amodal"),
            ("wave", "visible"),
            ("ink", "visible"),
            ("chance", "visible"),
        ),
    ],
)
def test_labels_are_those_of_each_digit_alone(bank, name, masks):
    """Overlapping digits: boxes and masks agree with each one drawn alone, to the pixel."""
    followed = tuple(t for t in CHAINS[name] if augment.followed((t,)))
    spec = ds.SequenceSpec(image_width=150, spacing_range=(-12, 2), masks=masks, line_transforms=CHAINS[name])
    s = jax.device_get(ds.sample_sequences(jax.random.key(6), bank, DIGITS, spec))
    plain = ds.sample_sequences(jax.random.key(6), bank, DIGITS, spec.replace(line_transforms=()))
    layers = alone_by_hand(bank, jax.device_get(plain), followed, 150, 6)
    assert (s.boxes != np.asarray(plain.boxes)).any()
    for b, row in enumerate(layers):
        found = [ink_box(layer) for layer in row if np.rint(layer * 255).any()]
        assert s.length[b] == len(found)
        assert s.boxes[b, : len(found)].tolist() == found
        assert (s.boxes[b, len(found) :] == -1).all()
        row = np.stack([layer for layer in row if np.rint(layer * 255).any()])
        inked = np.rint(row * 255) > 0
        if masks == "amodal":
            np.testing.assert_array_equal(s.masks[b, : len(found)], inked)
            assert not s.masks[b, len(found) :].any()
        else:
            strongest = np.where(inked.any(axis=0), row.argmax(axis=0) + 1, 0)
            # Rounding may part equals.
            close = np.abs(np.sort(row, axis=0)[-2] - row.max(axis=0)) < 1e-5 if len(row) > 1 else False
            np.testing.assert_array_equal(np.where(close, 0, s.masks[b]), np.where(close, 0, strongest))


@pytest.mark.parametrize("name", ["all", *slow("between", "sloped", "fit", "fits")])
def test_boxes_enclose_the_ink_of_the_picture(bank, name):
    """Apart from each other, so that the ink in the picture is all that the boxes enclose."""
    spec = ds.SequenceSpec(
        image_width=260, spacing_range=(20, 30), masks="amodal", line_transforms=CHAINS[name]
    )
    s = jax.device_get(ds.sample_sequences(jax.random.key(3), bank, DIGITS, spec))
    for image, boxes, masks in zip(s.image, s.boxes, s.masks, strict=True):
        np.testing.assert_array_equal(np.rint(image * 255) > 0, masks.any(axis=0))
        used = boxes[boxes[:, 0] >= 0]
        assert ink_box(image) == [*used[:, :2].min(axis=0), *used[:, 2:].max(axis=0)]


def test_amodal_masks_without_transforms(bank):
    spec = ds.SequenceSpec(image_width=150, spacing_range=(-12, -4), masks="amodal", advance="ink")
    s = jax.device_get(ds.sample_sequences(jax.random.key(2), bank, DIGITS, spec))
    assert s.masks.dtype == bool
    layers = alone_by_hand(bank, s, (), 150, 2)
    np.testing.assert_array_equal(s.masks, layers * 255 > 0.5)
    np.testing.assert_array_equal(s.masks.any(axis=1), s.image * 255 > 0.5)
    assert (s.masks.sum(axis=1) > 1).any()


def test_amodal_masks_keep_the_slot_of_a_blank_glyph():
    images, labels = toy_glyphs()
    images[labels == 0] = 0
    bank = ds.make_bank(images, labels)
    spec = ds.SequenceSpec(image_width=100, masks="amodal")
    s = ds.sample_sequences(jax.random.key(0), bank, np.array([[0, 5, 3]], np.int32), spec)
    assert s.digits.tolist() == [[0, 5, 3]]
    assert s.masks.any(axis=(2, 3)).tolist() == [[False, True, True]]
    moved = spec.replace(line_transforms=MOVING[:1])
    s = ds.sample_sequences(jax.random.key(0), bank, np.array([[0, 5, 3]], np.int32), moved)
    assert s.digits.tolist() == [[5, 3, -1]]
    assert s.masks.any(axis=(2, 3)).tolist() == [[True, True, False]]


def test_visible_masks_have_two_names():
    spec = ds.SequenceSpec(masks=True)
    ds.check_spec(spec)
    assert "masks=True" in repr(ds.spec_from_json(ds.spec_to_json(spec)))
    for wrong in ("all", 1, None, ("visible",)):
        with pytest.raises(ValueError, match="masks must be False or one of"):
            ds.check_spec(spec.replace(masks=wrong))


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Vanish(Ink):
    """No ink is left of it."""

    limits: ClassVar = {}

    def change(self, images, keys):
        return images * 0


@pytest.mark.parametrize("masks", ["visible", "amodal"])
def test_a_glyph_that_vanishes_is_dropped(bank, masks):
    digits = np.tile(np.arange(8, dtype=np.int32), (40, 1))
    spec = ds.SequenceSpec(image_width=260, spacing_range=(0, 5), masks=masks)
    whole = jax.device_get(ds.sample_sequences(jax.random.key(1), bank, digits, spec))
    spec = spec.replace(glyph_transforms=(augment.Sometimes(0.5, Vanish()),))
    s = jax.device_get(ds.sample_sequences(jax.random.key(1), bank, digits, spec))
    assert 120 < s.length.sum() < 200
    for b, length in enumerate(s.length):
        kept = s.digits[b, :length]
        assert (np.diff(kept) > 0).all()
        for name in ("offsets", "boxes", "glyph_ids"):
            np.testing.assert_array_equal(getattr(s, name)[b, :length], getattr(whole, name)[b, kept])
            assert (getattr(s, name)[b, length:] == -1).all()
        assert (s.digits[b, length:] == -1).all()
        if masks == "visible":
            expected = np.select([whole.masks[b] == digit + 1 for digit in kept], range(1, length + 1))
            np.testing.assert_array_equal(s.masks[b], expected)
        else:
            np.testing.assert_array_equal(s.masks[b, :length], whole.masks[b, kept])


def test_a_digit_pushed_off_the_canvas_is_dropped(bank):
    spec = ds.SequenceSpec(image_width=150, align="left", masks="visible", line_transforms=(Shift(-28.0),))
    s = jax.device_get(ds.sample_sequences(jax.random.key(1), bank, DIGITS[:4], spec))
    assert s.digits.tolist() == [[5, 0, 8, 1, -1], [9, 9, 9, 9, -1], [2, -1, -1, -1, -1], [-1] * 5]
    assert s.length.tolist() == [4, 4, 1, 0]
    for image, boxes, masks, length in zip(s.image, s.boxes, s.masks, s.length, strict=True):
        assert masks.max() == length
        for slot in range(length):
            assert ink_box(np.where(masks == slot + 1, image, 0)) == boxes[slot].tolist()


@pytest.mark.slow
def test_a_row_is_the_single_sample(bank):
    glyphs, lines = augment.preset("scan")
    spec = ds.SequenceSpec(
        image_width=170, spacing_range=(-5, 5), glyph_transforms=glyphs[:1], line_transforms=lines
    )
    batch = jax.device_get(ds.sample_sequences(jax.random.key(8), bank, DIGITS[:4], spec))
    for b in (0, 2):
        one = ds.sample_sequence(jax.random.fold_in(jax.random.key(8), b), bank, DIGITS[b], spec)
        for name in ("digits", "glyph_ids", "offsets", "boxes"):
            np.testing.assert_array_equal(getattr(one, name), getattr(batch, name)[b])
        np.testing.assert_allclose(one.image, batch.image[b], atol=1e-5)
        image = ds.generate_numbers_sequence(
            DIGITS[b][DIGITS[b] >= 0],
            (-5, 5),
            170,
            key=jax.random.fold_in(jax.random.key(8), b),
            bank=bank,
            spec=spec,
        )
        np.testing.assert_allclose(image, batch.image[b], atol=1e-5)


def test_chunks_change_nothing(bank, monkeypatch):
    """A chain, its labels and its gradient, all at once and in chunks that don't divide the batch."""
    lines = (augment.Blur(sigma=1.5), MOVING[0])
    spec = ds.SequenceSpec(
        image_width=150, masks="amodal", glyph_transforms=MOVING[2:], line_transforms=lines
    )

    def both(size):
        jax.clear_caches()
        monkeypatch.setattr(xla, "CPU_PIXELS", size)

        def total(angle):
            changed = (augment.LineSlant(angle=angle), augment.Blur())
            return augment.apply(jax.random.key(1), changed, images).sum()

        images = jax.random.uniform(jax.random.key(0), (7, 28, 40))
        s = jax.device_get(ds.sample_sequences(jax.random.key(6), bank, DIGITS, spec))
        return s, float(jax.grad(total)(9.0))

    (whole, slope), (parts, in_parts) = both(10**9), both(3 * 28 * 150)
    np.testing.assert_array_equal(whole.boxes, parts.boxes)
    np.testing.assert_array_equal(whole.masks, parts.masks)
    np.testing.assert_allclose(whole.image, parts.image, atol=1e-5)
    assert slope != 0
    assert abs(slope / in_parts - 1) < 1e-3


def test_a_schedule_of_line_parameters_compiles_once(bank):
    traces = 0

    @jax.jit
    def step(key, bank, digits, strength):
        nonlocal traces
        traces += 1
        chosen = (
            augment.LineSlant(angle=30 * strength),
            augment.Blur(sigma=strength),
            augment.Sometimes(strength, augment.GaussianNoise(sigma=strength / 4)),
        )
        s = ds.sample_sequences(key, bank, digits, ds.SequenceSpec(line_transforms=chosen))
        return s.image, s.boxes

    pictures = [step(jax.random.key(0), bank, DIGITS, strength)[0] for strength in (0.0, 0.5, 1.0)]
    assert traces == 1
    assert len({np.asarray(picture).tobytes() for picture in pictures}) == 3


def test_rows_without_digits_and_batches_without_rows(bank):
    spec = ds.SequenceSpec(image_width=60, masks="amodal", line_transforms=MOVING)
    s = ds.sample_sequences(jax.random.key(0), bank, np.full((3, 2), -1, np.int32), spec)
    assert not np.asarray(s.image).any()
    assert s.length.tolist() == [0, 0, 0]
    for masks, shape in (("amodal", (0, 2, 28, 60)), ("visible", (0, 28, 60))):
        with jax.debug_key_reuse(False):
            empty = np.zeros((0, 2), np.int32)
            s = ds.sample_sequences(jax.random.key(0), bank, empty, spec.replace(masks=masks))
        assert (s.image.shape, s.masks.shape) == ((0, 28, 60), shape)
