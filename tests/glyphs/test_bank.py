"""DigitBank: sorting, ink boxes, what is refused, the digest, and draws."""

import contextlib
import hashlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import toy_glyphs
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds
from digitseq.sequence.preflight import require_digits

IMAGES, LABELS = toy_glyphs()


@st.composite
def glyph_sets(draw):
    """Images of sparse ink, blank ones among them, their labels, and a number of classes."""
    num_classes = draw(st.sampled_from([1, 3, 10, 27]))
    labels = draw(st.lists(st.integers(0, num_classes - 1), min_size=1, max_size=12))
    images = np.zeros((len(labels), 28, 28), np.uint8)
    places = st.tuples(st.integers(0, len(labels) - 1), st.integers(0, 27), st.integers(0, 27))
    for place in draw(st.lists(places, max_size=20)):
        images[place] = draw(st.integers(1, 255))
    return images, np.array(labels), num_classes


def slow_ink(glyph):
    """By a loop over the pixels: the box of those that are not 0."""
    inked = [(x, y) for y in range(28) for x in range(28) if glyph[y, x]]
    if not inked:
        return [0, 0, 0, 0]
    xs, ys = zip(*inked, strict=True)
    return [min(xs), min(ys), max(xs) + 1, max(ys) + 1]


@given(glyph_sets())
def test_runs_and_ink_are_those_of_a_loop(glyph_set):
    images, labels, num_classes = glyph_set
    bank = ds.make_bank(images, labels, num_classes=num_classes)
    runs = [[n for n in range(len(labels)) if labels[n] == digit] for digit in range(num_classes)]
    order = [n for run in runs for n in run]
    np.testing.assert_array_equal(bank.glyphs, images[order])
    assert np.asarray(bank.counts).tolist() == [len(run) for run in runs]
    assert np.asarray(bank.starts).tolist() == [sum(map(len, runs[:d])) for d in range(num_classes)]
    assert np.asarray(bank.ink).tolist() == [slow_ink(images[n]) for n in order]
    assert bank.num_classes == num_classes
    assert bank.glyphs.dtype == jnp.uint8
    assert {leaf.dtype for leaf in (bank.starts, bank.counts, bank.ink)} == {jnp.dtype(jnp.int32)}


@pytest.mark.parametrize("num_classes", [1, 27, 47])
def test_other_numbers_of_classes(num_classes):
    images, labels = toy_glyphs(2, num_classes)
    bank = ds.make_bank(images, labels, num_classes=num_classes)
    assert np.asarray(bank.counts).tolist() == [2] * num_classes
    assert bank.num_classes == num_classes


def test_transpose_swaps_rows_and_columns():
    turned = ds.make_bank(IMAGES.swapaxes(1, 2), LABELS, transpose=True)
    for leaf, other in zip(
        jax.tree.leaves(turned), jax.tree.leaves(ds.make_bank(IMAGES, LABELS)), strict=True
    ):
        np.testing.assert_array_equal(leaf, other)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
def test_labels_of_any_integer_type(dtype):
    assert ds.bank_digest(ds.make_bank(IMAGES, LABELS.astype(dtype))) == ds.bank_digest(
        ds.make_bank(IMAGES, LABELS)
    )


def test_what_is_given_is_not_changed_and_not_shared():
    images, labels = IMAGES.copy(), np.sort(LABELS)
    bank = ds.make_bank(images, labels)
    images[:], labels[:] = 0, 0
    assert ds.bank_digest(bank) == ds.bank_digest(ds.make_bank(IMAGES, np.sort(LABELS)))


