"""What was written and what was read of it, under the images of a contact sheet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds
from digitseq import ctc
from digitseq.io.captions import CAPTION_HEIGHT, MISTAKE, aligned
from digitseq.io.contact_sheet import GUTTER, PAPER

IMAGES = np.random.default_rng(4).random((3, 28, 160), np.float32)
texts = st.text("0123.", max_size=6)


@given(texts, texts)
def test_symbols_are_aligned_by_the_fewest_edits(written, read):
    pairs = aligned(written, read)
    assert "".join(pair[0] for pair in pairs) == written
    assert "".join(pair[1] for pair in pairs) == read
    assert ("", "") not in pairs
    codes = [[".0123456789".index(symbol) for symbol in text] for text in (written, read)]
    assert sum(a != b for a, b in pairs) == ctc.edit_distance(*codes)


def marked(sheet):
    """How many stretches of orange line are at the foot of the readings of a single image."""
    foot = sheet[GUTTER + 28 + 2 * CAPTION_HEIGHT - 1]
    orange = (foot == MISTAKE).all(axis=-1)
    # Those of neighbours are a pixel apart.
    return int((orange[1:] & ~orange[:-1]).sum())


@pytest.mark.parametrize(
    ("written", "read", "mistakes"),
    [
        ("350", "350", 0),
        ("350", "850", 1),
        ("350", "30", 1),
        ("350", "3950", 1),
        ("350", "", 3),
        ("", "11", 2),
    ],
)
def test_each_mistake_is_underlined_in_a_colour(written, read, mistakes):
    sheet = ds.contact_sheet(IMAGES[:1], readings=[(written, read)])
    assert sheet.shape == (28 + 2 * CAPTION_HEIGHT + 2 * GUTTER, 160 + 2 * GUTTER, 3)
    assert marked(sheet) == mistakes
    assert (sheet == MISTAKE).all(axis=-1).any() == (mistakes > 0)


def test_readings_leave_the_images_and_stand_above_captions():
    plain = ds.contact_sheet(IMAGES, columns=3, captions=["0.9 a.png"] * 3)
    sheet = ds.contact_sheet(IMAGES, columns=3, captions=["0.9 a.png"] * 3, readings=[("35", "53")] * 3)
    assert (sheet[: GUTTER + 28] == plain[: GUTTER + 28, :, None]).all()
    assert (sheet[GUTTER + 28 + 2 * CAPTION_HEIGHT :] == plain[GUTTER + 28 :, :, None]).all()


def test_readings_in_letters_of_a_size_stay_under_their_image():
    sheet = ds.contact_sheet(IMAGES[:2], columns=2, readings=[("1" * 99, "1" * 99)] * 2, caption_size=20)
    assert (sheet[GUTTER + 28 :, GUTTER + 160 : 2 * GUTTER + 160] == PAPER).all()


def test_readings_of_narrow_images_stand_alone_in_their_room():
    readings = [("3", "5"), ("8", "8")]
    sheet = ds.contact_sheet(IMAGES[:2, :, :28], columns=2, readings=readings, caption_size=20)
    assert (sheet[GUTTER + 28 :, GUTTER + 28 : 2 * GUTTER + 28] == PAPER).all()
    assert (sheet[GUTTER + 28 :, : GUTTER + 28] == MISTAKE).all(axis=-1).any()
    assert (
        ds.contact_sheet(IMAGES[:2, :, :28], columns=2, readings=np.array(readings), caption_size=20) == sheet
    ).all()


@pytest.mark.parametrize("wrong", [["350"], [("350",)], [("350", 350)], [("3", "5", "0")], [1]])
def test_readings_that_are_no_pairs_are_refused(wrong):
    with pytest.raises(ValueError, match=r"^readings must be pairs of texts, \(written, read\), got"):
        ds.contact_sheet(IMAGES[:1], readings=wrong)
