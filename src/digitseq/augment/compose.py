"""Chains of transforms: successive geometric ones are composed into one map, resampled once."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.keys import as_key, numbered
from ..internal.pixels import has_ink, ink_boxes, unit_ink
from ..internal.settings import own_settings
from ..internal.shapes import Array, Float32, HostArray, Key, Shaped, UInt8
from ..internal.sharding import RowSharding, by_rows, row_sharding_of
from ..internal.xla import map_in_chunks, materialize
from .base import Change, Transform, Width
from .chain import Transforms, groups_of, is_followed, is_smooth, measure, pulled
from .hand_keys import Keys
from .line_fit import Fits, bound, fits
from .resample import Images, Padded, Size, bilinear, columns_of, cubic, grid, scaled_grid
from .words import as_chain
from .wrapper import innermost


@own_settings
def apply(
    key: jax.Array | int, transforms: Sequence[Transform] | str, glyphs: Shaped[Array | HostArray, "..."]
) -> Float32[Array, "*N H W"]:
    """Transforms images, each with its own random numbers, in the order of the transforms.

    >>> images = jnp.zeros((3, 28, 28))
    >>> augment.apply(0, "light", images).shape
    (3, 28, 28)

    Args:
        key: a PRNG key, or an integer seed; image i (row-major over the
            leading axes) is transformed with `fold_in(key, i)`.
        transforms: records of this package; or the name of a preset or of a
            `.json` file, whose glyph transforms are applied.
        glyphs: glyphs [..., 28, 28] or lines [..., 28, W]: float32 in [0, 1],
            or uint8, 255 being 1.

    Returns:
        The images in [0, 1], of the same shape.

    Raises:
        ValueError: no transforms of this package, or fewer than two axes.
    """
    transforms = as_chain(transforms, "glyph")
    if isinstance(transforms, Transform) or not all(isinstance(t, Transform) for t in transforms):
        raise ValueError(f"transforms must be a list of digitseq.augment's transforms, got {transforms!r}")
    if jnp.ndim(glyphs) < 2:
        raise ValueError(f"glyphs must be [..., height, width], got shape {list(jnp.shape(glyphs))}")
    sharding = row_sharding_of(glyphs) if jnp.ndim(glyphs) > 2 else None
    return _apply(as_key(key), tuple(transforms), glyphs, sharding)


@functools.partial(jax.jit, static_argnums=3)
def _apply(
    key: jax.Array, transforms: Transforms, glyphs: jax.Array, sharding: RowSharding | None
) -> jax.Array:
    def part(start: jax.Array, rows: jax.Array, key: jax.Array, transforms: Transforms) -> jax.Array:
        flat = unit_ink(rows.reshape(math.prod(rows.shape[:-2]), *rows.shape[-2:]))
        first = start * np.uint32(math.prod(rows.shape[1:-2]))
        image_keys = numbered(key, first + jnp.arange(flat.shape[0], dtype=jnp.uint32))
        return apply_to_batch(image_keys, transforms, flat).reshape(rows.shape)

    rows = glyphs if glyphs.ndim > 2 else glyphs[None]
    return jnp.asarray(by_rows(part, sharding, rows, key, transforms)).reshape(glyphs.shape)


def apply_to_batch(
    keys: Key[Array, " N"],
    transforms: Transforms,
    images: Float32[Array, "N H W"] | UInt8[Array, "N H W"],
    width: Width | None = None,
    found: Fits = None,
) -> Float32[Array, "N H W"] | UInt8[Array, "N H W"]:
    """Transforms a batch with one key per image, in chunks; without transforms, the images as they are.

    Args:
        keys: typed PRNG keys.
        transforms: as for `apply`.
        images: float32 in [0, 1]; uint8 only without transforms.
        width, found: as for `run`.
    """
    if not images.size or not transforms:
        return images
    pixels = images.shape[1] * images.shape[2]

    def part(keys: jax.Array, images: jax.Array, found: Fits) -> jax.Array:
        return run(keys, transforms, (images, None), width=width, found=found)

    return jnp.asarray(map_in_chunks(part, pixels, keys, images, found))


def run(
    keys: Keys,
    transforms: Transforms,
    images: Images,
    *,
    labels: bool = False,
    width: Width | None = None,
    cell: int | None = None,
    found: Fits = None,
) -> Float32[Array, "N _ _"]:
    """Transforms a batch with one key per image, all at once.

    Args:
        keys: typed PRNG keys.
        transforms: as for `apply`.
        images: a store of images, and which of it to transform.
        labels: whether to apply only transforms that change annotations.
        width: the width of the lines, where they lie on the left of wider,
            blank canvases; all transforms must then have `takes_width`.
        cell: the pixels along a side to scale glyphs to, at last, in one with
            the last transforms if these move ink. None, or their own: no scaling.
        found: from `measure`, of the images' lines. None: each image is measured as one digit.

    Returns:
        The images in [0, 1]; 0 beyond the width.
    """
    cell = None if cell == images[0].shape[1] else cell
    if found is None and any(map(fits, transforms)):
        boxes = ink_boxes(_gathered(images))
        size = _size_of(images, width)
        found = measure(keys, transforms, boxes[:, None], has_ink(boxes)[:, None], size)
    groups = groups_of(keys, bound(transforms, found))
    if cell is not None and not (groups and groups[-1][0]):
        groups.append((True, []))
    for number, (moves_ink, group) in enumerate(groups, 1):
        if moves_ink:
            images = (_warped(group, images, width, cell if number == len(groups) else None), None)
            continue
        for transform, own in group:
            if not labels or is_followed(transform):
                images = (_changed(transform, _gathered(images), own, width), None)
    return _gathered(images)


def _cut(images: Float32[Array, "N H W"], width: Width | None) -> Float32[Array, "N H W"]:
    """The images with 0 beyond the width, which the next transform relies on."""
    if width is None:
        return images
    inside = jnp.arange(images.shape[-1], dtype=jnp.int32) < width
    return jnp.where(inside[None, None, :], images, 0.0)


def _gathered(images: Images) -> Float32[Array, "N H W"]:
    """The images themselves, gathered from their store, in [0, 1]."""
    store, rows = images
    return store if rows is None else unit_ink(store[rows])


def _changed(
    transform: Any, images: Float32[Array, "N H W"], keys: Keys, width: Width | None
) -> Float32[Array, "N H W"]:
    """The images after a transform of their values.

    Raises:
        TypeError: a class that is neither `Geometric` nor `Change`.
    """
    kind = innermost(transform)
    if not isinstance(kind, Change):
        raise TypeError(f"{transform!r} neither moves nor changes ink")

    def change(images: jax.Array, keys: Any) -> jax.Array:
        made = (
            transform.change(images, keys) if width is None else transform.change_within(images, keys, width)
        )
        return _cut(jnp.asarray(made), width)

    return jnp.asarray(materialize(change, images, keys)) if kind.reads_neighbours else change(images, keys)


def _warped(
    group: list[tuple[Any, jax.Array]], images: Images, width: Width | None, cell: int | None = None
) -> Float32[Array, "N _ _"]:
    """The images resampled once at the composed places, mapped back from the last transform to the first."""
    sample = cubic if cell is not None or is_smooth(group) else bilinear
    size = _size_of(images, width)
    height = size[0]

    def warp(drawn: list[Any]) -> jax.Array:
        if cell is not None:
            places, _ = pulled(group, drawn, scaled_grid(size, cell), size)
            return sample(images, places).reshape(-1, cell, cell)
        places, whole = pulled(group, drawn, grid(size), size)
        found = sample(images, places, whole=whole)
        return _cut(found.reshape(-1, height, columns_of(size)), width)

    if not group:
        return warp([])
    return jnp.asarray(materialize(warp, [transform.draw(keys, size) for transform, keys in group]))


def _size_of(images: Images, width: Width | None) -> Size:
    """Height and width of the images, the width perhaps that of a part of the canvas."""
    _, height, columns = images[0].shape
    return (height, columns) if width is None else Padded(height, width, columns)
