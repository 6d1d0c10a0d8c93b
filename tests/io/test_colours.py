"""Ink and paper: the table of colours, pictures that re-render alike, exports, ds.save and ds.show."""

import io
import re

import numpy as np
import pytest
from conftest import slow
from files import pixels
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import digitseq as ds
from digitseq.io import png
from digitseq.io.colours import Colours, colours_of

SPEC = ds.SequenceSpec(image_width=90)
LABELS = ds.FixedLabels(["35", "0", "712"])


def opened(path):
    """The picture in a file, [H, W] or [H, W, 3]."""
    with Image.open(path) as picture:
        return np.asarray(picture)


colour = st.integers(0, 2**24 - 1).map(lambda code: f"#{code:06x}")
FORMATS = ["png", "webdataset", "parquet", "coco", "yolo", "lmdb"]


@given(colour, colour)
def test_the_table_goes_from_paper_to_ink_in_a_straight_line(ink, paper):
    table = Colours(ink, paper).table()
    ends = [[int(code[at : at + 2], 16) for at in (1, 3, 5)] for code in (paper, ink)]
    table = np.repeat(table[:, None], 3, axis=1) if table.ndim == 1 else table
    exact = np.linspace(*np.array(ends, float), 256)
    assert np.abs(table - exact).max() <= 0.5 + 1e-9
    assert table[[0, 255]].tolist() == ends


def test_greys_keep_one_channel_and_white_on_black_is_the_image():
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(Colours("#ffffff", "#000000").apply(values), values)
    np.testing.assert_array_equal(Colours("#000000", "#ffffff").apply(values), 255 - values)
    assert colours_of("White", "#000000") is None
    assert colours_of("Navy", " #FFFFF0 ") == Colours("#000080", "#fffff0")


@pytest.mark.parametrize("wrong", ["nvay", "#12345", "#gggggg", "rgb(1, 2, 3)", "", None, 7])
def test_no_colour(wrong):
    with pytest.raises(ValueError, match=r"^ink must be a colour's name.*#rrggbb"):
        colours_of(wrong, "black")


LOOK = ("--ink", "navy", "--paper", "#fffff0", "--zoom", "3")


@pytest.mark.parametrize("look", [LOOK, ("--invert",), ("--zoom", "2"), ("--invert", "--ink", "red")])
def test_a_picture_in_colour_is_its_grey_one_and_re_renders_alike(made, here, look):
    words = ("generate", "35", "0", "9", "90", "--seed", "3")
    made(*words, "--out", "grey.png")
    made(*words, *look, "--out", "own.png")
    made("generate", "--like", "own.png", "--out", "again.png")
    assert (here / "own.png").read_bytes() == (here / "again.png").read_bytes()
    zoom = int(look[-1]) if "--zoom" in look else 1
    default = ("black", "white") if "--invert" in look else ("white", "black")
    ink, paper = (
        look[look.index(f"--{name}") + 1] if f"--{name}" in look else other
        for name, other in zip(("ink", "paper"), default, strict=True)
    )
    colours = colours_of(ink, paper)
    large = pixels("grey.png").repeat(zoom, axis=0).repeat(zoom, axis=1)
    wanted = large if colours is None else colours.apply(large)
    np.testing.assert_array_equal(opened("own.png"), wanted)


def test_options_that_say_the_default_change_no_byte(made, here):
    words = ("generate", "35", "0", "9", "90", "--seed", "3", "--out")
    made(*words, "a.png")
    made(*words, "b.png", "--ink", "white", "--paper", "#000000", "--zoom", "1")
    assert (here / "a.png").read_bytes() == (here / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (("--ink", "nvay"), "--ink must be.*'nvay'; did you mean 'navy'"),
        (("--ink", "black"), "--ink and --paper must differ"),
        (("--invert", "--ink", "red", "--paper", "white"), "--invert says black on white"),
    ],
)
def test_looks_that_are_refused(refused, here, look, message):
    for words in (("generate", "35", "0", "9", "90"), ("preview", "35", "0", "9", "90"), ("bank", "preview")):
        assert re.search(message, refused(*words, *look))
    assert re.search(message, refused("export", "35", "out", "--count", "2", "--format", "png", *look))
    assert not list(here.glob("*.png"))
    assert not (here / "out").exists()