@pytest.mark.parametrize(
    ("images", "labels", "options", "said"),
    [
        (IMAGES, LABELS[:-3], {}, ["70 images", "67 labels"]),
        (IMAGES[:0], LABELS[:0], {}, ["1 to", "got 0"]),
        (np.zeros((1, 32, 30), np.uint8), [0], {}, ["32 high", "30 wide"]),
        (IMAGES, LABELS, {"num_classes": 9}, ["label 9", "0..8", "7 such", "num_classes=9"]),
        (IMAGES[:2], [3, -1], {}, ["label -1 of glyph 1", "0..9"]),
        (IMAGES[:1], [10], {}, ["label 10 of glyph 0", "0..9"]),
    ],
)
def test_glyphs_that_make_no_bank(images, labels, options, said):
    with pytest.raises(ds.BankError) as caught:
        ds.make_bank(images, labels, **options)
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("images", "labels", "options", "said"),
    [
        (IMAGES.astype(np.float32), LABELS, {}, "float32 [70, 28, 28]"),
        (IMAGES.reshape(70, 784), LABELS, {}, "uint8 [70, 784]"),
        (IMAGES, LABELS.astype(np.float64), {}, "float64 [70]"),
        (IMAGES, LABELS[:, None], {}, "uint8 [70, 1]"),
        (IMAGES, LABELS.astype(bool), {}, "bool [70]"),
        (IMAGES, LABELS, {"num_classes": 0}, "got 0"),
        (IMAGES, LABELS, {"num_classes": -2}, "got -2"),
        (IMAGES, LABELS, {"num_classes": True}, "got True"),
        (IMAGES, LABELS, {"num_classes": 10.0}, "10.0"),
        (IMAGES, LABELS, {"num_classes": "10"}, "'10'"),
    ],
)
def test_arguments_that_cannot_be_used(images, labels, options, said):
    with pytest.raises(ValueError, match="must be") as caught:
        ds.make_bank(images, labels, **options)
    assert not isinstance(caught.value, ds.BankError)
    assert said in str(caught.value)


@pytest.mark.filterwarnings("ignore:glyphs:UserWarning")  # noise may look like noise
@given(glyph_sets(), st.randoms(use_true_random=False))
def test_the_digest_ignores_how_the_classes_were_interleaved(glyph_set, random):
    images, labels, num_classes = glyph_set
    runs = {label: list(np.flatnonzero(labels == label)) for label in set(labels.tolist())}
    shuffled = labels.tolist()
    random.shuffle(shuffled)
    order = [runs[label].pop(0) for label in shuffled]
    one = ds.make_bank(images, labels, num_classes=num_classes)
    other = ds.make_bank(images[order], labels[order], num_classes=num_classes + 20)
    assert ds.bank_digest(one) == ds.bank_digest(other)


@given(st.integers(0, 69), st.integers(0, 27), st.integers(0, 27), st.integers(0, 7))
def test_the_digest_tells_a_single_bit_or_label(glyph, row, column, bit):
    digest = ds.bank_digest(ds.make_bank(IMAGES, LABELS))
    images, labels = IMAGES.copy(), LABELS.copy()
    images[glyph, row, column] ^= 1 << bit
    labels[glyph] = (labels[glyph] + 1 + bit) % 10
    assert ds.bank_digest(ds.make_bank(images, LABELS)) != digest
    assert ds.bank_digest(ds.make_bank(IMAGES, labels)) != digest


def test_the_digest_tells_the_order_within_a_class_and_where_a_class_ends():
    images = IMAGES[:3]
    digests = [
        ds.bank_digest(ds.make_bank(*glyphs))
        for glyphs in (
            (images, [0, 0, 1]),
            (images[[1, 0, 2]], [0, 0, 1]),
            (images, [0, 1, 1]),
            (images, [0, 0, 2]),
        )
    ]
    assert len(set(digests)) == 4
    assert all(len(digest) == 64 and int(digest, 16) >= 0 for digest in digests)


def test_the_digest_is_this_for_ever():
    """Recipes in pictures carry it."""
    images = (np.arange(3 * 784) % 256).astype(np.uint8).reshape(3, 28, 28)
    stated = hashlib.sha256(b"digitseq bank 1 (28, 28) [1, 0, 2]\n" + images.tobytes()).hexdigest()
    assert ds.bank_digest(ds.make_bank(images, [0, 2, 2])) == stated


