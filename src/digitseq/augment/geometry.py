"""Geometric transforms: inverse maps from places in the result to places in the input.

A transform samples the parameters of a map for each image, a glyph or a line
(`draw`), and maps places in its result back to places in its input (`pull`).
The maps of successive transforms are composed, and the image is resampled once.
"""

import dataclasses
from typing import Any, ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32
from .base import Parameter, Transform, as_float, uniform
from .hand_keys import Keys
from .resample import Boxes, Padded, Places, Size

Interpolation = Literal["linear", "cubic"]


class Geometric(Transform):
    """A transform that moves ink.

    `interpolation` is "linear" or "cubic" (Catmull-Rom). Transforms that
    follow each other share one resampling, cubic if any of them asks for it.
    """

    interpolation: Interpolation

    def check(self) -> None:
        """Checks the parameters, on the host.

        Raises:
            ValueError: a parameter outside its limits, or another interpolation.
        """
        super().check()
        if not isinstance(self.interpolation, str) or self.interpolation not in get_args(Interpolation):
            kind, words = type(self).__name__, get_args(Interpolation)
            raise ValueError(f"{kind}.interpolation must be one of {words}, got {self.interpolation!r}")

    def draw(self, keys: Keys, size: Size) -> Any:
        """The random parameters of each image's map: a tree of arrays, the first of them of floats.

        Args:
            keys: one for each image.
            size: (H, W) of the images.
        """
        raise TypeError(f"{type(self).__name__} draws no map")

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """The places in the input from which places in the result come.

        Args:
            drawn: what `draw` returned.
            places: y and x in the result, pixels.
            size: (H, W) of the images.
        """
        raise TypeError(f"{type(self).__name__} has no map")

    def push(self, drawn: Any, boxes: Boxes, size: Size) -> Boxes | None:
        """Boxes that hold all places in the result which come from places in these boxes.

        Labels of lines are found faster by it (`windows`). A class that does
        not define it itself, or returns None, can't bound where ink goes.

        Args:
            drawn: what `draw` returned.
            boxes: (x0, y0, x1, y1) in the input, places as `pull` has them.
            size: (H, W) of the images.
        """
        return None


def pushed_of_lines(
    transform: Any, drawn: Any, boxes: Float32[Array, "N K 4"], size: Size
) -> Float32[Array, "N K 4"] | None:
    """`push` of K boxes of each of N images; None where it can't bound where ink goes."""
    pushed: Float32[Array, "N K 4"] | None = jax.vmap(
        lambda own: transform.push(drawn, own, size), in_axes=1, out_axes=1
    )(boxes)
    return pushed


