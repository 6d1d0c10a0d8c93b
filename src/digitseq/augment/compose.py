"""Chains of transforms: geometric ones that follow each other become one map, resampled once."""

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.keys import as_key, folded, numbered
from ..internal.pixels import unit_ink
from ..internal.settings import own_settings
from ..internal.sharding import Place, by_rows, place_of
from ..internal.xla import map_in_chunks, materialize
from .base import Change, Page, Transform, Width
from .geometry import Geometric
from .resample import Images, Padded, Size, bilinear, columns_of, cubic, grid
from .sometimes import innermost, nested
from .words import as_chain

Transforms = tuple[Transform, ...]


@own_settings
def apply(key: jax.Array | int, transforms: Sequence[Transform] | str, glyphs: jax.Array) -> jax.Array:
    """The images, each transformed with random numbers of its own, in the order given.

    Args:
        key: a PRNG key, or an integer seed; image i (row-major over the leading axes) takes
            `fold_in(key, i)`.
        transforms: records of this package; or the name of a preset or of a
            `.json` file, of which the glyph transforms are meant.
        glyphs: [..., 28, 28], or lines [..., 28, W]: float32 in [0, 1], or
            uint8, 255 being 1.

    Returns:
        float32 of the same shape, in [0, 1].

    Raises:
        ValueError: no transforms of this package, or no images.
    """
    transforms = as_chain(transforms, "glyph")
    if isinstance(transforms, Transform) or not all(isinstance(t, Transform) for t in transforms):
        raise ValueError(f"transforms must be a list of digitseq.augment's transforms, got {transforms!r}")
    if jnp.ndim(glyphs) < 2:
        raise ValueError(f"glyphs must be [..., height, width], got shape {list(jnp.shape(glyphs))}")
    place = place_of(glyphs) if jnp.ndim(glyphs) > 2 else None
    return _apply(as_key(key), tuple(transforms), glyphs, place)


@functools.partial(jax.jit, static_argnums=3)
def _apply(key: jax.Array, transforms: Transforms, glyphs: jax.Array, place: Place | None) -> jax.Array:
    def part(start: jax.Array, rows: jax.Array, key: jax.Array, transforms: Transforms) -> jax.Array:
        flat = unit_ink(rows.reshape(math.prod(rows.shape[:-2]), *rows.shape[-2:]))
        first = start * np.uint32(math.prod(rows.shape[1:-2]))
        image_keys = numbered(key, first + jnp.arange(flat.shape[0], dtype=jnp.uint32))
        return apply_to_batch(image_keys, transforms, flat).reshape(rows.shape)

    rows = glyphs if glyphs.ndim > 2 else glyphs[None]
    return jnp.asarray(by_rows(part, place, rows, key, transforms)).reshape(glyphs.shape)


def apply_to_batch(
    keys: jax.Array, transforms: Transforms, images: jax.Array, width: Width | None = None
) -> jax.Array:
    """`apply` with one key an image: keys [N], float32 [N, H, W]; `width` as for `run`."""
    if not images.size or not transforms:
        return images
    pixels = images.shape[1] * images.shape[2]

    def part(keys: jax.Array, images: jax.Array) -> jax.Array:
        return run(keys, transforms, (images, None), width=width)

    return jnp.asarray(map_in_chunks(part, pixels, keys, images))


def run(
    keys: jax.Array,
    transforms: Transforms,
    images: Images,
    *,
    labels: bool = False,
    width: Width | None = None,
) -> jax.Array:
    """The images transformed, all at once.

    Args:
        keys: typed PRNG keys [N].
        transforms: as for `apply`.
        images: what to transform; a bank's may be uint8.
        labels: only by those transforms that labels follow.
        width: of the lines, where they lie on the left of wider, blank
            canvases; then all transforms must be such that `takes_width`.

    Returns:
        float32 [N, H, W]; 0 beyond the width.
    """
    # So that no parameter, whatever its type, makes the result anything but float32.
    transforms = jax.tree.map(lambda number: jnp.asarray(number, jnp.float32), transforms)
    keyed = [(transform, folded(keys, place)) for place, transform in enumerate(transforms)]
    for moves_ink, group in itertools.groupby(keyed, lambda pair: isinstance(innermost(pair[0]), Geometric)):
        if moves_ink:
            images = (_warped(list(group), images, width), None)
            continue
        for transform, own in group:
            if not labels or _is_followed(transform):
                images = (_changed(transform, _drawn(images), own, width), None)
    return _drawn(images)


def takes_width(transforms: Transforms) -> bool:
    """Whether all can transform lines on the left of wider canvases, their width traced."""
    kinds = [type(part) for transform in transforms for part in nested(transform)]
    # A class that inherits may depend on the width where its parent does not.
    return all(kind.takes_width and "takes_width" in vars(kind) for kind in kinds)


def _cut(images: jax.Array, width: Width | None) -> jax.Array:
    """The images, blank beyond the width, as what comes next takes that to be."""
    if width is None:
        return images
    inside = jnp.arange(images.shape[-1], dtype=jnp.int32) < width
    return jnp.where(inside[None, None, :], images, 0.0)


def _drawn(images: Images) -> jax.Array:
    store, rows = images
    return store if rows is None else unit_ink(store[rows])


def _changed(transform: Any, images: jax.Array, keys: jax.Array, width: Width | None) -> jax.Array:
    kind = innermost(transform)
    if not isinstance(kind, Change):
        raise TypeError(f"{transform!r} neither moves nor changes ink")

    def change(images: jax.Array, keys: jax.Array) -> jax.Array:
        made = (
            transform.change(images, keys) if width is None else transform.change_within(images, keys, width)
        )
        return _cut(jnp.asarray(made), width)

    return jnp.asarray(materialize(change, images, keys)) if kind.looks_around else change(images, keys)


def _warped(group: list[tuple[Any, jax.Array]], images: Images, width: Width | None) -> jax.Array:
    """One resampling at the composed places, traced back from the last transform to the first."""
    sample = cubic if any(transform.interpolation == "cubic" for transform, _ in group) else bilinear
    _, height, columns = images[0].shape
    size: Size = (height, columns) if width is None else Padded(height, width, columns)

    def warp(drawn: list[Any]) -> jax.Array:
        places = grid(size)
        for (transform, _), own in zip(reversed(group), reversed(drawn), strict=True):
            places = transform.pull(own, places, size)
        return _cut(sample(images, places).reshape(-1, height, columns_of(size)), width)

    return jnp.asarray(materialize(warp, [transform.draw(keys, size) for transform, keys in group]))


def followed(transforms: Transforms) -> bool:
    """Whether labels follow any of these."""
    return any(_is_followed(transform) for transform in transforms)


def _is_followed(transform: Transform) -> bool:
    return not isinstance(innermost(transform), Page)
