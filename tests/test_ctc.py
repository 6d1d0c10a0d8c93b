"""Labels for CTC: as optax takes them, and what a width and a stride can hold."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds
from digitseq import ctc

ROWS = st.lists(st.integers(0, 9), min_size=1, max_size=6)


def padded(row, slots=6):
    return np.array([*row, *[-1] * (slots - len(row))], np.int32)


def slow_frames(row) -> int:
    return len(row) + sum(a == b for a, b in itertools.pairwise(row))


@given(ROWS)
def test_least_frames(row):
    assert int(ctc.least_frames(padded(row))) == slow_frames(row)


@pytest.mark.parametrize("row", [[1, 2, 3], [0, 8, 7, 0, 0, 1], [5, 5, 5]])
def test_optax_reads_the_labels_and_needs_so_many_frames(row):
    """With one frame fewer no alignment is left: the loss says so by its size."""
    digits = jnp.asarray(padded(row))[None]
    labels, paddings = ctc.labels_and_paddings(digits)
    assert (labels.dtype, paddings.dtype) == (jnp.int32, jnp.float32)
    assert int(paddings.sum()) == 6 - len(row)
    losses = []
    for frames in (slow_frames(row), slow_frames(row) - 1):
        logits = jnp.zeros((1, frames, 11))
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            loss = optax.ctc_loss(logits, jnp.zeros((1, frames)), labels, paddings, blank_id=ctc.BLANK)
        losses.append(float(loss[0]))
    assert losses[0] < 100 < losses[1]


@given(st.lists(st.integers(0, 10), min_size=1, max_size=12))
def test_decode_is_the_textbooks(path):
    merged = [label for label, _ in itertools.groupby(path)]
    wanted = [label for label in merged if label != ctc.BLANK]
    logits = np.eye(11, dtype=np.float32)[np.array([*path, *[ctc.BLANK] * (12 - len(path))])]
    read = np.asarray(ctc.decode(logits))
    assert read.shape == (12,)
    assert read[read >= 0].tolist() == wanted
    assert (read[len(wanted) :] == -1).all()


def test_targets_are_under_the_ink(bank):
    labels = ds.RandomDigits(min_length=1, max_length=4)
    spec = ds.SequenceSpec(image_width=150, spacing_range=(-8, 8))
    batch = ds.batch_at(jax.random.key(0), 0, bank, labels, spec, 40)
    for stride in (1, 4):
        targets = np.asarray(ctc.column_targets(batch, stride))
        assert targets.shape == (40, 150 // stride)
        for row, boxes, digits in zip(
            targets, np.asarray(batch.boxes), np.asarray(batch.digits), strict=True
        ):
            for frame, target in enumerate(row):
                middle = (frame + 0.5) * stride
                held = [
                    (abs((x0 + x1) / 2 - middle), slot)
                    for slot, (x0, _, x1, _) in enumerate(boxes)
                    if x0 <= middle < x1
                ]
                assert target == (digits[min(held)[1]] if held else ctc.BLANK)
    one = jax.tree.map(lambda leaf: leaf[0], batch)
    np.testing.assert_array_equal(ctc.column_targets(one, 4, blank=77) == 77, targets[0] == ctc.BLANK)


@pytest.mark.parametrize(
    ("labels", "most"),
    [
        (ds.FixedLabels(["123", "00"]), 3),
        (ds.RandomDigits(min_length=1, max_length=5), 9),
        (ds.Pattern("19##"), 6),
        (ds.NumberRange(0, 99), 3),
        (ds.Pattern("[01][12][23]"), 4),
    ],
)
def test_a_width_and_a_stride_that_hold_the_labels(labels, most):
    spec = ds.SequenceSpec(image_width=8 * most)
    assert ctc.check(labels, spec, 8) == most
    with pytest.raises(
        ValueError, match=rf"may need {most}: a stride up to 7 works, or a width from {8 * most}"
    ):
        ctc.check(labels, spec.replace(image_width=8 * most - 1), 8)
    with pytest.raises(ValueError, match="stride"):
        ctc.check(labels, spec, 0)


def test_the_blank_label_is_no_digit():
    labels = ds.RandomDigits(choices=np.arange(12))
    with pytest.raises(ValueError, match="10 is the blank label"):
        ctc.check(labels, ds.SequenceSpec(), 4)
    assert ctc.check(labels, ds.SequenceSpec(), 4, blank=12) == 50


@given(ROWS, ROWS)
def test_edit_distance(ours, theirs):
    found = ctc.edit_distance(padded(ours), padded(theirs, 8))
    assert found == slow_distance(tuple(ours), tuple(theirs))


def slow_distance(a, b) -> int:
    table = {(i, j): i + j for i in range(len(a) + 1) for j in range(len(b) + 1) if not i * j}
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        table[i, j] = min(
            table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
        )
    return table[len(a), len(b)]
