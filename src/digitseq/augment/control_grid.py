"""The coarse grid of control points of `Elastic`: their places, and their weights at the pixels."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.shapes import Array, Bool, Float32, HostArray, Int32
from ..internal.xla import FULL_PRECISION
from .base import Parameter, Width

# Pixels between control points, at most.
SPACING = 4
# Pixels that are interpolated at a time: more than most lines have.
BLOCK = 1024


def basis(
    count: Width, pixels: int, sigma: Parameter, at: Int32[Array | HostArray, " S"] | None = None
) -> Float32[Array, "_ points"]:
    """The weight of each control point along an axis at pixels of the axis.

    Args:
        count: how many pixels the control points are spread over. Where it is
            traced and less than `pixels`, those beyond have the last one's
            weights, so that the field is constant there.
        pixels: how many there are, a Python integer.
        sigma: standard deviation of the Gaussians, pixels.
        at: at which of them; None: at all.
    """
    at = np.arange(pixels, dtype=np.int32) if at is None else at
    if isinstance(count, int):
        places = np.linspace(-2.5, count + 1.5, control_points(count), dtype=np.float32)
        distance = at.astype(np.float32)[:, None] - places[None, :]
        given = jnp.exp(-0.5 * jnp.square(distance / sigma))
    else:
        at_most = jnp.minimum(at, count - 1).astype(jnp.float32)
        traced, used = traced_places(count, control_points(pixels))
        given = jnp.exp(-0.5 * jnp.square((at_most[:, None] - traced[None, :]) / sigma))
        given = jnp.where(used[None, :], given, 0.0)
    # Uniform on [-1, 1) has a variance of 1/3.
    return given * np.float32(3**0.25) / jnp.linalg.norm(given, axis=1, keepdims=True)


def interpolated(
    values: Float32[Array, "N 2 points H"], count: Width, pixels: int, sigma: Parameter
) -> Float32[Array, "N 2 H {pixels}"]:
    """Values at control points along an axis, interpolated at its pixels, `BLOCK` of them at a time.

    All at once would take memory that grows with the square of a line's
    length: 400 MB for 20,000 columns. Other arguments are those of `basis`.
    """

    def part(at: Int32[Array | HostArray, " S"] | None) -> Float32[Array, "N 2 H S"]:
        return jnp.einsum("nkay,xa->nkyx", values, basis(count, pixels, sigma, at), precision=FULL_PRECISION)

    if pixels <= BLOCK:
        return part(None)
    # Of the last block those that are beyond the axis are left out again.
    blocks = np.arange(-(-pixels // BLOCK) * BLOCK, dtype=np.int32).reshape(-1, BLOCK)
    field = jnp.moveaxis(lax.map(part, jnp.asarray(blocks)), 0, 3)
    return field.reshape(*field.shape[:3], -1)[..., :pixels]


def control_points(count: int) -> int:
    """How many control points lie along so many pixels."""
    return -(-count // SPACING) + 2


def traced_places(
    count: Int32[Array, ""], most: int
) -> tuple[Float32[Array, " {most}"], Bool[Array, " {most}"]]:
    """The places of the control points along `count` pixels, for a traced count.

    The same numbers as NumPy's `linspace(-2.5, count + 1.5, points)`, which
    rounds from float64: exact quotients in int32, rounded once, for a `count`
    of up to 2**16. (In float32 arithmetic the last points of a long line would
    be off by a visible part of a pixel.)

    Args:
        count: of the pixels.
        most: the length of the result, a Python integer.

    Returns:
        The places, and which of them are among the points of this count.
    """
    used = -(-count // SPACING) + 2
    number = jnp.arange(most, dtype=jnp.int32)
    whole, rest = jnp.divmod(number * (count + 4), used - 1)
    # The quotient's fraction in 23 bits, the last of them set where more follow.
    upper, rest = jnp.divmod(rest << 12, used - 1)
    lower, rest = jnp.divmod(rest << 11, used - 1)
    fraction = ((upper << 11) | lower | (rest > 0).astype(jnp.int32)) + 2**22
    whole, fraction = whole - 3 + (fraction >> 23), fraction & (2**23 - 1)
    places = whole.astype(jnp.float32) + fraction.astype(jnp.float32) * np.float32(2**-23)
    return places, number < used
