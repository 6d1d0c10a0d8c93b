"""The pipeline: one image equals its labels, a batch equals its rows, on any shape and device."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from hypothesis import given
from hypothesis import strategies as st
from reference import ink_box, paint

import digitseq as ds

KEY = jax.random.key(11)
SPECS = {
    "plain": ds.SequenceSpec(image_width=200),
    "tight": ds.SequenceSpec(image_width=150, spacing_range=(0, 10)),
    "overlap": ds.SequenceSpec(image_width=120, spacing_range=(-14, 3), masks=True, align="random"),
    "even": ds.SequenceSpec(image_width=180, spacing="even", align="right"),
    "ink": ds.SequenceSpec(image_width=90, spacing_range=(-14, 5), advance="ink", masks=True),
    "ink even": ds.SequenceSpec(image_width=110, spacing="even", advance="ink", align="random"),
    "too narrow": ds.SequenceSpec(image_width=75, spacing_range=(0, 4), masks=True),
}


def some_digits(batch, slots=5, seed=3):
    """Rows of 0 to `slots` digits, PAD after the last."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(0, 10, (batch, slots)).astype(np.int32)
    return np.where(np.arange(slots) < rng.integers(0, slots + 1, (batch, 1)), digits, -1).astype(np.int32)


def assert_same(one, other):
    for field in dataclasses.fields(ds.DigitSequence):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_array_equal(left, right, err_msg=field.name)


@pytest.mark.parametrize("name", SPECS)
def test_labels_describe_the_picture(bank, name):
    """Each image is the maximum of its glyphs at its offsets, and boxes and masks enclose that ink."""
    spec = SPECS[name]
    digits = some_digits(40)
    s = jax.device_get(ds.sample_sequences(KEY, bank, digits, spec))
    glyphs, labels = np.asarray(bank.glyphs), np.repeat(np.arange(10), np.asarray(bank.counts))
    shortened = 0
    for b in range(len(digits)):
        n = int(s.length[b])
        wanted = digits[b][digits[b] >= 0]
        shortened += n < len(wanted)
        assert s.digits[b].tolist() == [*wanted[:n], *[-1] * (5 - n)]
        assert (s.offsets[b, n:] == -1).all()
        assert (s.boxes[b, n:] == -1).all()
        assert (s.glyph_ids[b, n:] == -1).all()
        ids = s.glyph_ids[b, :n]
        assert labels[ids].tolist() == wanted[:n].tolist()
        unit = glyphs[ids].astype(np.float32) * np.float32(1 / 255)
        image = paint(unit, s.offsets[b, :n], spec.image_width)
        np.testing.assert_array_equal(s.image[b], image)
        layers = [paint(unit[k : k + 1], s.offsets[b, k : k + 1], spec.image_width) for k in range(n)]
        assert s.boxes[b, :n].tolist() == [ink_box(layer) for layer in layers]
        if spec.masks and n:
            strongest = np.argmax(layers, axis=0) + 1
            np.testing.assert_array_equal(s.masks[b], np.where(image > 0, strongest, 0))
    assert (shortened > 0) == (name == "too narrow")


