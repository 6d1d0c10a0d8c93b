"""A run's images one by one, for other loaders."""

import pickle
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import skipped
from conftest import slow

import digitseq as ds

EXAMPLES = Path(__file__).parents[1] / "examples"
LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)


@pytest.fixture
def dataset(bank):
    return ds.Dataset(jax.random.key(5), bank, LABELS, SPEC, 40)


def test_examples_are_the_streams_images(dataset, bank):
    assert len(dataset) == 40
    batch = ds.batch_at(jax.random.key(5), 2, bank, LABELS, SPEC, 8)
    many = dataset.__getitems__([16, 23, 20])
    for example, row in ((many[0], 0), (many[1], 7), (many[2], 4), (dataset[16], 0)):
        assert set(example) == {"image", "digits", "length", "offsets", "boxes", "glyph_ids", "writer"}
        for name, value in example.items():
            np.testing.assert_array_equal(value, np.asarray(getattr(batch, name))[row])
            assert isinstance(value, np.ndarray)
    np.testing.assert_array_equal(dataset[-1]["image"], dataset[np.int64(39)]["image"])
    example = dataset[0]
    example["image"][:] = 7  # one's own copy
    assert dataset[0]["image"].max() <= 1


def test_it_is_a_sequence_that_ends(dataset):
    with pytest.raises(IndexError, match="image 40 of 40"):
        dataset[40]
    assert sum(1 for _ in dataset) == 40


def test_it_pickles(dataset):
    dataset[0]
    again = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(again[3]["image"], dataset[3]["image"])


def test_bad_arguments(bank):
    with pytest.raises(ValueError, match="size"):
        ds.Dataset(jax.random.key(5), bank, LABELS, SPEC, 0)
    with pytest.raises(ValueError, match="252"):
        ds.Dataset(jax.random.key(5), bank, ds.RandomDigits(max_length=9), SPEC, 9)


@pytest.mark.parametrize("library", ["grain", *slow("torch")])
def test_the_loaders_example_runs(library):
    skipped.needed(library)
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"load_with_{library}.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(32, 28, 200)" in done.stdout.replace("[", "(").replace("]", ")")
