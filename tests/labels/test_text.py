"""One reader of digits: the same text is read alike, or refused alike, wherever digits are given as text."""

import re

import numpy as np
import pytest
from conftest import toy_glyphs
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds
from digitseq.cli import recipes
from digitseq.exporter.recipe import labels_from_plain, labels_to_plain
from digitseq.io import png
from digitseq.labels.text import SEPARATORS, format_sequence, parse_sequence
from digitseq.numpy_api import check_digits
from digitseq.sequence.label_grammar import labels_of

BANK = ds.make_bank(*toy_glyphs(2, 13), num_classes=13)
READ = {
    "350": [3, 5, 0],
    "3-5-0": [3, 5, 0],
    "12-3": [12, 3],
    "0": [0],
    "007": [0, 0, 7],
    "00-07": [0, 7],
    "10-0-12": [10, 0, 12],
    "12": [1, 2],
}
REFUSED = ["-", "3-", "-3", "3--5", "3a", "٣", "²", "3 5", "3.5", "3/5", "3,5", "+3", "3_5", "99999999999-1"]


def rows(labels):
    return [[digit for digit in row if digit != -1] for row in np.asarray(labels.digits).tolist()]


def of_file(folder, text):
    path = folder / "list.txt"
    path.write_text(text, encoding="utf-8")
    (found,) = rows(ds.FileLabels(path))
    return found


ENTRIES = {
    "parse_sequence": lambda folder, text: parse_sequence(text),
    "FixedLabels of a list": lambda folder, text: rows(ds.FixedLabels([text]))[0],
    "FixedLabels of a text": lambda folder, text: rows(ds.FixedLabels(text))[0],
    "SEQUENCE": lambda folder, text: rows(labels_of(text, BANK))[0],
    "a line of a file": of_file,
    "generate_numbers_sequence": lambda folder, text: check_digits(text),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("text", READ)
def test_every_entry_reads_alike(tmp_path, entry, text):
    assert ENTRIES[entry](tmp_path, text) == READ[text]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("text", REFUSED)
def test_every_entry_refuses_alike(tmp_path, entry, text):
    said = (
        "99999999999 is out of range"
        if "999" in text
        else "must be written as 350 or 3-5-0, got " + repr(text)
    )
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        ENTRIES[entry](tmp_path, text)
    assert "\n" not in str(caught.value)


def test_the_seed_function_draws_what_the_text_says():
    one, other = (
        ds.generate_numbers_sequence(digits, (0, 5), 100, key=3, bank=BANK) for digits in ("12-3", [12, 3])
    )
    np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match=r"12 is out of range, this bank has 0\.\.9"):
        ds.generate_numbers_sequence("12-3", (0, 5), 100, key=3, bank=ds.make_bank(*toy_glyphs(2)))


@given(st.lists(st.integers(0, 2**20), min_size=1, max_size=9))
def test_what_is_written_is_read_back(digits):
    assert parse_sequence(format_sequence(digits), dashed=True) == digits
    labels = ds.FixedLabels([digits])
    assert rows(labels_from_plain(labels_to_plain(labels))) == [digits]


@pytest.mark.parametrize(("text", "digits"), [("12", [12]), ("12-3", [12, 3]), ("3-5-0", [3, 5, 0])])
def test_the_recipe_in_a_picture_is_written_with_hyphens(tmp_path, text, digits):
    """So `12` there is one digit, of a bank of more than ten classes."""
    found = {"key": "[0, 1]", "digits": text, "spec": ds.spec_to_json(ds.SequenceSpec()), "bank": "x"}
    found = {f"digitseq {name}": value for name, value in (found | {"bank digest": "y"}).items()}
    png.save(tmp_path / "a.png", np.zeros((28, 28), np.uint8), found)
    assert recipes.read(tmp_path / "a.png").digits == digits


@pytest.mark.parametrize("mark", SEPARATORS)
def test_separators_in_a_tables_cells_are_not_drawn(tmp_path, mark):
    """There a hyphen is a separator too: cells hold telephone numbers, not digits above 9."""
    assert parse_sequence(f"12{mark}3", separators=SEPARATORS) == [1, 2, 3]
    (tmp_path / "list.csv").write_text(f'phone\n"12{mark}3"\n', encoding="utf-8")
    with pytest.warns(UserWarning, match="is not drawn"):
        assert rows(ds.FileLabels(tmp_path / "list.csv", column="phone")) == [[1, 2, 3]]
