"""Ink transforms: of pixel values, without moving them.

Each samples one number per image, uniform within its range. Background stays
0, except where ink spreads onto it (`StrokeWidth`, `Blur`).
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32
from ..internal.xla import materialize
from .base import Ink, Parameter, uniform
from .hand_keys import Keys


def _signed(keys: Keys) -> Float32[Array, "N 1 1"]:
    """A number in [-1, 1) for each image."""
    return uniform(keys, 1, low=-1.0)[0][:, None, None]


def _power(keys: Keys, strength: Parameter) -> Float32[Array, "N 1 1"]:
    """A power for each image, log-uniform from 1 / (1 + strength) to 1 + strength."""
    return jnp.exp(_signed(keys) * jnp.log1p(jnp.asarray(strength, jnp.float32)))


def _raised(values: Float32[Array, "N H W"], power: Float32[Array, "N 1 1"]) -> Float32[Array, "N H W"]:
    """Positive values raised to a power.

    XLA's `pow` on a CPU also handles zeros, infinities and negative bases,
    which these values never are: with it lines of `Gamma` and `Contrast`
    take 1.3 times as long (`benchmarks/workarounds.py`).
    """
    return jnp.exp(power * jnp.log(values))


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StrokeWidth(Ink):
    """Makes strokes thicker or thinner by a continuous amount.

    A weighted mean of the image and its grey-scale dilation (or erosion) by a
    3x3 cross, which moves each edge by one pixel.

    >>> square = np.zeros((28, 28), np.float32)
    >>> square[8:20, 8:20] = 1.0
    >>> thick = augment.apply(7, [augment.StrokeWidth(change_by=0.0, bias=2.0)], square)
    >>> int((thick > 0.5).any(axis=0).sum())  # columns with ink: 12 before, 2 more
    14

    Attributes:
        change_by: a stroke's width changes by up to so many pixels more or less
            than `bias`, 2 at most.
        bias: the mean change, pixels: thinner where it is negative.
    """

    change_by: Parameter = 1.0
    bias: Parameter = 0.0

    limits: ClassVar = {"change_by": (0, 2), "bias": (-2, 2)}
    reach: ClassVar = 1
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, thicker where the sampled amount is positive, else thinner."""
        amount = jnp.clip((_signed(keys) * self.change_by + self.bias) / 2, -1.0, 1.0)

        def change(padded: jax.Array, amount: jax.Array) -> jax.Array:
            thick, thin = _cross(padded, jnp.maximum), _cross(padded, jnp.minimum)
            images = padded[:, 1:-1, 1:-1]
            return images + jnp.abs(amount) * (jnp.where(amount > 0, thick, thin) - images)

        # Stored first: XLA would be slow to slice what it pads.
        padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1)))
        return jnp.asarray(materialize(change, padded, amount))


