"""The command line, run in this process: pictures, recipes, sheets, banks, and every bad input."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from conftest import toy_glyphs
from PIL import Image

import digitseq as ds
from digitseq.internal.pixels import to_uint8
from digitseq.io import png
from digitseq.io.png import read_text


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# generate


def test_a_picture_is_that_of_the_function(made, here, toy_folder):
    assert made("generate", "350", "0", "10", "120", "--seed", "7") == ["3-5-0.png"]
    assert contents(here) == ["3-5-0.png"]
    with Image.open("3-5-0.png") as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (120, 28))
    image = ds.generate_numbers_sequence([3, 5, 0], (0, 10), 120, key=7, bank=ds.load_bank(toy_folder))
    np.testing.assert_array_equal(pixels("3-5-0.png"), to_uint8(image))


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--align", "right", "--advance", "ink"], {"align": "right", "advance": "ink"}),
        (["--spacing", "even"], {"spacing": "even"}),
    ],
)
def test_options_are_the_specs(made, toy_folder, options, settings):
    made("generate", "3-5-0", "-4", "20", "120", "--seed", "1", *options)
    bank, spec = ds.load_bank(toy_folder), ds.SequenceSpec(**settings)
    image = ds.generate_numbers_sequence("350", (-4, 20), 120, key=1, bank=bank, spec=spec)
    np.testing.assert_array_equal(pixels("3-5-0.png"), to_uint8(image))


def test_several_are_the_rows_of_a_batch(made, here, toy_folder):
    names = [f"3-5-0_00{index}.png" for index in range(3)]
    assert made("generate", "350", "0", "10", "120", "--seed", "7", "--count", "3") == names
    assert contents(here) == names
    digits, spec = np.tile(np.array([3, 5, 0], np.int32), (3, 1)), ds.SequenceSpec(image_width=120)
    batch = ds.sample_sequences(jax.random.key(7), ds.load_bank(toy_folder), digits, spec)
    for name, image in zip(names, np.asarray(batch.image), strict=True):
        np.testing.assert_array_equal(pixels(name), to_uint8(image))


def test_more_than_a_chunk_are_the_same_pictures(made, here):
    made("generate", "1", "0", "0", "28", "--seed", "7", "--count", "70", "--out", "many")
    made("generate", "1", "0", "0", "28", "--seed", "7", "--count", "2", "--out", "few")
    assert len(contents(here / "many")) == 70
    for name in contents(here / "few"):
        np.testing.assert_array_equal(pixels(here / "few" / name), pixels(here / "many" / name))


@pytest.mark.parametrize(
    ("out", "count", "written"),
    [
        ("a.png", (), ["a.png"]),
        ("A.PNG", (), ["A.PNG"]),
        ("new/deep/a.png", (), ["new/deep/a.png"]),
        ("folder", (), ["folder/1.png"]),
        ("v1.2", (), ["v1.2/1.png"]),
        ("a.png", ("--count", "2"), ["a_000.png", "a_001.png"]),
        ("folder", ("--count", "2"), ["folder/1_000.png", "folder/1_001.png"]),
        ("a.png", ("--count", "1"), ["a_000.png"]),
    ],
)
def test_out_is_a_file_or_a_folder(made, here, out, count, written):
    assert made("generate", "1", "0", "0", "30", "--out", out, *count) == written
    assert contents(here) == written


def test_out_may_be_a_folder_that_is_named_like_a_picture(made, here):
    (here / "a.png").mkdir()
    assert made("generate", "1", "0", "0", "30", "--out", "a.png") == ["a.png/1.png"]


def test_an_older_picture_is_replaced(made, here):
    made("generate", "1", "0", "0", "40")
    made("generate", "1", "0", "0", "30")
    assert pixels("1.png").shape == (28, 30)
    assert contents(here) == ["1.png"]


def test_negative_spacing(made, toy_folder):
    made("generate", "35", "-14", "-6", "120", "--seed", "3")
    image = ds.generate_numbers_sequence("35", (-14, -6), 120, key=3, bank=ds.load_bank(toy_folder))
    np.testing.assert_array_equal(pixels("3-5.png"), to_uint8(image))


def test_random_digits(made):
    command = ("generate", "random:2-4", "-14", "10", "130", "--seed", "5")
    paths = made(*command, "--count", "40", "--out", "a")
    found = [path.removeprefix("a/").split("_")[0].split("-") for path in paths]
    assert {len(digits) for digits in found} == {2, 3, 4}
    assert {digit for digits in found for digit in digits} == set("0123456789")
    few = made(*command, "--count", "3", "--out", "b")
    assert [path[1:] for path in few] == [path[1:] for path in paths[:3]]
    for path, other in zip(few, paths, strict=False):
        np.testing.assert_array_equal(pixels(path), pixels(other))


def test_random_digits_are_those_the_bank_has(made, toy_folder):
    _, labels = toy_glyphs()
    ds.write_idx(toy_folder / "train-labels-idx1-ubyte.gz", labels % 2 + np.uint8(4))
    (path,) = made("generate", "random:4", "0", "6", "130")
    assert set(path.removesuffix(".png").split("-")) <= {"4", "5"}


def test_sequences_from_a_file(made, here):
    (here / "list.txt").write_text("35\n\n 0-1-2 \r\n7\n")
    assert made("generate", "file:list.txt", "0", "3", "120", "--seed", "1") == [
        "3-5_000.png",
        "0-1-2_001.png",
        "7_002.png",
    ]
    (here / "short.txt").write_text("3-5\n012")
    names = made("generate", "file:short.txt", "0", "3", "120", "--count", "3")
    assert names == ["3-5_000.png", "0-1-2_001.png", "3-5_002.png"]


# Recipes


def test_the_recipe_is_in_the_picture(made, toy_folder):
    made("generate", "3-5-0", "-2", "10", "120", "--seed", "7", "--bank", toy_folder)
    recipe = read_text("3-5-0.png")
    assert recipe["digitseq seed"] == "7"
    assert recipe["digitseq digits"] == "3-5-0"
    assert recipe["digitseq version"] == ds.__version__
    assert recipe["digitseq bank"] == str(toy_folder)
    assert recipe["digitseq bank digest"] == ds.bank_digest(ds.load_bank(toy_folder))
    assert json.loads(recipe["digitseq key"]) == [0, 7]
    spec = ds.spec_from_json(recipe["digitseq spec"])
    assert (spec.image_width, spec.spacing_range) == (120, (-2, 10))


@pytest.mark.parametrize(
    "arguments",
    [
        ("350", "-14", "10", "120", "--align", "random"),
        ("350", "-5", "5", "120", "--count", "3", "--advance", "ink"),
        ("random:4", "0", "6", "130", "--seed", "9"),
        ("random:2-4", "-3", "6", "130", "--count", "3"),
        ("4-4", "0", "50", "90", "--spacing", "even"),
        ("350", "0", "10", "120", "--augment", "light"),
        ("random:2-7", "-3", "6", "230", "--count", "20", "--augment", "strong"),
    ],
)
def test_a_picture_made_again_is_the_same_to_the_byte(made, here, toy_folder, monkeypatch, arguments):
    path = here / made("generate", *arguments, "--bank", toy_folder)[-1]
    (here / "else").mkdir()
    monkeypatch.chdir(here / "else")
    monkeypatch.delenv("DIGITSEQ_MNIST")
    assert made("generate", "--like", path, "--bank", toy_folder) == [path.name]
    assert (here / "else" / path.name).read_bytes() == path.read_bytes()


def test_numbers_and_patterns(made):
    assert made("generate", "range:007-007", "0", "3", "120", "--count", "1") == ["0-0-7_000.png"]
    (path,) = made("generate", "luhn:4###", "0", "3", "150")
    assert path.startswith("4-")
    assert len(path) == len("4-1-1-1.png")


def test_one_writer_a_line_and_again_from_the_picture(made, refused, here, toy_folder):
    _, labels = toy_glyphs()
    table = np.stack([labels, labels, 10 + np.arange(len(labels)) % 2], axis=1).astype(np.int32)
    ds.write_idx(here / "writers", table)
    one = ("--hand", "one-writer", "--writers", "writers")
    (path,) = made("generate", "313", "0", "3", "120", "--seed", "4", *one, "--out", "a.png")
    bank = ds.load_bank(toy_folder, writers=here / "writers")
    spec = ds.SequenceSpec(image_width=120, spacing_range=(0, 3), hand="one-writer")
    sample = ds.sample_sequence(jax.random.key(4), bank, [3, 1, 3], spec)
    assert int(sample.writer) in (10, 11)
    np.testing.assert_array_equal(pixels(path), to_uint8(np.asarray(sample.image)))
    assert "--writers" in refused("generate", "--like", "a.png", "--out", "b.png")
    made("generate", "--like", "a.png", "--out", "b.png", "--writers", "writers")
    assert (here / "a.png").read_bytes() == (here / "b.png").read_bytes()
    ds.write_idx(here / "writers", table[:, [0, 1, 1]])
    assert "digest" in refused("generate", "--like", "a.png", "--out", "c.png", "--writers", "writers")


def test_the_bank_may_have_moved(made, refused, here, toy_folder):
    made("generate", "35", "0", "9", "120", "--bank", toy_folder)
    moved = toy_folder.rename(toy_folder.with_name("moved"))
    refused("generate", "--like", "3-5.png", "--out", "again.png")
    made("generate", "--like", "3-5.png", "--out", "again.png", "--bank", moved)
    np.testing.assert_array_equal(pixels("again.png"), pixels("3-5.png"))


def test_a_seed_that_was_left_out_is_recorded(made):
    made("generate", "350", "0", "10", "120")
    seed = read_text("3-5-0.png")["digitseq seed"]
    made("generate", "350", "0", "10", "120", "--seed", seed, "--out", "again.png")
    np.testing.assert_array_equal(pixels("again.png"), pixels("3-5-0.png"))
    made("generate", "350", "0", "10", "120", "--out", "other.png")
    assert read_text("other.png")["digitseq seed"] != seed


@pytest.mark.parametrize("place", [0, 1, 8, 20, 60, 0.3, 0.6, 0.9])
def test_like_a_broken_picture(made, refused, here, place):
    made("generate", "350", "0", "10", "120")
    data = (here / "3-5-0.png").read_bytes()
    (here / "cut.png").write_bytes(data[: place if place >= 1 or not place else int(place * len(data))])
    assert "cut.png" in refused("generate", "--like", "cut.png")


def test_like_what_is_no_picture_of_ours(refused, here, made):
    assert "none.png" in refused("generate", "--like", "none.png")
    (here / "text.png").write_text("not a picture")
    assert "not a sound PNG" in refused("generate", "--like", "text.png")
    assert "not a sound PNG" in refused("generate", "--like", ".")
    Image.new("L", (50, 28)).save(here / "bare.png")
    assert "carries no recipe" in refused("generate", "--like", "bare.png")
    Image.new("L", (50, 28)).save(here / "photo.jpg")
    assert "not a sound PNG" in refused("generate", "--like", "photo.jpg")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "[1]"),
        ("key", "[-1, 2]"),
        ("key", "{}"),
        ("key", "nonsense"),
        ("digits", "3-x"),
        ("digits", ""),
        ("digits", "3-99999999999"),
        ("spec", "[]"),
        ("spec", '{"image_width": -1}'),
        ("spec", '{"image_width": 20}'),
        ("index", "one"),
        ("bank digest", "0" * 64),
        ("bank", "no/such/folder"),
    ],
)
def test_like_a_recipe_that_was_tampered_with(made, refused, here, name, value):
    made("generate", "35", "0", "10", "120")
    png.save(here / "bad.png", pixels("3-5.png"), read_text("3-5.png") | {f"digitseq {name}": value})
    refused("generate", "--like", "bad.png")


def test_like_from_another_bank(made, refused, toy_folder):
    made("generate", "35", "0", "10", "120")
    images, _ = toy_glyphs()
    ds.write_idx(toy_folder / "train-images-idx3-ubyte.gz", images[:, ::-1])
    assert "digest" in refused("generate", "--like", "3-5.png")


@pytest.mark.parametrize(
    "more",
    [
        ("350",),
        ("350", "0", "10", "120"),
        ("--seed", "3"),
        ("--count", "2"),
        ("--align", "left"),
        ("--advance", "ink"),
        ("--spacing", "even"),
    ],
)
def test_like_takes_nothing_else(made, refused, more):
    made("generate", "35", "0", "10", "120")
    assert "--like" in refused("generate", "--like", "3-5.png", *more)


# preview


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


# bank


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


# Augmentation


@pytest.mark.parametrize("preset", ["light", "strong", "scan"])
def test_a_preset_is_the_specs(made, toy_folder, preset):
    made("generate", "350", "0", "10", "120", "--seed", "7", "--augment", preset)
    glyphs, lines = ds.augment.preset(preset)
    spec = ds.spec_from_json(read_text("3-5-0.png")["digitseq spec"])
    assert repr((spec.glyph_transforms, spec.line_transforms)) == repr((glyphs, lines))
    image = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank=ds.load_bank(toy_folder), spec=spec)
    assert np.abs(pixels("3-5-0.png").astype(int) - to_uint8(image)).max() <= 1


def test_transforms_from_a_file(made, here):
    (here / "bent.json").write_text('{"line_transforms": [{"Invert": {}}]}')
    made("generate", "350", "0", "10", "120", "--seed", "7")
    made("generate", "350", "0", "10", "120", "--seed", "7", "--augment", "bent.json", "--out", "white.png")
    np.testing.assert_array_equal(pixels("white.png"), 255 - pixels("3-5-0.png"))
    made("preview", "350", "0", "10", "120", "--augment", "bent.json", "--count", "2", "--boxes")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[1]", "glyph_transforms"),
        ('{"image_width": 3}', "glyph_transforms"),
        ('{"line_transforms": [{"Wave": {}}]}', "BaselineWave"),
        ('{"glyph_transforms": [{"Elastic": {"sigma": -1}}]}', "Elastic.sigma"),
        ('{"glyph_transforms": [{"Invert": {}}]}', "line_transforms"),
        ('{"glyph_transforms": [{"Sometimes": {"p": 2, "transform": {"Blur": {}}}}]}', "Sometimes.p"),
        ("[" * 100_000, "bent.json"),
    ],
)
def test_a_bad_file_of_transforms(refused, here, text, said):
    (here / "bent.json").write_text(text)
    err = refused("generate", "350", "0", "10", "120", "--augment", "bent.json")
    assert "bent.json" in err
    assert said in err


def test_a_digit_without_ink_is_not_in_the_picture(made, here):
    """All three fade away: the recipe keeps what was asked for, and makes the picture again."""
    shift = '{"Affine": {"rotation": 0, "scale": 0, "slant": 0, "shift": 28}}'
    (here / "away.json").write_text(f'{{"glyph_transforms": [{shift}]}}')
    (path,) = made("generate", "12345678", "0", "0", "224", "--seed", "1", "--augment", "away.json")
    recipe = read_text(path)
    left = recipe["digitseq digits"]
    assert path == f"{left}.png"
    assert 0 < len(left) < len(recipe["digitseq asked"]) == 15
    (again,) = made("generate", "--like", path, "--out", "again.png")
    assert (here / again).read_bytes() == (here / path).read_bytes()


# Bad input

GOOD = ("generate", "350", "0", "10", "120")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("generate", "3a0", "0", "10", "120"), "3a0"),
        (("generate", "", "0", "10", "120"), "SEQUENCE"),
        (("generate", "-3", "0", "10", "120"), "-3"),
        (("generate", "3-", "0", "10", "120"), "3-"),
        (("generate", "٣", "0", "10", "120"), "SEQUENCE"),
        (("generate", "3-10", "0", "10", "120"), "10 is out of range"),
        (("generate", "3-99999999999", "0", "10", "120"), "99999999999 is out of range"),
        (("generate", "random:", "0", "10", "120"), "random:"),
        (("generate", "random:0", "0", "10", "120"), "random:"),
        (("generate", "random:8-3", "0", "10", "220"), "random:"),
        (("generate", "random:x", "0", "10", "120"), "random:"),
        (("generate", "range:9-3", "0", "10", "120"), "9 to 3"),
        (("generate", "pattern:a#", "0", "10", "120"), "'a#'"),
        (("generate", "luhn:#5", "0", "10", "120"), "check digit"),
        (("generate", "pattern:#####", "0", "10", "120"), "140"),
        ((*GOOD, "--hand", "one-writer"), "give --writers"),
        ((*GOOD, "--writers", "none"), "no file 'none'"),
        ((*GOOD, "--bank", "vae", "--writers", "none"), "--writers needs a bank"),
        (("generate", "file:", "0", "10", "120"), "file:"),
        (("generate", "file:none.txt", "0", "10", "120"), "none.txt"),
        (("generate", "file:.", "0", "10", "120"), ". is "),
        (("generate", "350", "10", "0", "120"), "reversed"),
        (("generate", "350", "-15", "0", "120"), "-15"),
        (("generate", "350", "0", "99999999999", "120"), "99999999999"),
        (("generate", "350", "0", "10", "83"), "84"),
        (("generate", "350", "0", "10", "0"), "positive"),
        (("generate", "350", "0", "10", "-5"), "positive"),
        (("generate", "350", "0", "10", "99999999999"), "too large"),
        (("generate", "350", "0", "10"), "IMAGE_WIDTH"),
        (("generate",), "IMAGE_WIDTH"),
        (("generate", "350", "a", "10", "120"), "min_spacing"),
        (("generate", "350", "0", "10.5", "120"), "max_spacing"),
        ((*GOOD, "--nonsense"), "--nonsense"),
        ((*GOOD, "more"), "more"),
        ((*GOOD, "--align", "middle"), "middle"),
        ((*GOOD, "--spacing", "odd"), "odd"),
        ((*GOOD, "--seed", "-1"), "--seed"),
        ((*GOOD, "--seed", str(2**32)), "--seed"),
        ((*GOOD, "--seed", "x"), "--seed"),
        ((*GOOD, "--seed"), "--seed"),
        ((*GOOD, "--count", "0"), "--count"),
        ((*GOOD, "--count", "-3"), "--count"),
        ((*GOOD, "--bank", "no/such/folder"), "no/such/folder"),
        ((*GOOD, "--augment", "heavy"), "no preset 'heavy'; there are light, strong, scan"),
        ((*GOOD, "--augment", "none.json"), "none.json"),
        (("preview", *GOOD[1:], "--augment", "heavy"), "heavy"),
        ((*GOOD, "--bank", "."), "no pairs"),
        ((*GOOD, "--style", "0.5"), "--style needs a model"),
        ((*GOOD, "--bank", "vae", "--style", "1.5"), "--style must be from 0 to 1"),
        ((*GOOD, "--bank", "gone.npz"), "gone.npz"),
        (("bank", "info", "--bank", "vae"), "no folder or file 'vae'"),
        (("preview", "350", "0", "10"), "IMAGE_WIDTH"),
        (("preview", "350", "0", "10", "120", "--count", "0"), "--count"),
        (("preview", "350", "0", "10", "120", "--columns", "0"), "--columns"),
        (("preview", "350", "0", "10", "120", "--scale", "0"), "--scale"),
        (("preview", "350", "0", "10", "120", "--align", "middle"), "middle"),
        (("preview", "350", "0", "10", "50"), "84"),
        (("bank", "info", "--bank", "no/such/folder"), "no/such/folder"),
        (("bank", "preview", "--columns", "0"), "--columns"),
        (("bank", "nonsense"), "nonsense"),
        (("bank", "info", "--nonsense"), "--nonsense"),
        (("nonsense",), "nonsense"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(refused, arguments, said):
    assert said.lower() in refused(*arguments).lower()


@pytest.mark.parametrize("text", ["35\n3x\n", "\n \n", "", b"\xff\xfe\0"])
def test_a_bad_file_of_sequences(refused, here, text):
    (here / "list.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    err = refused("generate", "file:list.txt", "0", "10", "120")
    assert "list.txt" in err
    assert ("line 2" in err) == (text == "35\n3x\n")


def test_nothing_is_written_if_any_sequence_does_not_fit(refused, here):
    (here / "list.txt").write_text("35\n1234\n")
    refused("generate", "file:list.txt", "0", "10", "100", "--out", "new")


def test_a_malformed_bank(refused, toy_folder):
    (toy_folder / "train-images-idx3-ubyte.gz").write_text("<html>not found</html>")
    assert "a web page" in refused("bank", "info")


def test_no_bank_in_reach(refused, monkeypatch):
    monkeypatch.delenv("DIGITSEQ_MNIST")
    assert "digitseq bank fetch" in refused(*GOOD, "--bank", "mnist")


def test_an_out_that_cannot_be_written_is_a_failure(refused, here):
    (here / "file").write_text("")
    refused(*GOOD, "--out", "file/a.png", code=1)


def test_an_interrupt(refused, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("digitseq.cli.sources.load_bank", interrupted)
    assert "interrupted" in refused(*GOOD, code=130)


# The rest


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
    code, out, err = digitseq("-v", *GOOD)
    assert (code, out) == (0, "3-5-0.png\n")
    assert "digitseq: " in err
    assert digitseq(*GOOD) == (0, "3-5-0.png\n", "")


def test_as_a_module():
    ended = subprocess.run(
        [sys.executable, "-m", "digitseq", "--help"], capture_output=True, text=True, check=True
    )
    assert "generate" in ended.stdout
    assert ended.stderr == ""
