"""Masks that sheets tint: exactly the pixels of each digit, in its colour."""

import re
import shlex
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import digitseq as ds
from digitseq.io.contact_sheet import GUTTER, MASK_COLOURS, MASK_WEIGHT

DIGITS = np.array([[3, 5, 0], [7, 1, -1]], np.int32)


def batch_with(masks, bank):
    spec = ds.SequenceSpec(image_width=60, spacing_range=(-10, -6), masks=masks, advance="ink")
    return jax.device_get(ds.sample_sequences(3, bank, DIGITS, spec))


def tile(page, batch, index):
    """The pixels of one image of a sheet of one column."""
    top = GUTTER + index * (batch.image.shape[1] + GUTTER)
    return page[top : top + batch.image.shape[1], GUTTER : GUTTER + batch.image.shape[2]]


@pytest.mark.parametrize("masks", ["visible", "amodal"])
def test_pixels_are_tinted_where_the_masks_are(bank, masks):
    batch = batch_with(masks, bank)
    page = ds.contact_sheet(batch.image, columns=1, masks=batch.masks)
    grey = np.rint(batch.image * 255).astype(np.int32)
    for index in range(2):
        if masks == "visible":
            covers = batch.masks[index] == np.arange(1, 4)[:, None, None]
        else:
            covers = batch.masks[index]
        assert covers[1].any()
        shown = tile(page, batch, index)
        for y, x in np.ndindex(*grey.shape[1:]):
            on = np.flatnonzero(covers[:, y, x])
            wanted = np.full(3, grey[index, y, x])
            if len(on):
                tint = np.array(MASK_COLOURS)[on].sum(axis=0) // len(on)
                wanted = ((5 - MASK_WEIGHT) * wanted + MASK_WEIGHT * tint) // 5
            assert shown[y, x].tolist() == wanted.tolist()


def test_overlapping_digits_are_both_seen_in_amodal_masks(bank):
    batch = batch_with("amodal", bank)
    assert (batch.masks.sum(axis=1) > 1).any()
    picture = ds.show(batch, masks=True, boxes=True, ink="black", paper="white").pixels
    assert picture.ndim == 3
    single = jax.tree.map(lambda leaf: leaf[0], batch)
    alone = ds.contact_sheet(single.image, masks=single.masks)
    np.testing.assert_array_equal(
        alone, tile(ds.contact_sheet(batch.image, columns=1, masks=batch.masks), batch, 0)
    )


def test_more_digits_than_colours_begin_again():
    masks = np.arange(1, 9, dtype=np.int8)[None].repeat(28, axis=0)
    page = ds.contact_sheet(np.zeros((28, 8), np.float32), masks=masks)
    assert (page[:, 0] == page[:, 6]).all()
    assert len({tuple(pixel) for pixel in page[0].tolist()}) == len(MASK_COLOURS)


@pytest.mark.parametrize(
    "masks", [np.zeros((2, 28, 9), np.int8), np.zeros((3, 28, 8), np.int8), np.zeros((2, 28, 8), np.int32)]
)
def test_masks_of_other_images_are_refused(masks):
    with pytest.raises(ValueError, match="masks must be the int8"):
        ds.contact_sheet(np.zeros((2, 28, 8), np.float32), masks=masks)


def test_masks_that_the_spec_did_not_ask_for_are_refused(bank):
    batch = ds.sample_sequences(3, bank, DIGITS, ds.SequenceSpec())
    with pytest.raises(ValueError, match="masks are those of a DigitSequence whose spec has masks="):
        ds.show(batch, masks=True)


def test_the_command_tints_as_python_does(made, here):
    made(
        "preview",
        "3-5-0",
        "-9",
        "-5",
        "80",
        "--masks",
        "amodal",
        "--count",
        "3",
        "--seed",
        "4",
        "--no-captions",
    )
    spec = ds.SequenceSpec(image_width=80, spacing_range=(-9, -5), masks="amodal")
    batch = ds.sample_sequences(4, "mnist", [[3, 5, 0]] * 3, spec)
    ds.save(here / "own.png", ds.contact_sheet(batch.image, columns=4, scale=2, masks=batch.masks))
    ours, theirs = (np.asarray(Image.open(here / name)) for name in ("own.png", "preview.png"))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_the_picture_of_masks_is_what_the_command_beside_it_draws(made, here):
    docs = Path(__file__).parents[2] / "docs"
    page = next(docs.rglob("explore.md")).read_text().replace("\\\n", " ")
    (command,) = re.findall(
        r"^digitseq (preview .*--masks .*--out docs/pictures/masks.png)$", page, re.MULTILINE
    )
    made(*shlex.split(command))
    ours, theirs = (np.asarray(Image.open(at / "pictures" / "masks.png")) for at in (here / "docs", docs))
    np.testing.assert_array_equal(ours, theirs)
