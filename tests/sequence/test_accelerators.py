"""An accelerator draws what a CPU draws, in branches and portions of its own. Only where JAX has one."""

import jax
import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq import augment

pytestmark = pytest.mark.skipif(jax.default_backend() == "cpu", reason="JAX has only CPUs here")

WIDTH = 200
PLAIN = {
    "fits": ds.SequenceSpec(image_width=WIDTH),
    "tight": ds.SequenceSpec(image_width=150, spacing_range=(0, 10)),
    "overlapping": ds.SequenceSpec(image_width=WIDTH, spacing_range=(-14, 2), masks=True),
    "ink": ds.SequenceSpec(image_width=WIDTH, advance="ink", masks="amodal"),
    "dropped": ds.SequenceSpec(
        image_width=WIDTH, image_height=40, baseline="ink", baseline_jitter=3.0, dtype="uint8"
    ),
}


def on_both(spec):
    """A batch on JAX's default device, and on a CPU."""
    images, labels = toy_glyphs()
    digits = np.random.default_rng(0).integers(-1, 10, (700, 5)).astype(np.int32)
    given = jax.random.key(3), ds.make_bank(images, labels), digits, spec
    there = jax.device_get(ds.sample_sequences(*given))
    cpu = jax.devices("cpu")[0]
    with jax.default_device(cpu):
        return there, jax.device_get(ds.sample_sequences(*jax.device_put(given, cpu)))


@pytest.mark.parametrize("name", PLAIN)
def test_plain_lines_are_bit_identical(name):
    jax.tree.map(np.testing.assert_array_equal, *on_both(PLAIN[name]))


@pytest.mark.parametrize("name", augment.PRESETS)
def test_transformed_lines_have_the_same_labels_and_nearly_the_same_pixels(name):
    glyphs, lines = augment.preset(name)
    there, here = on_both(ds.SequenceSpec(image_width=WIDTH, glyph_transforms=glyphs, line_transforms=lines))
    np.testing.assert_allclose(there.image, here.image, rtol=0, atol=1e-4)
    for field in ("digits", "length", "offsets", "glyph_ids"):
        np.testing.assert_array_equal(getattr(there, field), getattr(here, field), err_msg=field)
    # A pixel at the edge of what is ink may be on either side of it.
    np.testing.assert_allclose(there.boxes, here.boxes, atol=1)
