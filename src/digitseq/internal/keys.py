"""PRNG keys from what users give for them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def typed_key(key: jax.Array) -> jax.Array:
    """A typed key from a typed or raw one; two raw words are threefry's, whatever the default."""
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return key
    return jax.random.wrap_key_data(key, impl="threefry2x32" if key.shape == (2,) else None)


def as_key(key: Any) -> jax.Array:
    """A typed key from one typed or raw key, or from an integer seed as `jax.random.key` makes it.

    Raises:
        ValueError: anything else, a batch of keys too.
    """
    if isinstance(key, jax.Array) and key.ndim == 0 and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return key
    if isinstance(key, int | np.integer) and not isinstance(key, bool) and 0 <= key < 2**32:
        key = np.array([0, key], np.uint32)
    if not (isinstance(key, np.ndarray | jax.Array) and key.dtype == np.uint32 and key.ndim == 1):
        raise ValueError(
            f"key must be one JAX PRNG key, as jax.random.key(0) makes them, or an integer seed from 0 to "
            f"2**32 - 1, got {key!r}"
        )
    return typed_key(jnp.asarray(key))
