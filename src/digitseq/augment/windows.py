"""Boxes of digits on transformed lines, read in windows around each digit instead of on whole canvases.

A digit's box is that of the digit transformed by itself. Its ink comes to lie
within bounds that the transforms state (`Geometric.push`, `Ink.reach`), so only
those columns are evaluated, in as many windows as they take. What is found is
what whole canvases would show, in a fraction of the time (`benchmarks/augment.py`).
"""

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal import pixels
from ..internal.shapes import Array, Bool, Float32, Int32, Key, UInt8
from ..internal.xla import by_platform, materialize
from .chain import Group, Transforms, groups_of, is_followed, is_smooth, pulled
from .geometry import Geometric, pushed_of_lines
from .line_fit import Fits, bound
from .resample import Padded, Size, bilinear, columns_of, cubic
from .wrapper import innermost

# Columns of a window: most digits, slanted and blurred, take one.
WINDOW = 48
# Windows at a time on a CPU: few, because some of the last ones are idle.
CHUNK = 64
BEYOND = np.int32(2**30)


class Digits(NamedTuple):
    """N digits on the canvases of their lines, as many of each line, in their order.

    Attributes:
        rows: where each digit's glyph lies in its store.
        left: the canvas column of the glyph's first column.
        top: the canvas row of its first row.
        boxes: (x0, y0, x1, y1) of its ink on the canvas, half-open pixels. Columns of the glyph beside it
            are not painted.
        shown: whether it is on the canvas.
    """

    rows: Int32[Array, " N"]
    left: Int32[Array, " N"]
    top: Int32[Array, " N"]
    boxes: Int32[Array, "N 4"]
    shown: Bool[Array, " N"]


def reach_of(transforms: Transforms) -> int | None:
    """How many pixels the changes of ink in a chain spread it; None where windows can't do the chain.

    They can if what moves ink stands together, before all that changes ink,
    and each class itself states its bounds.
    """
    moves = [isinstance(innermost(transform), Geometric) for transform in transforms]
    if True in [moving for moving, _ in itertools.groupby(moves)][1:]:
        return None
    reach = 0
    for transform, moving in zip(transforms, moves, strict=True):
        if is_followed(transform):
            # Not inherited: a subclass may move or spread ink further than its parent.
            stated = vars(type(innermost(transform))).get("push" if moving else "reach")
            if stated is None:
                return None
            reach += 0 if moving else int(stated)
    return reach


