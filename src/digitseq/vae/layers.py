"""Networks as lists of layers: parameters are pytrees, and functions of them are pure."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

Layer = dict[str, jax.Array]  # "weights" float32 [inputs, outputs], "bias" float32 [outputs]
Layers = tuple[Layer, ...]


def layer(key: jax.Array, inputs: int, outputs: int, gain: float = 1.6) -> Layer:
    """Random weights with variance `gain` / inputs, and a bias of 0."""
    spread = np.float32((gain / inputs) ** 0.5)
    return {
        "weights": jax.random.normal(key, (inputs, outputs), jnp.float32) * spread,
        "bias": jnp.zeros(outputs, jnp.float32),
    }


def perceptron(key: jax.Array, sizes: Sequence[int]) -> Layers:
    """Layers from each size to the next; the last starts small, so that its outputs do."""
    keys = jax.random.split(key, len(sizes) - 1)
    *hidden, last = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return *(layer(*one) for one in hidden), layer(*last, gain=0.15)


def linear(own: Layer, x: jax.Array) -> jax.Array:
    """The layer's outputs for x [..., inputs]."""
    y = x @ own["weights"]
    return y + own["bias"].reshape((1,) * (y.ndim - 1) + (-1,))


def run(layers: Layers, x: jax.Array) -> jax.Array:
    """The outputs of a perceptron with SiLU between its layers, for x [..., inputs]."""
    for own in layers[:-1]:
        x = jax.nn.silu(linear(own, x))
    return linear(layers[-1], x)


def one_hot(digits: jax.Array, classes: int) -> jax.Array:
    """float32 [..., classes]."""
    return jax.nn.one_hot(digits, classes, dtype=jnp.float32)
