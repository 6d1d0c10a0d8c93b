"""The command line, run in this process: sheets, banks, versions and help."""

import subprocess
import sys

import numpy as np
import pytest
from conftest import toy_glyphs
from files import pixels
from PIL import Image

import digitseq as ds


def test_a_sheet_of_samples(made, here):
    arguments = ("preview", "35", "0", "10", "80", "--seed", "2", "--count", "6", "--columns", "3")
    assert made(*arguments) == ["preview.png"]
    with Image.open("preview.png") as picture:
        assert picture.mode == "L"
        assert picture.size[0] > 3 * 160
    made(*arguments, "--no-captions", "--scale", "1", "--out", "new/bare.png")
    bare = pixels("new/bare.png")
    assert bare.shape == (2 * 32 + 4, 3 * 84 + 4)
    made("generate", "35", "0", "10", "80", "--seed", "2", "--count", "6", "--out", "single")
    for index in range(6):
        top, left = 4 + index // 3 * 32, 4 + index % 3 * 84
        tile = bare[top : top + 28, left : left + 80]
        np.testing.assert_array_equal(tile, pixels(f"single/3-5_00{index}.png"))


def test_a_sheet_with_boxes_is_in_colour(made):
    made("preview", "random:2-4", "0", "6", "130", "--count", "3", "--boxes", "--out", "boxes.png")
    with Image.open("boxes.png") as picture:
        assert picture.mode == "RGB"


def test_captions_make_the_sheet_higher(made):
    for option in ("--captions", "--no-captions"):
        made("preview", "35", "0", "0", "80", "--seed", "1", "--count", "6", option, "--out", f"{option}.png")
    assert pixels("--captions.png").shape[0] > pixels("--no-captions.png").shape[0]


def test_bank_info(made, toy_folder):
    lines = made("bank", "info", "--bank", toy_folder)
    text = "\n".join(lines)
    assert ds.bank_digest(ds.load_bank(toy_folder)) in text
    assert "70 of 10 digits, 10 classes" in text
    assert [line.split()[:2] for line in lines[-10:]] == [[str(digit), "7"] for digit in range(10)]
    assert made("bank", "info")[0].split() == ["bank", "mnist"]


def test_bank_info_of_classes_without_glyphs(made, toy_folder):
    _, labels = toy_glyphs()
    ds.write_idx(toy_folder / "train-labels-idx1-ubyte.gz", labels % 2)
    lines = made("bank", "info")
    assert "70 of 2 digits, 10 classes" in lines[2]
    assert lines[-1].split() == ["9", "0"]


def test_bank_preview(made):
    assert made("bank", "preview", "--columns", "5", "--seed", "1") == ["bank.png"]
    assert pixels("bank.png").shape == (10 * 32 + 4, 5 * 32 + 4)
    made("bank", "preview", "--columns", "5", "--seed", "1", "--out", "new/again.png")
    np.testing.assert_array_equal(pixels("bank.png"), pixels("new/again.png"))


def test_bank_fetch_that_fails(refused, here):
    err = refused("bank", "fetch", "--to", here, "--mirror", "http://127.0.0.1:9", code=1)
    assert "(http://127.0.0.1:9: Connection refused)" in err
    assert len(err) < 300
    for way in ("--mirror", "DIGITSEQ_MNIST", "--bank builtin"):
        assert way in err


def test_bank_fetch_of_what_is_there(digitseq, here, monkeypatch):
    monkeypatch.setattr("digitseq.glyphs.download.is_genuine", lambda *_: True)
    code, out, err = digitseq("bank", "fetch", "--to", "mnist", "--mirror", "http://127.0.0.1:9")
    assert (code, out) == (0, "mnist\n")
    assert "complete" in err


def test_version(digitseq):
    assert digitseq("--version") == (0, f"digitseq {ds.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [(), ("generate",), ("preview",), ("bank",), ("bank", "info"), ("bank", "fetch")]
)
def test_help(digitseq, arguments):
    code, out, err = digitseq(*arguments, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: ")
    assert digitseq(*arguments, "-h") == (code, out, err)


@pytest.mark.parametrize("arguments", [(), ("bank",)])
def test_no_arguments_show_the_help(digitseq, arguments):
    _, out, err = digitseq(*arguments)
    assert out + err != ""
    assert "Commands:" in (out + err).splitlines()


def test_verbose_says_more_on_stderr(digitseq):
    arguments = ("generate", "350", "0", "10", "120")
    code, out, err = digitseq("-v", *arguments)
    assert (code, out) == (0, "3-5-0.png\n")
    assert "digitseq: " in err
    assert digitseq(*arguments) == (0, "3-5-0.png\n", "")


def test_as_a_module():
    ended = subprocess.run(
        [sys.executable, "-m", "digitseq", "--help"], capture_output=True, text=True, check=True
    )
    assert "generate" in ended.stdout
    assert ended.stderr == ""
