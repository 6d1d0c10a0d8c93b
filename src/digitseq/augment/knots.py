"""The coarse grid of `Elastic`: where its knots lie, and what each gives to the pixels around it."""

import jax
import jax.numpy as jnp
import numpy as np

SPACING = 4


def basis(count: int | jax.Array, pixels: int, sigma: float | jax.Array) -> jax.Array:
    """How much each knot along an axis gives to each of its pixels, float32 [pixels, knots].

    Args:
        count: of pixels that the knots are spread over. Where it is traced
            and less than `pixels`, those beyond take what the last one takes:
            they are no steeper, and the same as the nearest on the border.
        pixels: how many there are, a Python integer.
        sigma: of the Gaussians, pixels.
    """
    at = np.arange(pixels, dtype=np.int32)
    if isinstance(count, int):
        places = np.linspace(-2.5, count + 1.5, knots(count), dtype=np.float32)
        distance = at.astype(np.float32)[:, None] - places[None, :]
        given = jnp.exp(-0.5 * jnp.square(distance / sigma))
    else:
        at_most = jnp.minimum(at, count - 1).astype(jnp.float32)
        traced, used = traced_places(count, knots(pixels))
        given = jnp.exp(-0.5 * jnp.square((at_most[:, None] - traced[None, :]) / sigma))
        given = jnp.where(used[None, :], given, 0.0)
    # Uniform on [-1, 1) has a variance of 1/3.
    return given * np.float32(3**0.25) / jnp.linalg.norm(given, axis=1, keepdims=True)


def knots(count: int) -> int:
    """How many knots lie along so many pixels."""
    return -(-count // SPACING) + 2


def traced_places(count: jax.Array, most: int) -> tuple[jax.Array, jax.Array]:
    """`np.linspace(-2.5, count + 1.5, knots)` as float32 [most], and which of them are among the knots.

    Rounded from the exact quotients, as NumPy rounds from float64: in float32
    alone the last of a long line's knots would be off by too much. In int32,
    for a `count` of up to 2**16.
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
