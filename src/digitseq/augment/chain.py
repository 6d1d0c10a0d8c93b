"""Chains of transforms: geometric ones that follow each other become one map, resampled once."""

import itertools
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp

from ..stage import stage
from . import geometry, ink
from .base import Transform
from .geometry import Geometric
from .resample import bilinear, cubic, grid

KINDS: dict[str, type[Transform]] = {
    kind.__name__: kind
    for kind in (
        geometry.Affine,
        geometry.Elastic,
        geometry.Perspective,
        ink.Blur,
        ink.Contrast,
        ink.Gamma,
        ink.InkFade,
        ink.StrokeWidth,
    )
}


def apply(key: jax.Array, transforms: Iterable[Transform], glyphs: jax.Array) -> jax.Array:
    """The glyphs, each transformed with random numbers of its own, in the order given.

    Args:
        key: a PRNG key; glyph i (row-major over the leading axes) takes
            `fold_in(key, i)`.
        transforms: records of this package.
        glyphs: float32 [..., 28, 28] in [0, 1].

    Returns:
        float32 of the same shape, in [0, 1].
    """
    return _apply(key, tuple(transforms), glyphs)


@jax.jit
def _apply(key: jax.Array, transforms: tuple[Transform, ...], glyphs: jax.Array) -> jax.Array:
    flat = glyphs.reshape(-1, *glyphs.shape[-2:])
    fold = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
    keys = fold(key, jnp.arange(flat.shape[0], dtype=jnp.uint32))
    return apply_to_batch(keys, transforms, flat).reshape(glyphs.shape)


def apply_to_batch(keys: jax.Array, transforms: tuple[Transform, ...], glyphs: jax.Array) -> jax.Array:
    """`apply` with one key a glyph: keys [N], glyphs [N, 28, 28]."""
    if not glyphs.size:
        return glyphs
    # So that no parameter, whatever its type, makes the result anything but float32.
    transforms = jax.tree.map(lambda number: jnp.asarray(number, jnp.float32), transforms)
    fold = jax.vmap(jax.random.fold_in, in_axes=(0, None))
    keyed = [(transform, fold(keys, place)) for place, transform in enumerate(transforms)]
    for moves_ink, run in itertools.groupby(keyed, lambda pair: isinstance(pair[0], Geometric)):
        if moves_ink:
            glyphs = _warped(list(run), glyphs)
            continue
        for transform, own in run:
            if not isinstance(transform, ink.Ink):
                raise TypeError(f"{transform!r} neither moves nor changes ink")
            glyphs = stage(transform.change, glyphs, own)
    return glyphs


def _warped(run: list[tuple[Any, jax.Array]], glyphs: jax.Array) -> jax.Array:
    """One resampling at the composed places, traced back from the last transform to the first."""
    places = grid(*glyphs.shape[1:])
    for transform, own in reversed(run):
        places = transform.draw(own)(places)
    sample = cubic if any(transform.interpolation == "cubic" for transform, _ in run) else bilinear
    return stage(sample, glyphs, places)


def to_plain(transforms: Iterable[Transform]) -> list[dict[str, Any]]:
    """The transforms as JSON's own types: `[{"Affine": {"rotation": 10.0, ...}}, ...]`."""
    return [{type(transform).__name__: transform.parameters()} for transform in transforms]


def from_plain(items: Any) -> tuple[Transform, ...]:
    """The transforms that `to_plain` wrote; parameters left out take their defaults.

    Raises:
        ValueError: unknown transforms or parameters.
    """
    made = []
    for item in items if isinstance(items, list | tuple) else [items]:
        name = next(iter(item), None) if isinstance(item, dict) and len(item) == 1 else None
        if name not in KINDS or not isinstance(item[name], dict):
            known = ", ".join(sorted(KINDS))
            raise ValueError(
                f"a transform must be an object like {{NAME: {{...}}}}, NAME one of {known}; got {item!r}"
            )
        try:
            transform = KINDS[name](**item[name])
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from None
        transform.check()
        made.append(transform)
    return tuple(made)
