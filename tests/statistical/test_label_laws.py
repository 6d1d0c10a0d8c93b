"""The distributions of label sources and of the choice of a writer, by chi-square at a fixed seed."""

import jax
import numpy as np
import pytest
from conftest import toy_glyphs
from scipy import stats

import digitseq as ds

ALPHA = 1e-4
DRAWS = 120_000
DRAW = jax.jit(lambda key, labels: labels.draw(key, DRAWS))


def drawn(seed, labels) -> np.ndarray:
    return np.asarray(DRAW(jax.random.key(seed), labels))


def assert_law(values, chances) -> None:
    """Values 0 to C - 1 are as frequent as `chances` say; what has none is never drawn."""
    counts, chances = np.bincount(values, minlength=len(chances)), np.asarray(chances)
    assert len(counts) == len(chances), "a value outside its range"
    assert not counts[chances == 0].any()
    expected = len(values) * chances[chances > 0] / chances.sum()
    assert expected.min() > 5
    assert stats.chisquare(counts[chances > 0], expected).pvalue > ALPHA


def test_fixed_sequences_are_equally_frequent():
    rows = drawn(1, ds.FixedLabels([str(number) for number in range(7)], order="random"))
    assert_law(rows[:, 0], np.ones(7))


def test_weighted_digits_and_repeats():
    weights, repeat = np.array([3.0, 0, 1, 1, 0, 2, 1, 1, 0.5, 0]), 0.3
    chances = weights / weights.sum()
    rows = drawn(2, ds.RandomDigits(max_length=4, min_length=4, weights=weights, repeat=repeat))
    for slot in rows.T:
        assert_law(slot, chances)
    again = repeat * np.eye(10) + (1 - repeat) * chances[None, :]
    for left, right in zip(rows.T, rows.T[1:], strict=False):
        assert_law(left * 10 + right, (chances[:, None] * again).ravel())
    # No memory of more than one digit.
    triples = (chances[:, None] * again)[:, :, None] * again[None]
    assert_law(rows[:, :3] @ np.array([100, 10, 1]), triples.ravel())


def test_lengths_are_uniform_where_digits_are_weighted():
    rows = drawn(3, ds.RandomDigits(min_length=2, max_length=6, weights=np.arange(10.0), repeat=0.5))
    assert_law((rows >= 0).sum(axis=1) - 2, np.ones(5))


@pytest.mark.parametrize("zero_padded", [False, True])
def test_numbers_of_a_range_are_uniform(zero_padded):
    rows = drawn(4, ds.NumberRange(95, 1304, zero_padded=zero_padded))
    values = np.array([int("".join(str(d) for d in row if d >= 0)) for row in rows.tolist()])
    assert_law(values - 95, np.ones(1210))


def test_numbers_of_the_largest_range_are_uniform():
    rows = drawn(5, ds.NumberRange(0, 2**31 - 1, zero_padded=True)).astype(np.int64)
    values = rows @ 10 ** np.arange(9, -1, -1)
    assert_law(values * 64 >> 31, np.ones(64))
    assert_law(values % 64, np.ones(64))


def test_digits_of_a_pattern_are_uniform_and_independent():
    rows = drawn(6, ds.Pattern("[1-3]#", luhn=False))
    assert_law((rows[:, 0] - 1) * 10 + rows[:, 1], np.ones(30))
    cards = drawn(6, ds.Pattern("####", luhn=True))
    assert_law(cards[:, :3] @ np.array([100, 10, 1]), np.ones(1000))


def test_writers_are_uniform_over_those_who_have_the_digits():
    """And each glyph is uniform over the writer's own, and independent of the writer's."""
    images, labels = toy_glyphs(per_digit=40)
    rng = np.random.default_rng(3)
    writers = rng.integers(0, 8, len(labels))
    writers[(labels == 5) & (writers == 2)] = 3
    bank = ds.make_bank(images, labels, writers=writers)
    digits = np.tile(np.array([5, 1, 5, -1]), (DRAWS, 1))
    chosen = jax.jit(lambda *given: (lambda s: (s.writer, s.glyph_ids))(ds.sample_sequences(*given)))
    spec = ds.SequenceSpec(image_width=100, hand="one-writer")
    who, ids = map(np.asarray, chosen(jax.random.key(7), bank, digits, spec))
    able = [
        bool(((labels == 5) & (writers == w)).sum() and ((labels == 1) & (writers == w)).sum())
        for w in range(8)
    ]
    assert able.count(False) == 1
    assert_law(who, np.array(able, float))
    runs = np.asarray(bank.writer_index.runs)
    writer = int(np.flatnonzero(able)[1])
    mine = ids[who == writer]
    sizes = [runs[d, writer + 1] - runs[d, writer] for d in (5, 1, 5)]
    places = [mine[:, slot] - runs[d, writer] for slot, d in enumerate((5, 1, 5))]
    assert_law(np.ravel_multi_index(places, sizes), np.ones(int(np.prod(sizes))))


@pytest.mark.parametrize("by", ["glyph", "writer"])
def test_splits_are_uniform(by):
    """Each glyph, and each writer, is in the first part as often as the fraction says."""
    images, labels = toy_glyphs(per_digit=10)
    # Whether a writer wrote much or little makes no difference.
    writers = np.sqrt(np.arange(100)).astype(int)
    bank = ds.make_bank(images, labels, writers=writers)
    counts, rounds = np.zeros(100), 400
    for seed in range(rounds):
        (part,) = ds.split_bank(bank, (0.3,), jax.random.key(seed), by=by)
        counts[np.asarray(part.rows)] += 1
    if by == "writer":
        counts = np.array([counts[np.asarray(bank.writers) == writer][0] for writer in range(10)])
    # Draws without replacement vary less than independent ones: a bound, not a law.
    assert stats.chi2.sf(((counts - 0.3 * rounds) ** 2 / (0.3 * 0.7 * rounds)).sum(), len(counts)) > ALPHA
