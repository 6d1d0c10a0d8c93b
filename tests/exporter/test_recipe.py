"""Recipes: labels to and from JSON, and the banks that digitseq knows."""

import json

import jax
import numpy as np
import pytest

import digitseq as ds
from digitseq.exporter import recipe


@pytest.mark.parametrize(
    "labels",
    [
        ds.RandomDigits(min_length=2, max_length=9, weights=[1, 2, 3, 4, 0, 0, 0, 0, 0, 1], repeat=0.3),
        ds.NumberRange(3, 1200, zero_padded=True),
        ds.Pattern("[01]#-####", luhn=True),
        ds.FixedLabels(["0042", "7"]),
        ds.FixedLabels(np.array([[3, -1, -1], [5, 6, -1]])),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_labels_go_to_json_and_back(labels):
    again = recipe.labels_from_plain(json.loads(json.dumps(recipe.labels_to_plain(labels))))
    assert type(again) is type(labels)
    key = jax.random.key(1)
    np.testing.assert_array_equal(again.draw(key, 50), labels.draw(jax.random.clone(key), 50))


def test_known_banks_have_names():
    """The digests are those of the banks; MNIST's are tested where it is in reach."""
    found = recipe.described(ds.load_bank("builtin"))
    assert found["name"] == "builtin"
    assert "MNIST" in found["citation"]


def test_mnist_has_its_licence(mnist, mnist_test):
    for name, bank in ("mnist", mnist), ("mnist-test", mnist_test):
        assert recipe.described(bank)["name"] == name
