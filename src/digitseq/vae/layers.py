"""Networks as tuples of layers: parameters are pytrees, and functions of them are pure."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.xla import FULL_PRECISION

Layer = dict[str, jax.Array]  # "weights" float32 [inputs, outputs], "bias" float32 [outputs]
Layers = tuple[Layer, ...]


def init_layer(key: jax.Array, inputs: int, outputs: int, gain: float = 1.6) -> Layer:
    """A layer of random weights with variance `gain` / inputs, and a bias of 0."""
    scale = np.float32((gain / inputs) ** 0.5)
    return {
        "weights": jax.random.normal(key, (inputs, outputs), jnp.float32) * scale,
        "bias": jnp.zeros(outputs, jnp.float32),
    }


def init_perceptron(key: jax.Array, sizes: Sequence[int]) -> Layers:
    """Random layers from each size to the next; the last has small weights, for small outputs."""
    keys = jax.random.split(key, len(sizes) - 1)
    *hidden, last = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return *(init_layer(*arguments) for arguments in hidden), init_layer(*last, gain=0.15)


def linear(layer: Layer, x: jax.Array) -> jax.Array:
    """The outputs of one layer, [..., outputs], for x [..., inputs]."""
    y = jnp.matmul(x, layer["weights"], precision=FULL_PRECISION)
    return y + layer["bias"].reshape((1,) * (y.ndim - 1) + (-1,))


def apply_perceptron(layers: Layers, x: jax.Array) -> jax.Array:
    """The outputs of a perceptron with SiLU between its layers, [..., outputs], for x [..., inputs]."""
    for layer in layers[:-1]:
        x = jax.nn.silu(linear(layer, x))
    return linear(layers[-1], x)


def one_hot(digits: jax.Array, classes: int) -> jax.Array:
    """Digits as conditions of a network: float32 [..., classes]."""
    return jax.nn.one_hot(digits, classes, dtype=jnp.float32)
