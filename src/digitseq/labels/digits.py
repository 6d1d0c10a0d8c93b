"""Rows of digits: int32, padded with PAD."""

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal.shapes import Array, HostArray, Int32, Integer

PAD = -1
# No bank has this many classes. Larger digits become PAD instead of wrapping to a class that exists.
MAX_DIGIT = 2**20


def as_digits(digits: npt.ArrayLike, rank: int) -> Integer[Array | HostArray, "*B K"]:
    """The digits as an integer array of rank 1 or 2.

    Args:
        digits: integers [K] or [B, K]: lists, or arrays of NumPy or JAX.
        rank: how many axes they must have.

    Returns:
        A JAX array as it is; all else as NumPy's int32, PAD where a digit is
        negative or above MAX_DIGIT.

    Raises:
        ValueError: another rank, no integers, or no slot at all (K = 0).
    """
    array = digits if isinstance(digits, jax.Array) else np.asarray(digits)
    if array.ndim != rank or array.shape[-1] < 1 or not jnp.issubdtype(array.dtype, jnp.integer):
        wanted = "[K]" if rank == 1 else "[B, K]"
        raise ValueError(f"digits must be integers {wanted}, got {array.dtype} {list(array.shape)}")
    if isinstance(array, jax.Array):
        return array
    # JAX would wrap what int32 can't hold, so that 2**32 + 7 would be drawn as a 7.
    known = (array >= 0) & (array <= MAX_DIGIT)
    narrow = np.full(array.shape, PAD, np.int32)
    narrow[known] = array[known]
    return narrow


def narrowed(digits: Integer[Array, "..."]) -> Int32[Array, "..."]:
    """Digits of any integer type as int32, PAD where they are negative or above MAX_DIGIT."""
    digits = digits if digits.dtype.itemsize >= 4 else digits.astype(jnp.int32)
    return jnp.where((digits < 0) | (digits > MAX_DIGIT), PAD, digits).astype(jnp.int32)
