"""Gap laws and random integers against plain Python."""

import functools
import itertools

import jax
import numpy as np
import pytest
from conftest import slow
from hypothesis import given
from hypothesis import strategies as st

from digitseq.internal import random_bits
from digitseq.sequence import spacing, spacing_long, spacing_table

words = st.integers(0, 2**32 - 1)


@functools.partial(jax.jit, static_argnums=3)
def plain_excesses(bits, spans, slack, max_slack):
    """The draws of rows that are alike but for their bits."""
    rows = len(bits)
    alike = jax.numpy.broadcast_to(spans, bits.shape), jax.numpy.full(rows, slack, jax.numpy.int32)
    return spacing_table.conditional_excesses(bits, *alike, slack, max_slack)


def test_the_table_can_be_counted_where_python_integers_have_64_bits():
    spans = jax.numpy.full((2, 3), 9, jax.numpy.int32)
    jax.config.update("jax_enable_x64", True)
    try:
        found, _ = jax.eval_shape(
            lambda bits, spans, most: spacing_table.conditional_excesses(bits, spans, spans[:, 0], most, 40),
            spans.astype(jax.numpy.uint32),
            spans,
            spans[0, 0],
        )
    finally:
        jax.config.update("jax_enable_x64", False)
    assert (found.shape, found.dtype) == ((2, 3), np.int32)


@given(st.lists(st.tuples(words, st.integers(0, 2**31 - 1)), min_size=1, max_size=20))
def test_integers_below_is_the_upper_word_of_the_product(pairs):
    bits, bounds = (np.array(side, np.uint32) for side in zip(*pairs, strict=True))
    found = random_bits.integers_below(jax.numpy.asarray(bits), jax.numpy.asarray(bounds.astype(np.int32)))
    assert found.tolist() == [bit * bound >> 32 for bit, bound in pairs]


@pytest.mark.parametrize(("bits", "fraction"), [(0, 0.0), (2**31, 0.5), (2**32 - 1, 1 - 2**-24)])
def test_fractions_stay_below_one(bits, fraction):
    assert float(random_bits.fractions(jax.numpy.uint32(bits))) == fraction


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(0, 60),
    st.lists(words, min_size=6, max_size=6),
)
def test_conditional_excesses_fit_and_do_not_depend_on_the_table(spans, slack, chosen):
    spans = np.minimum(np.array(spans + [0] * (6 - len(spans)), np.int32), slack).astype(np.int32)
    bits = np.array(chosen, np.uint32)
    compiled = jax.jit(spacing_table.conditional_excesses, static_argnums=4)

    def draw(bits, spans, max_slack, most=slack):
        limits = np.array([slack], np.int32)
        return np.asarray(compiled(bits[None], spans[None], limits, np.int32(most), max_slack)[0][0])

    excesses = draw(bits, spans, 60)
    assert (excesses >= 0).all()
    assert (excesses <= spans).all()
    assert excesses.sum() <= slack
    for longer in (61, 128, 300):
        np.testing.assert_array_equal(draw(bits, spans, longer), excesses)
    # Nor on how far the table is filled for other rows. More slots without a span change nothing.
    np.testing.assert_array_equal(draw(bits, spans, 300, most=max(slack, 200)), excesses)
    more = draw(np.pad(bits, (0, 10)), np.pad(spans, (0, 10)), 60)
    np.testing.assert_array_equal(more[:6], excesses)


def test_many_slots_and_pixels_stay_finite():
    """Counts of ways far beyond float32's range: 63 gaps over 2,000 pixels."""
    bits = jax.random.bits(jax.random.key(0), (50, 63))
    excesses = np.asarray(plain_excesses(bits, np.full(63, 1500, np.int32), np.int32(2000), 2000)[0])
    assert (excesses >= 0).all()
    assert (excesses.sum(axis=1) <= 2000).all()
    # Uniform over the simplex: each gap's mean is slack / (gaps + 1).
    assert abs(excesses.mean() - 2000 / 64) < 5 * (2000 / 64) / np.sqrt(excesses.size)


def exact_excesses(words, span, slack):
    """The draw that these bits stand for, by counting in Python's integers."""
    ways = [[1] * (slack + 1)]
    for _ in words:
        sums = [0, *itertools.accumulate(ways[-1])]
        ways.append([sums[room + 1] - sums[max(0, room - span)] for room in range(slack + 1)])
    ways.reverse()
    room, drawn = slack, []
    for slot, word in enumerate(words.tolist()):
        wanted, total, left = (word >> 8) * ways[slot][room], 0, max(0, room - span) - 1
        while total << 24 <= wanted:
            left += 1
            total += ways[slot + 1][left]
        drawn.append(room - left)
        room = left
    return drawn


LONGEST = pytest.param(1999, 3, 2000, marks=pytest.mark.slow)
LONG = jax.jit(jax.vmap(spacing_long.long_excesses, (0, None, None, None)), static_argnums=3)


@pytest.mark.parametrize(
    ("slots", "span", "slack"),
    [(5, 30, 60), (30, 10, 90), (219, 34, 606), (399, 34, 1000), LONGEST, (1999, 1, 300)],
)
def test_long_rows_are_those_of_exact_counting(slots, span, slack):
    words = np.random.default_rng(slots + span).integers(0, 2**32, (2, slots), np.uint32)
    drawn = np.asarray(LONG(words, np.full(slots, span, np.int32), np.int32(slack), slack))
    for row, own in zip(words, drawn, strict=True):
        assert own.tolist() == exact_excesses(row, span, slack)


def test_a_row_says_whether_float32_could_hold_its_ways():
    for slots, slack, wanted in ((20, 60, True), (99, 300, True), (399, 1000, False)):
        words = np.random.default_rng(1).integers(0, 2**32, (8, slots), np.uint32)
        spans = np.full(slots, 34, np.int32)
        plain, sound = plain_excesses(words, spans, np.int32(slack), slack)
        assert np.asarray(sound).tolist() == [wanted] * 8
        if wanted:
            np.testing.assert_array_equal(plain, LONG(words, spans, np.int32(slack), slack))


@pytest.mark.parametrize(
    ("slots", "span", "slack"),
    [(15, 10, 52), (99, 10, 300), *slow((299, 60, 2944), (399, 34, 1000)), LONGEST],
)
def test_gaps_have_one_mean_wherever_they_stand(slots, span, slack):
    """By symmetry; at 300 digits and more the first quarter's were narrower than the last's."""
    rows = max(12, 12_000 // slots)
    bits = np.random.default_rng(slots).integers(0, 2**32, (rows, slots), np.uint32)
    spans, slacks = np.full((rows, slots), span, np.int32), np.full(rows, slack, np.int32)
    draw = jax.jit(lambda bits, *rest: spacing.random_excesses(lambda: bits, *rest, slack))
    excesses = np.asarray(draw(bits, spans, slacks))
    assert (excesses.sum(axis=1) <= slack).all()
    first, last = (part.mean() for part in (excesses[:, : slots // 4], excesses[:, -(slots // 4) :]))
    error = excesses.std() * np.sqrt(2 / (rows * (slots // 4)))
    assert abs(first - last) < 4 * error
