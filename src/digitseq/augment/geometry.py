"""Geometric transforms: where each pixel of the result comes from.

A transform draws random numbers for each image, a glyph or a line, and with
them pulls places in its result back to places in its input. Transforms that
follow each other pull in turn, and the image is resampled once.
"""

import dataclasses
from typing import Any, ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from .base import Transform, as_float, uniform, words
from .knots import basis
from .resample import Padded, Places, Size, columns_of, nearest_border

Interpolation = Literal["linear", "cubic"]


class Geometric(Transform):
    """A transform that moves ink.

    `interpolation`, "linear" or "cubic" (Catmull-Rom), says how the one
    resampling of a chain is done; one "cubic" in it makes it cubic.
    """

    interpolation: Interpolation

    def check(self) -> None:
        """As of every transform, and the word for `interpolation`."""
        super().check()
        if not isinstance(self.interpolation, str) or self.interpolation not in get_args(Interpolation):
            kind, words = type(self).__name__, get_args(Interpolation)
            raise ValueError(f"{kind}.interpolation must be one of {words}, got {self.interpolation!r}")

    def draw(self, keys: jax.Array, size: Size) -> Any:
        """What the map of each of N images (H, W) needs, from keys [N]; its first array holds floats."""
        raise TypeError(f"{type(self).__name__} draws no map")

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """Where the places, [N, H * W] or anything that broadcasts to it, come from."""
        raise TypeError(f"{type(self).__name__} has no map")


def linear() -> Interpolation:
    """The field `interpolation`."""
    return dataclasses.field(default="linear", metadata={"static": True})


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Affine(Geometric):
    """Rotates, scales, slants and shifts, each uniformly within its range, about the image's centre.

    Attributes:
        rotation: up to so many degrees either way.
        scale: each axis by a factor from 1 - scale to 1 + scale.
        slant: verticals lean by up to so many degrees either way.
        shift: each axis by up to so many pixels either way.
        interpolation: "linear" or "cubic". Static.
    """

    rotation: float | jax.Array = 10.0
    scale: float | jax.Array = 0.1
    slant: float | jax.Array = 10.0
    shift: float | jax.Array = 1.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"rotation": (0, 180), "scale": (0, 0.9), "slant": (0, 60), "shift": (0, 28)}
    takes_width: ClassVar = True

    def draw(self, keys: jax.Array, size: Size) -> jax.Array:
        """The inverse of shift * rotation * slant * scale as a matrix, float32 [6, N, 1]."""
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

    def pull(self, drawn: jax.Array, places: Places, size: Size) -> Places:
        """The matrix times the places, about the centre."""
        middle, (y, x) = _middle(size), _centred(places, size)
        rows = drawn[:3], drawn[3:]
        y, x = (
            c + (down * y + right * x + shift) for c, (down, right, shift) in zip(middle, rows, strict=True)
        )
        return y, x


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Perspective(Geometric):
    """Tilts the page: one side nearer, the other farther.

    Attributes:
        tilt: the nearer edge is enlarged by up to this fraction for each of
            the two axes, as the farther is made smaller.
        interpolation: "linear" or "cubic". Static.
    """

    tilt: float | jax.Array = 0.15
    interpolation: Interpolation = linear()

    limits: ClassVar = {"tilt": (0, 0.45)}
    takes_width: ClassVar = True

    def draw(self, keys: jax.Array, size: Size) -> jax.Array:
        """The third row (a, b, 1) of a homography that is the identity but for it, [2, N, 1]."""
        middle = jnp.maximum(jnp.stack([jnp.asarray(half) for half in _middle(size)]), 0.5)[:, None, None]
        return uniform(keys, 2, low=-1.0)[..., None] * self.tilt / middle

    def pull(self, drawn: jax.Array, places: Places, size: Size) -> Places:
        """It never turns over: |a y| + |b x| < 1 on the image."""
        middle, (y, x) = _middle(size), _centred(places, size)
        # Composed maps reach beyond the image, where there is no ink.
        depth = jnp.maximum(1 + drawn[0] * y + drawn[1] * x, 0.1)
        return middle[0] + y / depth, middle[1] + x / depth


