"""Elastic deformation: a smooth random displacement of every pixel."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32
from ..internal.xla import FULL_PRECISION
from .base import Parameter, random_halves
from .control_grid import basis, control_points, interpolated
from .geometry import Geometric, Interpolation, linear
from .hand_keys import Keys
from .resample import Places, Size, columns_of, nearest_border

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

    >>> glyphs = ds.load_bank("builtin").glyphs[:4]
    >>> augment.apply(7, [augment.Affine(), augment.Elastic(amplitude=1.2)], glyphs).shape  # resampled once
    (4, 28, 28)

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

    def draw(self, keys: Keys, size: Size) -> tuple[Float32[Array, "N 2 H W"], Float32[Array, "N 1"]]:
        """Displacements (down, right) of unit standard deviation, and each image's amplitude."""
        down = basis(size[0], size[0], self.sigma)
        points = control_points(columns_of(size)), down.shape[1]
        # Sixteen bits are plenty for a displacement.
        random = random_halves(keys, points[0] * points[1]).astype(jnp.float32) * np.float32(2**-15) - 1
        # Contracted in this order, neither product has to be transposed in memory.
        field = jnp.einsum("nkab,yb->nkay", random.reshape(-1, 2, *points), down, precision=FULL_PRECISION)
        field = interpolated(field, size[1], columns_of(size), self.sigma)
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
