"""The recipe in a picture, and `generate --like`, which renders it again."""

import json

import jax
import numpy as np
import pytest
from conftest import slow, toy_glyphs
from files import pixels
from PIL import Image

import digitseq as ds
from digitseq.internal.pixels import to_uint8
from digitseq.io import png
from digitseq.io.png import read_text


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
        *slow((("random:2-7", "-3", "6", "230", "--count", "20", "--augment", "strong"),)),
    ],
)
def test_a_picture_that_is_rendered_again_is_byte_identical(made, here, toy_folder, monkeypatch, arguments):
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
