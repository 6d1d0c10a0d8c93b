"""The ink under noisy pixels, on glyphs and lines of any width, without labels.

The network reads an image 14 columns, half a cell, at a time: each group of
columns, with all their rows, is one vector, and two of its three layers look at
a vector and its neighbours. So it works on a canvas of any width, and each
layer is one matrix product.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec, SingleDeviceSharding

from ..internal.pixels import HEIGHT
from ..internal.settings import own_settings
from ..internal.sharding import RowSharding, by_rows, row_sharding_of
from .layers import Layers, init_layer, linear
from .model import Vae, as_floats, as_images

GROUP = 14
GROUP_PIXELS = HEIGHT * GROUP
# The most pixels that are denoised at a time, on a canvas padded to a power of two of groups.
PIXELS = 2**22


def init_denoiser(key: jax.Array, hidden: int) -> Layers:
    """Random layers of so many hidden values a group."""
    first_key, middle_key, last_key = jax.random.split(key, 3)
    return (
        # The additional input is 1 on the canvas and 0 beyond it.
        init_layer(first_key, 3 * (GROUP_PIXELS + 1), hidden),
        init_layer(middle_key, 3 * hidden, hidden, gain=0.8),
        init_layer(last_key, hidden, GROUP_PIXELS, gain=0.3),
    )


def logits(layers: Layers, images: jax.Array, width: jax.Array | None = None) -> jax.Array:
    """The log-odds of ink in each pixel of images float32 [N, 28, W]; of the same shape.

    Args:
        layers: from `init_denoiser`.
        images: blank from column `width` on.
        width: int32 [], the width of the lines, where the images are padded
            to more columns; the log-odds of the padding mean nothing.
    """
    first, middle, last = layers
    count, _, columns = images.shape
    total = -(-columns // GROUP)
    padded = jnp.pad(images, ((0, 0), (0, 0), (0, -columns % GROUP))).swapaxes(1, 2)
    groups = padded.reshape(count, total, GROUP_PIXELS) - 0.5
    inside = jnp.ones((*groups.shape[:2], 1), jnp.float32)
    if width is not None:
        # To their neighbours, groups beyond the line are as if there were none.
        start = GROUP * jnp.arange(total, dtype=jnp.int32)
        inside = inside * (start < width).astype(jnp.float32)[None, :, None]
        groups = groups * inside
    x = jax.nn.silu(linear(first, _with_neighbours(jnp.concatenate([groups, inside], axis=-1))))
    x = x if width is None else x * inside
    x = x + jax.nn.silu(linear(middle, _with_neighbours(x)))
    return linear(last, x).reshape(count, total * GROUP, HEIGHT).swapaxes(1, 2)[:, :, :columns]


def _with_neighbours(x: jax.Array) -> jax.Array:
    """Each group's values [N, G, H] between those of the groups to its left and right; [N, G, 3 * H]."""
    count = x.shape[1]
    padded = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
    return jnp.concatenate([padded[:, start : start + count] for start in range(3)], axis=-1)


@own_settings
def denoise(model: Vae, images: npt.ArrayLike) -> jax.Array:
    """The ink that most likely lies under noisy pixels; no labels are needed.

    Made for `ReplaceNoise` of any p from 0 to 0.8. Each pixel is the
    probability that it was ink, so what can't be made out stays grey. NumPy's
    arrays, and those that lie on one CPU, share a few compiled programs,
    whatever their number and width; inside `jit`, and on accelerators, each
    shape is compiled.

    >>> noisy = augment.apply(7, [augment.ReplaceNoise(p=0.5)], ds.load_bank("builtin").glyphs[:4])
    >>> vae.denoise(vae.pretrained(), noisy).shape
    (4, 28, 28)

    Args:
        model: its `denoiser` is used.
        images: float [..., 28, 28] glyphs or [..., 28, W] lines, in [0, 1].

    Returns:
        float32 of the same shape, in [0, 1].

    Raises:
        ValueError: a shape or dtype that can't be used.
    """
    images = as_floats(images)
    if images.ndim < 2 or images.shape[-2] != HEIGHT or images.shape[-1] < 1:
        raise ValueError(f"images must be [..., {HEIGHT}, W], got {list(images.shape)}")
    if images.size and _can_be_padded_on_the_host(images):
        committed = isinstance(images, jax.Array) and getattr(images, "committed", True)
        sharding = images.sharding if isinstance(images, jax.Array) and committed else None
        return _denoise_padded(model.denoiser, np.asarray(images, np.float32), sharding)
    by_row = row_sharding_of(images) if images.ndim > 2 else None
    return _denoise_unpadded(model.denoiser, as_images(images), by_row)


def _can_be_padded_on_the_host(images: jax.Array | npt.NDArray[Any]) -> bool:
    """Whether they are the host's: images on accelerators, or on several devices, stay there."""
    if not isinstance(images, jax.Array):
        return True
    if isinstance(images, jax.core.Tracer) or not isinstance(images.sharding, SingleDeviceSharding):
        return False
    return next(iter(images.devices())).platform == "cpu"


def _denoise_padded(layers: Layers, images: npt.NDArray[np.float32], sharding: Any) -> jax.Array:
    """Denoised images, padded to one of a few sizes and not too many at a time, and cut out again.

    Args:
        layers: the denoiser's.
        images: [..., 28, W].
        sharding: of the array that they came from, where it is committed to a device.
    """
    width, flat = images.shape[-1], images.reshape(-1, *images.shape[-2:])
    columns = GROUP * _next_power(-(-width // GROUP))
    most = _next_power(max(1, PIXELS // (HEIGHT * columns)))
    parts = []
    for start in range(0, len(flat), most):
        part = flat[start : start + most]
        padded = np.zeros((_next_power(len(part)), HEIGHT, columns), np.float32)
        padded[: len(part), :, :width] = part
        padded = padded if sharding is None else jax.device_put(padded, sharding)
        parts.append(_probabilities(layers, padded, np.int32(width)))
    if isinstance(parts[0], jax.core.Tracer):  # the model's parameters are traced
        return jnp.concatenate(parts)[: len(flat), :, :width].reshape(images.shape)
    # Cut by NumPy, as JAX would compile the cut for each size.
    whole = np.concatenate([part[:, :, :width] for part in jax.device_get(parts)])[: len(flat)]
    target = parts[0].sharding if getattr(parts[0], "committed", False) else None
    if isinstance(target, NamedSharding):
        target = NamedSharding(target.mesh, PartitionSpec())
    return jax.device_put(whole.reshape(images.shape), target)


def _next_power(size: int) -> int:
    return 1 << (size - 1).bit_length()


@jax.jit
def _probabilities(layers: Layers, images: jax.Array, width: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(logits(layers, images, width))


@functools.partial(jax.jit, static_argnums=2)
def _denoise_unpadded(layers: Layers, images: jax.Array, sharding: RowSharding | None) -> jax.Array:
    def part(_: jax.Array, rows: jax.Array, layers: Layers) -> jax.Array:
        return jax.nn.sigmoid(logits(layers, rows.reshape(-1, *rows.shape[-2:]))).reshape(rows.shape)

    rows = images if images.ndim > 2 else images[None]
    return jnp.asarray(by_rows(part, sharding, rows, layers)).reshape(images.shape)
