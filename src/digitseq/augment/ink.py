"""Ink transforms: what each pixel becomes, where it is.

Each draws one number an image, uniform within its range. No transform makes
ink of the empty background, but by spreading it (`StrokeWidth`, `Blur`).
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from .base import Ink, uniform


def _signed(keys: jax.Array) -> jax.Array:
    return uniform(keys, 1, low=-1.0)[0][:, None, None]


def _power(keys: jax.Array, strength: float | jax.Array) -> jax.Array:
    """From 1 / (1 + strength) to 1 + strength, uniform in the logarithm; [N, 1, 1]."""
    return jnp.exp(_signed(keys) * jnp.log1p(jnp.asarray(strength, jnp.float32)))


def _raised(values: jax.Array, power: jax.Array) -> jax.Array:
    """Positive values to a power: several times faster than XLA's own, which minds every special case."""
    return jnp.exp(power * jnp.log(values))


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StrokeWidth(Ink):
    """Makes strokes thicker or thinner, continuously.

    A mean of the image and its dilation (or erosion) by a 3x3 cross, which
    moves each edge by one pixel.

    Attributes:
        change_by: a stroke's width changes by up to so many pixels either way.
    """

    change_by: float | jax.Array = 1.0

    limits: ClassVar = {"change_by": (0, 2)}
    takes_width: ClassVar = True
    looks_around: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Thicker where the draw is positive."""
        amount = _signed(keys) * self.change_by / 2
        thick = _cross(images, jnp.maximum)
        thin = _cross(images, jnp.minimum)
        target = jnp.where(amount > 0, thick, thin)
        return images + jnp.abs(amount) * (target - images)


def _cross(images: jax.Array, choose: Callable[[jax.Array, jax.Array], jax.Array]) -> jax.Array:
    """The greatest or least of each pixel and its four neighbours."""
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1)))
    result = images
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        result = choose(result, padded[:, y : y + images.shape[1], x : x + images.shape[2]])
    return result


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gamma(Ink):
    """Raises values to a power from 1 / (1 + strength) to 1 + strength: greys darker or lighter.

    Attributes:
        strength: 0 or more.
    """

    strength: float | jax.Array = 0.5

    limits: ClassVar = {"strength": (0, 10)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Black and white stay."""
        power = _power(keys, self.strength)
        return jnp.where(
            (images > 0) & (power != 1), _raised(jnp.where(images > 0, images, 1.0), power), images
        )


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Contrast(Ink):
    """Bends values towards black and white, or towards grey, along an S that keeps 0, 1/2 and 1.

    v becomes v^g / (v^g + (1 - v)^g) with g from 1 / (1 + strength) to 1 + strength.

    Attributes:
        strength: 0 or more.
    """

    strength: float | jax.Array = 0.5

    limits: ClassVar = {"strength": (0, 10)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Black and white stay."""
        power = _power(keys, self.strength)
        grey = (images > 0) & (images < 1) & (power != 1)
        value = jnp.where(grey, images, 0.5)
        return jnp.where(grey, 1 / (1 + _raised((1 - value) / value, power)), images)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InkFade(Ink):
    """Pales the ink of a whole image.

    Attributes:
        strength: values are multiplied by 1 - strength to 1.
    """

    strength: float | jax.Array = 0.4

    limits: ClassVar = {"strength": (0, 0.95)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Paler by one factor an image."""
        return images * (1 - uniform(keys, 1)[0][:, None, None] * self.strength)


RADIUS = 4


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Blur(Ink):
    """Blurs with a Gaussian whose width is uniform from 0 to sigma.

    Attributes:
        sigma: pixels, at most 2 (the kernel is 9 wide).
    """

    sigma: float | jax.Array = 0.7

    limits: ClassVar = {"sigma": (0, 2)}
    takes_width: ClassVar = True
    looks_around: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Along the rows, then along the columns."""
        width = uniform(keys, 1)[0] * self.sigma
        steps = np.arange(-RADIUS, RADIUS + 1, dtype=np.float32)[:, None]
        # At a width of 0 all but the middle weight vanish, without 0 / 0.
        weights = jnp.exp(-0.5 * jnp.square(steps / jnp.maximum(width, 1e-3)[None, :]))
        weights = (weights / weights.sum(axis=0, keepdims=True))[:, :, None, None]
        for axis in (1, 2):
            pad = [(RADIUS, RADIUS) if a == axis else (0, 0) for a in range(3)]
            padded = jnp.pad(images, pad)
            shifted = [
                lax.slice_in_dim(padded, k, k + images.shape[axis], axis=axis) for k in range(2 * RADIUS + 1)
            ]
            images = sum(
                (weight * part for weight, part in zip(weights, shifted, strict=True)), jnp.float32(0)
            )
        return images
