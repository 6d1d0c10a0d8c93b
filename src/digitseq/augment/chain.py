"""Chains of transforms: their keys, their groups, and what is known of them before they run."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp

from ..internal.shapes import Array, Bool, Int32
from .base import Page, Transform
from .geometry import Geometric
from .hand_keys import Keys, own_keys, several_keys
from .line_fit import Fits, fits, fits_of
from .per_line import per_line
from .resample import Places, Size
from .wrapper import innermost, nested

Transforms = tuple[Transform, ...]
# Transforms that are resampled, or change ink, together: whether they move it, and each with its keys.
Group = tuple[bool, list[tuple[Any, Any]]]


def measure(
    keys: Keys,
    transforms: Transforms,
    boxes: Int32[Array, "N K 4"],
    shown: Bool[Array, "N K"],
    size: Size,
) -> Fits:
    """What each `FitHeight` of a chain has to know of N lines; None where there is none.

    Args:
        keys: those that the lines are transformed with.
        transforms: as for `apply`.
        boxes: (x0, y0, x1, y1) of the ink of each line's K digits, half-open pixels.
        shown: which of them are there.
        size: of the canvas.
    """
    if not any(map(fits, transforms)):
        return None
    # The very keys of the images: these are the same transforms.
    return fits_of(_keyed(jax.tree.map(jax.random.clone, keys), transforms), boxes, shown, size)


def _keyed(keys: Keys, transforms: Transforms) -> list[tuple[Any, Any]]:
    """The transforms, each with its keys of the images."""
    # Parameters may be of any numeric type; the result must be float32 all the same.
    transforms = jax.tree.map(lambda number: jnp.asarray(number, jnp.float32), transforms)
    each = several_keys(keys if per_line(transforms) else own_keys(keys), len(transforms))
    return [
        (transform, key if per_line((transform,)) else own_keys(key))
        for transform, key in zip(transforms, each, strict=True)
    ]


def groups_of(keys: Keys, transforms: Transforms) -> list[Group]:
    """Transforms and their keys, in groups of those that move ink and those that don't, as they follow."""
    return [
        (moves_ink, list(group))
        for moves_ink, group in itertools.groupby(
            _keyed(keys, transforms), lambda pair: isinstance(innermost(pair[0]), Geometric)
        )
    ]


def takes_width(transforms: Transforms) -> bool:
    """Whether all transforms support lines on the left of wider canvases, their width traced."""
    kinds = [type(part) for transform in transforms for part in nested(transform)]
    # Not inherited: a subclass may depend on the width where its parent does not.
    return all(kind.takes_width and "takes_width" in vars(kind) for kind in kinds)


def is_smooth(group: list[tuple[Any, jax.Array]]) -> bool:
    """Whether the group is resampled bicubically: any of its transforms asks for it."""
    return any(transform.interpolation == "cubic" for transform, _ in group)


def pulled(
    group: list[tuple[Any, jax.Array]], drawn: list[Any], places: Places, size: Size
) -> tuple[Places, tuple[bool, bool]]:
    """The places in a group's input from which those of its result come; whether its y stay, and its x."""
    given = places
    for (transform, _), own in zip(reversed(group), reversed(drawn), strict=True):
        places = transform.pull(own, places, size)
    return places, (places[0] is given[0], places[1] is given[1])


def followed(transforms: Transforms) -> bool:
    """Whether any of these transforms changes annotations (moves or changes ink)."""
    return any(is_followed(transform) for transform in transforms)


def is_followed(transform: Transform) -> bool:
    """Whether the transform moves or changes ink."""
    return not isinstance(innermost(transform), Page)
