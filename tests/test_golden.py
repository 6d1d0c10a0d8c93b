"""The stream, pinned: what a key draws is the same in every version of JAX and on every backend.

A change of these hashes changes every data set that was ever made with a
seed; it is a new major version. The bank is made here, without a generator.
"""

import hashlib

import compiling
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import digitseq as ds
from digitseq.sequence import run

ROWS = np.array([[3, 5, 0, -1, -1], [0, 8, 7, 0, 1], [9, -1, -1, -1, -1], [1, 1, 2, 2, -1]], np.int32)
SPECS = {
    "plain": ds.SequenceSpec(image_width=200),
    "tight": ds.SequenceSpec(image_width=146, spacing_range=(0, 10), align="random"),
    "overlap": ds.SequenceSpec(image_width=130, spacing_range=(-14, 2), align="right"),
    "ink": ds.SequenceSpec(image_width=120, spacing_range=(-4, 4), advance="ink", align="left"),
}
GOLDEN = {
    "plain": "b8030501516ddc5943fe8c42acbbfc206e731db1de6affcbc4e3981ecf9cf31e",
    "tight": "a11046292202344deaec0a59d439ebb9ad2b45c7543047e169a9c64c05396327",
    "overlap": "1e7e8da762c08a7a5aaf8ddd2476d3a6a0e015509bf3d21ee6d5b6bd07a4fe45",
    "ink": "2f1b10ec17da393c4533ad523bbee1f9987e16bb839dbcf46971af0e9e342de4",
}


@pytest.fixture(scope="module")
def optimised():
    """Programs with the optimisations that users have; `test_golden` also has their code generator."""
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture(scope="module")
def wedges():
    """Thirty glyphs, three a digit: wedges whose size and grey follow from their number."""
    n = np.arange(30)[:, None, None]
    y, x = np.mgrid[:28, :28]
    inside = (x >= 4 + n % 5) & (x <= 6 + n % 5 + y * (n % 7 + 2) // 8) & (y >= 3) & (y < 25) & (x < 26)
    images = np.where(inside, 60 + 6 * n + (x + y) % 10, 0).astype(np.uint8)
    return ds.make_bank(images, np.arange(30) % 10)


@pytest.mark.parametrize("name", SPECS)
def test_golden(wedges, name, optimised):
    sample = compiling.as_users_have_it(ds.sample_sequences)
    s = jax.device_get(sample(jax.random.key(2024), wedges, ROWS, SPECS[name]))
    image = np.rint(s.image * 255).astype(np.uint8)
    digest = hashlib.sha256()
    for leaf in (s.digits, s.length, s.offsets, s.boxes, s.glyph_ids, image):
        digest.update(np.ascontiguousarray(leaf, leaf.dtype.newbyteorder("<")).tobytes())
    assert digest.hexdigest() == GOLDEN[name]


def test_the_wedges_are_what_they_were(wedges):
    assert ds.bank_digest(wedges) == "92dce11c5d4345a42eae09566e23179975a0e2df9eed604123712965e4163414"


RUNS = [
    (ds.FixedLabels(["3", "50", "087"], order="random"), [[5, 0, -1], [0, 8, 7]]),
    (ds.RandomDigits(min_length=2, max_length=4), [[8, 3, 8, -1], [0, 9, 4, 2]]),
    (ds.RandomDigits(min_length=3, max_length=3, weights=np.arange(10), repeat=0.5), [[9, 6, 6], [3, 9, 6]]),
    (ds.NumberRange(0, 2**31 - 1), [[1, 3, 9, 0, 9, 6, 9, 0, 2, 6], [2, 1, 3, 9, 5, 4, 8, 7, 9, 4]]),
    (ds.Pattern("[1-4]##", luhn=True), [[3, 8, 0], [4, 0, 6]]),
]


@pytest.mark.parametrize(("labels", "rows"), RUNS, ids=lambda value: type(value).__name__)
def test_the_labels_of_images_6_and_7_of_a_run(labels, rows):
    found = jax.jit(run.labels_at)(jax.random.key(7), labels, jnp.array([6, 7], jnp.uint32))
    assert found.tolist() == rows


def test_the_images_of_a_run_have_its_labels(wedges):
    labels, rows = RUNS[0]
    batch = ds.batch_at(jax.random.key(7), 3, wedges, labels, ds.SequenceSpec(image_width=300), 2)
    assert batch.digits.tolist() == rows