@pytest.mark.parametrize("name", SPECS)
def test_layout_keeps_the_contract(bank, name):
    spec = SPECS[name]
    low, high = spec.spacing_range
    s = jax.device_get(ds.sample_sequences(KEY, bank, some_digits(200), spec))
    ink = np.asarray(bank.ink)
    for b in np.flatnonzero(s.length):
        n = int(s.length[b])
        boxes = ink[s.glyph_ids[b, :n]]
        margin, size = (
            (boxes[:, 0], boxes[:, 2] - boxes[:, 0]) if spec.advance == "ink" else (0, np.full(n, 28))
        )
        left = s.offsets[b, :n] + margin
        right = left + size
        gaps = left[1:] - right[:-1]
        deepest = -(np.minimum(size[1:], size[:-1]) // 2)
        assert left[0] >= 0
        assert right[-1] <= spec.image_width
        assert (gaps >= np.maximum(low, deepest)).all()
        assert (gaps <= np.maximum(high, deepest)).all()
        leftover = spec.image_width - (right[-1] - left[0])
        if spec.align == "left":
            assert left[0] == 0
        elif spec.align == "center":
            assert left[0] == leftover // 2
        elif spec.align == "right":
            assert right[-1] == spec.image_width
        if spec.spacing == "even" and n > 1:
            assert len(set(gaps)) == 1
            assert gaps[0] == high or leftover < n - 1


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("batch", [7, *slow(1, 64)])
def test_a_row_is_the_single_sample(bank, name, batch):
    spec, digits = SPECS[name], some_digits(64)
    whole = jax.device_get(ds.sample_sequences(KEY, bank, digits[:batch], spec))
    for b in {0, 3, 6, 40, 63} & set(range(batch)):
        single = ds.sample_sequence(jax.random.fold_in(KEY, b), bank, digits[b], spec)
        assert_same(jax.tree.map(lambda leaf, b=b: leaf[b], whole), single)


@pytest.mark.parametrize("name", ["ink", *slow("tight", "overlap")])
def test_transformations_agree(bank, name):
    """Eager, jit, vmap, lax.map and a batch give the same bits."""
    spec, digits = SPECS[name], some_digits(64)
    one, keys = ds.sample_sequence, jax.vmap(jax.random.fold_in, (None, 0))
    indices = jnp.arange(64)
    batch = ds.sample_sequences(KEY, bank, digits, spec)
    assert_same(jax.jit(ds.sample_sequences)(KEY, bank, digits, spec), batch)
    assert_same(jax.vmap(one, (0, None, 0, None))(keys(KEY, indices), bank, digits, spec), batch)
    mapped = jax.lax.map(
        lambda row: one(row[0], bank, row[1], spec), (keys(KEY, indices), jnp.asarray(digits))
    )
    assert_same(mapped, batch)


@pytest.mark.parametrize("name", ["plain", "tight", "overlap"])
def test_sharding_changes_nothing(bank, name):
    spec, digits = SPECS[name], some_digits(64)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), "rows")
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    sample = jax.jit(ds.sample_sequences, out_shardings=rows)
    sharded = sample(KEY, jax.device_put(bank, everywhere), jax.device_put(digits, rows), spec)
    assert len(sharded.image.sharding.device_set) == 8
    assert_same(jax.device_get(sharded), ds.sample_sequences(KEY, bank, digits, spec))


def test_slots_and_rows_do_not_depend_on_what_follows(bank):
    """The same digits in more slots, or beside other rows, make the same picture."""
    spec, digits = SPECS["tight"], some_digits(8)
    padded = np.pad(digits, ((0, 0), (0, 6)), constant_values=-1)
    short = ds.sample_sequences(KEY, bank, digits, spec)
    long = ds.sample_sequences(KEY, bank, padded, spec)
    np.testing.assert_array_equal(short.image, long.image)
    np.testing.assert_array_equal(short.offsets, long.offsets[:, :5])
    others = np.concatenate([digits[:3], some_digits(61, seed=4)])
    np.testing.assert_array_equal(short.image[:3], ds.sample_sequences(KEY, bank, others, spec).image[:3])


def test_digits_of_any_integer_type_mean_what_they_say(bank):
    """What int32 can't hold ends the row, as any digit does that the bank lacks; it does not wrap."""
    spec = SPECS["plain"]
    expected = ds.sample_sequences(KEY, bank, some_digits(4).clip(0), spec)
    for dtype in (np.int8, np.uint8, np.int64, np.uint32, np.uint64):
        rows = some_digits(4).clip(0).astype(dtype)
        assert_same(ds.sample_sequences(KEY, bank, rows, spec), expected)
        if np.dtype(dtype).itemsize < 8:
            assert_same(ds.sample_sequences(KEY, bank, jnp.asarray(rows), spec), expected)
    wide = np.array([[1, 2**32 + 3, 2], [2**31, 1, 1], [1, -(2**40), 1]])
    assert ds.sample_sequences(KEY, bank, wide, spec).length.tolist() == [1, 0, 1]


