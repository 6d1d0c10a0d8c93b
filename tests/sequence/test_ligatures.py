"""Ligatures: strokes from outline to outline, in the picture and in no label."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from reference import fold

import digitseq as ds
from digitseq import augment
from digitseq.internal.pixels import byte_ink
from digitseq.sequence import layout, ligatures
from digitseq.sequence.glyph_sampling import sample_glyphs
from digitseq.sequence.spec import as_numbers
from digitseq.sequence.stages import LINE, Draws

KEY = jax.random.key(4)
DIGITS = np.random.default_rng(5).integers(0, 10, (40, 5)).astype(np.int32)
DIGITS[::3, 3:] = -1
MANY = np.tile(DIGITS, (25, 1))
SPEC = ds.SequenceSpec(image_width=160, spacing_range=(-2, 10), advance="ink", ligatures=0.5)


@jax.jit
def strokes_of(bank, digits, spec):
    """The strokes of a batch, and the slots that they join."""
    draws = Draws.of(fold(4, len(digits)), digits.shape[1])
    store, slots = sample_glyphs(draws, bank, digits, spec)
    slots = layout.place(draws, store, slots, spec, spec.image_width)
    strokes = ligatures._strokes(store, ligatures._neighbours(draws, bank, slots, spec), spec.scale)
    by_row = [values.reshape(len(digits), -1) for values in strokes]
    return ligatures.Strokes(*by_row), slots


def picture(strokes, b, spec):
    """A row's strokes: for each pixel the distance from the nearest point of the chord, hung through."""
    y, x = np.mgrid[: spec.image_height, : spec.image_width].astype(float)
    image = np.zeros(x.shape)
    for x0, y0, x1, y1, sag, radius, drawn in np.array(strokes)[:, b].T.astype(float):
        t = ((x1 - x0) * (x - x0) + (y1 - y0) * (y - y0)) / max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1)
        t = np.clip(t, 0, 1)
        from_x, from_y = x0 + t * (x1 - x0) - x, y0 + t * (y1 - y0) + 4 * sag * t * (1 - t) - y
        image = np.maximum(image, np.clip(radius + 0.5 - np.hypot(from_x, from_y), 0, 1) * drawn)
    return image


def test_strokes_are_in_the_image_and_in_no_label(bank):
    spec = SPEC.replace(masks="visible")
    joined = jax.device_get(ds.sample_sequences(KEY, bank, DIGITS, spec))
    plain = jax.device_get(ds.sample_sequences(KEY, bank, DIGITS, spec.replace(ligatures=None)))
    for name in ("digits", "length", "offsets", "boxes", "glyph_ids", "masks"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(plain, name))
    strokes = jax.device_get(strokes_of(bank, MANY, as_numbers(SPEC))[0])
    for b in range(12):
        wanted = np.maximum(plain.image[b], picture(strokes, b, spec))
        np.testing.assert_allclose(joined.image[b], wanted, atol=1e-5)
    bare = (joined.image > plain.image) & (plain.image == 0)
    assert bare.sum() > 500
    assert not joined.masks[bare].any()


@pytest.mark.parametrize("masks", [False, *slow("amodal")])
def test_without_strength_it_is_the_same_image(bank, masks):
    spec = SPEC.replace(masks=masks)
    none, zero = (ds.sample_sequences(KEY, bank, DIGITS, spec.replace(ligatures=p)) for p in (None, 0.0))
    for one, other in zip(jax.tree.leaves(none), jax.tree.leaves(zero), strict=True):
        np.testing.assert_array_equal(one, other)


def test_strokes_go_from_ink_to_ink(bank):
    strokes, slots = jax.device_get(strokes_of(bank, MANY, as_numbers(SPEC.replace(ligatures=1.0))))
    ids, boxes, ink = slots.glyph_ids, slots.boxes, slots.ink
    assert strokes.drawn.sum() > 50
    for b, k in np.argwhere(strokes.drawn)[:300]:
        left, right = (np.asarray(bank.glyphs)[ids[b, n]] > 0 for n in (k, k + 1))
        rows = [
            int(y - boxes[b, n, 1] + ink[b, n, 1])
            for n, y in ((k, strokes.y0[b, k]), (k + 1, strokes.y1[b, k]))
        ]
        assert strokes.x0[b, k] - slots.offsets[b, k] == np.flatnonzero(left[rows[0]])[-1]
        assert strokes.x1[b, k] - slots.offsets[b, k + 1] == np.flatnonzero(right[rows[1]])[0]
        assert strokes.x1[b, k] - strokes.x0[b, k] <= 12
        assert 0.7 <= strokes.radius[b, k] <= 1.4
    assert not strokes.drawn[np.arange(4) >= slots.lengths[:, None] - 1].any()


def test_the_share_of_neighbours_that_are_joined(bank):
    """Of those that are near enough: which probability 1 tells, with the same key. Leaves never recompile."""
    counts = strokes_of._cache_size()
    specs = (as_numbers(SPEC.replace(ligatures=p)) for p in (1, 0.3))
    able, some = (np.asarray(strokes_of(bank, MANY, spec)[0].drawn) for spec in specs)
    assert strokes_of._cache_size() <= counts + 1
    assert not (some & ~able).any()
    share, n = some[able].mean(), able.sum()
    assert n > 1500
    assert abs(share - 0.3) < 4.5 * np.sqrt(0.3 * 0.7 / n)
    both = able[:, 0] & able[:, 1]
    assert abs((some[:, 0] & some[:, 1])[both].mean() - 0.09) < 4.5 * np.sqrt(0.09 * 0.91 / both.sum())


