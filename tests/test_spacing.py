"""Gap laws and random integers against plain Python."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitseq import draws, spacing

words = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(words, st.integers(0, 2**31 - 1)), min_size=1, max_size=20))
def test_integers_below_is_the_upper_word_of_the_product(pairs):
    bits, bounds = (np.array(side, np.uint32) for side in zip(*pairs, strict=True))
    found = draws.integers_below(jax.numpy.asarray(bits), jax.numpy.asarray(bounds.astype(np.int32)))
    assert found.tolist() == [bit * bound >> 32 for bit, bound in pairs]


@pytest.mark.parametrize(("bits", "fraction"), [(0, 0.0), (2**31, 0.5), (2**32 - 1, 1 - 2**-24)])
def test_fractions_stay_below_one(bits, fraction):
    assert float(draws.fractions(jax.numpy.uint32(bits))) == fraction


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(0, 60),
    st.lists(words, min_size=6, max_size=6),
)
def test_conditional_excesses_fit_and_do_not_depend_on_the_table(spans, slack, chosen):
    spans = np.minimum(np.array(spans + [0] * (6 - len(spans)), np.int32), slack).astype(np.int32)
    bits = np.array(chosen, np.uint32)
    draw = jax.jit(spacing.conditional_excesses, static_argnums=3)
    excesses = np.asarray(draw(bits, spans, np.int32(slack), 60))
    assert (excesses >= 0).all()
    assert (excesses <= spans).all()
    assert excesses.sum() <= slack
    for longer in (61, 128, 300):
        np.testing.assert_array_equal(draw(bits, spans, np.int32(slack), longer), excesses)
    # More slots without a span change nothing.
    more = draw(np.pad(bits, (0, 10)), np.pad(spans, (0, 10)), np.int32(slack), 60)
    np.testing.assert_array_equal(more[:6], excesses)


def test_many_slots_and_pixels_stay_finite():
    """Counts of ways far beyond float32's range: 63 gaps over 2,000 pixels."""
    bits = jax.random.bits(jax.random.key(0), (50, 63))
    draw = jax.jit(jax.vmap(spacing.conditional_excesses, (0, None, None, None)), static_argnums=3)
    excesses = np.asarray(draw(bits, np.full(63, 1500, np.int32), np.int32(2000), 2000))
    assert (excesses >= 0).all()
    assert (excesses.sum(axis=1) <= 2000).all()
    # Uniform over the simplex: each gap's mean is slack / (gaps + 1).
    assert abs(excesses.mean() - 2000 / 64) < 5 * (2000 / 64) / np.sqrt(excesses.size)
