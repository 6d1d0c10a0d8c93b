"""What is not ink: noise, paper, something in front of it. Labels stay as they are."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.random_bits import fractions
from .base import Page, Width, as_float, by_pixel, uniform


def _normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jax.random.normal(key, shape, jnp.float32)


def _bits(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jax.random.bits(key, shape, jnp.uint32)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GaussianNoise(Page):
    """Adds independent normal noise to every pixel; what leaves [0, 1] is cut.

    Attributes:
        sigma: the noise's standard deviation, in units of full ink.
    """

    sigma: float | jax.Array = 0.1

    limits: ClassVar = {"sigma": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Noisier."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """The same noise whatever the canvas."""
        noise = by_pixel(_normal, keys, (images.shape[1], images.shape[2]), width)
        return jnp.clip(images + self.sigma * noise, 0.0, 1.0)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReplaceNoise(Page):
    """Replaces each pixel, with probability p and apart from all others, by 0 or 1, either equally likely.

    Attributes:
        p: from 0 to 1.
    """

    p: float | jax.Array = 0.1

    limits: ClassVar = {"p": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Some pixels black or white."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """One random word a pixel: its lowest bit is the new value, its highest 24 the chance."""
        bits = by_pixel(_bits, keys, (images.shape[1], images.shape[2]), width)
        return jnp.where(fractions(bits) < self.p, (bits & 1).astype(jnp.float32), images)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Paper(Page):
    """Shows the paper under the ink: ruled lines, boxes to write in, uneven light.

    Each of the three is as bright as a number drawn from 0 to its parameter, in
    units of full ink; ink covers it. Ruled lines are 9 to 28 pixels apart,
    boxes 24 to 40 pixels wide; the light grows from one side to another.

    Attributes:
        lines: from 0 to 1.
        boxes: from 0 to 1.
        gradient: from 0 to 1.
    """

    lines: float | jax.Array = 0.4
    boxes: float | jax.Array = 0.4
    gradient: float | jax.Array = 0.4

    limits: ClassVar = {"lines": (0, 1), "boxes": (0, 1), "gradient": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Brighter where the paper is, and no ink."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """The light falls over the width, not over the canvas."""
        height, columns = images.shape[1:]
        drawn = uniform(keys, 8)[:, :, None, None]
        ruled, boxed, lit, apart, first, wide, left, angle = drawn
        y = np.arange(height, dtype=np.float32)[None, :, None]
        x = np.arange(columns, dtype=np.float32)[None, None, :]

        lines = _rules(y, 9 + 19 * apart, first)
        pitch = 24 + 16 * wide
        edges = np.maximum(1 - np.abs(y - 1), 0) + np.maximum(1 - np.abs(y - (height - 2)), 0)
        inside = ((y >= 1) & (y <= height - 2)).astype(np.float32)
        boxes = jnp.maximum(_rules(x, pitch, left) * inside, edges)
        # From 0 to 1 over the canvas, along the angle.
        down, right = jnp.sin(2 * np.pi * angle), jnp.cos(2 * np.pi * angle)
        last = max(width - 1, 1) if isinstance(width, int) else jnp.maximum(as_float(width) - 1, 1)
        slope = down * (2 * y / max(height - 1, 1) - 1) + right * (2 * x / last - 1)
        light = 0.5 + slope / (2 * (jnp.abs(down) + jnp.abs(right)))

        rules = jnp.maximum(ruled * self.lines * lines, boxed * self.boxes * boxes)
        paper = jnp.maximum(rules, lit * self.gradient * light)
        return images + (1 - images) * paper


def _rules(places: np.ndarray, apart: jax.Array, first: jax.Array) -> jax.Array:
    """Lines one pixel wide, at all whole multiples of `apart` from `first` (in units of it); 0 to 1."""
    turns = places / apart - first
    distance = jnp.abs(turns - jnp.round(turns)) * apart
    return jnp.maximum(1 - distance, 0.0)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Occlude(Page):
    """Covers a rectangle, anywhere on the canvas, with one grey.

    Boxes and masks remain those of the ink, covered or not.

    Attributes:
        size: its height and width are each up to so many pixels, any
            equally likely.
    """

    size: float | jax.Array = 12.0

    limits: ClassVar = {"size": (0, 1000)}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """A pixel is covered where its middle is."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """The rectangle lies anywhere over the width, not over the canvas."""
        _, height, columns = images.shape
        high, wide, down, right, grey = uniform(keys, 5)[:, :, None, None]

        def covered(count: int, middle: jax.Array, extent: jax.Array, over: Width) -> jax.Array:
            places = np.arange(count, dtype=np.float32)[None, None, :] + np.float32(0.5)
            distance = jnp.abs(places - middle * as_float(over))
            return distance < extent * self.size / 2

        rows = covered(height, down, high, height).swapaxes(1, 2)
        return jnp.where(rows & covered(columns, right, wide, width), grey, images)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Invert(Page):
    """Black ink on white paper. It comes last, as what is moved in from beyond the border is 0."""

    limits: ClassVar = {}
    takes_width: ClassVar = True

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """1 minus the value."""
        return 1 - images
