"""Where XLA must not fuse: the boundary between two stages of the pipeline."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def stage(function: Callable[..., jax.Array], operand: jax.Array, *rest: Any) -> jax.Array:
    """`function(operand, *rest)`, with the operands computed once and stored before.

    On a CPU, XLA fuses the making of an array into what reads it, also into a
    gather or a blur that reads each element several times, and makes it again
    each time; it drops `optimization_barrier` before it fuses. The operands of
    a conditional are stored, so this is one, on a question that the compiler
    can't answer: a batch whose first element is NaN comes out as NaN.
    """
    first = operand[(0,) * operand.ndim].astype(jnp.float32)
    shape = jax.eval_shape(function, operand, *rest)

    def spoilt(*_: Any) -> jax.Array:
        return jnp.full(shape.shape, jnp.nan, shape.dtype)

    return lax.cond(jnp.isnan(first), spoilt, function, operand, *rest)
