"""Digits that lie on several devices: the same bits, and each device makes its own rows."""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

import digitseq as ds
from digitseq import augment, vae
from digitseq.internal import keys, sharding
from digitseq.sequence import pipeline

AxisType = getattr(jax.sharding, "AxisType", None)
if AxisType is None or not hasattr(jax, "set_mesh"):
    pytest.skip("this JAX has no explicit axes", allow_module_level=True)

KEY = np.array([0, 3], np.uint32)
DIGITS = np.random.default_rng(0).integers(0, 10, (8, 2)).astype(np.int32)
PLAIN = ds.SequenceSpec(image_width=70)
TRANSFORMED = PLAIN.replace(
    glyph_transforms=(augment.Affine(), augment.StrokeWidth()),
    line_transforms=(augment.LineSlant(), augment.GaussianNoise()),
)
LABELS = ds.RandomDigits(min_length=1, max_length=2)
KINDS = {"plain": PLAIN, "masks": PLAIN.replace(masks="amodal"), "transformed": TRANSFORMED, "model": PLAIN}
E, A = (AxisType.Explicit, AxisType.Auto)
# Axes of a mesh by how they are meant, and how the rows are divided.
MESHES = {
    "explicit": ((8,), (E,), P("data")),
    "auto": ((8,), (A,), P("data")),
    "two axes": ((4, 2), (E, E), P(("data", "model"))),
    "second axis": ((4, 2), (E, E), P("model")),
    "rows and slots": ((4, 2), (E, E), P("data", "model")),
    "slots": ((4, 2), (E, E), P(None, "model")),
    "mixed": ((4, 2), (A, E), P(("data", "model"))),
}


def mesh_of(name):
    sizes, types, part = MESHES[name]
    return jax.make_mesh(sizes, ("data", "model")[: len(sizes)], axis_types=types), part


@pytest.fixture(scope="module")
def sources(bank):
    return {"model": vae.pretrained()} | dict.fromkeys(("plain", "masks", "transformed"), bank)


def assert_same(ours, theirs, exact):
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        if exact or one.dtype != np.float32:
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


OUTSIDE, INSIDE = pytest.param(False, id="outside"), pytest.param(True, id="inside set_mesh")
FAST = {("explicit", "plain", True), ("explicit", "model", True)}
CASES = [
    pytest.param(name, kind, inside, marks=() if (name, kind, inside) in FAST else pytest.mark.slow)
    for name in MESHES
    for kind in KINDS
    for inside in (False, True)
    if kind == "plain" or name in ("explicit", "auto")
]


@pytest.mark.parametrize(("name", "kind", "inside"), CASES)
def test_sharded_digits_give_the_same_lines(sources, name, kind, inside):
    mesh, part = mesh_of(name)
    source, spec = sources[kind], KINDS[kind]
    wanted = ds.sample_sequences(KEY, source, DIGITS, spec)
    with jax.set_mesh(mesh) if inside else contextlib.nullcontext():
        digits = jax.device_put(DIGITS, NamedSharding(mesh, part))
        found = ds.sample_sequences(KEY, source, digits, spec)
    assert_same(found, wanted, kind in ("plain", "masks"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("two axes", False),
        *slow(("explicit", True), ("mixed", True)),
    ],
)
def test_in_ones_own_jitted_step(bank, name, inside):
    """The type of traced digits tells how they are divided; the stream takes the mesh."""
    mesh, part = mesh_of(name)
    step = jax.jit(lambda key, bank, digits: ds.sample_sequences(key, bank, digits, PLAIN))
    stream = jax.jit(lambda key, bank: ds.batch_at(key, 5, bank, LABELS, PLAIN, 8, mesh=mesh))
    with jax.set_mesh(mesh) if inside else contextlib.nullcontext():
        everywhere = jax.device_put(bank, NamedSharding(mesh, P()))
        digits = jax.device_put(DIGITS, NamedSharding(mesh, part))
        found, streamed = step(KEY, everywhere, digits), stream(KEY, bank)
        again = ds.batch_at(KEY, 5, bank, LABELS, PLAIN, 8, mesh=mesh)
    assert_same(found, ds.sample_sequences(KEY, bank, DIGITS, PLAIN), True)
    wanted = ds.batch_at(KEY, 5, bank, LABELS, PLAIN, 8)
    assert_same(streamed, wanted, True)
    assert_same(again, wanted, True)


