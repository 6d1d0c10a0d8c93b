"""Recipes in pictures that anybody may have made: `generate --like` trusts none of them."""

import json
import shutil

import numpy as np
import pytest
from files import pixels

import digitseq as ds
from digitseq import augment, vae
from digitseq.cli import common, recipes
from digitseq.io import png
from digitseq.labels.text import pack
from digitseq.sequence.spec_checks import check_structure

LIKE = ("generate", "--like", "bad.png", "--out", "again.png")


@pytest.fixture
def recipe(made, here):
    """The texts of a picture of the toy bank, which goes by the name of MNIST."""
    made("generate", "350", "0", "10", "120", "--seed", "7", "--out", "good.png")
    return png.read_text(here / "good.png")


@pytest.fixture
def tampered(recipe, here):
    """Writes the good picture with other texts; None removes one."""

    def write(**texts):
        changed = recipe | {f"digitseq {name.replace('_', ' ')}": text for name, text in texts.items()}
        changed = {name: text for name, text in changed.items() if text is not None}
        png.save(here / "bad.png", pixels("good.png"), changed)

    return write


def spec(**fields) -> str:
    return json.dumps(json.loads(ds.spec_to_json(ds.SequenceSpec(image_width=120))) | fields)


def chain(count: int) -> list[dict]:
    return [{"Blur": {}}] * count


def nest(depth: int) -> dict:
    made = {"Blur": {}}
    for _ in range(depth):
        made = {"Sometimes": {"p": 0.5, "transform": made}}
    return made


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"key": "[" * 100_000}, "can't be read"),
        ({"key": "[1e999, 0]"}, "can't be read"),
        ({"key": "[" + "9" * 5000 + ", 0]"}, "can't be read"),
        ({"key": "[0, 0, 0]"}, "impossible numbers"),
        ({"spec": "[" * 100_000}, "can't be read"),
        ({"spec": '{"line_transforms": ' * 300 + "1" + "}" * 300}, "can't be read"),
        ({"spec": spec(line_transforms=chain(2000))}, "2000 transforms"),
        ({"spec": spec(line_transforms=chain(33))}, "there may be 32"),
        ({"spec": spec(line_transforms=[nest(100)])}, "more than 32 times"),
        ({"spec": spec(line_transforms=[nest(400)])}, "bad.png"),
        ({"spec": spec(line_transforms=[nest(16), nest(16)])}, "there may be 32"),
        ({"spec": spec(line_transforms=[{"Blur": {"sigma": float("nan")}}])}, "Blur.sigma"),
        ({"spec": spec(image_width=70_000_000)}, "too large for memory"),
        ({"spec": spec(image_width=10**12)}, "too large"),
        ({"spec": spec(image_width=1_000_000), "digits": "-".join("3" * 30_000)}, "too large for memory"),
        ({"spec": spec(spacing_range=[0, 10**20])}, "2**31"),
        ({"digits": "3000000000"}, "can't be read"),
        ({"digits": "٣"}, "can't be read"),
        ({"digits": "9" * 5000}, "can't be read"),
        ({"digits": "12"}, "12 is out of range"),
        ({"index": "9" * 5000}, "can't be read"),
        ({"index": "-1"}, "impossible numbers"),
        ({"style": "nan", "bank": "vae"}, "--style must be from 0 to 1"),
        ({"style": "x"}, "can't be read"),
        ({"bank_digest": "x"}, "is none of"),
        ({"bank_digest": None}, "no bank digest"),
    ],
)
def test_a_recipe_that_cannot_be_rendered_is_refused_in_one_line(refused, tampered, texts, said):
    """Before anything is compiled and before memory is asked for."""
    tampered(**texts)
    assert said in refused(*LIKE)


