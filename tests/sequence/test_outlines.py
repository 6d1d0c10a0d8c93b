"""Gaps between outlines, against plain NumPy on lines drawn digit by digit; the ranges of hands."""

import jax
import numpy as np
import pytest
from conftest import slow
from hypothesis import given
from hypothesis import strategies as st
from reference import feasible, paint

import digitseq as ds
from digitseq.sequence import layout, outlines, spacing
from digitseq.sequence.stages import Draws

KEY = jax.random.key(5)
NONE = 10**6


def random_bank(seed=0, each=4):
    """Glyphs of odd shapes: some high up, some low, narrow ones, with holes and single pixels."""
    rng = np.random.default_rng(seed)
    images, labels = np.zeros((10 * each, 28, 28), np.uint8), np.repeat(np.arange(10), each)
    for image in images:
        y, x = rng.integers(0, 14, 2)
        h, w = rng.integers(1, 15, 2)
        image[y : y + h, x : x + w] = 255 * (rng.random((h, w)) < rng.choice([0.15, 0.5, 0.9]))
        image[y, x] = 200
    return ds.make_bank(images, labels)


def outline_gap(one, other):
    """The least distance across between ink of two layers, in the same or adjoining rows; NONE if none."""
    least = NONE
    for row in np.flatnonzero(one.any(axis=1)):
        facing = other[max(0, row - 1) : row + 2].any(axis=0)
        if facing.any():
            least = min(least, np.flatnonzero(facing)[0] - np.flatnonzero(one[row])[-1] - 1)
    return least


def layers_of(bank, sample, b, width):
    unit = np.asarray(bank.glyphs)[sample.glyph_ids[b, : sample.length[b]]] / np.float32(255)
    return [
        paint(glyph[None], [x], width) > 0 for glyph, x in zip(unit, sample.offsets[b].tolist(), strict=False)
    ]


@pytest.mark.parametrize("spacing_law", ["random", *slow("even", "hand")])
def test_gaps_of_the_drawn_line_are_in_the_range(spacing_law):
    """Measured on the drawn digits, pixel by pixel; smaller and larger only where the overlap ends."""
    bank = random_bank()
    spec = ds.SequenceSpec(
        image_width=90, spacing_range=(-3, 4), spacing=spacing_law, advance="outline", masks="visible"
    )
    digits = np.random.default_rng(1).integers(0, 10, (60, 5)).astype(np.int32)
    s = jax.device_get(ds.sample_sequences(KEY, bank, digits, spec))
    seen = set()
    for b in range(len(digits)):
        layers = layers_of(bank, s, b, 90)
        np.testing.assert_array_equal(s.image[b] > 0, np.any(layers, axis=0))
        boxes, free = s.boxes[b, : s.length[b]], []
        for k in range(len(layers) - 1):
            overlap = boxes[k, 2] - boxes[k + 1, 0]
            most = min(np.diff(boxes[k : k + 2, ::2], axis=1)) // 2
            gap = outline_gap(layers[k], layers[k + 1])
            gap = -overlap if gap == NONE else gap
            assert overlap <= most
            assert gap >= -3
            if overlap < most:
                assert gap <= 4
                free.append(int(gap))
            seen.add(int(gap))
        if spacing_law == "even":
            assert len(set(free)) <= 1
    assert 4 in seen if spacing_law == "even" else seen >= set(range(-3, 5))


@pytest.mark.slow
def test_a_row_of_outlines_is_the_single_sample(bank):
    spec = ds.SequenceSpec(image_width=110, spacing_range=(-3, 9), spacing="hand", advance="outline")
    digits = np.random.default_rng(2).integers(0, 10, (9, 5)).astype(np.int32)
    whole = ds.sample_sequences(KEY, bank, digits, spec)
    single = ds.sample_sequence(jax.random.fold_in(KEY, 7), bank, digits[7], spec)
    for name in ("image", "offsets", "boxes", "digits"):
        np.testing.assert_array_equal(getattr(whole, name)[7], getattr(single, name))


TUCKS = jax.jit(outlines.tucks)
ARRANGE = jax.jit(lambda keys, sizes, *rest: layout.arrange(Draws.of(keys, sizes.shape[1]), sizes, *rest))
LAGGING = jax.jit(spacing.lagging_excesses)
shapes = st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=12)


@given(shapes, shapes, st.integers(-3, 3))
def test_a_tuck_brings_outlines_into_touch(one, other, drop):
    """Moved left by it, from touching boxes, the outlines touch: not before, and not across each other."""
    store = np.zeros((2, 28, 28), np.uint8)
    for glyph, points in zip(store, (one, other), strict=True):
        glyph[tuple(np.array(points).T)] = 255
    left, right = (np.full((1, 2, 28), outlines.NO_INK, np.int32) for _ in range(2))
    for k, glyph in enumerate(store):
        xs = np.flatnonzero(glyph.any(axis=0))
        for row in np.flatnonzero(glyph.any(axis=1)):
            left[0, k, row] = np.flatnonzero(glyph[row])[0] - xs[0]
            right[0, k, row] = xs[-1] - np.flatnonzero(glyph[row])[-1]
    tuck = int(TUCKS(left, right, np.array([[0, drop]], np.int32))[0, 0])
    canvas = np.zeros((2, 34, 84), bool)
    xs = [np.flatnonzero(glyph.any(axis=0)) for glyph in store]
    canvas[0, 3:31, :28] = store[0] > 0
    start = xs[0][-1] + 1 - xs[1][0]  # boxes touch
    canvas[1, 3 + drop : 31 + drop, 28 + start : 56 + start] = store[1] > 0
    canvas[0] = np.roll(canvas[0], 28, axis=1)
    gap = outline_gap(*canvas)
    assert tuck == (0 if gap == NONE else gap)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 60))
