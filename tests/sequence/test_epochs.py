"""Glyphs without replacement, and pairs of numbers that use each glyph of a bank once."""

import itertools
import json

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import toy_glyphs
from scipy import stats

import digitseq as ds
from digitseq.exporter.recipe import labels_from_plain, labels_to_plain
from digitseq.internal.permutations import permuted

SPEC = ds.SequenceSpec(image_width=120, sampling="epoch")
LINES = ds.FixedLabels(["350", "004", "5", "7757"])
whole = jax.jit(jax.vmap(permuted, in_axes=(None, 0, None)))
MOST = 400


@hypothesis.settings(max_examples=25)
@hypothesis.given(st.integers(1, MOST), st.integers(0, 2**32 - 1))
def test_a_permutation_takes_each_place_once(size, seed):
    places = jnp.minimum(jnp.arange(MOST), size - 1)
    found = np.asarray(whole(jax.random.key(seed), places, jnp.int32(size)))[:size]
    assert sorted(found.tolist()) == list(range(size))


def test_a_permutation_of_the_largest_bank_stays_within_it():
    size = 2**22 - 1
    places = jnp.arange(size - 5000, size, dtype=jnp.int32)
    found = np.asarray(whole(jax.random.key(1), places, jnp.int32(size)))
    assert len(set(found.tolist())) == 5000
    assert 0 <= found.min() < size // 100
    assert size - size // 100 < found.max() < size


def sent(keys, places, size):
    """Where the permutation of each key sends the places."""
    return np.asarray(jax.jit(jax.vmap(whole, in_axes=(0, None, None)))(keys, places, jnp.int32(size)))


@pytest.mark.parametrize("size", [3, 5])
def test_all_permutations_are_equally_likely(size):
    keys = jax.random.split(jax.random.key(2), 12_000)
    each = jax.vmap(
        lambda key: jax.vmap(lambda place: permuted(key, place, jnp.int32(size)))(jnp.arange(size))
    )
    rows = np.asarray(jax.jit(each)(keys)) @ size ** np.arange(size)
    known = [np.array(order) @ size ** np.arange(size) for order in itertools.permutations(range(size))]
    counts = np.array([(rows == code).sum() for code in known])
    assert counts.sum() == len(rows)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_pairs_of_places_are_equally_likely_in_a_large_permutation():
    size, bins = 5421, 8  # MNIST has as many fives
    keys = jax.random.split(jax.random.key(3), 20_000)
    each = jax.vmap(
        lambda key: jax.vmap(lambda place: permuted(key, place, jnp.int32(size)))(jnp.array([0, 1, 73]))
    )
    rows = np.asarray(jax.jit(each)(keys)) * bins // size
    for left, right in itertools.combinations(range(3), 2):
        counts = np.bincount(rows[:, left] * bins + rows[:, right], minlength=bins**2)
        assert stats.chisquare(counts).pvalue > 1e-4


def drawn(bank, labels, spec, size, steps, key=1):
    """The digits and glyph ids of the first `steps` batches."""
    made = (ds.batch_at(key, step, bank, labels, spec, size) for step in range(steps))
    parts = zip(*((batch.digits, batch.glyph_ids) for batch in made), strict=True)
    return tuple(np.concatenate([np.asarray(one) for one in part]) for part in parts)


def test_each_glyph_of_a_class_is_drawn_once_before_any_twice(bank):
    digits, ids = drawn(bank, LINES, SPEC, 16, 20)
    for digit in (0, 3, 5, 7):
        run = ids[digits == digit] - int(bank.starts[digit])
        count = int(bank.counts[digit])
        epochs = [run[start : start + count].tolist() for start in range(0, len(run) - count + 1, count)]
        assert len(epochs) > 1
        assert all(sorted(epoch) == list(range(count)) for epoch in epochs)
        assert len({tuple(epoch) for epoch in epochs}) > 1, "the same order every time"


