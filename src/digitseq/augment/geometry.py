"""Geometric transforms: inverse maps from places in the result to places in the input.

A transform samples the parameters of a map for each image, a glyph or a line
(`draw`), and maps places in its result back to places in its input (`pull`).
The maps of successive transforms are composed, and the image is resampled once.
"""

import dataclasses
from typing import Any, ClassVar, Literal, get_args

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32, Key
from .base import Parameter, Transform, as_float, random_words, uniform
from .control_grid import basis
from .resample import Boxes, Padded, Places, Size, columns_of, nearest_border

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

    def draw(self, keys: Key[Array, " N"], size: Size) -> Any:
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


def linear() -> Interpolation:
    """A dataclass field `interpolation`, "linear" by default."""
    return dataclasses.field(default="linear", metadata={"static": True})


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Affine(Geometric):
    """Rotates, scales, shears and shifts about the image's centre, each uniformly within its range.

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

    def draw(self, keys: Key[Array, " N"], size: Size) -> Float32[Array, "6 N 1"]:
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
        middle, (y, x) = _middle(size), _centred(places, size)
        rows = drawn[:3], drawn[3:]
        y, x = (
            c + (down * y + right * x + shift) for c, (down, right, shift) in zip(middle, rows, strict=True)
        )
        return y, x


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Perspective(Geometric):
    """Tilts the page by a homography: one side nearer, the other farther.

    Attributes:
        tilt: the nearer edge is enlarged by up to this fraction for each of
            the two axes, as the farther is made smaller.
        interpolation: "linear" or "cubic". Static.
    """

    tilt: Parameter = 0.15
    interpolation: Interpolation = linear()

    limits: ClassVar = {"tilt": (0, 0.45)}
    takes_width: ClassVar = True

    def draw(self, keys: Key[Array, " N"], size: Size) -> Float32[Array, "2 N 1"]:
        """The third row (a, b, 1) of each image's homography, the identity but for it: a and b."""
        middle = jnp.maximum(jnp.stack([jnp.asarray(half) for half in _middle(size)]), 0.5)[:, None, None]
        return uniform(keys, 2, low=-1.0)[..., None] * self.tilt / middle

    def pull(self, drawn: Float32[Array, "2 N 1"], places: Places, size: Size) -> Places:
        """The homography of the places; the depth stays positive, as |a y| + |b x| < 1 on the image."""
        middle, (y, x) = _middle(size), _centred(places, size)
        # Maps composed with this one may ask for places beyond the image, where there is no ink, and
        # where the depth could be 0.
        depth = jnp.maximum(1 + drawn[0] * y + drawn[1] * x, 0.1)
        return middle[0] + y / depth, middle[1] + x / depth


# The steepest slope of a displacement, below 1 so that the map never folds.
STRETCH = 0.9


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Elastic(Geometric):
    """An elastic deformation, after P. Simard, D. Steinkraus and J. Platt, "Best practices ..." (2003).

    They smooth a field of uniform random numbers with a Gaussian. Here the
    random numbers are those of a coarse grid of control points, at most 4
    pixels apart (9x9 for a glyph), interpolated by Gaussians of standard
    deviation sigma, which takes a tenth of the random numbers. The displacement
    of every pixel has the standard deviation `amplitude`, unless the bound
    below lowers it.

    The map is injective whatever the parameters: between pixels the
    displacement is interpolated bilinearly, so its slopes are means of
    differences between neighbours. Where the largest of those, summed over
    both axes, exceeds 0.9, the image's field is scaled down to that. The
    displacement is then a contraction in the maximum norm, so no two places
    have the same image. However large the amplitude, the standard deviation of
    a glyph's displacement is then at most 0.7 pixels at a sigma of 3, 1.0 at 4,
    1.3 at 5, 1.7 at 6, 2.6 at 8.

    Attributes:
        amplitude: standard deviation of the displacement, pixels.
        sigma: smoothness, pixels.
        interpolation: "linear" or "cubic". Static.
    """

    amplitude: Parameter = 1.2
    sigma: Parameter = 5.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"amplitude": (0, 100), "sigma": (2, 100)}
    takes_width: ClassVar = True

    def draw(
        self, keys: Key[Array, " N"], size: Size
    ) -> tuple[Float32[Array, "N 2 H W"], Float32[Array, "N 1"]]:
        """Displacements (down, right) of unit standard deviation, and each image's amplitude."""
        down = basis(size[0], size[0], self.sigma)
        right = basis(size[1], columns_of(size), self.sigma)
        points = right.shape[1], down.shape[1]
        bits = random_words(keys, (points[0] * points[1],))
        # Sixteen bits are plenty for a displacement, so one hash gives two numbers.
        halves = jnp.concatenate([bits & 0xFFFF, bits >> 16], axis=1)
        random = halves.astype(jnp.float32) * np.float32(2**-15) - 1
        # Contracted in this order, neither product has to be transposed in memory.
        field = jnp.einsum("nkab,yb->nkay", random.reshape(-1, 2, *points), down)
        field = jnp.einsum("nkay,xa->nkyx", field, right)
        most = STRETCH / jnp.maximum(_steepest(field), np.float32(1e-9))
        return field, jnp.minimum(self.amplitude, most)

    def pull(
        self, drawn: tuple[Float32[Array, "N 2 H W"], Float32[Array, "N 1"]], places: Places, size: Size
    ) -> Places:
        """The places plus the displacement there."""
        (y, x), (field, amplitude) = places, drawn
        if isinstance(y, np.ndarray) and isinstance(x, np.ndarray):  # the pixels' own: nothing to interpolate
            down, right = (field[:, axis].reshape(-1, size[0] * columns_of(size)) for axis in (0, 1))
        else:
            down, right = (nearest_border(field[:, axis], places) for axis in (0, 1))
        return y + amplitude * down, x + amplitude * right


def _middle(size: Size) -> tuple[Any, Any]:
    """Y and x of the image's centre, in pixels: numbers, or x traced where the width is."""
    if not isinstance(size, Padded):
        return np.float32((size[0] - 1) / 2), np.float32((size[1] - 1) / 2)
    return np.float32((size[0] - 1) / 2), (as_float(size[1]) - 1) / 2


def _centred(places: Places, size: Size) -> Places:
    """The places relative to the image's centre."""
    middle = _middle(size)
    return places[0] - middle[0], places[1] - middle[1]


def _steepest(field: Float32[Array, "N 2 H W"]) -> Float32[Array, "N 1"]:
    """The greatest absolute difference between neighbours, summed over both axes, of each field.

    Not differentiated: where it bounds the amplitude, sigma has no gradient
    through the bound.
    """
    slopes = _greatest(jnp.diff(field, axis=2)) + _greatest(jnp.diff(field, axis=3))
    return slopes.max(axis=1, keepdims=True)


def _greatest(values: Float32[Array, "N 2 _ _"]) -> Float32[Array, "N 2"]:
    """The greatest magnitude over the last two axes.

    The maximum is taken of the floats' bits as integers, which have the same
    order: XLA vectorises an integer maximum on a CPU, but not one of floats,
    whose NaN it has to propagate: lines with `Elastic` would take 1.2 to 1.4
    times as long (`benchmarks/workarounds.py`).
    """
    bits = lax.bitcast_convert_type(jnp.abs(lax.stop_gradient(values)), jnp.int32)
    return lax.bitcast_convert_type(bits.max(axis=(2, 3), initial=0), jnp.float32)
