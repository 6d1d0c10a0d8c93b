"""The glyphs of variants: the same for ever, all different, and shaped as their names say."""

import hashlib

import numpy as np
import pytest
from scipy import ndimage

import digitseq as ds
from digitseq.glyphs.variant_drawing import ONTO, drawn_variant
from digitseq.glyphs.variant_table import VARIANTS
from digitseq.internal.pixels import host_ink_boxes


@pytest.fixture(scope="module")
def builtin():
    return ds.load_bank("builtin")


def own_glyphs(bank, digit):
    start = int(bank.starts[digit])
    return np.asarray(bank.glyphs)[start : start + int(bank.counts[digit])]


@pytest.mark.parametrize(
    ("some", "digest"),
    [
        # Those that came first are drawn as they were before there were more.
        (slice(0, 22), "91b30b7ece0f07b387207028f63c93be6ee93d88ae14b45262dcc63e1234a9ee"),
        (slice(22, None), "ea3fa34a51e8c46cc83b34a0a5f7c06ab1ee4860cb79aa8c4c401d6dfe0bfc17"),
    ],
)
def test_variants_are_the_same_glyphs_for_ever(builtin, some, digest):
    names = list(VARIANTS)[some]
    varied = ds.with_variants(builtin, dict.fromkeys(names, 0.5), each=40)
    glyphs = np.asarray(varied.glyphs)[len(builtin.glyphs) :]
    assert glyphs.shape == (len(names) * 40, 28, 28)
    assert hashlib.sha256(glyphs.tobytes()).hexdigest() == digest


def test_no_two_glyphs_are_alike_and_all_have_ink(builtin):
    for name, variant in VARIANTS.items():
        glyphs = drawn_variant(name, own_glyphs(builtin, variant.digit), 30)
        assert len({glyph.tobytes() for glyph in glyphs}) == 30, name
        boxes = host_ink_boxes(glyphs)
        heights, middles = boxes[:, 3] - boxes[:, 1], (boxes[:, 0] + boxes[:, 2]) / 2
        assert heights.min() >= 6, name
        assert np.abs(middles - 14).max() <= 7, name
        assert glyphs.max((1, 2)).min() > 150, name


@pytest.mark.parametrize(("name", "share"), [("split zero", 0.4), ("open nine", 0.75)])
def test_loops_that_a_variant_opens_are_open(builtin, name, share):
    """The share of glyphs that enclose some paper, of which the bank's own are nearly all."""
    own = own_glyphs(builtin, VARIANTS[name].digit)

    def closed(glyphs):
        return np.mean([(ndimage.binary_fill_holes(one > 60) ^ (one > 60)).any() for one in glyphs])

    assert closed(own[:100]) > 0.85 > share > closed(drawn_variant(name, own, 200))


def test_the_foot_of_a_winged_two_rises(builtin):
    own = own_glyphs(builtin, 2)

    def rows_risen(glyphs):
        """Of each glyph's lower half, how far its right end lies above its lowest ink."""
        halves = glyphs[:, 14:] > 60
        ends = (one[:, np.flatnonzero(one.any(0)).max()] for one in halves)
        lowest = (np.flatnonzero(one.any(1)).max() for one in halves)
        return [low - np.flatnonzero(end).max() for low, end in zip(lowest, ends, strict=True)]

    assert np.median(rows_risen(own[:100])) <= 3
    assert np.percentile(rows_risen(drawn_variant("winged two", own, 200)), 10) >= 4


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in ONTO][:1])
def test_a_glyph_drawn_by_strokes_is_the_same_however_many_there_are(bank, name):
    own = np.asarray(bank.glyphs)[:1]
    np.testing.assert_array_equal(drawn_variant(name, own, 40)[:9], drawn_variant(name, own, 9))


def test_glyphs_drawn_onto_a_banks_are_of_its_own_digit(bank):
    """The mirrored nine: each of the bank's own glyphs, dealt out in their order."""
    own = own_glyphs(bank, 9)
    found = drawn_variant("mirrored nine", own, 2 * len(own))
    np.testing.assert_array_equal(found, np.repeat(own, 2, axis=0)[:, :, ::-1])