def test_images_without_replacement_depend_on_key_and_number_alone(bank):
    _, ids = drawn(bank, LINES, SPEC, 16, 3)
    _, other = drawn(bank, LINES, SPEC, 3, 16)
    np.testing.assert_array_equal(ids, other)
    assert (ids != drawn(bank, LINES, SPEC, 16, 3, key=2)[1]).any()
    examples = ds.Dataset(1, bank, LINES, SPEC, 48)
    np.testing.assert_array_equal(examples[37]["glyph_ids"], ids[37])
    inside = jax.jit(lambda step: ds.batch_at(1, step, bank, LINES, SPEC, 16).glyph_ids)
    np.testing.assert_array_equal(inside(jnp.uint32(2)), ids[32:])


@pytest.mark.slow
def test_glyphs_are_the_same_on_a_mesh(bank):
    mesh = jax.make_mesh((4,), ("rows",), devices=jax.devices()[:4])
    for labels, spec in ((LINES, SPEC), (ds.AdditionPairs(2, bank), ds.SequenceSpec(image_width=120))):
        alone = ds.batch_at(1, 3, bank, labels, spec, 8)
        spread = ds.batch_at(1, 3, bank, labels, spec, 8, mesh=mesh)
        np.testing.assert_array_equal(alone.glyph_ids, spread.glyph_ids)
        np.testing.assert_array_equal(alone.image, spread.image)


@pytest.mark.slow
def test_what_cannot_be_counted_is_refused(bank, small_vae):
    for labels in ("random:3", ds.FixedLabels(["350"], order="random"), ds.ZipCodes()):
        with pytest.raises(ValueError, match=r"^sampling='epoch' counts .*FixedLabels\(labels.draw"):
            ds.batch_at(1, 0, bank, labels, SPEC, 4)
    listed = ds.FixedLabels(ds.RandomDigits(max_length=3, min_length=3).draw(jax.random.key(0), 50))
    assert drawn(bank, listed, SPEC, 4, 1)[1].shape == (4, 3)
    with pytest.raises(ValueError, match="for runs: use batch_at"):
        ds.sample_sequences(0, bank, [[1]], SPEC)
    with pytest.raises(ValueError, match="for runs: use batch_at"):
        ds.generate_numbers_sequence("1", (0, 1), 60, bank=bank, spec=SPEC)
    with pytest.raises(ValueError, match="hand must be 'any', got 'one-writer'"):
        ds.batch_at(1, 0, bank, LINES, SPEC.replace(hand="one-writer"), 4)
    with pytest.raises(ValueError, match="a bank, got the source <Vae"):
        ds.batch_at(1, 0, small_vae, LINES, SPEC, 4)
    with pytest.raises(ValueError, match="sampling must be one of"):
        ds.check_spec(SPEC.replace(sampling="some"))


def test_json_of_a_spec_tells_sampling_where_it_is_not_as_always():
    assert "sampling" not in ds.spec_to_json(ds.SequenceSpec())
    assert ds.spec_from_json(ds.spec_to_json(SPEC)).sampling == "epoch"


@pytest.mark.parametrize("n", [1, 7])
def test_addition_uses_each_glyph_once(bank, n):
    pairs = ds.AdditionPairs(n, bank, key=5)
    total = len(bank.glyphs)
    assert pairs.size == total // (2 * n) == len(pairs.sums)
    assert len(set(pairs.glyph_ids.ravel().tolist())) == pairs.size * 2 * n
    digits, ids = drawn(bank, pairs, ds.SequenceSpec(image_width=28 * 2 * n), pairs.size, 1)
    np.testing.assert_array_equal(digits, pairs.digits)
    np.testing.assert_array_equal(ids, pairs.glyph_ids)
    for row, total in zip(digits.tolist(), pairs.sums, strict=True):
        assert int("".join(map(str, row[:n]))) + int("".join(map(str, row[n:]))) == total
    assert (pairs.glyph_ids != ds.AdditionPairs(n, bank, key=6).glyph_ids).any()
    np.testing.assert_array_equal(pairs.glyph_ids, ds.AdditionPairs(n, bank, key=5).glyph_ids)


def test_pairs_of_lines_are_the_halves_of_the_lines(bank):
    pairs = ds.AdditionPairs(2, bank)
    spec = ds.SequenceSpec(image_width=80)
    halves = [drawn(bank, numbers, spec, 6, 1, key=key) for key, numbers in enumerate(pairs.numbers)]
    for number, total in enumerate(pairs.sums[:6]):
        assert sum(int("".join(map(str, digits[number]))) for digits, _ in halves) == total
    np.testing.assert_array_equal(np.concatenate([ids for _, ids in halves], axis=1), pairs.glyph_ids[:6])


