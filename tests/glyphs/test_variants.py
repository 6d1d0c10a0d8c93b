"""Variants: the ways of writing a digit that a bank lacks, their glyphs, and how often lines have them."""

import dataclasses
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow, toy_glyphs
from scipy import stats

import digitseq as ds
from digitseq.glyphs.variant_table import VARIANTS
from digitseq.internal.pixels import host_ink_boxes
from digitseq.sequence.preflight import possible_sizes

EACH = 6
LINES = 4000
SPEC = ds.SequenceSpec(image_width=200, advance="ink")


@pytest.fixture(scope="module")
def varied(bank):
    return ds.with_variants(bank, each=EACH)


@jax.jit
def chosen_rows(bank, keys, digits):
    return jax.vmap(bank.draw, in_axes=(0, None))(keys, digits)[1]


def chosen(bank, digits, lines=LINES, seed=0):
    """The rows that many lines of the same digits take, [lines, K]."""
    keys = jax.random.split(jax.random.key(seed), lines)
    return np.asarray(chosen_rows(bank, keys, jnp.asarray(digits, jnp.int32)))


def variant_of(bank, rows):
    """Which variant each row is of, -1 for the bank's own."""
    return np.where(rows < len(bank.bank.glyphs), -1, (rows - len(bank.bank.glyphs)) // EACH)


def only(bank, shares):
    """With these shares, and none of any other variant."""
    return bank.reweighted(dict.fromkeys(bank.names, (0.0, 0.0)) | shares)


def assert_share(count, total, share):
    assert stats.binomtest(int(count), int(total), share).pvalue > 1e-4, (count, total, share)


def test_lines_have_habits_and_most_of_their_digits_follow_them(varied):
    seven = varied.names.index("crossed seven")
    found = variant_of(varied, chosen(only(varied, {"crossed seven": (0.4, 0.8)}), [7, 1, 7, 7, 7]))
    assert set(np.unique(found)) == {-1, seven}
    assert (found[:, 1] == -1).all()
    sevens = (found[:, [0, 2, 3, 4]] == seven).sum(1)
    counts = np.bincount(sevens, minlength=5)
    # A mixture: lines without the habit, and a binomial count in those with it.
    law = 0.4 * stats.binom.pmf(np.arange(5), 4, 0.8) + 0.6 * (np.arange(5) == 0)
    assert stats.chisquare(counts[1:], law[1:] / law[1:].sum() * counts[1:].sum()).pvalue > 1e-4
    assert_share(counts[0], LINES, law[0])


def test_habits_are_common_to_a_line(varied):
    both = variant_of(varied, chosen(only(varied, {"looped two": (0.3, 0.9)}), [2, 2])) >= 0
    share = both.mean()
    assert abs(share - 0.27) < 0.03
    assert both.all(1).mean() > 2.5 * share**2
    assert_share(both.all(1).sum(), LINES, 0.3 * 0.9**2)


def test_habits_of_several_digits_are_independent(varied):
    shares = {"crossed seven": (0.5, 1.0), "looped two": (0.3, 1.0)}
    found = variant_of(varied, chosen(only(varied, shares), [7, 2])) >= 0
    table = np.array([[(~found).all(1).sum(), 0], [0, found.all(1).sum()]])
    table[0, 1], table[1, 0] = (~found[:, 0] & found[:, 1]).sum(), (found[:, 0] & ~found[:, 1]).sum()
    expected = np.outer([0.5, 0.5], [0.7, 0.3]) * LINES
    assert stats.chisquare(table.ravel(), expected.ravel()).pvalue > 1e-4


@pytest.mark.parametrize(
    ("first", "second", "law"),
    [
        (0.9, 0.6, [0.0, 0.6, 0.4]),  # more than all digits together: they share them
        (0.5, 0.2, [0.3, 0.5, 0.2]),
    ],
)
def test_several_habits_of_one_digit_share_it(varied, first, second, law):
    shares = {"long one": (1.0, first), "footed one": (1.0, second)}
    found = variant_of(varied, chosen(only(varied, shares), [1, 1]))
    places = [-1, varied.names.index("long one"), varied.names.index("footed one")]
    counts = np.array([(found == place).sum() for place in places])
    assert counts.sum() == found.size
    used = np.array(law) > 0
    assert not counts[~used].any()
    assert stats.chisquare(counts[used], np.array(law)[used] * found.size).pvalue > 1e-4


def test_all_glyphs_of_a_variant_are_alike_likely(varied):
    certain = only(varied, {"open four": 1.0, "crossed seven": (1.0, 1.0)})
    rows = chosen(certain, [7] * 4)
    place = varied.names.index("crossed seven")
    start = int(varied.variant_starts[place])
    assert stats.chisquare(np.bincount(rows.ravel() - start, minlength=EACH)).pvalue > 1e-4


def test_without_shares_rows_are_the_banks(bank, varied):
    none = only(varied, {})
    digits = [0, 1, 7, 7, 3, -1]
    np.testing.assert_array_equal(chosen(none, digits, 50), chosen(bank, digits, 50))


@pytest.mark.slow
def test_without_shares_images_are_the_banks(bank, varied):
    none = only(varied, {})
    for one, other in zip(*(_sampled(source) for source in (bank, none)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_variant_is_the_glyph_that_the_bank_would_give(bank, varied):
    digits = [7, 1, 0, 2, 9]
    own, rows = chosen(bank, digits, 200), chosen(varied, digits, 200)
    assert 0.2 < (rows >= len(bank.glyphs)).mean() < 0.9
    np.testing.assert_array_equal(rows[rows < len(bank.glyphs)], own[rows < len(bank.glyphs)])
    # A digit's glyph depends on those before it alone.
    np.testing.assert_array_equal(chosen(varied, digits[:3], 200), rows[:, :3])


def _sampled(source, digits=(7, 1, 7, 0), spec=SPEC):
    rows = np.tile(np.array(digits, np.int32), (3, 1))
    return jax.tree.leaves(jax.device_get(ds.sample_sequences(jax.random.key(2), source, rows, spec)))


def test_changed_shares_never_recompile(varied):
    draw = jax.jit(lambda bank: bank.draw(jax.random.key(0), jnp.zeros(3, jnp.int32)))
    for share in (0.1, 0.7):
        draw(varied.reweighted({"small zero": (share, 1 - share)}))
    assert draw._cache_size() == 1


def test_reweighting_changes_what_it_names_alone(varied):
    changed = varied.reweighted({"long one": 0.25, "open four": (0.5, 0.75)})
    for name in varied.names:
        place = varied.names.index(name)
        pair = {"long one": (0.25, VARIANTS["long one"].in_digits), "open four": (0.5, 0.75)}.get(
            name, VARIANTS[name][1:3]
        )
        np.testing.assert_allclose([changed.in_lines[place], changed.in_digits[place]], pair, rtol=1e-6)
    assert changed.glyphs is varied.glyphs


def test_a_bank_with_signs_keeps_them(bank):
    signed = ds.with_signs(bank, "/.")
    varied = ds.with_variants(signed, {"crossed seven": (1.0, 1.0)}, each=EACH)
    assert varied.symbols == "0123456789/."
    labels = ds.FixedLabels(["7/7.1"], symbols=varied.symbols)
    batch = ds.batch_at(1, 0, varied, labels, SPEC, 2)
    assert ds.text(batch, varied) == ["7/7.1"] * 2
    rows = np.asarray(batch.glyph_ids)
    assert (variant_of(varied, rows[:, [0, 2]]) == 0).all()
    assert (variant_of(varied, rows[:, [1, 3, 4]]) == -1).all()


def test_banks_that_lack_digits(bank):
    letters = ds.make_bank(*toy_glyphs(2, 3), num_classes=3, symbols="ABC")
    with pytest.raises(ds.BankError, match="of digits that the bank has no glyphs of"):
        ds.with_variants(letters)
    images, labels = toy_glyphs()
    few = ds.make_bank(images[labels != 7], labels[labels != 7])
    found = ds.with_variants(few, {"crossed seven": 1.0, "looped two": 1.0}, each=EACH)
    assert found.names == ("looped two",)
    with pytest.raises(ds.BankError, match=r"\['crossed seven'\] are of digits"):
        ds.with_variants(few, {"crossed seven": 1.0}, each=EACH)
    unnamed = ds.make_bank(*toy_glyphs(2, 12), num_classes=12)
    with pytest.raises(ds.BankError, match="12 classes have no names"):
        ds.with_variants(unnamed)


def test_classes_are_found_by_their_names():
    bank = ds.make_bank(*toy_glyphs(3, 4), num_classes=4, symbols="A72B")
    found = ds.with_variants(bank, {"crossed seven": 1.0, "looped two": 1.0}, each=EACH)
    np.testing.assert_array_equal(found.variant_digits, [1, 2])
    np.testing.assert_array_equal(found.rows_of(1), [3, 4, 5, *range(12, 12 + EACH)])


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"crossed sevn": 1.0}, "no variant 'crossed sevn'.*crossed seven"),
        ({"crossed seven": 1.5}, "share of 'crossed seven' must be a number from 0 to 1, or two, got 1.5"),
        ({"crossed seven": (0.5, -1)}, "or two, got \\(0.5, -1\\)"),
        ({"crossed seven": (0.5,)}, "or two, got \\(0.5,\\)"),
        ({"crossed seven": float("nan")}, "or two, got nan"),
        ({"crossed seven": True}, "or two, got True"),
        ({"crossed seven": "all"}, "or two, got 'all'"),
        ({}, "shares must name at least one"),
        (["crossed seven"], "shares must name .* got \\['crossed seven'\\]"),
    ],
)
def test_shares_that_can_not_be_used_are_refused(bank, shares, message):
    with pytest.raises(ValueError, match=message):
        ds.with_variants(bank, shares, each=EACH)


