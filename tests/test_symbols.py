"""Alphabets: text goes in and comes back wherever sequences are given, drawn, named and exported."""

import json
import re

import jax
import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.exporter import formats
from digitseq.glyphs.alphabets import EMNIST
from digitseq.glyphs.source import symbols_of
from digitseq.labels.text import parse_sequence, text_of
from digitseq.sequence.label_grammar import labels_of

# Signs that file systems, CSV, YAML and JSON have a meaning for.
SYMBOLS = "0123456789A/,\"' é"
TEXTS = ["12/9A", "0007", "é", ",", '"', "A' ,", "/"]


def named_glyphs():
    """The toy digits, and the first of them again for each sign."""
    images, labels = toy_glyphs()
    more = len(SYMBOLS) - 10
    return np.concatenate([images, images[:more]]), np.concatenate([labels, 10 + np.arange(more)])


@pytest.fixture(scope="module")
def named():
    return ds.make_bank(*named_glyphs(), num_classes=len(SYMBOLS), symbols=SYMBOLS)


@pytest.fixture
def folder(tmp_path):
    """The same bank as IDX files with a symbols.txt."""
    images, labels = named_glyphs()
    ds.write_idx(tmp_path / "train-images-idx3-ubyte", images)
    ds.write_idx(tmp_path / "train-labels-idx1-ubyte", labels.astype(np.uint8))
    (tmp_path / "symbols.txt").write_text(SYMBOLS + "\n", encoding="utf-8")
    return tmp_path


def test_up_to_ten_classes_are_digits_and_more_have_no_names(bank):
    assert bank.symbols == symbols_of(ds.vae.pretrained()) == "0123456789"
    glyphs = np.full((3, 28, 28), 99, np.uint8)
    assert ds.make_bank(glyphs, [0, 1, 2], num_classes=3).symbols == "012"
    assert ds.make_bank(glyphs, [0, 1, 2], num_classes=12).symbols == ""


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ("012", "10 characters"),
        ("0123456788", "'8' more than once"),
        ("012345678\n", "printable"),
        (5, "a text"),
    ],
)
def test_symbols_that_are_none(symbols, message):
    with pytest.raises(ValueError, match=message):
        ds.make_bank(*toy_glyphs(), symbols=symbols)


def test_the_digest_tells_alphabets_apart(bank, named):
    plain = ds.make_bank(*named_glyphs(), num_classes=len(SYMBOLS))
    other = ds.make_bank(*named_glyphs(), num_classes=len(SYMBOLS), symbols=SYMBOLS[::-1])
    assert len({ds.bank_digest(each) for each in (plain, named, other)}) == 3
    assert ds.bank_digest(ds.make_bank(*toy_glyphs(), symbols="0123456789")) == ds.bank_digest(bank)


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_and_given_back(named, text):
    classes = [SYMBOLS.index(mark) for mark in text]
    assert parse_sequence(text, symbols=SYMBOLS) == classes
    assert text_of(classes, SYMBOLS) == text
    labels = ds.FixedLabels([text], symbols=named.symbols)
    batch = ds.batch_at(3, 0, named, labels, ds.SequenceSpec(image_width=200), 2)
    assert ds.text(batch, named) == [text, text]
    image = ds.generate_numbers_sequence(text, (0, 3), 200, key=5, bank=named)
    np.testing.assert_array_equal(
        image, ds.generate_numbers_sequence(classes, (0, 3), 200, key=5, bank=named)
    )


def test_numbers_with_hyphens_stay_classes_where_the_hyphen_is_no_symbol():
    assert parse_sequence("10-3", symbols=SYMBOLS) == [10, 3]
    assert parse_sequence("10-3", symbols="0123456789-") == [1, 0, 10, 3]
    assert parse_sequence("350", symbols="") == [3, 5, 0]


@pytest.mark.parametrize(("text", "symbols"), [("12.5", SYMBOLS), ("3", "ABC"), ("x", "0123456789")])
def test_what_the_bank_lacks_is_named_with_what_it_has(text, symbols):
    lacking = next(mark for mark in text if mark not in symbols)
    with pytest.raises(ValueError, match=re.escape(f"{lacking!r} is none of the symbols {symbols}")):
        parse_sequence(text, symbols=symbols)


