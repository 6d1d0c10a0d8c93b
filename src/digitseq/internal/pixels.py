"""Pixels: the cell's size, ink as floats and as bytes, the boxes of ink; on devices and on the host."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

HEIGHT = 28
CELL = 28


def unit_ink(values: jax.Array) -> jax.Array:
    """Ink as float32 in [0, 1]: uint8 is divided by 255, floats stay.

    A product, not a quotient, because a product is rounded alike on every
    backend; 255 comes out as exactly 1.
    """
    if values.dtype == jnp.uint8:
        return values.astype(jnp.float32) * np.float32(1 / 255)
    return values.astype(jnp.float32)


def byte_ink(values: jax.Array) -> jax.Array:
    """Ink as uint8: round(255 * value) of floats in [0, 1]; uint8 stays."""
    if values.dtype == jnp.uint8:
        return values
    # By way of int32, to which processors convert many at once.
    return jnp.rint(jnp.clip(values, 0, 1) * 255).astype(jnp.int32).astype(jnp.uint8)


def ink_as(values: jax.Array, dtype: str) -> jax.Array:
    """Ink, floats in [0, 1] or uint8, as float32, bfloat16 or float16 in [0, 1], or as uint8 (`byte_ink`)."""
    return byte_ink(values) if dtype == "uint8" else unit_ink(values).astype(dtype)


def to_uint8(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """`byte_ink` on the host: round(255 * value) of floats in [0, 1]; uint8 stays."""
    if images.dtype == np.uint8:
        return images
    # Halves by way of float32, as on devices.
    wide = images if images.dtype.itemsize > 2 else images.astype(np.float32)
    return np.rint(np.clip(wide, 0.0, 1.0) * 255).astype(np.uint8)


def inked(values: jax.Array) -> jax.Array:
    """Where there is ink: what is not 0 in the 8-bit image, `byte_ink`."""
    return values > 0 if values.dtype == jnp.uint8 else values * 255 > 0.5


def ink_boxes(images: jax.Array) -> jax.Array:
    """The box (x0, y0, x1, y1) of the ink of each image, half-open; 0 where blank.

    Args:
        images: float32 [..., H, W] in [0, 1].

    Returns:
        int32 [..., 4], in pixels of the image.
    """
    ink = inked(images)

    def span(used: jax.Array) -> tuple[jax.Array, jax.Array]:
        places = lax.broadcasted_iota(jnp.int32, used.shape, used.ndim - 1)
        last = jnp.where(used, places + 1, 0).max(axis=-1)
        return jnp.where(used, places, last[..., None]).min(axis=-1), last

    (x0, x1), (y0, y1) = span(ink.any(axis=-2)), span(ink.any(axis=-1))
    return jnp.stack([x0, y0, x1, y1], axis=-1)


def host_ink_boxes(glyphs: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """`ink_boxes` of uint8 [N, H, W] on the host; int32 [N, 4]."""
    boxes = np.empty((len(glyphs), 4), np.int32)
    for side, axis in ((0, 1), (1, 2)):
        used: npt.NDArray[np.bool_] = np.any(glyphs, axis=axis)
        last = used.shape[1] - used[:, ::-1].argmax(axis=1)
        boxes[:, side] = used.argmax(axis=1)
        boxes[:, side + 2] = np.where(used.any(axis=1), last, 0)
    return boxes


def has_ink(boxes: jax.Array) -> jax.Array:
    """Whether a box [..., 4] encloses anything."""
    return boxes[..., 2] > boxes[..., 0]
