"""Programs for GPUs and TPUs, lowered without one: what only a CPU could run would be noticed here."""

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

import digitseq as ds
from digitseq import augment, images, vae

KEY = np.array([0, 3], np.uint32)
DIGITS = np.array([[3, 5, -1], [1, 2, 0]], np.int32)
SPEC = ds.SequenceSpec(image_width=90, spacing_range=(0, 30))
LABELS = ds.RandomDigits(min_length=1, max_length=3)


def preset(name, **more):
    glyphs, lines = augment.preset(name)
    return SPEC.replace(glyph_transforms=glyphs, line_transforms=lines, **more)


CALLS = {
    "plain": lambda bank, model: (ds.sample_sequences, KEY, bank, DIGITS, SPEC),
    "ink": lambda bank, model: (
        ds.sample_sequences,
        KEY,
        bank,
        DIGITS,
        SPEC.replace(advance="ink", align="random", masks="visible"),
    ),
    "strong": lambda bank, model: (ds.sample_sequences, KEY, bank, DIGITS, preset("strong", masks="amodal")),
    "scan": lambda bank, model: (ds.sample_sequences, KEY, bank, DIGITS, preset("scan")),
    "model": lambda bank, model: (ds.sample_sequences, KEY, model, DIGITS, SPEC),
    "one": lambda bank, model: (ds.sample_sequence, KEY, bank, DIGITS[0], SPEC),
    "stream": lambda bank, model: (
        lambda key, step, bank, labels, spec: ds.batch_at(key, step, bank, labels, spec, 4),
        KEY,
        np.uint32(5),
        bank,
        LABELS,
        SPEC,
    ),
    "long": lambda bank, model: (
        ds.sample_sequences,
        KEY,
        bank,
        np.zeros((1, 40), np.int32),
        SPEC.replace(image_width=1200),
    ),
    "generate": lambda bank, model: (images._image, KEY, bank, DIGITS[0], SPEC, np.int32(80)),
    "apply": lambda bank, model: (
        lambda key, glyphs: augment.apply(key, augment.preset("strong")[0], glyphs),
        KEY,
        np.zeros((2, 28, 28), np.float32),
    ),
    "denoise": lambda bank, model: (vae.denoise, model, np.zeros((2, 28, 50), np.float32)),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("plain", "strong", "stream") else pytest.mark.slow)
        for name in CALLS
    ],
)
def test_it_lowers_for_other_devices(name, bank):
    function, *given = CALLS[name](bank, vae.pretrained())
    # Without values: these lie on this machine's CPU.
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), jnp.asarray(leaf).dtype), given)
    jitted = jax.jit(lambda *arguments: jax.tree.leaves(function(*arguments)))
    lowered = jax.export.export(jitted, platforms=("cuda", "tpu"))(*shapes)
    assert lowered.platforms == ("cuda", "tpu")
    assert "stablehlo" in lowered.mlir_module()
