"""PRNG keys: from all that users give for them, as words that pickle, and one for each numbered thing."""

import contextlib
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from . import threefry
from .validation import as_integer

# The only implementation whose draws depend on neither the batch nor the sharding.
THREEFRY = "threefry2x32"
Words = npt.NDArray[np.uint32]


def checked_key(key: Any) -> jax.Array | Words:
    """What was given for a key, as it is, or a seed's two raw words on the host.

    Args:
        key: one typed key, one raw key (uint32, of two words or as many as the
            default implementation has), or an integer seed from 0 to 2**32 - 1,
            which means `jax.random.key(seed)`.

    Raises:
        ValueError: anything else, a batch of keys too.
    """
    if type(key) is int and 0 <= key < 2**32:
        return seed_words(key)
    if isinstance(key, jax.Array) and key.ndim == 0 and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return key
    if isinstance(key, np.ndarray | jax.Array) and key.dtype == np.uint32 and key.ndim == 1:
        if key.shape == (2,) or key.shape == jax.eval_shape(jax.random.PRNGKey, 0).shape:
            return key
    elif not isinstance(key, jax.core.Tracer):
        with contextlib.suppress(ValueError):
            if 0 <= (seed := as_integer("key", key)) < 2**32:
                return seed_words(seed)
    raise ValueError(
        f"key must be one JAX PRNG key, as jax.random.key(0) makes them, or an integer seed from 0 to "
        f"2**32 - 1, got {key!r}"
    )


def typed_key(key: jax.Array | Words) -> jax.Array:
    """A typed key from a typed or raw one; two raw words are threefry's, whatever the default."""
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return jnp.asarray(key)
    return jax.random.wrap_key_data(jnp.asarray(key), impl=THREEFRY if key.shape == (2,) else None)


def as_key(key: Any) -> jax.Array:
    """A typed key from all that `checked_key` takes.

    Raises:
        ValueError: as there.
    """
    return typed_key(checked_key(key))


def seed_words(number: int) -> Words:
    """The raw form of the key that a seed means, `jax.random.key(number)`: uint32 [2]."""
    return np.array([0, number], np.uint32)


def fresh_words() -> Words:
    """A raw key of the system's entropy: uint32 [2]."""
    return np.frombuffer(os.urandom(8), np.uint32)


def words_of(key: Any) -> tuple[jax.Array | Words, str]:
    """A key's raw words, uint32, which cross every boundary, and the name of its implementation.

    Raises:
        ValueError: as `checked_key`.
    """
    key = checked_key(key)
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return jax.random.key_data(key), str(jax.random.key_impl(key))
    return key, THREEFRY if key.shape == (2,) else str(jax.config.read("jax_default_prng_impl"))


def from_words(words: jax.Array | Words, implementation: str = THREEFRY) -> jax.Array:
    """Typed keys from the words that `words_of` gives: uint32 [..., words of a key]."""
    return jax.random.wrap_key_data(jnp.asarray(words), impl=implementation)


def numbered(key: jax.Array, numbers: jax.Array | npt.NDArray[np.uint32]) -> jax.Array:
    """One key for each number: typed keys [N], `fold_in(key, numbers[n])` for uint32 [N]."""
    if _is_threefry(key):
        return _folded(key, jnp.asarray(numbers))
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, numbers)


def folded(keys: jax.Array, number: int | jax.Array) -> jax.Array:
    """Each key with the same number folded in: typed keys [N] from typed keys [N]."""
    if _is_threefry(keys):
        return _folded(keys, jnp.asarray(number, jnp.uint32))
    return jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, number)


def several(keys: jax.Array, count: int) -> list[jax.Array]:
    """The keys with each number below `count` folded in, `folded(keys, number)`, by one hash."""
    if _is_threefry(keys):
        numbers = jnp.arange(count, dtype=jnp.uint32)[:, None]
        return [from_words(own) for own in threefry.paired(jax.random.key_data(keys)[None], numbers)]
    return [folded(keys, number) for number in range(count)]


def random_words(keys: jax.Array, count: int) -> jax.Array:
    """So many random words of each key: uint32 [N, count].

    Word i is that of `jax.random.bits`, a function of the key and i alone
    (unless the keys' implementation is another than threefry).
    """
    if _is_threefry(keys):
        numbers = jnp.arange(count, dtype=jnp.uint32)[None, :]
        upper, lower = threefry.hashed(jax.random.key_data(keys)[:, None], numbers)
        return upper ^ lower
    return jax.vmap(lambda key: jax.random.bits(key, (count,), jnp.uint32))(keys)


def _folded(keys: jax.Array, numbers: jax.Array) -> jax.Array:
    return from_words(threefry.paired(jax.random.key_data(keys), numbers))


def _is_threefry(keys: jax.Array) -> bool:
    return str(jax.random.key_impl(keys)) == THREEFRY