def test_patterns_files_and_random_digits_know_the_signs(named, tmp_path):
    spec = ds.SequenceSpec(image_width=300)
    dates = ds.text(ds.batch_at(1, 0, named, "pattern:##/##,A", spec, 4), named)
    assert all(len(text) == 7 and text[2] == "/" and text[5:] == ",A" for text in dates)
    (tmp_path / "list.csv").write_text('when;what\n12/05;"A, A"\n', encoding="utf-8")
    for column, text in (("when", "12/05"), ("what", "A, A")):
        found = labels_of(f"file:{tmp_path / 'list.csv'}", named, column=column)
        assert ds.text(found.digits, named) == [text]
    drawn = ds.text(ds.batch_at(1, 0, named, "random:1-8", spec, 200), named)
    assert set("".join(drawn)) == set("0123456789Aé")


def test_one_alphabet_compiles_once(named):
    step = jax.jit(lambda bank, digits: ds.sample_sequences(0, bank, digits, ds.SequenceSpec()).image)
    for digits in ([[1, 10]], [[12, 3]]):
        step(named, np.array(digits, np.int32))
        step(
            ds.make_bank(*named_glyphs(), num_classes=len(SYMBOLS), symbols=SYMBOLS),
            np.array(digits, np.int32),
        )
    assert step._cache_size() == 1


def test_emnists_alphabets_are_as_published():
    assert {name: len(symbols) for name, symbols in EMNIST.items()} == {
        "byclass": 62,
        "bymerge": 47,
        "balanced": 47,
        "letters": 27,
    }
    assert EMNIST["letters"][1] == "A"
    assert EMNIST["balanced"][36:39] == "abd"


def test_symbols_beside_the_files(made, refused, here, folder):
    assert ds.load_bank(folder).symbols == SYMBOLS
    assert made("generate", '12/9,A"', 0, 3, "auto", "--seed", 1, "--bank", folder) == ["12%2F9,A%22.png"]
    assert made("generate", "--like", "12%2F9,A%22.png", "--bank", folder, "--out", "again.png") == [
        "again.png"
    ]
    assert (here / "again.png").read_bytes() == (here / "12%2F9,A%22.png").read_bytes()
    assert "none of the symbols" in refused("generate", "1.5", 0, 3, "auto", "--bank", folder)
    (folder / "symbols.txt").write_text("0123")
    assert "symbols.txt" in refused("generate", "1", 0, 3, "auto", "--bank", folder)


@pytest.mark.parametrize("format", formats.NAMES)
def test_every_format_keeps_the_text(named, format, tmp_path):
    labels = ds.FixedLabels(TEXTS, symbols=named.symbols)
    ds.export(3, named, labels, ds.SequenceSpec(image_width=200), tmp_path / "out", format=format)
    read = formats.format_of(format).read(tmp_path / "out", "00000", 0)
    stored = "digits" if format in ("yolo", "idx") else "text"
    wanted = TEXTS if stored == "text" else [[SYMBOLS.index(mark) for mark in text] for text in TEXTS]
    assert [getattr(example, stored) for example in read] == wanted
    assert ds.verify(tmp_path / "out", named) == []


def test_detectors_are_told_the_names(named, tmp_path):
    labels = ds.FixedLabels(TEXTS, symbols=named.symbols)
    for format in ("coco", "yolo"):
        ds.export(3, named, labels, ds.SequenceSpec(image_width=200), tmp_path / format, format=format)
    coco = json.loads((tmp_path / "coco" / "data" / "annotations.json").read_text())
    assert [row["name"] for row in coco["categories"]] == list(SYMBOLS)
    lines = (tmp_path / "yolo" / "data" / "data.yaml").read_text().splitlines()
    assert [line.strip() for line in lines if line.startswith("  ")][11:15] == [
        "11: '/'",
        "12: ','",
        "13: '\"'",
        "14: ''''",
    ]