def linear() -> Interpolation:
    """A dataclass field `interpolation`, "linear" by default."""
    return dataclasses.field(default="linear", metadata={"static": True})


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Affine(Geometric):
    """Rotates, scales, shears and shifts about the image's centre, each uniformly within its range.

    >>> glyphs = ds.load_bank("builtin").glyphs[:4]
    >>> augment.apply(7, [augment.Affine(rotation=25.0, scale=0.3)], glyphs).shape
    (4, 28, 28)

    Attributes:
        rotation: degrees, up to so many either way.
        scale: each axis by a factor from 1 - scale to 1 + scale.
        slant: verticals are slanted by up to so many degrees either way.
        shift: each axis by up to so many pixels either way.
        interpolation: "linear" or "cubic". Static.
    """

    rotation: Parameter = 10.0
    scale: Parameter = 0.1
    slant: Parameter = 10.0
    shift: Parameter = 1.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"rotation": (0, 180), "scale": (0, 0.9), "slant": (0, 60), "shift": (0, 28)}
    takes_width: ClassVar = True

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "6 N 1"]:
        """The inverse of shift * rotation * shear * scale, the two rows of an affine matrix per image."""
        turn, lean, wide, high, right, down = uniform(keys, 6, low=-1.0)[..., None]
        angle = turn * self.rotation * np.float32(np.pi / 180)
        tangent = jnp.tan(lean * self.slant * np.float32(np.pi / 180))
        cosine, sine = jnp.cos(angle), jnp.sin(angle)
        high, wide = 1 + high * self.scale, 1 + wide * self.scale
        down, right = down * self.shift, right * self.shift
        y_of_y, y_of_x = cosine / high, -sine / high
        x_of_y, x_of_x = (sine + tangent * cosine) / wide, (cosine - tangent * sine) / wide
        y_less, x_less = y_of_y * down + y_of_x * right, x_of_y * down + x_of_x * right
        return jnp.stack([y_of_y, y_of_x, -y_less, x_of_y, x_of_x, -x_less])

    def pull(self, drawn: Float32[Array, "6 N 1"], places: Places, size: Size) -> Places:
        """The matrix times the places, relative to the image's centre."""
        middle, (y, x) = middle_of(size), _centred(places, size)
        rows = drawn[:3], drawn[3:]
        y, x = (
            c + (down * y + right * x + shift) for c, (down, right, shift) in zip(middle, rows, strict=True)
        )
        return y, x

    def push(self, drawn: Float32[Array, "6 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes around where the corners of these go, by the inverse of the matrix."""
        y_of_y, y_of_x, y_less, x_of_y, x_of_x, x_less = drawn
        y, x = _corners(boxes, size)
        y, x = y - y_less, x - x_less
        size_of = y_of_y * x_of_x - y_of_x * x_of_y
        return _around((x_of_x * y - y_of_x * x) / size_of, (y_of_y * x - x_of_y * y) / size_of, size)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Perspective(Geometric):
    """Tilts the page by a homography: one side nearer, the other farther.

    >>> glyphs = ds.load_bank("builtin").glyphs[:4]
    >>> augment.apply(7, [augment.Perspective(tilt=0.3)], glyphs).shape
    (4, 28, 28)

    Attributes:
        tilt: the nearer edge is enlarged by up to this fraction for each of
            the two axes, as the farther is made smaller.
        interpolation: "linear" or "cubic". Static.
    """

    tilt: Parameter = 0.15
    interpolation: Interpolation = linear()

    limits: ClassVar = {"tilt": (0, 0.45)}
    takes_width: ClassVar = True

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "2 N 1"]:
        """The third row (a, b, 1) of each image's homography, the identity but for it: a and b."""
        middle = jnp.maximum(jnp.stack([jnp.asarray(half) for half in middle_of(size)]), 0.5)[:, None, None]
        return uniform(keys, 2, low=-1.0)[..., None] * self.tilt / middle

    def pull(self, drawn: Float32[Array, "2 N 1"], places: Places, size: Size) -> Places:
        """The homography of the places; the depth stays positive, as |a y| + |b x| < 1 on the image."""
        middle, (y, x) = middle_of(size), _centred(places, size)
        # Maps composed with this one may ask for places beyond the image, where there is no ink, and
        # where the depth could be 0.
        depth = jnp.maximum(1 + drawn[0] * y + drawn[1] * x, 0.1)
        return middle[0] + y / depth, middle[1] + x / depth

    def push(self, drawn: Float32[Array, "2 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes around where the corners of these go; everywhere, where they reach the horizon."""
        y, x = _corners(boxes, size)
        away = drawn[0] * y + drawn[1] * x
        # Beyond these, `pull` holds the depth at 0.1.
        far = ((away > 0.95) | (away < -8)).any(axis=1)
        depth = jnp.maximum(1 - away, 0.05)
        everywhere = jnp.array([[-BEYOND, -BEYOND, BEYOND, BEYOND]], jnp.float32)
        return jnp.where(far[:, None], everywhere, _around(y / depth, x / depth, size))


# Pixels, farther than any place on a canvas.
BEYOND = 1e6


def middle_of(size: Size) -> tuple[Any, Any]:
    """Y and x of the image's centre, in pixels: numbers, or x traced where the width is."""
    if not isinstance(size, Padded):
        return np.float32((size[0] - 1) / 2), np.float32((size[1] - 1) / 2)
    return np.float32((size[0] - 1) / 2), (as_float(size[1]) - 1) / 2


def _corners(boxes: Boxes, size: Size) -> tuple[Float32[Array, "N 4"], Float32[Array, "N 4"]]:
    """Y and x of the boxes' corners, relative to the image's centre."""
    x0, y0, x1, y1 = boxes.T
    middle = middle_of(size)
    return jnp.stack([y0, y0, y1, y1], axis=-1) - middle[0], jnp.stack([x0, x1, x0, x1], axis=-1) - middle[1]


def _around(y: Float32[Array, "N 4"], x: Float32[Array, "N 4"], size: Size) -> Boxes:
    """The boxes around corners that are relative to the image's centre."""
    down, right = middle_of(size)
    low, high = (x.min(axis=1) + right, y.min(axis=1) + down), (x.max(axis=1) + right, y.max(axis=1) + down)
    return jnp.stack([*low, *high], axis=-1)


def _centred(places: Places, size: Size) -> Places:
    """The places relative to the image's centre."""
    middle = middle_of(size)
    return places[0] - middle[0], places[1] - middle[1]
