"""Keys and words of our own hash against those of `jax.random`."""

import jax
import numpy as np
import pytest

from digitseq.internal import keys

NUMBERS = np.array([0, 1, 6, 2**31, 2**32 - 1], np.uint32)
IMPLEMENTATIONS = ("threefry2x32", "rbg")


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_numbered_and_folded_are_fold_in(implementation):
    key = jax.random.key(7, impl=implementation)
    each = [jax.random.key_data(jax.random.fold_in(key, number)) for number in NUMBERS]
    numbered = keys.numbered(key, NUMBERS)
    np.testing.assert_array_equal(jax.random.key_data(numbered), each)
    again = jax.random.key_data(keys.folded(numbered, 2**32 - 1))
    np.testing.assert_array_equal(again[2], jax.random.key_data(jax.random.fold_in(numbered[2], 2**32 - 1)))
    # A number that is traced, and keys inside of vmap.
    inside = jax.jit(jax.vmap(keys.numbered, (0, None)))(numbered, NUMBERS[:2])
    np.testing.assert_array_equal(
        jax.random.key_data(inside)[2, 1], jax.random.key_data(keys.folded(numbered, 1))[2]
    )


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_several_are_folded_one_by_one(implementation):
    row_keys = jax.random.split(jax.random.key(7, impl=implementation), 3)
    found = keys.several(row_keys, 4)
    assert len(found) == 4
    for number, own in enumerate(found):
        expected = jax.vmap(jax.random.fold_in, (0, None))(row_keys, number)
        np.testing.assert_array_equal(jax.random.key_data(own), jax.random.key_data(expected))
    assert keys.several(row_keys, 0) == []


def test_words_are_those_of_jax_and_do_not_depend_on_how_many():
    row_keys = jax.random.split(jax.random.key(3), 4)
    words = np.asarray(keys.random_words(row_keys, 300))
    for key, own in zip(row_keys, words, strict=True):
        np.testing.assert_array_equal(own, jax.random.bits(key, (300,)))
    np.testing.assert_array_equal(keys.random_words(row_keys, 7), words[:, :7])


def test_keys_of_another_kind_have_jax_words():
    row_keys = jax.random.split(jax.random.key(3, impl="rbg"), 2)
    assert keys.random_words(row_keys, 5).shape == (2, 5)