def boxes_in_windows(
    line_keys: Key[Array, " B"],
    transforms: Transforms,
    store: UInt8[Array, "M S S"] | Float32[Array, "M S S"],
    digits: Digits,
    size: Size,
    found: Fits = None,
) -> Int32[Array, "N 4"] | None:
    """The boxes of digits after the transforms that annotations follow.

    Args:
        line_keys: typed PRNG keys of the lines, those that their images are transformed with.
        transforms: of lines.
        store: the glyphs.
        digits: the N = B * K digits of the B lines.
        size: of the canvas.
        found: from `measure`, of the lines.

    Returns:
        Half-open pixels, all 0 where no ink is left; None where windows can't
        do the chain, or save nothing.
    """
    reach, columns = reach_of(bound(transforms, found)), columns_of(size)
    if reach is None or columns <= WINDOW or not digits.rows.size:
        return None
    count = digits.rows.shape[0] // line_keys.shape[0]
    # The very keys of the images: these are the same transforms.
    groups = groups_of(jax.random.clone(line_keys), bound(transforms, found))
    bounds = _bounds(groups, digits.boxes.reshape(-1, count, 4), size)
    if bounds is None:
        return None
    end = np.int32(columns) if not isinstance(size, Padded) else jnp.asarray(size[1], jnp.int32)
    low, high = (jnp.clip(bound.reshape(-1), 0, end) for bound in (bounds[0] - reach, bounds[1] + reach))
    core = WINDOW - 2 * reach
    tiles = jnp.where(digits.shown, (jnp.maximum(high - low, 0) + core - 1) // core, 0)
    ends = jnp.cumsum(tiles, dtype=jnp.int32)

    def part(numbers: Int32[Array, " C"], reached: Any) -> Any:
        # Unrolled, or a GPU would start a program for each bit of the place (`batch.py --device-only`).
        at = jnp.searchsorted(ends, numbers, side="right", method="scan_unrolled").astype(jnp.int32)
        own = jnp.minimum(at, digits.rows.shape[0] - 1)
        mine = jax.tree.map(lambda rows: rows[own], digits)
        first = low[own] + (numbers - (ends[own] - tiles[own])) * core
        keys, fits = jax.tree.map(lambda rows: rows[own // count], (line_keys, found))
        images = _window(keys, bound(transforms, fits), store, mine, first - reach, size)
        boxes = pixels.ink_boxes(images[:, :, reach : WINDOW - reach])
        inked = pixels.has_ink(boxes) & (numbers < ends[-1])
        boxes = boxes + jnp.stack([first, jnp.zeros_like(first)] * 2, axis=-1)
        lows = reached[0].at[own].min(jnp.where(inked[:, None], boxes[:, :2], BEYOND))
        return lows, reached[1].at[own].max(jnp.where(inked[:, None], boxes[:, 2:], 0))

    lows, highs = _in_chunks(part, ends[-1], digits.rows.shape[0])
    return jnp.where(highs[:, :1] > 0, jnp.concatenate([lows, highs], axis=1), 0)


def _in_chunks(part: Any, total: Int32[Array, ""], count: int) -> Any:
    """What `part` finds in the windows 0 to `total` - 1, some at a time: least and greatest x, y [N, 2]."""

    def loop(chunk: int) -> Any:
        def body(number: Any, found: Any) -> Any:
            return part(number * chunk + jnp.arange(chunk, dtype=jnp.int32), found)

        empty = jnp.full((count, 2), BEYOND), jnp.zeros((count, 2), jnp.int32)
        return lax.fori_loop(0, (total + chunk - 1) // chunk, body, empty)

    if count <= CHUNK:
        return loop(count)
    return by_platform(lambda factor: lambda: loop(min(count, CHUNK * factor)))


def _bounds(
    groups: list[Group], boxes: Int32[Array, "B K 4"], size: Size
) -> tuple[Int32[Array, "B K"], Int32[Array, "B K"]] | None:
    """The first column, and the column after the last, that ink in the boxes can reach by the first group."""
    left, right = boxes[..., 0], boxes[..., 2]
    moves_ink, group = groups[0]
    if not moves_ink:
        return left, right
    # Pixels that interpolation reads beside a place, and half of one for where a pixel begins.
    beside = 2.5 if is_smooth(group) else 1.5
    pushed: Any = boxes.astype(jnp.float32) + jnp.array([[[-beside, -beside, beside, beside]]], jnp.float32)
    for transform, keys in group:
        pushed = pushed_of_lines(transform, transform.draw(keys, size), pushed, size)
        if pushed is None:
            return None
    # As integers, which hold fewer numbers than floats.
    near, far = (jnp.clip(pushed[..., axis], -1e6, 1e6) for axis in (0, 2))
    return jnp.floor(near).astype(jnp.int32) - 1, jnp.ceil(far).astype(jnp.int32) + 1


def _window(
    keys: Key[Array, " C"],
    transforms: Transforms,
    store: UInt8[Array, "M S S"] | Float32[Array, "M S S"],
    digits: Digits,
    first: Int32[Array, " C"],
    size: Size,
) -> Float32[Array, "C _ _"]:
    """The columns `first` to `first` + WINDOW - 1 of each digit's line with that digit alone, transformed."""
    x = first[:, None] + np.arange(WINDOW, dtype=np.int32)[None, :]
    inside = ((x >= 0) & (x < size[1]))[:, None, :]
    y = np.repeat(np.arange(size[0], dtype=np.float32), WINDOW)[None, :]
    places = y, jnp.tile(x.astype(jnp.float32), (1, size[0]))
    # What a glyph has above or below the canvas is not on it, nor what it has beside its ink.
    rows = jnp.maximum(-digits.top, 0), jnp.minimum(size[0] - digits.top, store.shape[1])
    columns = digits.boxes[:, 0] - digits.left, digits.boxes[:, 2] - digits.left
    within = ((rows[0][:, None], rows[1][:, None]), (columns[0][:, None], columns[1][:, None]))
    origin = digits.top[:, None].astype(jnp.float32), digits.left[:, None].astype(jnp.float32)
    groups = groups_of(jax.random.clone(keys), transforms)
    warps = [group for moves_ink, group in groups if moves_ink]
    group = warps[0] if warps else []

    def warp(drawn: list[Any]) -> jax.Array:
        (down, right), whole = pulled(group, drawn, places, size)
        sample = cubic if is_smooth(group) else bilinear
        found = sample((store, digits.rows), (down - origin[0], right - origin[1]), within, whole)
        return found.reshape(len(x), size[0], WINDOW)

    drawn = [transform.draw(own, size) for transform, own in group]
    images = jnp.where(inside, materialize(warp, drawn) if drawn else warp([]), 0.0)
    for moves_ink, group in groups:
        for transform, own in group:
            if not moves_ink and is_followed(transform):
                kind: Any = transform
                images = jnp.where(inside, _changed(kind, images, own), 0.0)
    return images


def _changed(transform: Any, images: Any, keys: Any) -> Any:
    if innermost(transform).reads_neighbours:
        return materialize(transform.change, images, keys)
    return transform.change(images, keys)
