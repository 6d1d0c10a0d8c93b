"""Signs: their glyphs, and the banks that have them."""

import hashlib

import numpy as np
import pytest
from conftest import slow, toy_glyphs

import digitseq as ds
from digitseq.exporter.recipe import described
from digitseq.glyphs.sign_drawing import drawn
from digitseq.glyphs.sign_shapes import SIGNS
from digitseq.glyphs.signs import ALL, PER_SIGN, signs_in
from digitseq.internal.pixels import host_ink_boxes

SPEC = ds.SequenceSpec(image_width=340, advance="ink")


@pytest.fixture(scope="module")
def signed(bank):
    return ds.with_signs(bank)


@pytest.fixture(scope="module")
def written():
    """A bank of five writers, 30 glyphs of each digit."""
    images, labels = toy_glyphs(per_digit=30)
    return ds.make_bank(images, labels, writers=np.random.default_rng(1).integers(10, 15, len(labels)))


def test_signs_are_the_same_glyphs_for_ever():
    glyphs = np.concatenate([drawn(sign, PER_SIGN) for sign in ALL])
    assert glyphs.shape == (13 * 300, 28, 28)
    assert hashlib.sha256(glyphs.tobytes()).hexdigest() == (
        "f094d9f25ff8246e5e8e0cfb149eb46e178e75ad498edc317b4f6104b4187b94"
    )


def test_a_glyph_is_the_same_however_many_there_are():
    np.testing.assert_array_equal(drawn("%", 350)[:40], drawn("%", 40))


def test_no_two_glyphs_are_alike():
    for sign in ALL:
        assert len({glyph.tobytes() for glyph in drawn(sign, PER_SIGN)}) == PER_SIGN, sign


# The least and greatest row that the ink of each sign begins and ends in; digits stand in rows 4 to 24.
ROWS = {
    ".": ((17, 23), (22, 27)),
    ",": ((14, 21), (25, 27)),
    "-": ((6, 16), (11, 21)),
    "/": ((0, 5), (23, 27)),
    ":": ((6, 13), (20, 27)),
    "+": ((1, 11), (17, 26)),
    "=": ((5, 14), (15, 24)),
    "'": ((0, 4), (7, 14)),
    "#": ((0, 8), (20, 27)),
    "$": ((0, 5), (23, 27)),
    "%": ((0, 8), (22, 27)),
    "(": ((0, 4), (23, 27)),
    ")": ((0, 4), (23, 27)),
}


@pytest.mark.parametrize("sign", ALL)
def test_each_sign_stands_where_a_writer_puts_it(sign):
    assert ROWS.keys() == SIGNS.keys() == set(ALL)
    x0, y0, x1, y1 = host_ink_boxes(drawn(sign, PER_SIGN)).T
    (highest, high), (low, lowest) = ROWS[sign]
    assert highest <= y0.min() <= y0.max() <= high
    assert low <= y1.min() <= y1.max() <= lowest
    assert x0.min() >= 1
    assert x1.max() <= 27
    # In the middle of their cells, as digits are.
    assert np.abs((x0 + x1) / 2 - 14).max() <= 3.5


def test_a_comma_goes_below_the_line_that_a_dot_stands_on():
    below, on = (np.median(host_ink_boxes(drawn(sign, PER_SIGN))[:, 3]) for sign in ",.")
    assert on <= 25 < below - 1


def test_pens_and_greys_are_as_mnists():
    """MNIST's ones are 1.8 to 4.5 pixels wide; 38 % of its inked pixels are above 249, 18 % below 64."""
    dashes = drawn("-", PER_SIGN) / 255
    boxes = host_ink_boxes(drawn("-", PER_SIGN))
    widths = dashes.sum((1, 2)) / (boxes[:, 2] - boxes[:, 0])
    assert 1.7 < np.percentile(widths, 5) < 2.2 < np.median(widths) < 3.1 < np.percentile(widths, 95) < 4.5
    glyphs = np.concatenate([drawn(sign, PER_SIGN) for sign in ALL])
    ink = glyphs[glyphs > 0]
    assert 0.3 < (ink >= 250).mean() < 0.45
    assert 0.13 < (ink < 64).mean() < 0.23
    assert glyphs.max((1, 2)).min() > 200


@pytest.mark.slow
def test_pens_are_as_mnists_are_now(mnist):
    ink = np.asarray(mnist.glyphs)[::20]
    ink = ink[ink > 0]
    glyphs = np.concatenate([drawn(sign, PER_SIGN) for sign in ALL])
    assert abs(glyphs[glyphs > 0].mean() - ink.mean()) < 12


