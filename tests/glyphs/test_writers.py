"""One writer a line, and splits that share nothing."""

from pathlib import Path

import jax
import numpy as np
import pytest
import skipped
from conftest import MNIST, toy_glyphs
from hypothesis import given, settings
from hypothesis import strategies as st

import digitseq as ds
from digitseq.glyphs.pairs import find_pair

LINE = ds.SequenceSpec(image_width=120, hand="one-writer")


@pytest.fixture(scope="module")
def written():
    """A bank of 5 writers, of whom number 40 has no 3, and only number 10 has a 9."""
    images, labels = toy_glyphs(per_digit=20)
    writers = np.array([10, 20, 30, 40, 50])[np.random.default_rng(1).integers(0, 5, len(labels))]
    writers[(labels == 3) & (writers == 40)] = 20
    writers[labels == 9] = 10
    return ds.make_bank(images, labels, writers=writers), images, labels, writers


def test_a_bank_is_sorted_by_digit_and_then_by_writer(written):
    bank, images, labels, writers = written
    order = np.lexsort((writers, labels))
    np.testing.assert_array_equal(bank.glyphs, images[order])
    np.testing.assert_array_equal(bank.writers, writers[order])
    runs, names = np.asarray(bank.writer_index.runs), np.asarray(bank.writer_index.names)
    assert names.tolist() == [10, 20, 30, 40, 50]
    for digit, row in enumerate(runs):
        for place, name in enumerate(names):
            mine = np.flatnonzero((labels[order] == digit) & (writers[order] == name))
            assert np.arange(row[place], row[place + 1]).tolist() == mine.tolist()


def test_a_line_is_of_the_writer_that_the_sample_says(written):
    bank, *_ = written
    digits = np.array([[3, 0, 3, -1], [9, 1, 2, -1], [4, 4, -1, -1]] * 20)
    batch = ds.sample_sequences(jax.random.key(0), bank, digits, LINE)
    by = np.asarray(bank.writers)[np.asarray(batch.glyph_ids)]
    assert (np.where(digits >= 0, by, batch.writer[:, None]) == np.asarray(batch.writer)[:, None]).all()
    np.testing.assert_array_equal(batch.digits, digits)
    assert 40 not in np.asarray(batch.writer)[::3], "who has no 3"
    assert set(np.asarray(batch.writer)[1::3].tolist()) == {10}, "who alone has a 9"
    assert set(np.asarray(batch.writer)[2::3].tolist()) == {10, 20, 30, 40, 50}
    row = ds.sample_sequence(jax.random.fold_in(jax.random.key(0), 2), bank, digits[2], LINE)
    assert (row.writer, row.glyph_ids.tolist()) == (batch.writer[2], batch.glyph_ids[2].tolist())
    anyone = ds.sample_sequences(jax.random.key(0), bank, digits, LINE.replace(hand="any"))
    assert set(np.asarray(anyone.writer).tolist()) == {-1}


def test_a_line_that_nobody_can_write_ends_before(written):
    _, images, labels, writers = written
    bank = ds.make_bank(images, labels, writers=np.where(labels == 3, 60, writers))
    line = ds.sample_sequence(jax.random.key(0), bank, np.array([9, 1, 3, 1]), LINE)
    assert line.digits.tolist() == [9, 1, -1, -1]
    assert (int(line.length), int(line.writer)) == (2, 10)
    with pytest.raises(ds.BankError, match=r"no writer .* \[9, 1, 3, 1\]"):
        ds.generate_numbers_sequence("9131", (0, 0), 120, bank=bank, spec=LINE)


def test_banks_without_writers_are_refused(bank):
    for act in (
        lambda: ds.generate_numbers_sequence("35", (0, 0), 120, bank=bank, spec=LINE),
        lambda: ds.sample_sequence(jax.random.key(0), bank, np.array([3]), LINE),
        lambda: ds.split_bank(bank, (0.5, 0.5), jax.random.key(0), by="writer"),
    ):
        with pytest.raises(ds.BankError, match=r"knows its writers.*writers="):
            act()


