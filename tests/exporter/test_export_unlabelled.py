"""Exports of lines with marks that no label names: texts, classes and boxes are the digits' alone."""

import jax
import numpy as np
import pytest
from conftest import slow

import digitseq as ds
from digitseq import augment
from digitseq.exporter import formats
from digitseq.internal.pixels import to_uint8

MARKS = ".,-="
SPEC = ds.SequenceSpec(
    image_width=200,
    spacing_range=(0, 3),
    advance="ink",
    unlabelled=MARKS,
    line_transforms=(augment.LineSlant(),),
)
COUNT = 12


@pytest.fixture(scope="module")
def marked(bank):
    named = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), np.asarray(bank.counts)), symbols="0123456789"
    )
    return ds.with_signs(named, MARKS)


@pytest.mark.parametrize("format", slow("png", "webdataset", "coco", "yolo", "idx"))
def test_a_format_holds_the_digits_alone(format, marked, tmp_path):
    labels = ds.WithMarks(
        labels=ds.FixedLabels(["12507", "43", "8"]),
        symbols=marked.symbols,
        separated=1.0,
        separators=".,",
        separator_weights=(1.0, 1.0),
        led=1.0,
        before=("=",),
        before_weights=(1.0,),
        trailed=1.0,
        after=(",-", "-"),
        after_weights=(1.0, 1.0),
    )
    key = jax.random.key(3)
    ds.export(key, marked, labels, SPEC, tmp_path, count=COUNT, format=format)
    made = jax.device_get(ds.batch_at(key, 0, marked, labels, SPEC, COUNT))
    assert ds.text(made, marked) == ["12507", "43", "8"] * 4
    found = list(formats.format_of(format).read(tmp_path, "00000", 0))
    assert len(found) == COUNT
    for example, image, digits, boxes in zip(found, made.image, made.digits, made.boxes, strict=True):
        count = int((digits >= 0).sum())
        assert example.digits == digits[:count].tolist()
        assert example.boxes == boxes[:count].tolist()
        assert format in ("yolo", "idx") or example.text == "".join(map(str, example.digits))
        np.testing.assert_array_equal(example.image, to_uint8(image))
    assert ds.verify(tmp_path, marked) == []
    # The ink of the sign before the last line lies beside all boxes.
    left = boxes[0][0]
    assert image[:, :left].any()
