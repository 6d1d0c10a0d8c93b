"""Pictures: PNG files with text, contact sheets, and what a notebook shows."""

import io
import zlib

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import digitseq as ds
from digitseq.internal.pixels import to_uint8
from digitseq.io import png
from digitseq.io.contact_sheet import BOX_COLOURS, CAPTION_HEIGHT, GUTTER, MOST, PAPER, contact_sheet

RNG = np.random.default_rng(4)
IMAGES = RNG.random((5, 28, 40), np.float32)
TEXT = {"digitseq seed": "7", "Title": "größer", "place": "場所 ∞", "long": "x" * 5000, "empty": ""}

pictures = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda size: st.sampled_from([size, (*size, 3)])),
)


def decoded(data):
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG"
        return np.array(picture)


def tiles(page, count, columns, height=28, width=40, strip=0):
    """The sheet's tiles, by position, and the page with them blanked out."""
    rest, found = page.copy(), []
    for index in range(count):
        top = GUTTER + index // columns * (height + strip + GUTTER)
        left = GUTTER + index % columns * (width + GUTTER)
        found.append(page[top : top + height, left : left + width])
        rest[top : top + height, left : left + width] = PAPER
    return found, rest


# PNG


@given(pictures)
def test_a_picture_survives(picture):
    np.testing.assert_array_equal(decoded(png.encode(picture)), picture)


def test_a_grey_picture_is_the_file_that_pillow_saves():
    picture = to_uint8(IMAGES[0])
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    assert png.encode(picture) == file.getvalue()


@pytest.mark.parametrize("width", [70, 3000, 90_000])
def test_a_large_grey_picture_has_one_chunk_of_pixels(width):
    """The same pixels, compressed alike, as Pillow saves in several chunks."""
    picture = np.random.default_rng(0).integers(0, 256, (28, width), np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    found, theirs = chunks_of(png.encode(picture)), chunks_of(file.getvalue())
    assert [kind for kind, _ in found] == [b"IHDR", b"IDAT", b"IEND"]
    assert (len(theirs) > 3) == (width > 70)
    for kind in (b"IHDR", b"IDAT", b"IEND"):
        one, other = (b"".join(body for name, body in chunks if name == kind) for chunks in (found, theirs))
        assert one == other
    np.testing.assert_array_equal(decoded(png.encode(picture)), picture)


def chunks_of(data):
    """The chunks of a PNG file, as (kind, body)."""
    found, place = [], 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        assert int.from_bytes(data[place + 8 + size : place + 12 + size]) == zlib.crc32(kind + body)
        found.append((kind, body))
        place += size + 12
    return found


def test_a_picture_and_its_text_survive_in_a_file(tmp_path):
    picture = to_uint8(IMAGES[0])
    png.save(tmp_path / "a.png", picture, TEXT)
    assert png.read_text(tmp_path / "a.png") == TEXT
    np.testing.assert_array_equal(decoded((tmp_path / "a.png").read_bytes()), picture)
    png.save(tmp_path / "b.png", picture)
    assert png.read_text(str(tmp_path / "b.png")) == {}


def test_the_same_picture_is_the_same_file():
    picture = to_uint8(IMAGES[0])
    assert png.encode(picture, TEXT) == png.encode(picture.copy(), dict(TEXT))


def test_a_save_that_fails_leaves_the_old_picture(tmp_path):
    png.save(tmp_path / "a.png", to_uint8(IMAGES[0]))
    before = (tmp_path / "a.png").read_bytes()
    with pytest.raises((TypeError, ValueError)):
        png.save(tmp_path / "a.png", np.zeros((3, 3, 7), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


@given(st.data())
def test_a_file_cut_before_its_last_pixels_is_no_picture(tmp_path_factory, data):
    whole = png.encode(to_uint8(IMAGES[0]), {"digitseq seed": "7"})
    path = tmp_path_factory.mktemp("cut") / "cut.png"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 40))])
    with pytest.raises(ValueError, match=r"cut\.png is not a sound PNG"):
        png.read_text(path)


@pytest.mark.parametrize("form", ["jpeg", "gif", "bmp"])
def test_another_format_is_no_picture(tmp_path, form):
    Image.new("L", (9, 9)).save(tmp_path / "a.png", form)
    with pytest.raises(ValueError, match="not a sound PNG"):
        png.read_text(tmp_path / "a.png")


