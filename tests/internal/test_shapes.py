"""Shapes in annotations: checked in the tests, and array types alone where jaxtyping is not loaded."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import shape_checks

import digitseq as ds
from digitseq import augment
from digitseq.augment import resample
from digitseq.augment.base import uniform
from digitseq.labels import digits, sequences

pytestmark = pytest.mark.skipif(not shape_checks.CHECKED, reason="jaxtyping: pip install -e '.[dev]'")


def keys(count=3):
    return jax.vmap(jax.random.key)(np.arange(count, dtype=np.uint32))


def refused(call, *arguments, **options):
    import jaxtyping

    with pytest.raises(jaxtyping.TypeCheckError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_wrong_arrays_are_refused():
    """Of another rank, dtype, or size than another argument has."""
    assert "keys" in refused(uniform, jax.random.key(0), 2)
    assert "keys" in refused(uniform, jax.random.key_data(keys()), 2)
    assert "digits" in refused(digits.narrowed, jnp.zeros(3, jnp.float32))
    images = jnp.zeros((3, 28, 40), jnp.float32)
    blur = augment.Blur()
    assert blur.change(images, keys()).shape == images.shape
    assert "images" in refused(blur.change, images[0], keys())
    assert "keys" in refused(blur.change, images, keys(2))
    places = resample.grid((28, 40))
    assert resample.bilinear((images, None), places).shape == (3, 28 * 40)
    assert "places" in refused(resample.bilinear, (images, None), (places[0][0], places[1]))


def test_what_a_function_returns_is_checked():
    class Flat(ds.RandomDigits):
        def _one(self, key):
            return super()._one(key)[0]

    assert "return value" in refused(Flat(min_length=2, max_length=3).draw, jax.random.key(0), 4)


def test_tracers_are_checked():
    blur = augment.Blur()
    assert "keys" in refused(jax.eval_shape, blur.change, jnp.zeros((3, 28, 40), jnp.float32), keys(2))


def test_host_arrays_are_checked():
    assert not sequences._known(np.array([1, -2], np.int32))
    assert "digits" in refused(sequences._known, np.zeros((2, 2), np.int32))


SIGNATURES = """
import inspect, sys
import jax, digitseq
from digitseq.augment import ink
from digitseq.labels import base
for function in ink.Blur.change, base.Rows.draw:
    print(inspect.signature(function).return_annotation is jax.Array)
print("jaxtyping" in sys.modules, "beartype" in sys.modules)
"""


def test_digitseq_needs_no_jaxtyping():
    """Where it is not loaded, annotations are of JAX's arrays."""
    done = subprocess.run([sys.executable, "-c", SIGNATURES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False", "False"]
