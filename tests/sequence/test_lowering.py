"""Lowered for GPUs and TPUs, without one: code that only a CPU could run is noticed."""

import functools
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

import digitseq as ds
from digitseq import augment, ctc, numpy_api, vae
from digitseq.internal import xla

PLATFORMS = ("cuda", "tpu")
LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
DIGITS = np.array([[3, 5, -1], [1, 2, 0]], np.int32)
KEY = np.array([0, 7], np.uint32)  # raw, for an exported function's arguments can't be typed keys


@pytest.fixture(scope="module", autouse=True)
def as_with_accelerators():
    """Programs as on machines that have them: where a CPU is the default, nothing is traced for another."""
    jax.clear_caches()
    with mock.patch.object(xla, "_cpu_is_default", return_value=False):
        yield
    jax.clear_caches()


@pytest.fixture(scope="module")
def model():
    return vae.pretrained()


def batch(digits, spec):
    """Rows as `sample_sequences` makes them."""
    return lambda key, source: ds.sample_sequences(key, source, digits, spec)


def preset(name, masks):
    """A layout with the transforms of that name."""
    glyphs, lines = augment.preset(name)
    return SPEC.replace(glyph_transforms=glyphs, line_transforms=lines, masks=masks)


# More rows than a CPU works on at a time.
MANY = np.tile(DIGITS, (200, 1))
TIGHT = np.ones((2, 40), np.int32)
OF_A_BANK = {
    "sample_sequence": lambda key, bank: ds.sample_sequence(key, bank, DIGITS[0], SPEC),
    "sample_sequences": batch(DIGITS, SPEC),
    "many rows": batch(MANY, SPEC.replace(line_transforms=(augment.LineSlant(),))),
    "long rows": batch(TIGHT, SPEC.replace(image_width=1125, spacing_range=(-14, 2), align="random")),
    "even": batch(DIGITS, SPEC.replace(spacing="even", advance="ink")),
    "masks": batch(DIGITS, SPEC.replace(masks="visible")),
    "amodal masks": batch(DIGITS, SPEC.replace(masks="amodal")),
    "light": batch(DIGITS, preset("light", False)),
    "strong": batch(DIGITS, preset("strong", "visible")),
    "scan": batch(DIGITS, preset("scan", False)),
    "batch_at": lambda key, bank: ds.batch_at(key, 3, bank, LABELS, SPEC, 8),
    "batch_at, patterns": lambda key, bank: ds.batch_at(key, 3, bank, ds.Pattern("##[1-4]#"), SPEC, 8),
    "generate": lambda key, bank: numpy_api._image.__wrapped__(
        key, bank, jnp.asarray(DIGITS[0]), preset("scan", False), jnp.array([0, 10, 90])
    ),
}


def test_chunks_traced_for_all_platforms_are_those_for_a_cpu():
    rows = jnp.arange(100.0)

    def doubled(rows):
        return xla.map_in_chunks(lambda chunk: 2 * chunk, xla.CPU_PIXELS // 7, rows)

    assert "platform_index" in str(jax.make_jaxpr(doubled)(rows))
    np.testing.assert_array_equal(jax.jit(doubled)(rows), 2 * rows)


FAST = ("sample_sequences", "strong", "batch_at")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in OF_A_BANK],
)
def test_lines_of_a_bank(name, bank):
    lower(OF_A_BANK[name], KEY, bank)


OVERLAPPING = SPEC.replace(spacing_range=(-3, -1), advance="ink", masks="visible")
DROPPED = OVERLAPPING.replace(image_height=40, baseline="ink", baseline_jitter=3.0)


@pytest.mark.parametrize("spec", [SPEC, OVERLAPPING, DROPPED], ids=["apart", "overlapping", "dropped"])
def test_an_accelerators_branches_draw_what_a_cpus_draw(spec, bank):
    """The program for a GPU, which a CPU compiles and runs as well."""
    unchecked = [export.DisabledSafetyCheck.platform()]
    lines = jax.jit(batch(DIGITS, spec))
    theirs = export.export(lines, platforms=["cuda"], disabled_checks=unchecked)(KEY, bank).call(KEY, bank)
    jax.tree.map(np.testing.assert_array_equal, theirs, lines(KEY, bank))


OF_A_MODEL = {
    "sample_sequences": batch(DIGITS, SPEC),
    "batch_at": lambda key, model: ds.batch_at(key, 3, model, LABELS, SPEC, 8),
    "denoise": lambda key, model: vae.denoise(model, jax.random.uniform(key, (2, 28, 57))),
    "reconstruct": lambda key, model: vae.reconstruct(model, jax.random.uniform(key, (2, 28, 28)), [1, 2]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_A_MODEL)
def test_a_model(name, model):
    lower(OF_A_MODEL[name], KEY, model)


@pytest.mark.slow
def test_transforms_and_decoding():
    glyphs = np.zeros((2, 28, 28), np.float32)
    chain = (augment.Affine(), augment.Elastic(interpolation="cubic"), augment.Perspective(), augment.Blur())
    lower(functools.partial(augment.apply, transforms=chain), KEY, glyphs=glyphs)
    lower(ctc.decode, np.zeros((2, 7, 11), np.float32))


def lower(function, *args, **kwargs):
    """Lowers for each platform; raises where it has no rule for what the function does."""
    exported = export.export(jax.jit(function), platforms=PLATFORMS)(*args, **kwargs)
    assert exported.platforms == PLATFORMS
    assert exported.mlir_module_serialized


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="older versions lower what no branch is for")
def test_what_only_a_cpu_can_run_is_noticed():
    def callback(x):
        return jax.lax.platform_dependent(x, cpu=lambda x: x + 1)

    with pytest.raises(Exception, match=r"(?i)platform"):
        lower(callback, np.zeros(3, np.float32))