def test_the_digest_is_that_of_the_files(toy_folder):
    digest = ds.bank_digest(ds.make_bank(IMAGES, LABELS))
    assert ds.bank_digest(ds.load_bank(toy_folder)) == digest
    assert ds.bank_digest(ds.load_bank(toy_folder, num_classes=30)) == digest
    assert ds.bank_digest(ds.load_bank(toy_folder, split="test")) != digest


def test_a_bank_passes_through_jit(bank):
    @jax.jit
    def shifted(bank):
        assert bank.num_classes == 10
        return jax.tree.map(lambda leaf: leaf + jnp.ones((), leaf.dtype), bank)

    back = shifted(bank)
    assert type(back) is ds.DigitBank
    np.testing.assert_array_equal(back.starts, np.asarray(bank.starts) + 1)
    np.testing.assert_array_equal(back.glyphs, np.asarray(bank.glyphs) + np.uint8(1))
    assert repr(bank) == "<DigitBank of 70 glyphs of 10 digits>"


def test_require_tells_an_unknown_digit_from_one_without_glyphs():
    bank = ds.make_bank(IMAGES, np.where(LABELS == 4, 5, LABELS))
    require_digits(bank, [0, 9, 5])
    with pytest.raises(ds.BankError, match="no glyph of digit 4"):
        require_digits(bank, [3, 4])
    for digit in (-1, 10):
        with pytest.raises(ValueError, match=rf"{digit} is out of range, this bank has 0\.\.9") as caught:
            require_digits(bank, [3, digit])
        assert not isinstance(caught.value, ds.BankError)


def test_serves_is_false_for_what_require_refuses():
    bank = ds.make_bank(IMAGES, np.where(LABELS == 4, 5, LABELS))
    digits = np.arange(-2, 13, dtype=np.int32)

    def allowed(digit):
        with contextlib.suppress(ValueError):
            require_digits(bank, [digit])
            return True
        return False

    assert np.asarray(bank.serves(jnp.asarray(digits))).tolist() == [
        allowed(digit) for digit in digits.tolist()
    ]


@given(st.integers(0, 2**32 - 1))
def test_a_draw_is_the_glyphs_it_names(seed):
    bank = ds.make_bank(IMAGES, np.where(LABELS == 4, 5, LABELS))
    digits = np.array([3, 5, 0, 9, 3, 5], np.int32)
    glyphs, glyph_ids = bank.draw(jax.random.key(seed), jnp.asarray(digits))
    assert (glyphs.shape, glyphs.dtype, glyph_ids.dtype) == ((6, 28, 28), jnp.float32, jnp.int32)
    np.testing.assert_array_equal(np.rint(np.asarray(glyphs) * 255), np.asarray(bank.glyphs)[glyph_ids])
    assert 0 <= glyphs.min() <= glyphs.max() <= 1
    begins = np.asarray(bank.starts)[digits]
    assert (begins <= glyph_ids).all()
    assert (glyph_ids < begins + np.asarray(bank.counts)[digits]).all()


def test_every_glyph_of_a_digit_is_drawn_sometime(bank):
    digits = jnp.full(400, 7, jnp.int32)
    drawn = np.unique(bank.draw(jax.random.key(0), digits)[1])
    assert drawn.tolist() == list(range(49, 56))


def test_a_slots_choice_does_not_depend_on_the_others(bank):
    key, digits = jax.random.key(5), np.array([1, 2, 3, 4, 5], np.int32)
    whole = np.asarray(bank.draw(key.copy(), jnp.asarray(digits))[1])
    part = np.asarray(bank.draw(key.copy(), jnp.asarray(digits[:3]))[1])
    changed = np.asarray(bank.draw(key.copy(), jnp.asarray(np.array([9, 9, 3, 9, 9], np.int32)))[1])
    np.testing.assert_array_equal(whole[:3], part)
    assert whole[2] == changed[2]


def test_full_ink_is_exactly_one_and_none_exactly_zero():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, :14] = 255
    glyphs, _ = ds.make_bank(image, [0], num_classes=1).draw(jax.random.key(0), jnp.zeros(1, jnp.int32))
    assert np.unique(glyphs).tolist() == [0.0, 1.0]
