"""Geometric transforms: where each pixel of the result comes from.

A transform draws, for each glyph, a map from places in its result to places in
its input. Maps of transforms that follow each other are composed, and the
glyph is resampled once.
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..bank import CELL, HEIGHT
from .base import Transform, uniform
from .resample import Places, bilinear

CENTRE = (CELL - 1) / 2
Interpolation = Literal["linear", "cubic"]
Map = Callable[[Places], Places]


class Geometric(Transform):
    """A transform that moves ink.

    `interpolation`, "linear" or "cubic" (Catmull-Rom), says how the one
    resampling of a chain is done; one "cubic" in it makes it cubic.
    """

    interpolation: Interpolation

    def check(self) -> None:
        """As of every transform, and the word for `interpolation`."""
        super().check()
        if self.interpolation not in get_args(Interpolation):
            kind, words = type(self).__name__, get_args(Interpolation)
            raise ValueError(f"{kind}.interpolation must be one of {words}, got {self.interpolation!r}")

    def draw(self, keys: jax.Array) -> Map:
        """The map of each of N glyphs, from keys [N]: places [N, 28, 28] to places."""
        raise TypeError(f"{type(self).__name__} draws no map")


def _linear() -> Interpolation:
    return dataclasses.field(default="linear", metadata={"static": True})


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Affine(Geometric):
    """Rotates, scales, slants and shifts, each uniformly within its range, about the glyph's centre.

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
    interpolation: Interpolation = _linear()

    limits: ClassVar = {"rotation": (0, 180), "scale": (0, 0.9), "slant": (0, 60), "shift": (0, 28)}

    def draw(self, keys: jax.Array) -> Map:
        """The inverse of shift * rotation * slant * scale."""
        turn, lean, wide, high, right, down = uniform(keys, 6, low=-1.0)[:, :, None, None]
        angle = turn * self.rotation * np.float32(np.pi / 180)
        cosine, sine = jnp.cos(angle), jnp.sin(angle)
        tangent = jnp.tan(lean * self.slant * np.float32(np.pi / 180))

        def pull(places: Places) -> Places:
            y, x = places
            y, x = y - CENTRE - down * self.shift, x - CENTRE - right * self.shift
            y, x = cosine * y - sine * x, cosine * x + sine * y
            x = x + tangent * y
            return CENTRE + y / (1 + high * self.scale), CENTRE + x / (1 + wide * self.scale)

        return pull


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Perspective(Geometric):
    """Tilts the page: one side nearer, the other farther.

    Attributes:
        tilt: the nearer edge is enlarged by up to this fraction for each of
            the two axes, as the farther is made smaller.
        interpolation: "linear" or "cubic". Static.
    """

    tilt: float | jax.Array = 0.15
    interpolation: Interpolation = _linear()

    limits: ClassVar = {"tilt": (0, 0.45)}

    def draw(self, keys: jax.Array) -> Map:
        """A homography whose third row is (a, b, 1), |a| + |b| < 1 on the cell: it never turns over."""
        across, along = uniform(keys, 2, low=-1.0)[:, :, None, None] * self.tilt

        def pull(places: Places) -> Places:
            y, x = places[0] - CENTRE, places[1] - CENTRE
            depth = 1 + (across * x + along * y) / CENTRE
            # Composed maps reach beyond the cell, where there is no ink.
            depth = jnp.maximum(depth, 0.1)
            return CENTRE + y / depth, CENTRE + x / depth

        return pull


KNOTS = 9
STRETCH = 0.9


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Elastic(Geometric):
    """A smooth random displacement of every pixel, after Simard, Steinkraus and Platt (2003).

    They smooth a field of uniform random numbers with a Gaussian. Here the
    random numbers lie on a coarse grid of 9x9 knots, 4 pixels apart, and are
    raised to 28x28 by Gaussians of width sigma, which takes a tenth of the
    random numbers. A displacement's standard deviation is `amplitude` at every
    pixel, where the bound below leaves it.

    The map never folds, whatever the parameters: between pixels the
    displacement is interpolated bilinearly, so its slopes are means of
    differences between neighbours. Where the largest of those, added up over
    both axes, exceeds 0.9, that glyph's field is made weaker until they don't.
    The displacement is then a contraction in the maximum norm, so no two
    places come from the same one.

    Attributes:
        amplitude: pixels.
        sigma: smoothness, pixels.
        interpolation: "linear" or "cubic". Static.
    """

    amplitude: float | jax.Array = 1.2
    sigma: float | jax.Array = 4.0
    interpolation: Interpolation = _linear()

    limits: ClassVar = {"amplitude": (0, 100), "sigma": (2, 100)}

    def displacement(self, keys: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Down and right, float32 [N, 28, 28] each, pixels."""
        knots = jnp.linspace(-2.5, HEIGHT + 1.5, KNOTS, dtype=jnp.float32)
        distance = jnp.arange(HEIGHT, dtype=jnp.float32)[:, None] - knots[None, :]
        basis = jnp.exp(-0.5 * jnp.square(distance / self.sigma))
        # Uniform on [-1, 1) has a variance of 1/3.
        basis = basis * np.float32(3**0.25) / jnp.linalg.norm(basis, axis=1, keepdims=True)

        bits = jax.vmap(lambda key: jax.random.bits(key, (KNOTS * KNOTS,), jnp.uint32))(keys)
        # Sixteen bits are plenty for a number, so one hash gives two.
        halves = jnp.concatenate([bits & 0xFFFF, bits >> 16], axis=1)
        random = halves.astype(jnp.float32) * np.float32(2**-15) - 1
        # Contracted in this order, neither product has to be transposed.
        field = jnp.einsum("nkab,yb->nkay", random.reshape(-1, 2, KNOTS, KNOTS), basis)
        field = jnp.einsum("nkay,xa->nkyx", field, basis)
        most = STRETCH / jnp.maximum(_steepest(field), np.float32(1e-9))
        field = field * jnp.minimum(self.amplitude, most)
        return field[:, 0], field[:, 1]

    def draw(self, keys: jax.Array) -> Map:
        """The places themselves plus the displacement there."""
        down, right = self.displacement(keys)

        def pull(places: Places) -> Places:
            y, x = places
            if y.shape[2] == 1:  # the pixels' own places: nothing to interpolate
                return y + down, x + right
            return y + bilinear(down, places, outside="edge"), x + bilinear(right, places, outside="edge")

        return pull


def _steepest(field: jax.Array) -> jax.Array:
    """The greatest difference between neighbours of each field [N, 2, 28, 28], over both axes; [N, 1, 1, 1].

    Not differentiated: where it limits the amplitude, a change of sigma has
    no gradient through it.
    """
    slopes = _greatest(jnp.diff(field, axis=2)) + _greatest(jnp.diff(field, axis=3))
    return slopes.max(axis=1, keepdims=True)


def _greatest(values: jax.Array) -> jax.Array:
    """The greatest magnitude over the last two axes, kept.

    Of the bits as integers, which order magnitudes alike: XLA makes a fast
    loop of an integer maximum on a CPU, and not of one of floats.
    """
    bits = lax.bitcast_convert_type(jnp.abs(lax.stop_gradient(values)), jnp.int32)
    return lax.bitcast_convert_type(bits.max(axis=(2, 3), keepdims=True), jnp.float32)