def test_raw_and_typed_keys_agree(bank):
    digits = some_digits(4)
    typed = ds.sample_sequences(jax.random.key(5), bank, digits, SPECS["plain"])
    assert_same(ds.sample_sequences(jax.random.PRNGKey(5), bank, digits, SPECS["plain"]), typed)
    one = ds.sample_sequence(jax.random.key(5), bank, digits[1], SPECS["plain"])
    assert_same(ds.sample_sequence(jax.random.PRNGKey(5), bank, digits[1], SPECS["plain"]), one)


@dataclasses.dataclass(frozen=True)
class Stamps:
    """A source that is no bank: digit d is a block of d + 2 columns, as strong as the key says."""

    def draw(self, key, digits):
        columns = jnp.arange(28, dtype=jnp.int32)[None, None, :]
        blocks = (columns >= 5) & (columns < 7 + digits[:, None, None])
        ink = jax.random.uniform(key, (digits.shape[0], 1, 1), minval=0.2)
        glyphs = jnp.where(jnp.broadcast_to(blocks, (digits.shape[0], 28, 28)), ink, 0.0)
        return glyphs, jnp.full(digits.shape, -1, jnp.int32)


jax.tree_util.register_dataclass(Stamps, data_fields=[], meta_fields=[])


@pytest.mark.parametrize("advance", ["cell", "ink"])
def test_any_source_draws(advance):
    spec = SPECS["overlap"].replace(advance=advance, image_width=160)
    digits = some_digits(16)
    s = jax.device_get(ds.sample_sequences(KEY, Stamps(), digits, spec))
    assert (s.glyph_ids == -1).all()
    for b in range(16):
        n = int(s.length[b])
        assert n == (digits[b] >= 0).sum()
        np.testing.assert_array_equal(s.boxes[b, :n, 2] - s.boxes[b, :n, 0], digits[b, :n] + 2)
        for x0, y0, x1, y1 in s.boxes[b, :n]:
            assert (s.image[b, y0:y1, x0:x1] > 0).all()
    single = ds.sample_sequence(jax.random.fold_in(KEY, 9), Stamps(), digits[9], spec)
    assert_same(jax.tree.map(lambda leaf: leaf[9], s), single)


def test_a_bank_may_be_drawn_from_as_any_source(bank):
    """Painting from the bank gives the bits that painting drawn glyphs gives, of one glyph a digit."""
    bank = ds.make_bank(np.asarray(bank.glyphs)[np.asarray(bank.starts)], np.arange(10))

    @jax.tree_util.register_dataclass
    @dataclasses.dataclass
    class Wrapped:
        bank: ds.DigitBank

        def draw(self, key, digits):
            return self.bank.draw(key, digits)

    for name in ("overlap", "ink"):
        digits = some_digits(16)
        ours = ds.sample_sequences(KEY, bank, digits, SPECS[name])
        assert_same(ds.sample_sequences(KEY, Wrapped(bank), digits, SPECS[name]), ours)


def test_rows_end_before_what_the_bank_lacks():
    bank = ds.make_bank(np.full((4, 28, 28), 9, np.uint8), [0, 1, 1, 3])
    digits = np.array([[0, 1, 2, 3], [3, 99, 0, 0], [-5, 0, 0, 0], [1, -1, 1, 1]], np.int32)
    s = ds.sample_sequences(KEY, bank, digits, ds.SequenceSpec())
    assert s.length.tolist() == [2, 1, 0, 1]
    assert s.digits.tolist() == [[0, 1, -1, -1], [3, -1, -1, -1], [-1] * 4, [1, -1, -1, -1]]
    assert not np.asarray(s.image[2]).any()