STRETCH = 0.9


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Elastic(Geometric):
    """A smooth random displacement of every pixel, after Simard, Steinkraus and Platt (2003).

    They smooth a field of uniform random numbers with a Gaussian. Here the
    random numbers lie on a coarse grid of knots, at most 4 pixels apart (9x9
    for a glyph), and are raised to all pixels by Gaussians of width sigma,
    which takes a tenth of the random numbers. A displacement's standard
    deviation is `amplitude` at every pixel, where the bound below leaves it.

    The map never folds, whatever the parameters: between pixels the
    displacement is interpolated bilinearly, so its slopes are means of
    differences between neighbours. Where the largest of those, added up over
    both axes, exceeds 0.9, that image's field is made weaker until they don't.
    The displacement is then a contraction in the maximum norm, so no two
    places come from the same one. However large the amplitude, a glyph's
    pixels then move by no more than these (standard deviations over many
    glyphs): 0.7 pixels at a sigma of 3, 1.0 at 4, 1.3 at 5, 1.7 at 6, 2.6 at 8.

    Attributes:
        amplitude: pixels.
        sigma: smoothness, pixels.
        interpolation: "linear" or "cubic". Static.
    """

    amplitude: float | jax.Array = 1.2
    sigma: float | jax.Array = 5.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"amplitude": (0, 100), "sigma": (2, 100)}
    takes_width: ClassVar = True

    def draw(self, keys: jax.Array, size: Size) -> tuple[jax.Array, jax.Array]:
        """Fields of unit deviation, float32 [N, 2, H, W] (down, right), and what they are times, [N, 1]."""
        down = basis(size[0], size[0], self.sigma)
        right = basis(size[1], columns_of(size), self.sigma)
        knots = right.shape[1], down.shape[1]
        bits = words(keys, (knots[0] * knots[1],))
        # Sixteen bits are plenty for a number, so one hash gives two.
        halves = jnp.concatenate([bits & 0xFFFF, bits >> 16], axis=1)
        random = halves.astype(jnp.float32) * np.float32(2**-15) - 1
        # Contracted in this order, neither product has to be transposed.
        field = jnp.einsum("nkab,yb->nkay", random.reshape(-1, 2, *knots), down)
        field = jnp.einsum("nkay,xa->nkyx", field, right)
        most = STRETCH / jnp.maximum(_steepest(field), np.float32(1e-9))
        return field, jnp.minimum(self.amplitude, most)

    def pull(self, drawn: tuple[jax.Array, jax.Array], places: Places, size: Size) -> Places:
        """The places themselves plus the displacement there."""
        (y, x), (field, amplitude) = places, drawn
        if isinstance(y, np.ndarray) and isinstance(x, np.ndarray):  # the pixels' own: nothing to interpolate
            down, right = (field[:, axis].reshape(-1, size[0] * columns_of(size)) for axis in (0, 1))
        else:
            down, right = (nearest_border(field[:, axis], places) for axis in (0, 1))
        return y + amplitude * down, x + amplitude * right


def _middle(size: Size) -> tuple[Any, Any]:
    if not isinstance(size, Padded):
        return np.float32((size[0] - 1) / 2), np.float32((size[1] - 1) / 2)
    return np.float32((size[0] - 1) / 2), (as_float(size[1]) - 1) / 2


def _centred(places: Places, size: Size) -> Places:
    middle = _middle(size)
    return places[0] - middle[0], places[1] - middle[1]


def _steepest(field: jax.Array) -> jax.Array:
    """The greatest difference between neighbours of each field [N, 2, H, W], over both axes; [N, 1].

    Not differentiated: where it limits the amplitude, a change of sigma has
    no gradient through it.
    """
    slopes = _greatest(jnp.diff(field, axis=2)) + _greatest(jnp.diff(field, axis=3))
    return slopes.max(axis=1, keepdims=True)


def _greatest(values: jax.Array) -> jax.Array:
    """The greatest magnitude over the last two axes.

    Of the bits as integers, which order magnitudes alike: XLA makes a fast
    loop of an integer maximum on a CPU, and not of one of floats.
    """
    bits = lax.bitcast_convert_type(jnp.abs(lax.stop_gradient(values)), jnp.int32)
    return lax.bitcast_convert_type(bits.max(axis=(2, 3), initial=0), jnp.float32)
