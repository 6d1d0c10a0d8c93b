"""The distributions of label sources and of the choice of a writer, by chi-square at a fixed seed."""

import datetime

import jax
import numpy as np
import pytest
from conftest import slow, toy_glyphs
from scipy import stats

import digitseq as ds
from digitseq.labels.addresses import prefixes

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


def numbers(rows) -> np.ndarray:
    """Rows of digits, all of one length, as numbers."""
    return rows @ 10 ** np.arange(rows.shape[1] - 1, -1, -1)


def test_days_are_uniform():
    """Over a leap year and the end of one, in two forms of which each is half."""
    first, last = datetime.date(2023, 12, 20), datetime.date(2025, 1, 9)
    rows = drawn(8, ds.Dates(("YYYYMMDD", "YYMMDD"), first, last))
    short = rows[:, -1] < 0
    assert_law(short.astype(int), np.ones(2))
    written = np.where(short, 20_000_000 + numbers(rows[:, :6]), numbers(rows))
    days = [first + datetime.timedelta(number) for number in range((last - first).days + 1)]
    assert_law(np.searchsorted([int(f"{day:%Y%m%d}") for day in days], written), np.ones(len(days)))


def test_minutes_and_seconds_are_uniform():
    rows = drawn(9, ds.Times("HHMMSS", "8:50", "10:09"))
    minutes = numbers(rows[:, :2]) * 60 + numbers(rows[:, 2:4]) - 530
    assert_law(minutes * 4 + numbers(rows[:, 4:]) // 15, np.ones(320))


@pytest.mark.parametrize("digits", [(1, 2), (2, 5)])
def test_amounts_follow_benford(digits):
    """The first, second and third digits, and what is left of them where an amount has fewer."""
    low, high = digits
    rows = drawn(10, ds.Amounts("#", min_digits=low, max_digits=high))
    lengths = (rows >= 0).sum(axis=1)
    assert_law(lengths - low, np.ones(high - low + 1))
    for size in range(1, min(high, 3) + 1):
        able = rows[lengths >= size]
        leading = np.arange(10 ** (size - 1), 10**size)
        assert_law(numbers(able[:, :size]) - leading[0], np.log10(1 + 1 / leading))
    if high > 3:
        assert_law(rows[lengths == high, 3] * 10 + rows[lengths == high, 4], np.ones(100))


def test_round_amounts_are_as_frequent_as_asked():
    """0.4 of them keep one digit of three, or two; some of the others look so by chance."""
    rows = drawn(11, ds.Amounts("#", min_digits=3, max_digits=3, round=0.4))
    leading = np.arange(100, 1000)
    chances = 0.6 * np.log10(1 + 1 / leading)
    for kept in (100, 10):
        heads = np.arange(100 // kept * kept, 1000, kept)
        np.add.at(chances, heads - 100, 0.2 * np.log10((heads + kept) / heads))
    assert_law(numbers(rows) - 100, chances)


def test_zip_codes_are_uniform_over_prefixes_and_their_rest():
    rows = drawn(12, ds.ZipCodes())
    known = prefixes()
    assert_law(np.searchsorted(known, numbers(rows[:, :3])), np.ones(len(known)))
    assert_law(numbers(rows[:, 3:]), np.ones(100))


def test_telephone_numbers_are_uniform_over_the_plan():
    rows = drawn(13, ds.PhoneNumbers("##########"))
    codes = np.arange(200, 1000)
    ends = codes % 100 != 11
    assert_law(numbers(rows[:, :3]) - 200, ends & (codes // 10 % 10 != 9))
    assert_law(numbers(rows[:, 3:6]) - 200, ends)
    assert_law(numbers(rows[:, 6:]) // 10, np.ones(1000))
    film = drawn(14, ds.PhoneNumbers("##########", fictional=True))
    assert (film[:, 3:8] == [5, 5, 5, 0, 1]).all()
    assert_law(numbers(film[:, 8:]), np.ones(100))


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


@pytest.mark.parametrize("by", ["glyph", *slow("writer")])
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