def test_too_large_and_damaged_looks_are_refused(refused, made, here):
    assert re.search(
        "zoom 64 would make a picture of", refused("generate", "35", "0", "9", "1000000", "--zoom", "64")
    )
    made("generate", "35", "0", "9", "90", "--ink", "navy", "--out", "a.png")
    for name, value in (("ink", "nothing"), ("zoom", "65"), ("zoom", "0"), ("zoom", "x")):
        texts = png.read_text(here / "a.png") | {f"digitseq {name}": value}
        png.save(here / "b.png", np.zeros((28, 90), np.uint8), texts)
        assert re.search("its recipe can't be read", refused("generate", "--like", "b.png", "--out", "c.png"))


def test_sheets_in_colour(made):
    made("preview", "35", "0", "9", "90", "--count", "2", "--ink", "navy", "--paper", "ivory", "--zoom", "3")
    sheet = opened("preview.png")
    assert (sheet == [255, 255, 240]).all(axis=2).any()
    assert (sheet[:, :, 2] > sheet[:, :, 0].astype(int) + 50).any()
    made("bank", "preview", "--invert", "--columns", "2", "--zoom", "2")
    sheet = opened("bank.png")
    assert sheet.ndim == 2
    assert (sheet == 255).mean() > 0.5


@pytest.mark.parametrize("format", ["png", *slow(*FORMATS[1:])])
def test_exports_in_colour(bank, tmp_path, format):
    for name, ink, paper in (
        ("grey", "white", "black"),
        ("navy", "navy", "ivory"),
        ("ink", "black", "white"),
    ):
        ds.export(5, bank, LABELS, SPEC, tmp_path / name, format=format, ink=ink, paper=paper)
        assert ds.verify(tmp_path / name, bank) == []
    assert ds.Manifest.read(tmp_path / "grey").colours is None
    assert ds.Manifest.read(tmp_path / "navy").colours == Colours("#000080", "#fffff0")
    assert "colours" not in ds.Manifest.read(tmp_path / "grey").recipe
    with pytest.raises(ValueError, match="another colours"):
        ds.export(5, bank, LABELS, SPEC, tmp_path / "navy", format=format)
    with pytest.raises(ValueError, match="another colours"):
        ds.export(5, bank, LABELS, SPEC, tmp_path / "grey", format=format, ink="red")
    if format == "png":
        names = [path.relative_to(tmp_path / "grey") for path in (tmp_path / "grey").rglob("0*.png")]
        assert len(names) == 3
        for path in names:
            grey, navy, ink = (opened(tmp_path / n / path) for n in ("grey", "navy", "ink"))
            np.testing.assert_array_equal(navy, Colours("#000080", "#fffff0").apply(grey))
            np.testing.assert_array_equal(ink, 255 - grey)
        assert "ink #000080 on paper #fffff0" in (tmp_path / "navy" / "README.md").read_text()


def test_a_grey_format_takes_black_on_white_and_no_colour(bank, tmp_path):
    for format in ("npz", "idx"):
        with pytest.raises(ValueError, match=f"the format {format} stores grey images only"):
            ds.export(5, bank, LABELS, SPEC, tmp_path / "no", format=format, ink="navy")
        assert not (tmp_path / "no").exists()
    ds.export(5, bank, LABELS, SPEC, tmp_path / "grey", format="npz")
    ds.export(5, bank, LABELS, SPEC, tmp_path / "ink", format="npz", ink="black", paper="white")
    grey, ink = (np.load(tmp_path / name / "data" / "00000.npz")["image"] for name in ("grey", "ink"))
    np.testing.assert_array_equal(ink, 255 - grey)
    assert ds.verify(tmp_path / "ink", bank) == []


# ds.save and ds.show


@pytest.fixture(scope="module")
def batch(bank):
    return ds.sample_sequences(1, bank, [[3, 5, 0], [7, 1, -1], [0, 0, 7]], SPEC)