def test_names_that_were_not_asked_for_can_not_be_reweighted(bank):
    with pytest.raises(ValueError, match="no variant 'open four'; there are crossed seven"):
        ds.with_variants(bank, {"crossed seven": 1.0}, each=EACH).reweighted({"open four": 1.0})
    for each in (0, 100_001):
        with pytest.raises(ValueError, match="each"):
            ds.with_variants(bank, each=each)


def test_widths_count_the_variants_glyphs(bank):
    varied = ds.with_variants(bank, {"long one": 1.0}, each=EACH)
    rows = varied.rows_of(1)
    own = int(bank.starts[1])
    assert rows.tolist() == [*range(own, own + 7), *range(len(bank.glyphs), len(bank.glyphs) + EACH)]
    ink = np.asarray(varied.ink)
    np.testing.assert_array_equal(ink, host_ink_boxes(np.asarray(varied.glyphs)))
    widths = np.unique(ink[rows, 2] - ink[rows, 0]).tolist()
    assert possible_sizes(varied, 1, SPEC) == widths
    assert set(widths) > set(possible_sizes(bank, 1, SPEC))
    assert possible_sizes(varied, 2, SPEC) == possible_sizes(bank, 2, SPEC)


def test_labels_are_exact(varied):
    spec = SPEC.replace(spacing_range=(2, 6))
    digits = np.tile(np.arange(8, dtype=np.int32), (4, 1))
    found = jax.device_get(ds.sample_sequences(jax.random.key(0), varied, digits, spec))
    assert (found.length == 8).all()
    assert (found.glyph_ids >= len(varied.bank.glyphs)).any()
    for image, ids, boxes in zip(found.image, found.glyph_ids, found.boxes, strict=True):
        again = np.zeros_like(image)
        for row, (x0, y0, x1, y1) in zip(ids, boxes, strict=True):
            left, top, right, bottom = np.asarray(varied.ink)[row]
            assert (x1 - x0, y1 - y0) == (right - left, bottom - top)
            glyph = np.asarray(varied.glyphs)[row, top:bottom, left:right] / np.float32(255)
            again[y0:y1, x0:x1] = glyph
        np.testing.assert_allclose(image, again, atol=1e-6)


