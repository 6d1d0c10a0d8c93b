"""Geometric transforms of a whole line: slant and baseline."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32, Key
from .base import Parameter, uniform
from .geometry import Geometric, Interpolation, linear
from .resample import Boxes, Places, Size


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LineSlant(Geometric):
    """Slants the whole line by one angle, about the middle of its height.

    Attributes:
        angle: verticals are slanted by up to so many degrees either way.
        interpolation: "linear" or "cubic". Static.
    """

    angle: Parameter = 15.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"angle": (0, 60)}
    takes_width: ClassVar = True

    def draw(self, keys: Key[Array, " N"], size: Size) -> Float32[Array, "N 1"]:
        """The shear of each image, in columns per row."""
        return jnp.tan(uniform(keys, 1, low=-1.0)[0][:, None] * self.angle * np.float32(np.pi / 180))

    def pull(self, drawn: Float32[Array, "N 1"], places: Places, size: Size) -> Places:
        """The places, each row shifted along itself, so that the map is invertible."""
        y, x = places
        return y, x + drawn * (y - (size[0] - 1) / 2)

    def push(self, drawn: Float32[Array, "N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes widened to where their upper and lower edges go."""
        x0, y0, x1, y1 = boxes.T
        a, b = (drawn[:, 0] * (y - (size[0] - 1) / 2) for y in (y0, y1))
        return jnp.stack([x0 - jnp.maximum(a, b), y0, x1 - jnp.minimum(a, b), y1], axis=-1)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaselineWave(Geometric):
    """Bends the baseline into a sine wave of uniform phase.

    Attributes:
        amplitude: the wave reaches up to so many pixels above and below.
        wavelength: pixels from crest to crest.
        interpolation: "linear" or "cubic". Static.
    """

    amplitude: Parameter = 2.0
    wavelength: Parameter = 120.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"amplitude": (0, 28), "wavelength": (10, 10000)}
    takes_width: ClassVar = True

    def draw(self, keys: Key[Array, " N"], size: Size) -> Float32[Array, "2 N 1"]:
        """The amplitude in pixels and the phase in radians of each image."""
        strength, phase = uniform(keys, 2)[:, :, None]
        return jnp.stack([strength * self.amplitude, phase * np.float32(2 * np.pi)])

    def pull(self, drawn: Float32[Array, "2 N 1"], places: Places, size: Size) -> Places:
        """The places, each column shifted along itself, so that the map is invertible."""
        (y, x), (height, phase) = places, drawn
        return y + height * jnp.sin(x * (np.float32(2 * np.pi) / self.wavelength) + phase), x

    def push(self, drawn: Float32[Array, "2 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes with room for the wave above and below."""
        x0, y0, x1, y1 = boxes.T
        height = drawn[0, :, 0]
        return jnp.stack([x0, y0 - height, x1, y1 + height], axis=-1)
