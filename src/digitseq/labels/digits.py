"""Rows of digits: int32, padded with PAD."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

PAD = -1
# Classes are far fewer; what is larger is served by no bank.
MAX_DIGIT = 2**20


def as_digits(digits: npt.ArrayLike, rank: int) -> jax.Array | npt.NDArray[Any]:
    """The digits as an integer array of that rank.

    Raises:
        ValueError: another rank or dtype, or no slot at all.
    """
    array = digits if isinstance(digits, jax.Array) else np.asarray(digits)
    if array.ndim != rank or array.shape[-1] < 1 or not jnp.issubdtype(array.dtype, jnp.integer):
        wanted = "[K]" if rank == 1 else "[B, K]"
        raise ValueError(f"digits must be integers {wanted}, got {array.dtype} {list(array.shape)}")
    if isinstance(array, jax.Array):
        return array
    # Not left to JAX, which would wrap what int32 can't hold.
    known = (array >= 0) & (array <= MAX_DIGIT)
    narrow = np.full(array.shape, PAD, np.int32)
    narrow[known] = array[known]
    return narrow


def narrowed(digits: jax.Array) -> jax.Array:
    """Digits of any integer type as int32, PAD where no bank could serve them."""
    digits = digits if digits.dtype.itemsize >= 4 else digits.astype(jnp.int32)
    return jnp.where((digits < 0) | (digits > MAX_DIGIT), PAD, digits).astype(jnp.int32)
