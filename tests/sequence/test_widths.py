"""The width that is named always works, whatever is drawn; and `auto` is one."""

import json

import numpy as np
import pytest
from conftest import slow
from PIL import Image

import digitseq as ds


def width_in(line):
    return line.rsplit("the smallest width that works is ", 1)[1].strip()


@pytest.mark.parametrize("command", ["generate", *slow("preview")])
def test_the_named_width_does_for_every_draw(refused, digitseq, command):
    err = refused(command, "random:3-8", "0", "10", "100", "--seed", "1")
    assert "8 digits" in err
    assert width_in(err) == "224"
    for seed in range(6):
        code, _, err = digitseq(command, "random:3-8", "0", "10", "224", "--seed", seed, "--count", "2")
        assert (code, err) == (0, "")
    assert width_in(refused(command, "random:3-8", "0", "10", "223", "--seed", "1")) == "224"


def test_an_export_names_it_too(refused, made, here):
    (here / "spec.json").write_text('{"image_width": 100}')
    order = (
        "export",
        "random:3-8",
        "out",
        "--count",
        4,
        "--format",
        "npz",
        "--spec",
        "spec.json",
        "--seed",
        0,
    )
    assert width_in(refused(*order)) == "224"


def test_auto(made, here, bank):
    (path,) = made("generate", "random:3-8", "0", "10", "auto", "--seed", "3")
    with Image.open(path) as picture:
        assert picture.size == (8 * 28 + 7 * 10, 28)
    made("generate", "--like", path, "--out", "again.png")
    image = ds.generate_numbers_sequence("350", (-4, 6), "auto", key=1, bank=bank)
    assert image.shape == (28, 3 * 28 + 2 * 6)
    np.testing.assert_array_equal(image, ds.generate_numbers_sequence("350", (-4, 6), 96, key=1, bank=bank))
    assert ds.generate_numbers_sequence("3", (-4, -4), "auto", key=1, bank=bank).shape == (28, 28)
    (here / "spec.json").write_text(json.dumps({"image_width": "auto", "spacing_range": [0, 3]}))
    made("export", "range:0-999", "out", "--count", 4, "--format", "npz", "--spec", "spec.json", "--seed", 0)
    assert ds.Manifest.read("out").spec.image_width == 3 * 28 + 2 * 3


@pytest.mark.parametrize("width", ["wide", "12.5", "", "9" * 30, "0", "-5", "Auto"])
def test_other_widths_are_one_line(refused, width):
    assert refused("generate", "350", "0", "5", "--", width)
