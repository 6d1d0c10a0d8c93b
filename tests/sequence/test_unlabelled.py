"""Marks that no label names: the image is that of the labelled line, the labels are its digits' alone."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow

import digitseq as ds
from digitseq import augment, ctc

SPEC = ds.SequenceSpec(image_width=190, advance="ink", spacing_range=(-6, 4), align="random")
TEXTS = ["12.507-", "$9,9.", "-3.4=", "7", ".5.", "==", "40/41-"]
LINES = (augment.LineSlant(angle=40.0), augment.BaselineWave(amplitude=3.0), augment.GaussianNoise(sigma=0.1))
GLYPHS = (augment.Affine(), augment.Sometimes(0.3, augment.Affine(shift=28.0)))


@pytest.fixture(scope="module")
def marked(bank):
    named = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), np.asarray(bank.counts)), symbols="0123456789"
    )
    return ds.with_signs(named, ".,-/=$")


def sample(bank, spec):
    digits = np.asarray(ds.FixedLabels(TEXTS, symbols=bank.symbols).digits)
    return jax.device_get(jax.jit(lambda: ds.sample_sequences(jax.random.key(4), bank, digits, spec))())


@pytest.mark.parametrize("masks", [*slow(False, "visible"), "amodal"])
@pytest.mark.parametrize(
    "changes",
    [
        *slow({}, {"line_transforms": LINES}),
        {"glyph_transforms": GLYPHS, "line_transforms": (*LINES, augment.Blur())},
        *slow({"glyph_transforms": GLYPHS, "advance": "outline", "baseline": "ink"}),
    ],
)
def test_labels_are_those_of_the_labelled_line_without_its_marks(marked, masks, changes):
    spec = SPEC.replace(masks=masks, **changes)
    whole, found = sample(marked, spec), sample(marked, spec.replace(unlabelled=".,-/=$"))
    np.testing.assert_array_equal(found.image, whole.image)
    for row, digits in enumerate(whole.digits):
        kept = np.flatnonzero((digits >= 0) & (digits < 10))
        count = len(kept)
        assert found.length[row] == count
        for name in ("digits", "offsets", "boxes", "glyph_ids"):
            np.testing.assert_array_equal(getattr(found, name)[row, :count], getattr(whole, name)[row, kept])
            assert (getattr(found, name)[row, count:] == -1).all()
        if masks == "amodal":
            np.testing.assert_array_equal(found.masks[row, :count], whole.masks[row, kept])
            assert not found.masks[row, count:].any()
        elif masks == "visible":
            names = np.zeros(whole.digits.shape[1] + 1, np.int8)
            names[kept + 1] = np.arange(1, count + 1)
            np.testing.assert_array_equal(found.masks[row], names[whole.masks[row]])
    assert found.length.tolist()[:4] == [5, 2, 2, 1] or "glyph_transforms" in changes


def test_columns_of_marks_are_background_for_ctc(marked):
    batch = sample(marked, SPEC.replace(unlabelled=".,-/=$"))
    targets = np.asarray(ctc.column_targets(batch, 2))
    assert (targets[5] == ctc.BLANK).all()  # "=="
    assert set(targets[0].tolist()) <= {1, 2, 5, 0, 7, ctc.BLANK}


@pytest.mark.parametrize(
    ("unlabelled", "message"),
    [
        ("..", "unlabelled must be symbols of the source, each once, as in '.,-', got '..'"),
        (7, "unlabelled must be symbols of the source"),
        ("+", "unlabelled '\\+': the source's symbols are '0123456789.,-/=\\$', without '\\+'"),
        ("0123456789.,-/=$", "leaves none of the source's symbols"),
    ],
)
def test_what_can_not_be_left_unlabelled_is_refused(marked, unlabelled, message):
    with pytest.raises(ValueError, match=message):
        sample(marked, SPEC.replace(unlabelled=unlabelled))


def test_a_spec_says_what_it_leaves_unlabelled():
    spec = SPEC.replace(unlabelled=".-")
    assert "unlabelled='.-'" in repr(spec)
    assert ds.spec_from_json(ds.spec_to_json(spec)).unlabelled == ".-"
    assert "unlabelled" not in ds.spec_to_json(SPEC)


def test_texts_are_of_the_digits(marked):
    batch = sample(marked, SPEC.replace(unlabelled=".,-/=$"))
    assert ds.text(batch, marked) == ["12507", "99", "34", "7", "5", "", "4041"]
    assert jnp.asarray(batch.image).shape == (7, 28, 190)


def test_frames_for_ctc_are_counted_without_marks(marked):
    labels = ds.WithMarks(labels=ds.RandomDigits(min_length=4, max_length=4), symbols=marked.symbols)
    labels = dataclasses.replace(
        labels, before=("$",), before_weights=(1.0,), after=(".-", "="), after_weights=(1.0, 1.0)
    )
    labels = dataclasses.replace(labels, separators=".,", separator_weights=(1.0, 1.0))
    spec = SPEC.replace(image_width=70, unlabelled=".,-/=$")
    # Class 10, the blank, is the full stop; four digits, and a blank between equal ones.
    assert ctc.check(labels, spec, 10) == 7
    with pytest.raises(ValueError, match="labels may need 7"):
        ctc.check(labels, spec, 11)
    with pytest.raises(ValueError, match="10 is the blank label"):
        ctc.check(labels, spec.replace(unlabelled=""), 10)
    listed = ds.FixedLabels(["3.3"], symbols=marked.symbols)
    assert ctc.check(listed, spec, 23, symbols=marked.symbols) == 3


def test_what_the_source_lacks_is_refused_before_anything_is_made(marked):
    with pytest.raises(ValueError, match="without '\\+'"):
        next(ds.batches(0, marked, ds.FixedLabels(["7"]), SPEC.replace(unlabelled="+"), 2))


@pytest.mark.parametrize("chain", [(), *slow((LINES,))])
def test_visible_masks_do_not_show_a_digit_under_a_mark(marked, chain):
    spec = SPEC.replace(spacing_range=(-14, -14), unlabelled=".,-/=$", line_transforms=chain)
    visible, amodal = (sample(marked, spec.replace(masks=masks)).masks for masks in ("visible", "amodal"))
    assert (amodal.any(axis=1) & (visible == 0)).any()