def test_text_of_a_missing_file_and_of_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        png.read_text(tmp_path / "none.png")
    with pytest.raises(ValueError, match="not a sound PNG"):
        png.read_text(tmp_path)


def test_to_uint8_rounds_and_clips():
    values = np.array([-1, 0, 0.4 / 255, 0.6 / 255, 127.4 / 255, 127.6 / 255, 254.6 / 255, 1, 2], np.float32)
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 127, 128, 255, 255, 255]
    levels = np.arange(256, dtype=np.uint8)
    back = to_uint8(levels.astype(np.float32) * np.float32(1 / 255))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, levels)


# Sheets


@pytest.mark.parametrize("scale", [1, 3])
def test_a_single_image_is_left_as_it_is(scale):
    page = contact_sheet(IMAGES[0], scale=scale)
    np.testing.assert_array_equal(page, np.kron(to_uint8(IMAGES[0]), np.ones((scale, scale), np.uint8)))


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_tiles_lie_in_rows_and_columns_on_paper(columns, scale):
    page = contact_sheet(IMAGES, columns=columns, scale=scale)
    lines = -(-5 // columns)
    assert page.dtype == np.uint8
    assert page.shape == (lines * (28 * scale + GUTTER) + GUTTER, columns * (40 * scale + GUTTER) + GUTTER)
    found, rest = tiles(page, 5, columns, 28 * scale, 40 * scale)
    for tile, image in zip(found, IMAGES, strict=True):
        np.testing.assert_array_equal(tile, contact_sheet(image, scale=scale))
    assert (rest == PAPER).all()


def test_no_more_columns_than_images():
    np.testing.assert_array_equal(contact_sheet(IMAGES, columns=50), contact_sheet(IMAGES, columns=5))


def test_all_leading_axes_are_one_batch():
    images = RNG.random((2, 3, 28, 30), np.float32)
    np.testing.assert_array_equal(contact_sheet(images), contact_sheet(images.reshape(6, 28, 30)))


@pytest.mark.parametrize(("count", "width"), [(1, 40), (7, 200), (64, 28), (30, 500)])
def test_a_sheet_left_to_itself_is_about_as_wide_as_high(count, width):
    height, wide = contact_sheet(np.zeros((count, 28, width), np.float32)).shape
    assert abs(wide - height) <= width + 28 + 2 * GUTTER


def test_a_sheet_shows_the_first_64_unless_columns_are_given():
    images = RNG.random((70, 4, 4), np.float32)
    np.testing.assert_array_equal(contact_sheet(images), contact_sheet(images[:MOST]))
    assert contact_sheet(images, columns=10).shape == (7 * 8 + 4, 10 * 8 + 4)


@pytest.mark.parametrize("scale", [1, 2])
def test_captions_change_only_their_strips(scale):
    height, width = 28 * scale, 40 * scale
    blank = contact_sheet(IMAGES, columns=2, captions=[""] * 5, scale=scale)
    page = contact_sheet(IMAGES, columns=2, captions=["0-1-2", "gjpqy|", "W" * 30, "", "8"], scale=scale)
    found, rest = tiles(page, 5, 2, height, width, CAPTION_HEIGHT)
    for tile, image in zip(found, IMAGES, strict=True):
        np.testing.assert_array_equal(tile, contact_sheet(image, scale=scale))
    assert (tiles(blank, 5, 2, height, width, CAPTION_HEIGHT)[1] == PAPER).all()
    rows = np.flatnonzero((rest != PAPER).any(axis=1)) - GUTTER
    assert set(rows // (height + CAPTION_HEIGHT + GUTTER)) == {0, 1, 2}
    within = rows % (height + CAPTION_HEIGHT + GUTTER)
    assert within.min() >= height
    assert within.max() < height + CAPTION_HEIGHT


def test_a_single_image_may_have_a_caption():
    page = contact_sheet(IMAGES[0], captions=["7"])
    assert page.shape == (28 + CAPTION_HEIGHT + 2 * GUTTER, 40 + 2 * GUTTER)


@pytest.mark.parametrize("scale", [1, 3])
def test_boxes_lie_just_outside_what_they_enclose(scale):
    boxes = np.array([[[3, 4, 20, 22], [22, 0, 40, 28]], [[5, 6, 7, 9], [-1, -1, -1, -1]]], np.int32)
    plain = contact_sheet(IMAGES[:2], columns=2, scale=scale)
    page = contact_sheet(IMAGES[:2], columns=2, scale=scale, boxes=boxes)
    assert page.shape == (*plain.shape, 3)
    expected = np.repeat(plain[:, :, None], 3, axis=2)
    for index, slot in ((0, 0), (0, 1), (1, 0)):
        x0, y0, x1, y1 = (boxes[index, slot] * scale).tolist()
        left = GUTTER + index * (40 * scale + GUTTER)
        for y in range(y0 - 1, y1 + 1):
            for x in range(x0 - 1, x1 + 1):
                if x in (x0 - 1, x1) or y in (y0 - 1, y1):
                    expected[GUTTER + y, left + x] = BOX_COLOURS[slot]
    np.testing.assert_array_equal(page, expected)


def test_boxes_of_samples_cover_no_ink_of_their_own(bank):
    spec = ds.SequenceSpec(image_width=120)
    digits = np.array([[3, 5, -1], [7, 0, 1]], np.int32)
    batch = jax.device_get(ds.sample_sequences(jax.random.key(2), bank, digits, spec))
    plain = contact_sheet(batch.image, columns=1)
    page = contact_sheet(batch.image, columns=1, boxes=batch.boxes)
    changed = (page != plain[:, :, None]).any(axis=2)
    assert changed.any()
    assert (plain[changed] <= PAPER).all()
    colours = {tuple(colour) for colour in page[changed].tolist()}
    assert colours == set(BOX_COLOURS)


def test_a_public_sheet_takes_what_users_have(bank):
    """Arrays of JAX, 8-bit images as exports have them, and the boxes of one image."""
    sample = ds.sample_sequence(jax.random.key(2), bank, np.array([3, 5], np.int32), ds.SequenceSpec())
    image, boxes = np.asarray(sample.image), np.asarray(sample.boxes)
    page = ds.contact_sheet(sample.image, boxes=sample.boxes)
    np.testing.assert_array_equal(page, ds.contact_sheet(image[None], boxes=boxes[None]))
    np.testing.assert_array_equal(ds.contact_sheet(IMAGES), ds.contact_sheet(to_uint8(IMAGES)))
    np.testing.assert_array_equal(ds.contact_sheet(IMAGES), ds.contact_sheet(IMAGES.tolist()))


@pytest.mark.parametrize(
    ("images", "options", "said"),
    [
        (np.zeros(28, np.float32), {}, r"images must be floats or uint8 \[..., H, W\], got float32 \[28\]"),
        (np.zeros((28, 28), np.int32), {}, "images must be floats or uint8"),
        (IMAGES, {"columns": 0}, "columns must be positive, got 0"),
        (IMAGES, {"scale": 1.5}, "scale must be an integer, got 1.5"),
    ],
)
def test_a_sheet_of_no_images_is_refused(images, options, said):
    with pytest.raises(ValueError, match=said):
        ds.contact_sheet(images, **options)


# Notebooks


def test_a_notebook_shows_the_image_itself(bank):
    sample = ds.sample_sequence(
        jax.random.key(1), bank, np.array([3, 5], np.int32), ds.SequenceSpec(image_width=70)
    )
    np.testing.assert_array_equal(decoded(sample._repr_png_()), to_uint8(np.asarray(sample.image)))


def test_a_notebook_shows_a_batch_as_a_sheet(bank):
    digits = np.zeros((6, 2), np.int32)
    batch = ds.sample_sequences(jax.random.key(1), bank, digits, ds.SequenceSpec(image_width=70))
    np.testing.assert_array_equal(decoded(batch._repr_png_()), contact_sheet(np.asarray(batch.image)))
    by_device = jax.tree.map(lambda leaf: leaf.reshape(2, 3, *leaf.shape[1:]), batch)
    assert by_device._repr_png_() == batch._repr_png_()


def test_a_notebook_shows_an_empty_batch_without_an_error(bank):
    batch = ds.sample_sequences(
        jax.random.key(1), bank, np.zeros((2, 2), np.int32), ds.SequenceSpec(image_width=70)
    )
    empty = jax.tree.map(lambda leaf: leaf[:0], batch)
    assert decoded(empty._repr_png_()).size
