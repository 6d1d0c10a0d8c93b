"""ds.document: banks, labels and layouts that belong together, and --document."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import digitseq as ds
from digitseq import augment
from digitseq.documents import DOCUMENTS, MARKS


def test_documents_hold_their_presets():
    for name in DOCUMENTS:
        _, _, spec = ds.document(name, "builtin")
        assert (spec.glyph_transforms, spec.line_transforms) == augment.preset(name)
        ds.check_spec(spec)


def test_a_cheque_has_marks_that_no_label_names():
    source, labels, spec = ds.document(
        "cheque", "builtin", labels=ds.RandomDigits(min_length=4, max_length=4)
    )
    assert spec.unlabelled == MARKS
    assert source.symbols == labels.symbols == "0123456789" + MARKS
    assert spec.line_transforms[0].p == 0.47
    digits = np.asarray(labels.draw(jax.random.key(0), 200))
    assert (digits >= 10).any()
    assert not (digits == source.symbols.index("/")).any()  # a one without an upstroke looks the same
    assert ((digits >= 0) & (digits < 10)).sum(axis=1).tolist() == [4] * 200


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_boxes_hold_the_ink_of_their_digits(name):
    """A line of one digit without dirt: its box is that of all ink, and most lines keep their digit."""
    source, _, spec = ds.document(name, "builtin", image_width=100)
    dirt = (augment.BaselineRules, augment.Sometimes)
    clean = tuple(t for t in spec.line_transforms if not isinstance(t, dirt))
    spec = spec.replace(line_transforms=clean)
    digits = np.arange(60, dtype=np.int32)[:, None] % 10
    batch = jax.device_get(ds.sample_sequences(3, source, digits, spec))
    image = np.asarray(batch.image)
    for row in np.flatnonzero(batch.length):
        y, x = np.nonzero(image[row] * 255 > 0.5)
        assert batch.boxes[row, 0].tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
    assert batch.length.mean() > 0.95
    heights = batch.boxes[:, 0, 3] - batch.boxes[:, 0, 1]
    assert 17 < np.median(heights) < 25


@pytest.mark.slow
def test_a_changed_number_does_not_compile_again():
    source, labels, spec = ds.document("cheque", "builtin")
    draw = jax.jit(lambda key, *document: ds.batch_at(key, 0, *document, 4).image)
    first = draw(jax.random.key(0), source, labels, spec)
    others = (
        source.reweighted({"crossed seven": 0.1}),
        labels,
        spec.replace(spacing_range=(0, 4), ligatures=0.5),
    )
    assert not jnp.array_equal(first, draw(jax.random.key(0), *others))
    assert draw._cache_size() == 1


def test_another_document_is_refused():
    with pytest.raises(
        ValueError, match=r"no document .cheqe.; did you mean .cheque.\?; there are form, cheque"
    ):
        ds.document("cheqe", "builtin")
