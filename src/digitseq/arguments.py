"""What the pipeline makes of its arguments: keys, digits and numbers of fixed types."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from .checks import as_integer
from .keys import as_key as as_key
from .keys import typed_key as typed_key
from .spec import SequenceSpec

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


def as_arrays(tree: Any) -> Any:
    """The tree, its numbers as arrays of fixed types, so that their Python types compile nothing anew."""
    return jax.tree.map(lambda leaf: leaf if isinstance(leaf, jax.Array) else np.asarray(leaf), tree)


def as_numbers(spec: SequenceSpec) -> SequenceSpec:
    """The spec with concrete numbers of fixed types, so that their Python types compile nothing anew.

    Raises:
        ValueError: a number that is not whole.
    """
    low, high = (
        bound
        if isinstance(bound, jax.Array)
        else np.int32(np.clip(as_integer("spacing_range", bound), -(2**31), 2**31 - 1))
        for bound in spec.spacing_range
    )
    glyphs, lines = jax.tree.map(
        lambda number: number if isinstance(number, jax.Array) else np.float32(number),
        (spec.glyph_transforms, spec.line_transforms),
    )
    return spec.replace(spacing_range=(low, high), glyph_transforms=glyphs, line_transforms=lines)
