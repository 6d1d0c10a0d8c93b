"""Banks of scanned glyphs: folders and tables, classes and their names, hostile files, the command line."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import digitseq as ds
from digitseq import scans
from digitseq.scans.listing import classes_of


def picture(k=0, *, size=48, inverted=False):
    """A stroke of its own slope on paper."""
    image = np.full((size, size), 225, np.uint8)
    for step in np.linspace(0.2, 0.8, 200):
        y, x = int(step * size), int((0.35 + 0.3 * step * (k % 5) / 4) * size)
        image[y : y + 4, x : x + 4] = 25
    return Image.fromarray(255 - image if inverted else image)


def save(path, k=0, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(k, **options).save(path)
    return path


@pytest.fixture
def hand(tmp_path):
    """A folder with a subfolder a class: two digits and two signs."""
    for k, name in enumerate(["3/a.png", "3/b.jpg", "7/c.tif", "7/deep/d.jpeg", "%2F/e.png", "A/f.PNG"]):
        save(tmp_path / "own" / name, k, inverted=k % 2 == 1)
    (tmp_path / "own" / "7" / "notes.txt").write_text("not a picture")
    (tmp_path / "own" / ".DS_Store").write_text("")
    return tmp_path / "own"


def test_a_folder_becomes_a_bank(hand):
    bank = ds.bank_from_images(hand)
    assert bank.symbols == "0123456789/A"
    assert np.asarray(bank.counts).tolist() == [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 1, 1]
    heights = np.asarray(bank.ink)[:, 3] - np.asarray(bank.ink)[:, 1]
    assert (heights >= 20).all()
    image = ds.generate_numbers_sequence("3/7A", (0, 2), 120, key=1, bank=bank)
    assert image.shape == (28, 120)


@pytest.mark.parametrize(
    "text",
    [
        "name,label\n3/a.png,3\n7/c.tif,/\n",
        "3/a.png,3\n7/c.tif,/\n",
        "id;label;file\n1;3;3/a.png\n2;/;7/c.tif\n",
        '\ufeffname,label\r\n"3/a.png","3"\r\n\r\n7/c.tif,/\r\n',
    ],
)
def test_a_table_becomes_a_bank(hand, text):
    table = hand / "labels.csv"
    table.write_text(text, encoding="utf-8", newline="")
    bank = ds.bank_from_images(table)
    assert bank.symbols == "0123456789/"
    assert np.flatnonzero(np.asarray(bank.counts)).tolist() == [3, 10]


def test_classes_are_characters_or_numbers():
    assert classes_of(["3", "0"], "a") == ({"0": 0, "3": 3}, 10, "0123456789")
    assert classes_of(["3", "12"], "a") == ({"12": 12, "3": 3}, 13, "")
    assert classes_of(["b", "%2C", "e\u0301"], "a")[2] == "0123456789,bé"
    for wrong in (["3", "seven"], ["3", "%0A"], ["12", "x"]):
        with pytest.raises(ValueError, match="^a: "):
            classes_of(wrong, "a")


def test_what_looks_wrong_is_listed_and_left_out(hand):
    Image.new("L", (40, 40), 230).save(hand / "3" / "blank.png")
    two = np.concatenate([np.asarray(picture(0)), np.asarray(picture(1))], axis=1)
    Image.fromarray(two).save(hand / "7" / "two.png")
    with pytest.warns(UserWarning, match=r"2 look wrong, 1 of .*blank.png \(no ink\).*two.png \(two digits"):
        bank = ds.bank_from_images(hand)
    assert bank.glyphs.shape[0] == 7
    with pytest.warns(UserWarning, match="2 of them left out"):
        bank = ds.bank_from_images(hand, strict=True)
    assert bank.glyphs.shape[0] == 6
    Image.new("L", (40, 40), 230).save(hand / "A" / "f.PNG")
    with pytest.raises(ds.BankError, match=r"'A' were left out \(.*f.PNG: no ink\)"):
        ds.bank_from_images(hand)


def bomb(path):
    """A PNG whose header claims 300 megapixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">2I5B", 20_000, 15_000, 8, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


def animation(path):
    picture(0).save(path, save_all=True, append_images=[picture(1)])


HOSTILE = {
    "corrupt.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 99),
    "empty.jpg": lambda path: path.write_bytes(b""),
    "cut.jpg": lambda path: (save(path), path.write_bytes(path.read_bytes()[:400])),
    "cut.tif": lambda path: (save(path), path.write_bytes(path.read_bytes()[:900])),
    "text.tiff": lambda path: path.write_text("II*\0 is how they begin"),
    "bomb.png": bomb,
    "moving.png": animation,
    "pages.tif": animation,
    "other.webp": lambda path: path.write_bytes(b"RIFF"),
    "gone.png": lambda path: path.symlink_to("nowhere"),
    "fifo.png": os.mkfifo if hasattr(os, "mkfifo") else bomb,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_bad_file_is_named(hand, name):
    HOSTILE[name](hand / "7" / name)
    with pytest.raises((ValueError, OSError), match=name) as caught:
        ds.bank_from_images(hand)
    assert "\n" not in str(caught.value)


def test_several_bad_files_are_counted(hand):
    for k in range(30):
        (hand / "3" / f"bad{k:02}.png").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"bad00\.png is not a sound .*; at least 19 more can't be read"):
        ds.bank_from_images(hand)