def test_thirds_that_are_joined():
    """Of full rows: two fifths lower to lower, two upper to upper, one lower to upper; rows alike."""
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 5:23, 10:18] = 255
    bank = ds.make_bank(images, np.arange(10))
    strokes = jax.device_get(strokes_of(bank, MANY, as_numbers(SPEC.replace(ligatures=1.0)))[0])
    there = strokes.drawn
    rows = np.stack([strokes.y0[there], strokes.y1[there]]).astype(int) - 5
    thirds = rows // 6
    assert set(thirds.ravel()) == {0, 2}
    low = thirds == 2
    for chosen, wanted in ((low[0] & low[1], 0.4), (~low[0] & ~low[1], 0.4), (low[0] & ~low[1], 0.2)):
        assert abs(chosen.mean() - wanted) < 4.5 * np.sqrt(wanted * (1 - wanted) / there.sum())
    for side in rows:
        counts = np.bincount(side % 6, minlength=6)
        assert np.abs(counts / counts.sum() - 1 / 6).max() < 4.5 * np.sqrt(5 / 36 / counts.sum())


def test_signs_are_not_joined(bank):
    signs = ds.with_signs(bank, ".-")
    digits = np.array([[signs.symbols.index(c) for c in text] for text in ("3-4-5", "1.23.")], np.int32)
    strokes = strokes_of(signs, np.tile(digits, (20, 1)), as_numbers(SPEC.replace(ligatures=1.0)))[0]
    assert np.asarray(strokes.drawn).any(axis=0).tolist() == [False, False, True, False]


@pytest.mark.slow
def test_strokes_follow_line_transforms(bank):
    chain = (augment.LineSlant(angle=25.0), augment.Blur(sigma=1.0))
    joined = ds.sample_sequences(KEY, bank, DIGITS, SPEC)
    moved = ds.sample_sequences(KEY, bank, DIGITS, SPEC.replace(line_transforms=chain))
    line = jax.vmap(jax.random.fold_in, (0, None))(fold(4, len(DIGITS)), LINE)
    wanted = jax.jit(augment.apply_to_batch)(line, chain, joined.image)
    np.testing.assert_allclose(moved.image, wanted, atol=1e-5)
    alone = ds.sample_sequences(KEY, bank, DIGITS, SPEC.replace(line_transforms=chain, ligatures=None))
    np.testing.assert_array_equal(moved.boxes, alone.boxes)
    assert (np.asarray(moved.image) > np.asarray(alone.image) + 0.5).any()


@pytest.mark.slow
def test_bytes_are_those_of_floats(bank):
    images, whole = (
        ds.sample_sequences(KEY, bank, DIGITS[:8], SPEC.replace(dtype=dtype)).image
        for dtype in ("float32", "uint8")
    )
    assert whole.dtype == jnp.uint8
    assert np.abs(np.asarray(byte_ink(images)).astype(int) - np.asarray(whole)).max() <= 1


@pytest.mark.slow
def test_images_have_gradients_beneath_strokes(bank):
    """By a glyph's blur: where no stroke lies as without them, where one does none."""

    def images(sigma, chance):
        spec = SPEC.replace(glyph_transforms=(augment.Blur(sigma=sigma),), ligatures=chance)
        return ds.sample_sequences(KEY, bank, DIGITS[:6], spec).image

    weights = jax.random.normal(jax.random.key(1), (6, 28, 160))
    joined, plain = images(1.2, 1.0), images(1.2, None)
    seen = jnp.where(joined > plain, 0.0, weights)
    assert (np.asarray(joined) > np.asarray(plain)).any()
    slopes = [
        jax.grad(lambda sigma, chance=chance, w=w: (images(sigma, chance) * w).sum())(1.2)
        for chance, w in ((1.0, weights), (None, seen))
    ]
    assert abs(slopes[1]) > 0.1
    np.testing.assert_allclose(*slopes, rtol=1e-4)


@pytest.mark.slow
def test_a_line_of_one_digit_has_none(bank):
    one = np.array([[7], [8]], np.int32)
    with_none = ds.sample_sequences(KEY, bank, one, SPEC.replace(ligatures=None))
    np.testing.assert_array_equal(ds.sample_sequences(KEY, bank, one, SPEC).image, with_none.image)


@pytest.mark.slow
def test_a_row_is_the_single_sample(bank):
    """Alone, under vmap, and on eight devices."""
    spec = SPEC.replace(ligatures=1.0)
    whole = ds.sample_sequences(KEY, bank, DIGITS, spec)
    single = ds.sample_sequence(jax.random.fold_in(KEY, 7), bank, DIGITS[7], spec)
    np.testing.assert_allclose(whole.image[7], single.image, atol=1e-5)
    each = jax.vmap(ds.sample_sequence, (0, None, 0, None))(fold(4, len(DIGITS)), bank, DIGITS, spec)
    np.testing.assert_allclose(whole.image, each.image, atol=1e-5)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), "rows")
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
    parts = ds.sample_sequences(KEY, bank, jax.device_put(DIGITS, rows), spec)
    np.testing.assert_allclose(whole.image, parts.image, atol=1e-5)


def test_what_is_not_asked_for_is_not_told():
    assert "ligatures" not in repr(ds.SequenceSpec()) + ds.spec_to_json(ds.SequenceSpec())
    assert repr(ds.spec_from_json(ds.spec_to_json(SPEC))) == repr(SPEC)
    assert "ligatures=0.5" in repr(SPEC)
    for wrong in (1.5, -0.1, "often", True):
        with pytest.raises(ValueError, match=r"ligatures must be a number from 0 to 1, got"):
            ds.check_spec(SPEC.replace(ligatures=wrong))