def test_pairs_as_json_name_places_in_the_file():
    """A bank is sorted by digit; the labels of the file, in its order, tell where each glyph stood."""
    images, labels = toy_glyphs(per_digit=6)
    order = np.random.default_rng(0).permutation(len(labels))
    bank = ds.make_bank(images[order], labels[order])
    pairs = ds.AdditionPairs(2, bank)
    by_rows, by_places = json.loads(pairs.to_json()), json.loads(pairs.to_json(labels[order]))
    for (rows, total), (places, same) in zip(by_rows, by_places, strict=True):
        texts = ["".join(str(labels[order][place]) for place in number) for number in places]
        assert sum(map(int, texts)) == total == same
        np.testing.assert_array_equal(images[order][places], np.asarray(bank.glyphs)[np.array(rows)])
    with pytest.raises(ValueError, match="labels must be those of the bank's file"):
        pairs.to_json(labels[:-1])


def test_large_sums_are_exact(bank):
    pairs = ds.AdditionPairs(25, bank)
    row = pairs.digits[0].tolist()
    assert pairs.sums[0] == int("".join(map(str, row[:25]))) + int("".join(map(str, row[25:])))
    assert max(pairs.sums) > 2**64


def test_pairs_are_refused_where_they_cannot_be(bank, small_vae):
    with pytest.raises(ds.BankError, match="the bank has"):
        ds.AdditionPairs(len(bank.glyphs), bank)
    with pytest.raises(ds.BankError, match="got the source <Vae"):
        ds.AdditionPairs(1, small_vae)
    letters = ds.make_bank(*toy_glyphs(2, 3), num_classes=3, symbols="ABC")
    with pytest.raises(ds.BankError, match="has no digits, its symbols are 'ABC'"):
        ds.AdditionPairs(1, letters)
    with pytest.raises(ValueError, match="at most 4299"):
        ds.AdditionPairs(4300, bank)
    with pytest.raises(ValueError, match="sign must be one of the symbols"):
        ds.AdditionPairs(1, bank, sign="+")
    other = ds.make_bank(*toy_glyphs(per_digit=1))
    with pytest.raises(ValueError, match="the labels were made for another one"):
        ds.batch_at(0, 0, other, ds.AdditionPairs(1, bank), ds.SequenceSpec(), 4)


def test_pairs_keep_their_glyphs_through_json_and_an_export(bank, tmp_path):
    pairs = ds.AdditionPairs(2, bank)
    again = labels_from_plain(json.loads(json.dumps(labels_to_plain(pairs))))
    np.testing.assert_array_equal(again.glyph_ids, pairs.glyph_ids)
    ds.export(0, bank, pairs, ds.SequenceSpec(image_width=120), tmp_path / "out", count=10, format="npz")
    with np.load(next((tmp_path / "out").rglob("*.npz"))) as file:
        np.testing.assert_array_equal(file["glyph_ids"], pairs.glyph_ids[:10])
    ds.verify(tmp_path / "out")


def test_mnist_makes_as_many_pairs_as_the_papers_say(mnist, mnist_test):
    """30,000 / n of the training digits, 5,000 / n of the test digits."""
    for n in (1, 2, 4, 15):
        assert ds.AdditionPairs(n, mnist).size == 30_000 // n
        assert ds.AdditionPairs(n, mnist_test).size == 5_000 // n


def test_pairs_are_neither_split_nor_drawn_as_pictures(bank, tmp_path, digitseq):
    pairs = ds.AdditionPairs(2, bank)
    parts = {"a": 0.5, "b": 0.5}
    with pytest.raises(ValueError, match="PairLabels name the glyphs of a whole bank"):
        ds.export_splits(0, bank, pairs, ds.SequenceSpec(), tmp_path / "out", parts, count=8, format="npz")
    assert not (tmp_path / "out").exists()
    code, _, err = digitseq("generate", "addition:2", "0", "4", "auto", "--bank", "builtin")
    assert code == 2
    assert "digitseq export" in err