@settings(max_examples=25)
@given(
    shares=st.lists(st.floats(0.1, 1), min_size=1, max_size=4),
    seed=st.integers(0, 99),
    by=st.sampled_from(["glyph", "writer"]),
)
def test_parts_share_nothing(written, shares, seed, by):
    bank, *_ = written
    shares = np.array(shares) / sum(shares) * 0.99
    if np.diff(np.round(np.cumsum(shares) * {"writer": 5, "glyph": 20}[by]), prepend=0).min() < 1:
        return
    parts = ds.split_bank(bank, shares, jax.random.key(seed), by=by)
    rows = [np.asarray(part.rows) for part in parts]
    assert len(np.unique(np.concatenate(rows))) == sum(map(len, rows))
    for part, own in zip(parts, rows, strict=True):
        np.testing.assert_array_equal(part.glyphs, np.asarray(bank.glyphs)[own])
        np.testing.assert_array_equal(part.ink, np.asarray(bank.ink)[own])
        np.testing.assert_array_equal(part.writers, np.asarray(bank.writers)[own])
        digits = np.repeat(np.arange(10), np.asarray(part.counts))
        assert (np.repeat(np.arange(10), np.asarray(bank.counts))[own] == digits).all()
    if by == "writer":
        hands = [set(np.asarray(part.writers).tolist()) for part in parts]
        assert len(set.union(*hands)) == sum(map(len, hands))
    else:
        for share, part in zip(shares, parts, strict=True):
            assert (abs(np.asarray(part.counts) - share * np.asarray(bank.counts)) <= 1).all()


def test_what_parts_write_has_no_glyph_in_common(bank):
    train, test = ds.split_bank(bank, (0.7, 0.3), jax.random.key(3))
    spec, seen = ds.SequenceSpec(image_width=100), []
    for part in (train, test):
        batch = ds.batch_at(jax.random.key(4), 0, part, ds.RandomDigits(max_length=3), spec, 64)
        ids = np.asarray(batch.glyph_ids)
        seen.append(set(np.asarray(part.rows)[ids[ids >= 0]].tolist()))
    assert len(seen[0]) > 30
    assert not seen[0] & seen[1]


def test_a_part_of_a_part_knows_the_first_bank(bank):
    part, _ = ds.split_bank(bank, (0.6, 0.4), jax.random.key(0))
    again, _ = ds.split_bank(part, (0.5, 0.5), jax.random.key(1))
    np.testing.assert_array_equal(again.glyphs, np.asarray(bank.glyphs)[np.asarray(again.rows)])


@pytest.mark.parametrize("fractions", [(), (0.6, 0.6), (0.5, 0), (-0.1,), 0.5, (float("nan"),)])
def test_fractions_that_make_no_parts(bank, fractions):
    with pytest.raises(ValueError, match="fractions"):
        ds.split_bank(bank, fractions, jax.random.key(0))


def test_other_splits_that_make_no_sense(written, bank):
    with pytest.raises(ValueError, match="by must be"):
        ds.split_bank(bank, (0.5,), jax.random.key(0), by="digit")
    with pytest.raises(ds.BankError, match="not one writer"):
        ds.split_bank(written[0], (0.99, 0.01), jax.random.key(0), by="writer")


@pytest.mark.skipif(not MNIST, reason=skipped.NO_MNIST)
def test_qmnists_writers(tmp_path):
    """From a table of QMNIST's form; the real one is not part of the project."""
    labels = ds.read_idx(find_pair(Path(MNIST), "test")[1]).astype(np.int32)
    table = np.zeros((len(labels) + 50, 8), np.int32)
    table[: len(labels), 0] = labels
    table[:, 2] = 100 + np.arange(len(table)) // 40
    ds.write_idx(tmp_path / "qmnist-test-labels-idx2-int.gz", table)
    for _ in range(2):  # the second from the cache
        bank = ds.load_bank(MNIST, split="test", writers=tmp_path)
        assert bank.writer_index.names.shape == (250,)
        digits = np.repeat(np.arange(10), np.asarray(bank.counts))
        order = np.lexsort((table[: len(labels), 2], labels))
        np.testing.assert_array_equal(digits, labels[order])
        np.testing.assert_array_equal(bank.writers, table[order, 2])
    table[7, 0] += 1
    ds.write_idx(tmp_path / "wrong", table)
    for name, words in (("wrong", "row 7 says"), ("short", "has 9 rows"), ("flat", "must hold integers")):
        if name != "wrong":
            ds.write_idx(tmp_path / name, table[:9] if name == "short" else table[:, 0])
        with pytest.raises(ds.BankError, match=words):
            ds.load_bank(MNIST, split="test", writers=tmp_path / name)
    (tmp_path / "torn").write_bytes((tmp_path / "flat").read_bytes()[:30])
    with pytest.raises(ds.IdxError, match="torn"):
        ds.load_bank(MNIST, split="test", writers=tmp_path / "torn")
    with pytest.raises(FileNotFoundError, match="qmnist-train-labels"):
        ds.load_bank(MNIST, writers=tmp_path)


@pytest.mark.parametrize(
    ("writers", "error"),
    [([1, 2], ds.BankError), (np.zeros(70), ValueError), (np.full(70, -1), ds.BankError)],
)
def test_writers_of_another_form(writers, error):
    with pytest.raises(error, match="writers"):
        ds.make_bank(*toy_glyphs(), writers=np.asarray(writers))
