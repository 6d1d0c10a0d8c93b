"""A convolutional network, from images to the logits of their frames; 506,657 weights if it reads 24 rows."""

import jax
import jax.numpy as jnp
import numpy as np

from digitseq import ctc

# Image columns per frame: of the frames that CTC reads, and of those that the auxiliary loss labels.
STRIDE, COLUMNS = 2, 4
# Rows of the image that the network reads, unless told otherwise: MNIST's digits hardly reach the others.
ROWS = 24
# Features of each four columns, for each row that is read: so the kernel that sees a whole column's height is
# two matrices of the stack of layers along the line. And the matrices in that stack.
WIDENING, ALONG = 8, 4
# The layers that turn features into logits.
HEADS = ("frames", "columns")

Weights = dict[str, jax.Array]


def init_weights(key: jax.Array, rows: int = ROWS) -> Weights:
    """Random kernels as (stacks of) matrices, [inputs of one output, outputs]; gains of 1 and biases of 0.

    Args:
        key: a typed PRNG key.
        rows: of the image that the network reads, those in its middle: a multiple of 4, at most 28.
    """
    features = WIDENING * rows
    shapes = {
        "conv0": (3 * 3 * 4, 32),
        "conv1": (3 * 3 * 32, 64),
        "conv2": (3 * 3 * 64, 64),
        "along": (ALONG, 3 * features, features),
        "frames": (features, COLUMNS // STRIDE * (ctc.BLANK + 1)),
        "columns": (features, ctc.BLANK + 1),
    }
    weights = {
        name: jax.random.normal(own, shape) * np.float32((2 / shape[-2]) ** 0.5)
        for own, (name, shape) in zip(jax.random.split(key, len(shapes)), shapes.items(), strict=True)
    }
    for name, kernel in kernels(weights).items():
        weights[f"{name} bias"] = jnp.zeros(kernel.shape[1])
        if name not in HEADS:
            weights[f"{name} gain"] = jnp.ones(kernel.shape[1])
    return weights


def kernels(weights: Weights) -> Weights:
    """Each layer's kernel. Those along the line lie in one stack, which devices share; one is two of it."""
    along = weights["along"]
    matrices = {name: leaf for name, leaf in weights.items() if leaf.ndim == 2}
    return matrices | {"height": along[:2].reshape(-1, along.shape[-1]), "near": along[2], "far": along[3]}


def standardised(kernel: jax.Array, gain: jax.Array) -> jax.Array:
    """A kernel with mean 0 and He et al.'s (2015) standard deviation for each output, times its gain.

    Weight standardisation: S. Qiao et al., "Micro-Batch Training with Batch-Channel Normalization and
    Weight Standardization", 2019.
    """
    kernel = kernel - kernel.mean(axis=0)
    scale = jax.lax.rsqrt((kernel**2).mean(axis=0) + 1e-8) * (2 / len(kernel)) ** 0.5
    return kernel * (scale * gain)


def features(weights: Weights, images: jax.Array) -> jax.Array:
    """Features of each four columns of images float32 [B, 28, W]; float32 [B, W // 4, WIDENING * rows]."""
    height = weights["along"].shape[-1] // WIDENING
    count, (rows, width) = len(images), images.shape[1:]
    top = (rows - height) // 2
    inner = {
        name: standardised(kernel, weights[f"{name} gain"])
        for name, kernel in kernels(weights).items()
        if name not in HEADS
    }

    def layer(patches: list[jax.Array], name: str) -> jax.Array:
        # Convolutions as matrix products: inside a scan XLA's own are 16 times slower on a CPU.
        x = jnp.concatenate(patches, axis=-1)
        out = x.reshape(-1, x.shape[-1]) @ inner[name] + weights[f"{name} bias"]
        return jax.nn.relu(out).reshape(*x.shape[:-1], -1)

    def conv(x: jax.Array, name: str) -> jax.Array:
        high, wide = x.shape[1:3]
        padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return layer([padded[:, r : r + high, c : c + wide] for r in range(3) for c in range(3)], name)

    def along(x: jax.Array, name: str, dilation: int) -> jax.Array:
        padded = jnp.pad(x, ((0, 0), (dilation, dilation), (0, 0)))
        return layer([padded[:, k * dilation : k * dilation + x.shape[1]] for k in range(3)], name)

    # Each two by two pixels as the four channels of one.
    x = images[:, top : top + height].reshape(count, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 2, 4)
    x = conv(x.reshape(count, height // 2, width // 2, 4) - 0.13, "conv0")
    x = jnp.maximum(x[:, 0::2], x[:, 1::2])
    x = x.reshape(count, height // 4, width // 4, 2, -1).max(axis=3)
    x = conv(x, "conv1")
    x = x + conv(x, "conv2")
    x = along(x.transpose(0, 2, 1, 3).reshape(count, width // 4, -1), "height", 1)
    x = x + along(x, "near", 1)
    return x + along(x, "far", 2)


def logits(weights: Weights, x: jax.Array) -> jax.Array:
    """Logits of each frame from features, two frames for every four columns; float32 [B, W // 2, 11]."""
    return (x @ weights["frames"] + weights["frames bias"]).reshape(len(x), -1, ctc.BLANK + 1)