def test_a_bank_with_signs(bank, signed):
    assert signed.symbols == "0123456789" + ALL
    assert signed.num_classes == 23
    own = len(bank.glyphs)
    np.testing.assert_array_equal(signed.glyphs[:own], bank.glyphs)
    np.testing.assert_array_equal(signed.counts, [7] * 10 + [300] * 13)
    np.testing.assert_array_equal(signed.ink, host_ink_boxes(np.asarray(signed.glyphs)))
    assert signed.writers is None
    assert signed.rows is None
    start = int(signed.starts[signed.symbols.index("=")])
    np.testing.assert_array_equal(signed.glyphs[start : start + 300], drawn("=", 300))
    assert ds.bank_digest(signed) not in (ds.bank_digest(bank), ds.bank_digest(ds.with_signs(bank, ALL[:-1])))
    assert (signs_in(signed), signs_in(bank), signs_in(ds.with_signs(bank, "=("))) == (ALL, "", "=(")


def test_a_text_comes_back(signed):
    texts = ["12/05/2024", "$1,250.00", "(020)7946-0958", "12+7=19", "-3"]
    labels = ds.FixedLabels(texts, symbols=signed.symbols)
    batch = ds.batch_at(1, 0, signed, labels, SPEC, 5)
    assert ds.text(batch, signed) == texts


def test_lines_without_signs_are_as_from_the_bank_itself(bank, signed):
    for spec in (SPEC, SPEC.replace(advance="cell")):
        one, other = (ds.sample_sequence(5, source, [3, 1, 4], spec) for source in (bank, signed))
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.glyph_ids, other.glyph_ids)


@pytest.mark.parametrize("people", [5, *slow(400)])
def test_one_writer_writes_signs_too(people):
    images, labels = toy_glyphs(per_digit=people)
    bank = ds.make_bank(images, labels, writers=_each(labels))
    signed = ds.with_signs(bank, "/.")
    each = max(300, people)
    assert signed.counts[-2:].tolist() == [each, each]
    writers = np.asarray(signed.writers)[-each:]
    assert np.ptp(np.bincount(writers, minlength=people)) <= 1
    spec = SPEC.replace(hand="one-writer")
    sample = ds.sample_sequence(2, signed, [1, 10, 5, 11, 10], spec)
    assert int(sample.length) == 5
    assert set(np.asarray(signed.writers)[np.asarray(sample.glyph_ids)].tolist()) == {int(sample.writer)}
    one = ds.sample_sequence(2, bank, [1, 5], spec)
    np.testing.assert_array_equal(one.image, ds.sample_sequence(2, signed, [1, 5], spec).image)


def _each(labels):
    """Writers 0, 1, 2, ... of each digit's glyphs in their order."""
    return np.array([np.sum(labels[:place] == label) for place, label in enumerate(labels)])


def test_parts_share_no_sign(bank, written):
    for whole, by in ((ds.with_signs(bank, "+-"), "glyph"), (ds.with_signs(written, "+-"), "writer")):
        parts = ds.split_bank(whole, (0.6, 0.4), 1, by=by)
        assert [part.symbols for part in parts] == ["0123456789+-"] * 2
        rows = [set(np.asarray(part.rows).tolist()) for part in parts]
        assert not rows[0] & rows[1]
        assert all((np.asarray(part.counts)[-2:] > 0).all() for part in parts)
    (part,) = ds.split_bank(bank, (0.5,), 1)
    added = ds.with_signs(part, "+")
    assert set(np.asarray(added.rows)[-300:].tolist()) == {-1}


def test_what_is_known_of_a_bank_is_known_with_signs():
    plain, signed = described(ds.load_bank("builtin")), described(ds.with_signs("builtin", ".,"))
    same = ("kind", "name", "licence", "citation")
    assert {name: signed[name] for name in same} == {name: plain[name] for name in same}
    assert signed["signs"] == ".,"
    assert "signs" not in plain


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ("", "signs must be some of"),
        (3, "signs must be some of .* got 3"),
        ("+x", "got 'x' in '[+]x'"),
        ("+.+", "'[+]' more than once"),
    ],
)
def test_signs_that_are_not_drawn_are_refused(bank, signs, said):
    with pytest.raises(ValueError, match=said):
        ds.with_signs(bank, signs)


def test_banks_that_can_have_no_signs_are_refused(signed):
    with pytest.raises(ds.BankError, match=r"has '[.]' already"):
        ds.with_signs(signed, ".")
    unnamed = ds.make_bank(*toy_glyphs(2, 12), num_classes=12)
    with pytest.raises(ds.BankError, match="12 classes have no names"):
        ds.with_signs(unnamed)
