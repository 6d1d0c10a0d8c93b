"""The distributions that the contract names, by chi-square at a fixed seed.

A test fails where so large a statistic has a probability below `ALPHA`; with
about twenty of them a sound generator fails one at one seed in 500.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from reference import feasible
from scipy import stats

import digitseq as ds
from digitseq import labels
from digitseq.sequence import spacing_table

ALPHA = 1e-4
DRAWS = 120_000
# Jitted once each: only the leaves that a test looks at are computed.
OFFSETS = jax.jit(lambda *arguments: ds.sample_sequences(*arguments).offsets)
IDS = jax.jit(lambda *arguments: ds.sample_sequences(*arguments).glyph_ids)


def assert_uniform(values, cells):
    """Values 0 to `cells` - 1 are equally frequent."""
    values = np.asarray(values)
    assert len(values) >= 100_000
    counts = np.bincount(values, minlength=cells)
    assert len(counts) == cells, "a value outside its range"
    assert counts.min() > 0
    assert stats.chisquare(counts).pvalue > ALPHA


def gaps_of(seed, bank, digits, spec, batch=DRAWS):
    rows = np.tile(np.asarray(digits, np.int32), (batch, 1))
    return np.diff(np.asarray(OFFSETS(jax.random.key(seed), bank, rows, spec)), axis=1) - 28


def test_glyphs_are_uniform_in_their_class_and_independent(bank):
    rows = np.tile(np.array([4, 4, 9], np.int32), (DRAWS, 1))
    ids = np.asarray(IDS(jax.random.key(1), bank, rows, ds.SequenceSpec()))
    picks = ids - np.asarray(bank.starts)[[4, 4, 9]][None, :]
    for slot in range(3):
        assert_uniform(picks[:, slot], 7)
    for left, right in [(0, 1), (0, 2), (1, 2)]:
        assert_uniform(picks[:, left] * 7 + picks[:, right], 49)


def test_glyphs_of_mnist_are_uniform_in_their_class(mnist):
    rows = np.tile(np.arange(10, dtype=np.int32), (DRAWS, 1))
    ids = np.asarray(IDS(jax.random.key(2), mnist, rows, ds.SequenceSpec(image_width=400)))
    for digit, (start, count) in enumerate(zip(mnist.starts.tolist(), mnist.counts.tolist(), strict=True)):
        assert_uniform(ids[:, digit] - start, count)


def test_gaps_that_all_fit_are_uniform_and_independent(bank):
    gaps = gaps_of(3, bank, [1, 2, 3, 4], ds.SequenceSpec(image_width=200, spacing_range=(-2, 8))) + 2
    for gap in gaps.T:
        assert_uniform(gap, 11)
    for left, right in [(0, 1), (0, 2), (1, 2)]:
        assert_uniform(gaps[:, left] * 11 + gaps[:, right], 121)
    assert_uniform(gaps @ [121, 11, 1], 1331)


def test_gaps_do_not_depend_on_glyphs(bank):
    rows = np.tile(np.array([5, 6], np.int32), (DRAWS, 1))
    s = jax.jit(ds.sample_sequences)(jax.random.key(4), bank, rows, ds.SequenceSpec(image_width=66))
    gaps = np.diff(s.offsets, axis=1)[:, 0] - 28
    picks = np.asarray(s.glyph_ids)[:, 0] - int(bank.starts[5])
    assert_uniform(gaps * 7 + picks, 77)


@pytest.mark.parametrize(
    ("gaps", "spacing_range", "slack"),
    [
        (2, (0, 10), 0),
        (2, (0, 10), 7),
        (3, (-3, 1), 11),
        *slow(
            (2, (0, 10), 19),
            (3, (0, 4), 6),
            (3, (5, 2**31 - 1), 6),
            (3, (0, 1_000_000), 8),
            (4, (2, 5), 3),
            (4, (0, 2), 1),
            (5, (-14, -12), 4),
        ),
    ],
)
def test_tight_rows_take_each_gap_vector_that_fits_equally_often(bank, gaps, spacing_range, slack):
    low, high = spacing_range
    width = 28 * (gaps + 1) + low * gaps + slack
    spec = ds.SequenceSpec(image_width=width, spacing_range=spacing_range)
    vectors = feasible([min(high - low, slack)] * gaps, slack)
    places = {tuple(vector): place for place, vector in enumerate(vectors)}
    found, counts = np.unique(gaps_of(5, bank, range(gaps + 1), spec) - low, axis=0, return_counts=True)
    observed = np.zeros(len(vectors))
    observed[[places[tuple(vector)] for vector in found]] = counts
    assert observed.min() > 0
    assert len(vectors) == 1 or stats.chisquare(observed).pvalue > ALPHA


def test_tight_and_loose_rows_of_one_batch_keep_their_own_laws(bank):
    """Rows of three and two digits in one batch: the first is conditioned, the second plain."""
    rows = np.array([[1, 2, 3], [1, 2, -1]], np.int32)[np.arange(2 * DRAWS) % 2]
    spec = ds.SequenceSpec(image_width=84 + 5, spacing_range=(0, 4))
    offsets = np.asarray(OFFSETS(jax.random.key(6), bank, rows, spec))
    tight, loose = np.diff(offsets[::2], axis=1) - 28, offsets[1::2]
    vectors = feasible([4, 4], 5)
    place = {tuple(vector): index for index, vector in enumerate(vectors)}
    assert_uniform([place[tuple(gaps)] for gaps in tight.tolist()], len(vectors))
    assert_uniform(loose[:, 1] - loose[:, 0] - 28, 5)


def test_gaps_between_ink_obey_the_law_too():
    """One glyph a digit, of ink widths 3, 9 and 6; overlaps no deeper than half the narrower ink."""
    glyphs = np.zeros((3, 28, 28), np.uint8)
    for glyph, width in zip(glyphs, (3, 9, 6), strict=True):
        glyph[:, 5 : 5 + width] = 200
    bank = ds.make_bank(glyphs, [0, 1, 2])
    spec = ds.SequenceSpec(image_width=15, spacing_range=(-6, 2), advance="ink")
    rows = np.tile(np.array([0, 1, 2], np.int32), (DRAWS, 1))
    boxes = np.asarray(jax.jit(ds.sample_sequences)(jax.random.key(7), bank, rows, spec).boxes)
    gaps = boxes[:, 1:, 0] - boxes[:, :-1, 2] - [-1, -3]
    vectors = feasible([3, 5], 15 - (18 - 1 - 3))
    place = {tuple(vector): index for index, vector in enumerate(vectors)}
    assert_uniform([place[tuple(gap)] for gap in gaps.tolist()], len(vectors))


def exact_marginals(spans, slack):
    """P(e[j] = e) of each slot under the conditional law, by counting in Python's integers."""

    @functools.cache
    def ways(slot, room):
        if slot == len(spans):
            return 1
        return sum(ways(slot + 1, room - e) for e in range(min(spans[slot], room) + 1))

    # What is left after the slots before, weighted by the ways to get there.
    reach, marginals = {slack: 1}, []
    for slot, span in enumerate(spans):
        chances, onward = np.zeros(span + 1), {}
        for room, weight in reach.items():
            for e in range(min(span, room) + 1):
                chances[e] += weight * ways(slot + 1, room - e) / ways(0, slack)
                onward[room - e] = onward.get(room - e, 0) + weight
        marginals.append(chances)
        reach = onward
    return marginals