def test_lagging_gaps_grow_together(gaps, slack):
    """Filled pixel by pixel: the common gap grows while all that it moves fits."""
    rest = [(0, 60)] * (6 - len(gaps))  # slots that are not in use
    spans, lags = np.array(gaps + rest, np.int32).T
    drawn = np.asarray(LAGGING(spans, lags, np.int32(slack)))
    common = 0
    while common < 60 and np.maximum(common + 1 - lags, 0).sum() <= slack:
        common += 1
    assert drawn.tolist() == np.clip(common - lags, 0, spans).tolist()
    assert drawn.sum() <= slack


def test_each_vector_of_gaps_that_fits_is_equally_likely():
    """Between outlines too: neighbours that tuck by 3 and by 9 pixels, the latter held at half a digit."""
    spec = ds.SequenceSpec(image_width=28, spacing_range=(-1, 3), advance="outline", align="left")
    rows = 6000
    keys = jax.vmap(jax.random.fold_in, (None, 0))(KEY, np.arange(rows, dtype=np.uint32))
    sizes, tucks = np.full((rows, 3), 12, np.int32), np.tile(np.array([3, 9], np.int32), (rows, 1))
    lefts, lengths = ARRANGE(keys, sizes, np.full(rows, 3, np.int32), spec, np.int32(28), tucks)
    assert (np.asarray(lengths) == 3).all()
    gaps = np.diff(np.asarray(lefts), axis=1) - 12
    # From -4 to 0, and -6 only: 36 pixels of digits, which 28 have to hold.
    fitting = feasible([4, 0], 28 - 36 + 4 + 6) + np.array([-4, -6])
    found, counts = np.unique(gaps, axis=0, return_counts=True)
    assert found.tolist() == sorted(fitting.tolist())
    assert np.abs(counts / rows - 1 / len(fitting)).max() < 4.5 * np.sqrt(1 / len(fitting) / rows)


def hands(spacing_range, rows=4000, slots=6, width=400, size=20):
    """The gaps of many lines of equal digits."""
    spec = ds.SequenceSpec(image_width=400, spacing_range=spacing_range, spacing="hand", align="left")
    keys = jax.vmap(jax.random.fold_in, (None, 0))(KEY, np.arange(rows, dtype=np.uint32))
    sizes = np.full((rows, slots), size, np.int32)
    lefts, lengths = ARRANGE(keys, sizes, np.full(rows, slots, np.int32), spec, np.int32(width))
    return np.diff(np.asarray(lefts), axis=1) - size, np.asarray(lengths)


def test_each_hand_has_a_range_of_its_own():
    """Two uniform integers of the range bound a line: with range (0, 3) each pair of bounds has its share."""
    gaps, lengths = hands((0, 3))
    assert (lengths == 6).all()
    # P(all five gaps equal 0): bounds (0, 0) 1/16, (0, h) 2/16, then (1 / (h + 1)) ** 5 each.
    for wanted in (0, 3):
        expected = 1 / 16 + 2 / 16 * sum((1 / (h + 1)) ** 5 for h in (1, 2, 3))
        share = (gaps == wanted).all(axis=1).mean()
        assert abs(share - expected) < 4.5 * np.sqrt(expected / len(gaps))
    # One gap: the mean of two uniform bounds' interval.
    shares = np.bincount(gaps[:, 0], minlength=4) / len(gaps)
    pairs = [(min(a, b), max(a, b)) for a in range(4) for b in range(4)]
    law = [sum((low <= g <= high) / (high - low + 1) for low, high in pairs) / 16 for g in range(4)]
    assert np.abs(shares - law).max() < 4.5 * np.sqrt(0.25 / len(gaps))
    within, between = gaps.var(axis=1, ddof=1).mean(), gaps.mean(axis=1).var()
    assert between > 0.5 * within


def test_a_hand_that_does_not_fit_takes_the_least_of_the_range():
    """All digits that fit at the range's least gap stay, and a line is no more cut than a random one."""
    gaps, lengths = hands((0, 10), width=130)
    assert (lengths == 6).all()
    assert (gaps >= 0).all()
    assert (gaps.sum(axis=1) <= 10).all()
    _, lengths = hands((0, 10), width=119)
    assert (lengths == 5).all()


@pytest.mark.slow
def test_one_gap_wide_hands_are_random_ones(bank):
    spec = ds.SequenceSpec(spacing_range=(3, 3))
    digits = np.array([[1, 2, 3, 4]], np.int32)
    one, other = (ds.sample_sequences(KEY, bank, digits, spec.replace(spacing=s)) for s in ("random", "hand"))
    np.testing.assert_array_equal(one.image, other.image)