def test_inside_shard_map_rows_are_the_devices_own(bank):
    """Axes are manual there: what a device is given is its whole batch."""
    mesh, part = mesh_of("explicit")

    def own(digits):
        return ds.sample_sequences(KEY, bank, digits, PLAIN).image

    mapped = jax.shard_map(own, mesh=mesh, in_specs=part, out_specs=part, check_vma=False)
    found = np.asarray(jax.jit(mapped)(jax.device_put(DIGITS, NamedSharding(mesh, part))))
    for row, digits in zip(found, DIGITS, strict=True):
        np.testing.assert_array_equal(row, own(digits[None])[0])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["transformed", *slow("plain", "model")])
@pytest.mark.parametrize("name", ["explicit", *slow("auto")])
def test_no_device_makes_the_rows_of_others(sources, name, kind):
    mesh, part = mesh_of(name)
    digits = jax.device_put(DIGITS, NamedSharding(mesh, part))
    divided = sharding.row_sharding_of(digits)
    given = jax.device_put((keys.typed_key(KEY), sources[kind]), NamedSharding(mesh, P()))
    lowered = pipeline._sample_batch.lower(*given, digits, KINDS[kind].replace(masks="amodal"), divided)
    program = lowered.compile().as_text()
    assert f"f32[{8 // sharding.divisor(*divided)},28,70]" in program
    for whole in ("all-gather", "all-reduce", "all-to-all", "collective", "f32[8,28,70]", "u8[8,28,70]"):
        assert whole not in program, f"{whole} in the compiled program"
    found = ds.sample_sequences(KEY, sources[kind], digits, KINDS[kind])
    assert found.image.sharding.is_equivalent_to(NamedSharding(mesh, part), 3)


@pytest.mark.parametrize("name", ["explicit", *slow("second axis")])
def test_sharded_images_are_transformed_and_denoised_alike(name):
    mesh, part = mesh_of(name)
    images = np.random.default_rng(1).random((8, 2, 28, 28), np.float32)
    model, transforms = vae.pretrained(), (augment.Affine(),)
    shared = jax.device_put(images, NamedSharding(mesh, part))
    flat = jax.device_put(images[:, 0], NamedSharding(mesh, part))
    for function, given, whole in (
        (lambda x: augment.apply(KEY, transforms, x), shared, images),
        (lambda x: augment.apply(KEY, transforms, x), flat, images[:, 0]),
        (lambda x: vae.denoise(model, x), shared, images),
        (lambda x: vae.reconstruct(model, x, jnp.zeros(8, jnp.int32)), flat, images[:, 0]),
    ):
        np.testing.assert_allclose(function(given), function(whole), rtol=0, atol=1e-5)
    columns = jax.device_put(images[0, 0, :, :24], NamedSharding(mesh, P(None, mesh.axis_names[0])))
    ours, theirs = (augment.apply(KEY, transforms, x) for x in (columns, images[0, 0, :, :24]))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_one_image_at_a_time_where_a_mesh_is_set(bank):
    wanted = (
        ds.sample_sequence(KEY, bank, DIGITS[0], PLAIN).image,
        ds.generate_numbers_sequence("35", (0, 9), 70, key=1, bank=bank),
        ds.Dataset(KEY, bank, LABELS, PLAIN, 5)[3]["image"],
        next(ds.batches(KEY, bank, LABELS, PLAIN, 8)).image,
    )
    with jax.set_mesh(mesh_of("explicit")[0]):
        found = (
            ds.sample_sequence(KEY, bank, DIGITS[0], PLAIN).image,
            ds.generate_numbers_sequence("35", (0, 9), 70, key=1, bank=bank),
            ds.Dataset(KEY, bank, LABELS, PLAIN, 5)[3]["image"],
            next(ds.batches(KEY, bank, LABELS, PLAIN, 8)).image,
        )
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)
