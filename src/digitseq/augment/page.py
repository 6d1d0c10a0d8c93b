"""Page transforms: noise, paper, occlusion, inversion. Annotations stay as they are."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.random_bits import fractions
from ..internal.shapes import Array, Float32, HostArray
from .base import Page, Parameter, Width, as_float, uniform
from .hand_keys import Keys
from .pixel_noise import normal, pixel_words


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GaussianNoise(Page):
    """Adds independent Gaussian noise to every pixel and clips the result to [0, 1].

    >>> noise = augment.apply(7, [augment.GaussianNoise(sigma=0.1)], np.full((28, 120), 0.5, np.float32))
    >>> round(float(noise.std()), 2)
    0.1

    Attributes:
        sigma: standard deviation of the noise, in units of full ink.
    """

    sigma: Parameter = 0.1

    limits: ClassVar = {"sigma": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images plus noise."""
        noise = normal(pixel_words(keys, (images.shape[1], images.shape[2])))
        return jnp.clip(images + self.sigma * noise, 0.0, 1.0)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReplaceNoise(Page):
    """Replaces each pixel independently, with probability p, by 0 or 1 (salt-and-pepper noise).

    >>> noise = augment.apply(7, [augment.ReplaceNoise(p=0.4)], np.full((28, 120), 0.5, np.float32))
    >>> np.unique(noise).tolist(), round(float((noise != 0.5).mean()), 1)
    ([0.0, 0.5, 1.0], 0.4)

    Attributes:
        p: from 0 to 1.
    """

    p: Parameter = 0.1

    limits: ClassVar = {"p": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with some pixels replaced."""
        # One random word per pixel: its lowest bit is the new value, its highest 24 are compared with p.
        bits = pixel_words(keys, (images.shape[1], images.shape[2]))
        return jnp.where(fractions(bits) < self.p, (bits & 1).astype(jnp.float32), images)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Paper(Page):
    """Adds the paper under the ink: ruled lines, boxes of a form, a gradient of the light.

    The brightness of each is uniform from 0 to its parameter, in units of full
    ink; ink covers it. Ruled lines are 9 to 28 pixels apart, boxes 24 to 40
    pixels wide; the gradient has a random direction.

    >>> paper = augment.apply(7, [augment.Paper(lines=0.3)], np.zeros((28, 120), np.float32))
    >>> bool(paper.max() > 0)
    True

    Attributes:
        lines: the greatest brightness of ruled lines, from 0 to 1.
        boxes: of the boxes, from 0 to 1.
        gradient: of the bright end of the gradient, from 0 to 1.
    """

    lines: Parameter = 0.4
    boxes: Parameter = 0.4
    gradient: Parameter = 0.4

    limits: ClassVar = {"lines": (0, 1), "boxes": (0, 1), "gradient": (0, 1)}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with paper where there is no ink."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """The images with paper, whose gradient spans the width instead of the canvas."""
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


def _rules(
    places: Float32[HostArray, "1 #H #W"], apart: Float32[Array, "N 1 1"], first: Float32[Array, "N 1 1"]
) -> Float32[Array, "N ..."]:
    """The brightness in [0, 1] of lines one pixel wide, `apart` pixels apart.

    Args:
        places: of the pixels, along the axis that the lines cross.
        apart: pixels.
        first: where one of the lines lies, in units of `apart`.
    """
    turns = places / apart - first
    distance = jnp.abs(turns - jnp.round(turns)) * apart
    return jnp.maximum(1 - distance, 0.0)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Occlude(Page):
    """Covers a rectangle, anywhere on the canvas, with one grey level.

    Boxes and masks remain those of the ink, covered or not.

    >>> covered = augment.apply(7, [augment.Occlude(size=12.0)], np.zeros((28, 120), np.float32))
    >>> int((covered > 0).sum()) <= 12 * 12
    True

    Attributes:
        size: the rectangle's height and width are each uniform up to so many pixels.
    """

    size: Parameter = 12.0

    limits: ClassVar = {"size": (0, 1000)}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, the pixels whose centres lie in the rectangle replaced by its grey level."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """The images with a rectangle that lies anywhere on the width instead of the canvas."""
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
    """Inverts the image: black ink on white paper. Put it last: what geometric transforms move in is 0.

    >>> float(augment.apply(7, [augment.Invert()], np.zeros((28, 120), np.float32)).min())
    1.0
    """

    limits: ClassVar = {}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """1 minus the images."""
        return 1 - images