def test_folders_that_are_no_classes_are_refused(hand, tmp_path):
    for source, said in (
        (tmp_path / "none", "no folder or table"),
        (hand / "3" / "a.png", "wanted a folder"),
    ):
        with pytest.raises((ValueError, FileNotFoundError), match=said):
            ds.bank_from_images(source)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ValueError, match="bare is empty"):
        ds.bank_from_images(tmp_path / "bare")
    (hand / "9").mkdir()
    with pytest.raises(ValueError, match="9: this class has no pictures"):
        ds.bank_from_images(hand)
    (hand / "9").rmdir()
    save(hand / "loose.png")
    with pytest.raises(ValueError, match=r"loose.png lies beside the folders"):
        ds.bank_from_images(hand)


def test_tables_that_are_none_are_refused(hand):
    table = hand / "t.csv"
    for text, said in (
        ("", "is empty"),
        ("name,label\n", "no picture below"),
        ("name,label\n3/a.png\n", "line 2: wanted"),
        ("name,label\n3/a.png,\n", "line 2: wanted"),
        ("name,label\n3/none.png,3\n", "line 2: there is no picture"),
        ('name,label\n"3/a.png,3\n', "line 2: "),
    ):
        table.write_text(text)
        with pytest.raises((ValueError, FileNotFoundError), match=said):
            ds.bank_from_images(table)
    table.write_bytes(b"name,label\n\xff,3\n")
    with pytest.raises(ValueError, match="not UTF-8"):
        ds.bank_from_images(table)


def test_files_of_all_modes_are_read(tmp_path):
    grey = np.asarray(picture(2))
    one = ds.normalize_glyph(grey)
    alpha = np.dstack([np.zeros((*grey.shape, 3), np.uint8), 255 - grey])
    for name, image in {
        "rgb.png": picture(2).convert("RGB"),
        "palette.png": picture(2).convert("P"),
        "alpha.png": Image.fromarray(alpha),
        "white.png": Image.fromarray(np.dstack([255 * (alpha[..., :3] == 0), 255 - grey]).astype(np.uint8)),
        "grey-alpha.png": picture(2).convert("LA"),
        "bits.png": picture(2).convert("1", dither=Image.Dither.NONE),
        "deep.png": Image.fromarray(grey.astype(np.uint16) * 257),
        "deep.tif": Image.fromarray(grey.astype(np.uint16) * 257),
        "twelve-bits.tif": Image.fromarray(grey.astype(np.uint16) * 16),
        "wide.tif": Image.fromarray(grey.astype(np.int32)),
        "float.tif": Image.fromarray(grey.astype(np.float32)),
        "cmyk.jpg": picture(2).convert("CMYK"),
    }.items():
        image.save(tmp_path / name)
        made = ds.normalize_glyph(scans.read_grey(tmp_path / name))
        assert np.abs(made.astype(int) - one).mean() < 6, name


def test_bank_make_writes_what_load_bank_reads(digitseq, hand, here):
    Image.new("L", (40, 40), 230).save(hand / "3" / "blank.png")
    code, out, err = digitseq("bank", "make", hand, "mine")
    assert (code, out) == (0, "mine\n")
    assert "blank.png: no ink; left out" in err
    assert "6 glyphs of 4 classes, 1 pictures left out" in err
    bank = ds.load_bank(here / "mine")
    with pytest.warns(UserWarning, match="look wrong"):
        same = ds.bank_from_images(hand)
    assert bank.symbols == same.symbols == "0123456789/A"
    np.testing.assert_array_equal(bank.glyphs, same.glyphs)
    with Image.open(here / "mine" / "before-after.png") as sheet:
        assert sheet.size[0] > 6 * 114
    code, _, err = digitseq("bank", "make", hand, "mine")
    assert (code, "--force" in err) == (2, True)
    assert digitseq("bank", "make", hand, "mine", "--force", "--strict")[0] == 0


def test_the_sheet_names_pictures_by_their_classes(hand, tmp_path):
    sound = min((hand / "3").iterdir())
    Image.new("L", (40, 40), 230).save(hand / "3" / "blank.png")
    (tmp_path / "table.csv").write_text(f"name,label\n{hand}/3/blank.png,A\n{sound},A\n")
    found = scans.collect(tmp_path / "table.csv")
    assert [(doubt.path.name, doubt.label) for doubt in found.doubts] == [("blank.png", "A")]


def test_bank_make_writes_nothing_on_bad_input(refused, hand):
    assert "within" in refused("bank", "make", hand, hand / "mine")
    (hand / "7" / "bad.png").write_bytes(b"x")
    assert "bad.png" in refused("bank", "make", hand, "mine")
    assert "no folder" in refused("bank", "make", "none", "mine")


def test_normalize_at_the_command_line(digitseq, refused, hand, here):
    (here / "in").mkdir()
    for k in range(2):
        picture(k, size=60).save(here / "in" / f"{k}.jpg")
    code, out, err = digitseq("normalize", "in", "out")
    assert (code, out.split()) == (0, ["out/0.png", "out/1.png"])
    assert "in/0.jpg: dark ink, digits" in err
    with Image.open("out/0.png") as line:
        assert (line.size[1], line.mode) == (28, "L")
    assert digitseq("normalize", "in/0.jpg", "one.png")[:2] == (0, "one.png\n")
    Image.new("L", (90, 40), 250).save(here / "blank.png")
    assert "no digits found" in refused("normalize", "blank.png", "two.png")
    assert "is the file that is read" in refused("normalize", "blank.png", "blank.png", "--force")
    assert "must end in .png" in refused("normalize", "blank.png", "two.jpg")
    assert "in/0.jpg" in refused("normalize", "in/0.jpg/none", "two.png")
    save(here / "in" / "0.png")
    assert "would both be" in refused("normalize", "in", "out")
    (here / "in" / "0.png").write_bytes(b"x")
    (here / "in" / "0.jpg").unlink()
    assert "0.png" in refused("normalize", "in", "elsewhere")