@pytest.mark.parametrize("changes", [{"hand": "one-writer"}, *slow({"sampling": "epoch"})])
def test_one_writer_and_epochs_take_no_variants(changes):
    images, labels = toy_glyphs()
    bank = ds.make_bank(images, labels, writers=np.arange(len(labels)) % 2)
    varied = ds.with_variants(bank, dict.fromkeys(VARIANTS, (1.0, 1.0)), each=EACH)
    labels, spec = ds.FixedLabels(["7012"]), SPEC.replace(**changes)
    one, other = (jax.device_get(ds.batch_at(3, 1, source, labels, spec, 4)) for source in (bank, varied))
    for name in ("image", "glyph_ids", "writer", "boxes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_it_pickles_and_draws(varied):
    again = pickle.loads(pickle.dumps(varied))
    assert again.names == varied.names
    assert f"with {len(VARIANTS)} variants" in repr(again)
    digits = jnp.asarray([7, 1], jnp.int32)
    glyphs, rows = again.draw(jax.random.key(3), digits)
    stored = np.asarray(varied.glyphs)[np.asarray(rows)]
    np.testing.assert_allclose(np.asarray(glyphs) * 255, stored, rtol=1e-6)


@pytest.mark.slow
def test_it_serves_streams_and_data_sets(varied):
    labels = ds.FixedLabels(["7012"])
    example = ds.Dataset(1, varied, labels, SPEC, 2)[0]
    batch = next(ds.batches(1, varied, labels, SPEC, 2))
    np.testing.assert_array_equal(example["image"], batch.image[0])


@pytest.mark.parametrize("name", ["builtin", *slow("mnist")])
def test_a_bank_may_be_named(name, request):
    if name == "mnist":
        request.getfixturevalue("mnist")
    found = ds.with_variants(name, {"crossed seven": 0.5}, each=5)
    assert dataclasses.replace(found).glyphs.shape[0] == found.bank.glyphs.shape[0] + 5
