"""`digitseq generate` and `--augment`: pictures, where they go, and what is drawn."""

import jax
import numpy as np
import pytest
from conftest import slow, toy_glyphs
from files import contents, pixels
from PIL import Image

import digitseq as ds
from digitseq.internal.pixels import to_uint8
from digitseq.io.png import read_text


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


@pytest.mark.parametrize("preset", ["light", *slow("strong", "scan")])
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
