"""denoise: the public face of the denoiser."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec, SingleDeviceSharding

from ..internal.settings import own_settings
from ..internal.sharding import Place, by_rows, place_of
from . import denoiser as denoising
from . import layers
from .denoiser import GROUP, HEIGHT
from .model import Vae, as_floats, as_images

# Of the images that are cleaned at a time, on a canvas padded to a power of two of groups.
PIXELS = 2**22


@own_settings
def denoise(model: Vae, images: npt.ArrayLike) -> jax.Array:
    """The ink that most likely lies under noisy pixels; no labels are needed.

    Made for `ReplaceNoise` of any p from 0 to 0.8. Each pixel is the
    probability that it was ink, so what can't be made out stays grey. NumPy's
    arrays, and those that lie on one CPU, share a few compiled programs,
    whatever their number and width; inside `jit`, and on accelerators, each
    shape is compiled.

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
    if images.size and _is_at_hand(images):
        bound = isinstance(images, jax.Array) and getattr(images, "committed", True)
        home = images.sharding if isinstance(images, jax.Array) and bound else None
        return _in_few_sizes(model.denoiser, np.asarray(images, np.float32), home)
    place = place_of(images) if images.ndim > 2 else None
    return _cleaned(model.denoiser, as_images(images), place)


def _is_at_hand(images: jax.Array | npt.NDArray[Any]) -> bool:
    """Whether the host can pad the images: those on accelerators, or on several devices, stay there."""
    if not isinstance(images, jax.Array):
        return True
    if isinstance(images, jax.core.Tracer) or not isinstance(images.sharding, SingleDeviceSharding):
        return False
    return next(iter(images.devices())).platform == "cpu"


def _in_few_sizes(denoiser: layers.Layers, images: npt.NDArray[np.float32], home: Any) -> jax.Array:
    """The images cleaned, padded to one of a few sizes and not too many at a time, and cut out again.

    Args:
        denoiser: its layers.
        images: [..., 28, W].
        home: the sharding of what they were made of, where it is bound to a device.
    """
    width, flat = images.shape[-1], images.reshape(-1, *images.shape[-2:])
    columns = GROUP * _next_power(-(-width // GROUP))
    most = _next_power(max(1, PIXELS // (HEIGHT * columns)))
    made = []
    for start in range(0, len(flat), most):
        part = flat[start : start + most]
        room = np.zeros((_next_power(len(part)), HEIGHT, columns), np.float32)
        room[: len(part), :, :width] = part
        room = room if home is None else jax.device_put(room, home)
        made.append(_padded(denoiser, room, np.int32(width)))
    if isinstance(made[0], jax.core.Tracer):  # the model's parameters are traced
        return jnp.concatenate(made)[: len(flat), :, :width].reshape(images.shape)
    # Cut by NumPy, as JAX would compile the cut for each size.
    whole = np.concatenate([part[:, :, :width] for part in jax.device_get(made)])[: len(flat)]
    target = made[0].sharding if getattr(made[0], "committed", False) else None
    if isinstance(target, NamedSharding):
        target = NamedSharding(target.mesh, PartitionSpec())
    return jax.device_put(whole.reshape(images.shape), target)


def _next_power(size: int) -> int:
    return 1 << (size - 1).bit_length()


@jax.jit
def _padded(denoiser: layers.Layers, images: jax.Array, width: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(denoising.logits(denoiser, images, width))


@functools.partial(jax.jit, static_argnums=2)
def _cleaned(denoiser: layers.Layers, images: jax.Array, place: Place | None) -> jax.Array:
    def part(_: jax.Array, rows: jax.Array, denoiser: layers.Layers) -> jax.Array:
        logits = denoising.logits(denoiser, rows.reshape(-1, *rows.shape[-2:]))
        return jax.nn.sigmoid(logits).reshape(rows.shape)

    rows = images if images.ndim > 2 else images[None]
    return jnp.asarray(by_rows(part, place, rows, denoiser)).reshape(images.shape)
