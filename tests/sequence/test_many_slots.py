"""Lines of many digits: as those of few, and no array of slots by columns."""

import re

import jax
import numpy as np
import pytest
from conftest import slow

import digitseq as ds
from digitseq.sequence import compositing

KEY = jax.random.key(5)
DIGITS = np.random.default_rng(0).integers(0, 10, (5, 9)).astype(np.int32)
DIGITS[1, 4:] = DIGITS[2] = -1
PLAIN = ds.SequenceSpec(image_width=280, masks="visible")
SPECS = {
    "overlapping": PLAIN.replace(spacing_range=(-14, 0), image_width=200),
    "ink": PLAIN.replace(advance="ink", spacing_range=(-9, 3), spacing="hand", align="right"),
    "baseline": PLAIN.replace(baseline="ink", baseline_jitter=2.0, image_height=34, advance="outline"),
    "blank": PLAIN.replace(advance="ink", spacing_range=(-9, 3)),
    "scaled": PLAIN.replace(scale=1.5, image_height=50, image_width=400, spacing_range=(-14, 2)),
}


@pytest.mark.parametrize("name", ["overlapping", *slow("ink", "baseline", "blank", "scaled")])
def test_slots_that_are_grouped_or_looked_up_show_what_all_at_once_do(name, bank, monkeypatch):
    if name == "blank":
        labels = np.repeat(np.arange(10), np.asarray(bank.counts))
        bank = ds.make_bank(np.where(labels[:, None, None] % 3 == 1, 0, np.asarray(bank.glyphs)), labels)
    made = []
    for few, group in ((64, 8), (64, 2), (0, 8)):
        monkeypatch.setattr(compositing, "FEW_SLOTS", few)
        monkeypatch.setattr(compositing, "GROUP", group)
        own = jax.jit(lambda key, bank: ds.sample_sequences(key, bank, DIGITS, SPECS[name]))
        jax.clear_caches()
        made.append(own(KEY, bank))
    jax.tree.map(np.testing.assert_array_equal, made[0], made[1])
    jax.tree.map(np.testing.assert_array_equal, made[0], made[2])
    assert np.asarray(made[0].masks).max() > 5


@pytest.mark.slow
def test_no_array_of_slots_by_columns_is_made(bank):
    digits, spec = np.zeros((2, 90), np.int32), ds.SequenceSpec(image_width=3601)
    program = jax.jit(lambda key, bank: ds.sample_sequences(key, bank, digits, spec).image)
    text = program.lower(KEY, bank).compile().as_text()
    assert re.search(r"\[2,28,3601\]", text)
    assert not re.search(r"\[2,(?:90|45),3601\]", text)