@pytest.mark.parametrize("name", ["bank", "writers"])
@pytest.mark.parametrize("path", ["FOLDER", "model.npz", "//host/share", "/dev/zero", "../mnist", "C:\\x"])
def test_a_path_in_a_recipe_is_never_opened(
    made, refused, tampered, here, toy_folder, monkeypatch, name, path
):
    """The bank is found by its digest among the known ones, else it must be named."""
    path = str(toy_folder) if path == "FOLDER" else path
    vae.save(here / "model.npz", vae.pretrained())
    opened = []

    def spy(real):
        def load(*arguments, **options):
            opened.extend(str(value) for value in (*arguments, *options.values()))
            return real(*arguments, **options)

        return load

    monkeypatch.setattr("digitseq.cli.sources.load_bank", spy(ds.load_bank))
    monkeypatch.setattr("digitseq.cli.sources.vae.load", spy(vae.load))
    tampered(**{name: path})
    if name == "bank":
        made(*LIKE)
        assert (here / "again.png").read_bytes() == (here / "bad.png").read_bytes()
        (here / "again.png").unlink()
        tampered(bank=path, bank_digest="0" * 64)
        assert "give --bank" in refused(*LIKE)
    else:
        assert "give --writers" in refused(*LIKE)
    assert path not in opened
    assert set(opened) <= {"mnist", "mnist-test", "builtin", "None"}


def test_a_path_that_the_user_names_is_opened(made, refused, here, toy_folder, monkeypatch):
    moved = here / "elsewhere"
    shutil.copytree(toy_folder, moved)
    monkeypatch.delenv("DIGITSEQ_MNIST")
    made("generate", "350", "0", "10", "120", "--bank", moved, "--out", "bad.png")
    assert "give --bank" in refused(*LIKE)
    made(*LIKE, "--bank", moved)
    assert (here / "again.png").read_bytes() == (here / "bad.png").read_bytes()


WEIRD = [None, True, -1, 0, 1e308, float("nan"), 10**30, "", "x", "center", [], {}, [1], [[0, 1]], {"a": 1}]


def places(value, path=()):
    """The path of each value in JSON's own types."""
    yield path
    if isinstance(value, dict | list):
        for name, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(below, (*path, name))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def test_any_value_in_a_recipe_is_used_or_refused(tampered, here, bank):
    """Each of a spec's values, and each other text, in turn takes each of some that it can't have."""
    transforms = {"glyph_transforms": [{"Affine": {"shift": 0}}], "line_transforms": [nest(1)]}
    whole, refusals, tried = json.loads(spec(**transforms)), 0, 0
    cases = [{"spec": json.dumps(replaced(whole, path, new))} for path in places(whole) for new in WEIRD]
    names = ("key", "digits", "index", "style", "bank", "bank_digest", "asked")
    cases += [{name: text} for name in names for text in map(json.dumps, WEIRD)]
    for texts in cases:
        tampered(**texts)
        tried += 1
        try:
            found = recipes.read(here / "bad.png")
            common.check_work(bank, pack([found.digits]), found.spec)
        except ValueError:
            refusals += 1
    assert tried / 2 < refusals < tried


def test_maps_in_a_recipe_are_not_made(made, tampered, here):
    """No picture shows them, and they take as many canvases as there are digits."""
    tampered(spec=spec(masks="amodal", image_width=120))
    made(*LIKE)
    np.testing.assert_array_equal(pixels("again.png"), pixels("good.png"))


def test_a_sheet_carries_no_recipe(made, refused):
    made("preview", "350", "0", "10", "120", "--count", "1", "--out", "bad.png")
    assert "carries no recipe" in refused(*LIKE)


def test_the_longest_chain_is_named_wherever_one_is_given(refused, here):
    transforms = (augment.Blur(),) * 33
    with pytest.raises(ValueError, match="line_transforms holds 33 transforms; there may be 32"):
        check_structure(ds.SequenceSpec(line_transforms=transforms))
    with pytest.raises(ValueError, match="there may be 32"):
        ds.spec_from_json(spec(glyph_transforms=chain(33)))
    check_structure(ds.SequenceSpec(line_transforms=transforms[:32]))
    (here / "long.json").write_text(json.dumps({"line_transforms": chain(33)}))
    assert "there may be 32" in refused("generate", "1", "0", "0", "30", "--augment", "long.json")
    (here / "large.json").write_text(" " * 2**21 + "{}")
    assert "larger than" in refused("generate", "1", "0", "0", "30", "--augment", "large.json")


def test_the_mark_of_our_pictures_is_a_text_of_the_recipe():
    assert recipes.TEXT + "version" == png.MARK