def _cross(
    padded: Float32[Array, "N _ _"], choose: Callable[[jax.Array, jax.Array], jax.Array]
) -> Float32[Array, "N H W"]:
    """The maximum or minimum, as `choose` says, of each pixel and its four neighbours, without the rim."""
    result = padded[:, 1:-1, 1:-1]
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        result = choose(result, padded[:, y : y + result.shape[1], x : x + result.shape[2]])
    return result


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gamma(Ink):
    """Raises values to a power, log-uniform from 1 / (1 + strength) to 1 + strength: gamma correction.

    >>> greys = np.linspace(0, 1, 28, dtype=np.float32) * np.ones((28, 1), np.float32)
    >>> bent = augment.apply(7, [augment.Gamma(strength=3.0)], greys)
    >>> float(bent[0, 0]), float(bent[0, -1])  # black and white stay
    (0.0, 1.0)

    Attributes:
        strength: 0 or more.
    """

    strength: Parameter = 0.5

    limits: ClassVar = {"strength": (0, 10)}
    reach: ClassVar = 0
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with greys darker or lighter; 0 and 1 stay."""
        power = _power(keys, self.strength)
        return jnp.where(
            (images > 0) & (power != 1), _raised(jnp.where(images > 0, images, 1.0), power), images
        )


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Contrast(Ink):
    """Raises or lowers contrast, along a sigmoid that keeps 0, 1/2 and 1.

    v becomes v^g / (v^g + (1 - v)^g), g log-uniform from 1 / (1 + strength) to
    1 + strength.

    >>> greys = np.linspace(0, 1, 28, dtype=np.float32) * np.ones((28, 1), np.float32)
    >>> bent = augment.apply(7, [augment.Contrast(strength=3.0)], greys)
    >>> float(bent[0, 0]), float(bent[0, -1])  # black and white stay
    (0.0, 1.0)

    Attributes:
        strength: 0 or more.
    """

    strength: Parameter = 0.5

    limits: ClassVar = {"strength": (0, 10)}
    reach: ClassVar = 0
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with greys further from 1/2, or nearer to it; 0 and 1 stay."""
        power = _power(keys, self.strength)
        grey = (images > 0) & (images < 1) & (power != 1)
        value = jnp.where(grey, images, 0.5)
        return jnp.where(grey, 1 / (1 + _raised((1 - value) / value, power)), images)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InkFade(Ink):
    """Fades the ink of a whole image.

    >>> pale = augment.apply(7, [augment.InkFade(strength=0.4)], np.ones((28, 28), np.float32))
    >>> bool(0.6 <= pale.min() == pale.max() <= 1)
    True

    Attributes:
        strength: values are multiplied by a factor from 1 - strength to 1.
    """

    strength: Parameter = 0.4

    limits: ClassVar = {"strength": (0, 0.95)}
    reach: ClassVar = 0
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, each multiplied by its factor."""
        return images * (1 - uniform(keys, 1)[0][:, None, None] * self.strength)


# Of the kernel, pixels: two standard deviations of the widest Gaussian.
RADIUS = 4


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Blur(Ink):
    """Blurs with a Gaussian whose standard deviation is uniform from 0 to sigma.

    >>> dot = np.zeros((28, 28), np.float32)
    >>> dot[14, 14] = 1.0
    >>> bool(augment.apply(7, [augment.Blur(sigma=1.5)], dot).max() < 1)
    True

    Attributes:
        sigma: pixels, at most 2 (the kernel is 9 pixels wide).
    """

    sigma: Parameter = 0.7

    limits: ClassVar = {"sigma": (0, 2)}
    reach: ClassVar = RADIUS
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images convolved along the rows, then along the columns."""
        width = uniform(keys, 1)[0] * self.sigma
        steps = np.arange(RADIUS + 1, dtype=np.float32)[:, None]
        # At a standard deviation of 0 all weights but the middle one vanish, instead of 0 / 0.
        weights = jnp.exp(-0.5 * jnp.square(steps / jnp.maximum(width, 1e-3)[None, :]))
        weights = (weights / (2 * weights.sum(axis=0, keepdims=True) - weights[:1]))[:, :, None, None]
        # Of all axes at once, and not between the passes: XLA would be slow to slice what it pads.
        padded = jnp.pad(images, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)))
        along = materialize(functools.partial(_weighted, axis=2), padded, weights)
        return jnp.asarray(materialize(functools.partial(_weighted, axis=1), along, weights))


def _weighted(
    images: Float32[Array, "N _ _"], weights: Float32[Array, "_ N 1 1"], axis: int
) -> Float32[Array, "N _ _"]:
    """Each pixel's weighted sum with its neighbours along an axis, but for `RADIUS` pixels at both ends."""
    count = images.shape[axis] - 2 * RADIUS

    def part(k: int) -> jax.Array:
        return lax.slice_in_dim(images, RADIUS + k, RADIUS + k + count, axis=axis)

    pairs = (weights[k] * (part(-k) + part(k)) for k in range(1, RADIUS + 1))
    return sum(pairs, weights[0] * part(0))