@given(st.integers(-14, 40), st.integers(0, 60), st.sampled_from([28, 57, 130]), st.integers(0, 2**32 - 1))
def test_every_input_has_a_defined_result(bank, low, extra, width, seed):
    """Whatever the numbers, labels stay on the canvas and in order, and the first digits are kept."""
    spec = ds.SequenceSpec(
        image_width=width, spacing_range=(low, low + extra), advance=("cell", "ink")[seed % 2]
    )
    s = ds.sample_sequence(jax.random.key(seed), bank, np.array([1, 2, 3, 4], np.int32), spec)
    n = int(s.length)
    assert s.digits[:n].tolist() == [1, 2, 3, 4][:n]
    boxes = np.asarray(s.boxes[:n])
    assert (boxes[:, 0] >= 0).all()
    assert (boxes[:, 2] <= width).all()
    if spec.advance == "cell":
        assert n == min(4, 1 + max(0, (width - 28) // (28 + low)))
    else:
        assert (np.diff(boxes[:, 0]) > 0).all()
        assert (np.diff(boxes[:, 2]) > 0).all()


@pytest.mark.parametrize(
    ("digits", "spec", "message"),
    [
        (np.zeros((2, 3), np.int32), ds.SequenceSpec(), r"integers \[K\]"),
        (np.zeros(0, np.int32), ds.SequenceSpec(), r"integers \[K\]"),
        (np.zeros(3, np.float32), ds.SequenceSpec(), "float32"),
        (np.zeros(3, np.int32), ds.SequenceSpec(image_width=0), "image_width"),
        (np.zeros(128, np.int32), ds.SequenceSpec(masks=True), "127"),
        (np.zeros(3, np.int32), ds.SequenceSpec(glyph_transforms=(1.0,)), "transforms of digitseq.augment"),
        (np.zeros(3, np.int32), ds.SequenceSpec(align="centre"), "align must be one of"),
        (np.zeros(3, np.int32), ds.SequenceSpec(image_width=120.0), "image_width must be an integer"),
        (np.zeros(3, np.int32), ds.SequenceSpec(spacing_range=(-0.9, 2)), "must be an integer, got -0.9"),
        (np.zeros(3, np.int32), ds.SequenceSpec(spacing_range=(jnp.float32(1), 2)), "integers, got float32"),
    ],
)
def test_shapes_that_cannot_be_used(bank, digits, spec, message):
    with pytest.raises(ValueError, match=message):
        ds.sample_sequence(jax.random.key(3), bank, digits, spec)


@pytest.mark.parametrize("shape", [(28, 20), (32, 32)])
def test_a_source_whose_glyphs_have_another_size(shape):
    @jax.tree_util.register_dataclass
    @dataclasses.dataclass
    class Odd:
        def draw(self, key, digits):
            return jnp.ones((digits.shape[0], *shape)), digits

    with pytest.raises(ValueError, match=r"glyphs \[K, 28, 28\]"):
        ds.sample_sequence(jax.random.key(3), Odd(), np.zeros(3, np.int32), ds.SequenceSpec())


def test_numbers_of_any_type_share_a_program(bank):
    compiled = []

    def listen(event, _, **__):
        if event.endswith("backend_compile_duration"):
            compiled.append(event)

    digits = some_digits(3, slots=4)
    ranges = [(0, 3), (np.int64(-1), 5), (2.0, 2**31 - 1), [jnp.int32(0), np.uint8(7)]]
    jax.monitoring.register_event_duration_secs_listener(listen)
    for spacing_range in ranges:
        ds.sample_sequences(KEY, bank, digits, ds.SequenceSpec(image_width=131, spacing_range=spacing_range))
    assert len(compiled) == 1


def test_numbers_of_a_spec_never_recompile(bank):
    traces = 0

    @jax.jit
    def go(key, bank, digits, spec):
        nonlocal traces
        traces += 1
        return ds.sample_sequences(key, bank, digits, spec).image

    for low, high in [(0, 10), (-3, 3), (5, 900), (-14, -14)]:
        go(KEY, bank, some_digits(4), ds.SequenceSpec(spacing_range=(low, high)))
    assert traces == 1


def test_spacing_may_be_traced_and_mapped(bank):
    digits, key = some_digits(1, seed=5)[0].clip(0), jax.random.key(3)

    def offsets(low):
        spec = ds.SequenceSpec(image_width=300, spacing_range=(low, low), align="left")
        return ds.sample_sequence(key, bank, digits, spec).offsets

    lows = jnp.arange(4, dtype=jnp.int32)
    found = jax.vmap(offsets)(lows)
    np.testing.assert_array_equal(np.diff(found, axis=1), np.repeat(28 + np.arange(4), 4).reshape(4, 4))
