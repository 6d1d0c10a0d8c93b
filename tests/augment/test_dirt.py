"""Dirt: where it lies, how often it is there, and that it hides no ink."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import digitseq as ds
from digitseq import augment
from digitseq.augment.dirt import find_ink

apply = jax.jit(augment.apply)
COUNT = 1500


@pytest.fixture(scope="module")
def bars():
    """Lines of ink from row 6 to 19 and column 30 to 69."""
    return jnp.zeros((COUNT, 28, 110)).at[:, 6:20, 30:70:3].set(1.0)


def dirt_of(transform, images, key=4):
    changed = np.asarray(apply(jax.random.key(key), [transform], images))
    assert (changed >= np.asarray(images)).all()
    assert changed.max() <= 1
    return changed


def test_ink_is_found_by_its_rows():
    image = jnp.zeros((2, 28, 60)).at[0, 8:20, 10:50].set(1.0).at[0, 20:26, 15:17].set(1.0)
    top, bottom, left, right, there = (np.asarray(part).ravel() for part in find_ink(image))
    assert (top[0], bottom[0], left[0], right[0]) == (8, 19, 10, 49)  # a tail is not the baseline
    assert there.tolist() == [True, False]


@pytest.mark.parametrize("name", ["under", "over", "edge"])
def test_rules_are_there_as_often_as_said_and_where_they_belong(bars, name):
    chances = {"under": 0.0, "over": 0.0, "edge": 0.0} | {name: 0.3}
    images = dirt_of(augment.BaselineRules(**chances, strength=0.8), bars)
    dirt = np.where(np.asarray(bars) > 0, 0, images)
    there = dirt.max(axis=(1, 2)) > 0
    assert stats.binomtest(int(there.sum()), COUNT, 0.3).pvalue > 1e-4
    brightest = images[there][np.asarray(bars[there]) == 0].max()
    assert 0.7 < brightest <= 0.8 + 1e-6
    rows, columns = dirt.max(axis=(0, 2)) > 0, dirt.max(axis=(0, 1)) > 0
    if name == "edge":
        assert not columns[31:69].any()
        assert columns[22:30].any()
        assert columns[70:78].any()
        assert not columns[:19].any()
        assert not columns[81:].any()
        left = dirt[there, :, :30].max(axis=(1, 2)) > 0
        assert stats.binomtest(int(left.sum()), int(there.sum()), 0.5).pvalue > 1e-4
    else:
        low, high = (17, 27) if name == "under" else (0, 8)
        assert rows[low : high + 1].sum() >= 7
        assert not rows[:low].any()
        assert not rows[high + 1 :].any()
        assert not columns[:9].any()
        assert not columns[91:].any()


def test_an_underline_is_broken(bars):
    dirt = dirt_of(augment.BaselineRules(under=1.0, over=0.0, edge=0.0), bars)[:, 20:].max(axis=1)
    gaps = (np.diff((dirt[:, 30:70] > 0.1).astype(int), axis=1) == -1).any(axis=1)
    assert 0.3 < gaps.mean() < 0.95


def test_blank_images_get_no_rules():
    blank = jnp.zeros((200, 28, 60))
    assert not dirt_of(augment.BaselineRules(under=1.0, over=1.0, edge=1.0), blank).any()


def test_specks_are_as_many_and_as_large_as_said():
    from scipy import ndimage

    dirt = dirt_of(augment.Specks(most=6.0), jnp.zeros((COUNT, 60, 200)))
    counts = np.array([ndimage.label(image > 0, np.ones((3, 3)))[1] for image in dirt])
    # Some touch.
    shares = np.bincount(counts, minlength=7)[:7] / COUNT
    assert counts.max() <= 6
    assert (np.abs(shares[1:5] - 1 / 6) < 0.06).all()
    assert shares[0] < 0.01
    one = dirt_of(augment.Specks(most=1.0), jnp.zeros((COUNT, 60, 200)))
    # In pixels, of which each speck covers some in part; some are cut off at the canvas's edge.
    for axis in (1, 2):
        extents = one.max(axis=axis).sum(axis=1) / one.max(axis=(1, 2))
        assert extents.max() <= 3.7
        assert 1.8 < extents.mean() < 2.3
    places = np.argwhere(one == one.max(axis=(1, 2), keepdims=True))
    columns = np.unique(places[:, [0, 2]], axis=0)[:, 1]
    assert stats.chisquare(np.bincount(columns // 20, minlength=10)).pvalue > 1e-4


@pytest.mark.parametrize("transform", [augment.BaselineRules(under=1.0, over=1.0), augment.Specks(most=8.0)])
def test_labels_stay(bank, transform):
    digits = np.array([[1, 2, 3], [4, 5, -1]], np.int32)
    spec = ds.SequenceSpec(image_width=120, masks="visible")
    plain = ds.sample_sequences(1, bank, digits, spec)
    dirty = ds.sample_sequences(1, bank, digits, spec.replace(line_transforms=(transform,)))
    assert (dirty.image != plain.image).any()
    for name in ("boxes", "digits", "masks", "offsets"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(dirty, name))
