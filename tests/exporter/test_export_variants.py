"""Exports of banks with variants, and of lines with marks that no label names."""

import json

import numpy as np
import pytest
from conftest import slow
from exporting import exported, fields_of

import digitseq as ds
from digitseq.exporter.compare import shared
from digitseq.exporter.formats import format_of
from digitseq.exporter.recipe import described
from digitseq.exporter.verify import verify
from digitseq.glyphs.variant_words import varied_digest, varied_from_plain

SHARES = {"crossed seven": (0.7, 0.9), "looped two": 0.25}
MARKS = ".,-/"


@pytest.fixture(scope="module")
def signed():
    return ds.with_signs("builtin", MARKS)


@pytest.fixture(scope="module")
def varied(signed):
    return ds.with_variants(signed, SHARES, each=9)


def lines(bank):
    """Labels with marks around the digits."""
    separators = {"separators": MARKS, "separator_weights": (1.0,) * 4, "separated": 0.8}
    marks = {"before": ("-",), "before_weights": (1.0,), "after": (".--", "/"), "after_weights": (1.0, 1.0)}
    digits = ds.RandomDigits(min_length=2, max_length=4)
    return ds.WithMarks(labels=digits, symbols=bank.symbols, **separators, **marks)


SPEC = ds.SequenceSpec(image_width=240, spacing_range=(1, 6), unlabelled=MARKS, advance="ink")


def test_a_source_is_described_truthfully(signed, varied):
    found, own = described(varied), described(signed)
    assert found["kind"] == "bank with variants"
    assert found["digest"] == varied_digest(varied) != own["digest"]
    assert found["glyphs"] == own["glyphs"] + 18
    same = ("name", "licence", "citation", "signs")
    assert {name: found[name] for name in same} == {name: own[name] for name in same}
    assert found["variants"] == {"looped two": [0.25, 0.85], "crossed seven": [0.7, 0.9]}
    again = varied_from_plain(signed, json.loads(json.dumps(found)))
    assert described(again) == found


def test_a_digest_is_of_all_that_images_depend_on(signed, varied):
    other = [
        varied.reweighted({"looped two": 0.26}),
        varied.reweighted({"looped two": (0.25, 0.5)}),
        ds.with_variants(signed, SHARES, each=8),
        ds.with_variants(signed, {"crossed seven": (0.7, 0.9)}, each=9),
        ds.with_variants("builtin", SHARES, each=9),
    ]
    assert len({varied_digest(source) for source in (varied, *other)}) == 6
    turned = dict(reversed(SHARES.items()))
    assert varied_digest(ds.with_variants(signed, turned, each=9)) == varied_digest(varied)


@pytest.mark.parametrize("format", slow("npz", "png", "coco", "yolo", "webdataset"))
def test_files_hold_the_digits_alone_and_are_verified(varied, signed, tmp_path, format):
    labels = lines(varied)
    made = exported(varied, tmp_path / "out", labels=labels, spec=SPEC, format=format, shard_size=60)
    assert verify(tmp_path / "out", varied) == []
    examples = sorted(format_of(format).read(tmp_path / "out", "00000", 0), key=lambda e: e.number)
    batch = ds.batch_at(made.key, 0, varied, labels, SPEC, 60)
    for row, example in enumerate(examples):
        length = int(batch.length[row])
        assert 2 <= length <= 4
        assert example.text.isdigit() or format == "yolo"  # which has no texts
        assert example.digits == np.asarray(batch.digits)[row, :length].tolist()
        np.testing.assert_array_equal(example.boxes, np.asarray(batch.boxes)[row, :length])
    with pytest.raises(ValueError, match="source: the export was made from one with digest"):
        verify(tmp_path / "out", signed)


def test_manifests_cards_and_comparisons_know_variants(varied, tmp_path):
    out = tmp_path / "out"
    exported(varied, out, labels=ds.FixedLabels(["7", "2"]), count=4, shard_size=4)
    card = (out / "README.md").read_text()
    assert "with the signs `.,-/` that digitseq draws, with the variants crossed seven, looped two" in card
    (code,) = [line for line in card.splitlines() if line.startswith("source = ")]
    remade = eval(code.removeprefix("source = "), {"ds": ds})
    assert varied_digest(remade) == ds.Manifest.read(out).recipe["source"]["digest"]
    assert (out / "__digitseq__" / "glyphs.txt").read_text()
    assert shared(out, out).problems
    fields = fields_of(out)
    fields["source"]["variants"]["looped two"] = [0.25, 1.5]
    with pytest.raises(ValueError, match="share of 'looped two'"):
        varied_from_plain(varied.bank, fields["source"])


def test_a_bank_with_variants_is_not_split(varied, tmp_path):
    with pytest.raises(ds.BankError, match="split its bank"):
        ds.export_splits(
            1, varied, ds.RandomDigits(), SPEC, tmp_path / "out", {"a": 0.5, "b": 0.5}, count=4, format="npz"
        )
    assert not (tmp_path / "out").exists()