@pytest.mark.parametrize(("spans", "slack"), [([10] * 9, 30), ([60] * 4, 116), ([3, 0, 40, 7, 25], 38)])
def test_large_tables_have_the_exact_marginals(spans, slack):
    bits = jax.random.bits(jax.random.key(8), (DRAWS, len(spans)))
    alike = jnp.array([spans]), jnp.array([slack])

    # Rows that are alike share a table.
    @jax.jit
    @jax.vmap
    def draw(bits):
        return spacing_table.conditional_excesses(bits[None], *alike, jnp.int32(slack), slack + 40)[0][0]

    excesses = np.asarray(draw(bits))
    assert (excesses.sum(axis=1) <= slack).all()
    for slot, chances in enumerate(exact_marginals(spans, slack)):
        observed = np.bincount(excesses[:, slot], minlength=len(chances))
        often = chances * DRAWS >= 5
        assert observed[~often].sum() <= 30
        expected = chances[often] * observed[often].sum() / chances[often].sum()
        assert often.sum() == 1 or stats.chisquare(observed[often], expected).pvalue > ALPHA


def test_random_alignment_is_uniform(bank):
    spec = ds.SequenceSpec(image_width=28 + 12, align="random")
    rows = np.full((DRAWS, 1), 3, np.int32)
    assert_uniform(np.asarray(OFFSETS(jax.random.key(9), bank, rows, spec))[:, 0], 13)


def test_random_labels_are_uniform_in_length_and_digit():
    source = labels.RandomDigits(min_length=3, max_length=8)
    rows = np.asarray(source.draw(jax.random.key(10), DRAWS))
    lengths = (rows >= 0).sum(axis=1)
    assert (np.diff((rows >= 0).astype(int), axis=1) <= 0).all()
    assert_uniform(lengths - 3, 6)
    for slot in range(3):
        assert_uniform(rows[:, slot], 10)
    assert_uniform(rows[:, 0] * 10 + rows[:, 1], 100)
    np.testing.assert_array_equal(source.draw(jax.random.key(10), 5), rows[:5])