def test_save_names_and_pixels(batch, tmp_path):
    assert [path.name for path in ds.save(tmp_path / "a", batch)] == [
        "350_000.png",
        "71_001.png",
        "007_002.png",
    ]
    (path,) = ds.save(tmp_path / "{text}.png", row(batch, 0))
    assert path.name == "350.png"
    np.testing.assert_array_equal(pixels(path), pixels(tmp_path / "a" / "350_000.png"))
    paths = ds.save(tmp_path / "b" / "{text}-{index}.png", batch, texts=["a/b", "", "12:30"], zoom=2)
    assert [path.name for path in paths] == ["a%2Fb-000.png", "blank-001.png", "12%3A30-002.png"]
    assert pixels(paths[0]).shape == (56, 180)
    images = np.asarray(batch.image)
    assert [path.name for path in ds.save(tmp_path / "c", images)] == ["000.png", "001.png", "002.png"]
    (path,) = ds.save(tmp_path / "d.png", images[0], ink="navy", paper="ivory")
    colours = colours_of("navy", "ivory")
    wanted = colours.apply(pixels(tmp_path / "c" / "000.png"))
    np.testing.assert_array_equal(opened(path), wanted)
    (path,) = ds.save(tmp_path / "sheet.png", ds.contact_sheet(images, boxes=batch.boxes))
    assert opened(path).ndim == 3


def row(batch, n):
    return ds.DigitSequence(**{k: None if v is None else v[n] for k, v in vars(batch).items()})


@pytest.mark.parametrize(
    ("path", "images", "options", "message"),
    [
        ("a.png", np.zeros((2, 28, 40)), {}, "the same name"),
        ("a", np.zeros((28, 40)), {}, "path must end in .png for one image"),
        ("{text}.png", np.zeros((28, 40)), {}, "arrays have no text"),
        ("{name}.png", np.zeros((28, 40)), {}, "the fields {text} and {index}, got {name}"),
        ("a", np.zeros((2, 28, 40)), {"texts": ["1"]}, "2 images, but 1 texts"),
        ("a.png", np.full((28, 40), 255.0), {}, "from 255 to 255"),
        ("a.png", np.full((28, 40), np.nan), {}, "from nan to nan"),
        ("a.png", np.zeros((28, 40), int), {}, "images must be floats"),
        ("a.png", np.zeros((0, 28, 40)), {}, "images must be floats"),
        ("a.png", np.zeros((28, 40)), {"zoom": 0}, "zoom must be positive"),
        ("a.png", np.zeros((28, 40)), {"ink": "black"}, "must differ"),
        ("a.png", np.zeros((28, 40, 3), np.uint8), {"ink": "red"}, "for grey images"),
    ],
)
def test_what_save_refuses_writes_nothing(tmp_path, path, images, options, message):
    with pytest.raises(ValueError, match=message):
        ds.save(tmp_path / path, images, **options)
    assert not list(tmp_path.iterdir())


def test_show_is_a_picture_for_notebooks(batch):
    def sheet(*arguments, **options):
        return np.asarray(Image.open(io.BytesIO(ds.show(*arguments, **options)._repr_png_())))

    plain, bare = sheet(batch), sheet(batch, [])
    assert plain.shape[0] > bare.shape[0]
    assert sheet(np.asarray(batch.image)).shape == bare.shape
    assert sheet(batch, boxes=True, ink="navy", paper="ivory").ndim == 3
    assert sheet(np.zeros((28, 40))).shape == (112, 160)
    # A caption that is wider than its image is cut, and stays within it.
    long = sheet(np.zeros((1, 28, 40)), ["0123456789" * 9], zoom=1)
    assert long.shape[1] == 48
    assert (long[:, -4:] == long[0, 0]).all()
    with pytest.raises(ValueError, match="boxes are those of a DigitSequence"):
        ds.show(np.zeros((28, 40)), boxes=True)
    with pytest.raises(ValueError, match="3 images, but 2 texts"):
        ds.show(batch, ["a", "b"])
