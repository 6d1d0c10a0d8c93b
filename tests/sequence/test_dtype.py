"""Images of other dtypes than float32: the same ink, rounded once in the end, with the same labels."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from PIL import Image

import digitseq as ds
from digitseq import augment
from digitseq.exporter.plan import Plan
from digitseq.exporter.recipe import recipe_of
from digitseq.internal.pixels import ink_as, to_uint8, unit_ink

KEY = jax.random.key(3)
DIGITS = np.random.default_rng(0).integers(0, 10, (6, 3)).astype(np.int32)
LABELS = ds.RandomDigits(min_length=1, max_length=2)
PLAIN = ds.SequenceSpec(image_width=100, spacing_range=(-6, 2))
SPECS = {
    "plain": PLAIN,
    "masks": PLAIN.replace(masks="visible", image_height=32),
    "joined": PLAIN.replace(ligatures=1.0),
    "glyphs": PLAIN.replace(glyph_transforms=(augment.Affine(),), masks="amodal"),
    "scaled": PLAIN.replace(image_height=36, scale=36 / 28, image_width=130),
    "lines": PLAIN.replace(line_transforms=(augment.LineSlant(), augment.GaussianNoise())),
}
OTHERS = "bfloat16", "float16", "uint8"
# The error of rounding to the nearest, relative; of bytes absolute. Transformed floats are within 1e-5.
STEPS = {"bfloat16": 2**-9, "float16": 2**-12, "uint8": 0.5 / 255}


@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize("name", ["plain", *slow("masks", "joined", "glyphs", "scaled", "lines")])
def test_the_same_ink_and_labels(name, dtype, bank):
    spec = SPECS[name]
    ours = ds.sample_sequences(KEY, bank, DIGITS, spec.replace(dtype=dtype))
    plain = ds.sample_sequences(KEY, bank, DIGITS, spec)
    assert ours.image.dtype == dtype
    assert plain.image.dtype == "float32"
    for field in ("digits", "length", "offsets", "boxes", "glyph_ids", "masks", "writer"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(plain, field))
    if name in ("plain", "masks"):
        np.testing.assert_array_equal(ours.image, ink_as(plain.image, dtype))
    scale = 255 if dtype == "uint8" else 1
    error = np.abs(np.asarray(ours.image, np.float64) / scale - np.asarray(plain.image, np.float64))
    assert (error <= STEPS[dtype] + 1e-5).all()


def test_each_value_of_a_glyph_stays_distinct_and_is_found_again():
    values = jnp.arange(256, dtype=jnp.int32).astype(jnp.uint8)
    for dtype in ("float32", *OTHERS):
        ink = ink_as(values, dtype)
        assert ink.dtype == dtype
        np.testing.assert_array_equal(to_uint8(np.asarray(ink)), values)
        np.testing.assert_array_equal(ink_as(unit_ink(ink), "uint8"), values)


@pytest.mark.parametrize(("dtype", "letters"), [("uint8", "u8"), *slow(("bfloat16", "bf16"))])
def test_no_canvas_of_floats_is_made_of_untransformed_pixels(dtype, letters, bank):
    """A batch writes as many bytes as its dtype takes, and no more."""
    spec = PLAIN.replace(dtype=dtype)
    program = jax.jit(lambda key, bank: ds.sample_sequences(key, bank, DIGITS, spec).image)
    text = program.lower(KEY, bank).compile().as_text()
    canvases = set(re.findall(r"(\w+)\[6,28,100\]", text[text.index("ENTRY") :]))
    assert canvases == {letters}


def test_one_by_one_mapped_and_divided(bank):
    spec = PLAIN.replace(dtype="bfloat16")
    batch = ds.sample_sequences(KEY, bank, DIGITS, spec).image
    one = ds.sample_sequence(jax.random.fold_in(KEY, 2), bank, DIGITS[2], spec).image
    np.testing.assert_array_equal(one, batch[2])
    keys = jax.vmap(jax.random.fold_in, (None, 0))(KEY, jnp.arange(6, dtype=jnp.uint32))
    mapped = jax.vmap(lambda key, row: ds.sample_sequence(key, bank, row, spec).image)(keys, DIGITS)
    np.testing.assert_array_equal(mapped, batch)
    mesh = jax.make_mesh((2,), ("data",))
    divided = ds.batch_at(KEY, 1, bank, LABELS, spec, 4, mesh=mesh).image
    assert divided.dtype == jnp.bfloat16
    np.testing.assert_array_equal(divided, ds.batch_at(KEY, 1, bank, LABELS, spec, 4).image)


@pytest.mark.parametrize("dtype", ["uint8", *slow("bfloat16", "float16")])
def test_streams_and_data_sets(dtype, bank):
    spec = PLAIN.replace(dtype=dtype)
    batch = next(ds.batches(KEY, bank, LABELS, spec, 4, prefetch=0))
    assert batch.image.dtype == dtype
    example = ds.Dataset(KEY, bank, LABELS, spec, 4)[2]["image"]
    assert example.dtype == dtype
    np.testing.assert_array_equal(example, batch.image[2])


@pytest.mark.slow
def test_halves_have_gradients(bank):
    def ink(sigma, dtype):
        spec = PLAIN.replace(glyph_transforms=(augment.Blur(sigma=sigma),), dtype=dtype)
        return (ds.sample_sequences(KEY, bank, DIGITS, spec).image.astype(jnp.float32) ** 2).sum()

    slopes = [jax.grad(ink)(1.2, dtype) for dtype in ("float32", "bfloat16")]
    assert slopes[0] < 0
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=0.01)


def test_an_export_is_of_bytes_whatever_the_dtype(bank):
    plans = [
        Plan.of(KEY, bank, LABELS, PLAIN.replace(dtype=dtype), count=3, shard_size=3, format="npz")
        for dtype in ("float32", *OTHERS)
    ]
    recipes = [recipe_of(plan, "1", None) for plan in plans]
    assert all(recipe == recipes[0] for recipe in recipes)
    assert "dtype" not in recipes[0]["spec"]
    chunk = next(plans[1].chunks(0, 3)).fields
    wanted = ds.batch_at(KEY, 0, bank, LABELS, PLAIN.replace(dtype="uint8"), 3)
    assert chunk["image"].dtype == np.uint8
    np.testing.assert_array_equal(chunk["image"], wanted.image)


@pytest.mark.parametrize("dtype", OTHERS)
def test_pictures_are_the_same(dtype, bank, tmp_path):
    plain, ours = (
        ds.sample_sequences(KEY, bank, DIGITS, PLAIN.replace(dtype=name)) for name in ("float32", dtype)
    )
    sheet = ds.contact_sheet(np.asarray(ours.image), columns=2)
    np.testing.assert_array_equal(sheet, ds.contact_sheet(np.asarray(plain.image), columns=2))
    assert ours._repr_png_() == plain._repr_png_()
    np.testing.assert_array_equal(ds.show(ours).pixels, ds.show(plain).pixels)
    ds.save(tmp_path / "{index}.png", ours)
    picture = np.asarray(Image.open(tmp_path / "000.png"))
    np.testing.assert_array_equal(picture, to_uint8(np.asarray(plain.image[0])))


def test_what_is_no_dtype_of_an_image_is_refused(bank):
    for wrong in ("float64", "int8", jnp.uint8, None):
        with pytest.raises(ValueError, match=r"dtype must be one of \('float32', .*, 'uint8'\), got"):
            ds.check_spec(PLAIN.replace(dtype=wrong))
    with pytest.raises(ValueError, match=r"spec\.dtype must be 'float32', .*, got 'uint8'"):
        ds.generate_numbers_sequence([1], (0, 3), 60, bank=bank, spec=PLAIN.replace(dtype="uint8"))


def test_the_usual_dtype_is_not_written():
    """Recipes and digests are as by versions that knew no other."""
    assert "dtype" not in ds.spec_to_json(PLAIN)
    assert "dtype" not in repr(PLAIN)
    assert ds.spec_from_json(ds.spec_to_json(PLAIN.replace(dtype="uint8"))).dtype == "uint8"
