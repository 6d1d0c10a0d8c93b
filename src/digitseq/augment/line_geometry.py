"""Geometric transforms of a line as a whole."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from .base import uniform
from .geometry import Geometric, Interpolation, linear
from .resample import Places, Size


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LineSlant(Geometric):
    """Leans the whole line, all digits alike, about the middle of its height.

    Attributes:
        angle: verticals lean by up to so many degrees either way.
        interpolation: "linear" or "cubic". Static.
    """

    angle: float | jax.Array = 15.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"angle": (0, 60)}
    takes_width: ClassVar = True

    def draw(self, keys: jax.Array, size: Size) -> jax.Array:
        """Columns a row, [N, 1]."""
        return jnp.tan(uniform(keys, 1, low=-1.0)[0][:, None] * self.angle * np.float32(np.pi / 180))

    def pull(self, drawn: jax.Array, places: Places, size: Size) -> Places:
        """Each row is moved along itself, so nothing folds."""
        y, x = places
        return y, x + drawn * (y - (size[0] - 1) / 2)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaselineWave(Geometric):
    """Bends the writing line into a wave, of any phase.

    Attributes:
        amplitude: the wave's height is up to so many pixels above and below.
        wavelength: pixels from crest to crest.
        interpolation: "linear" or "cubic". Static.
    """

    amplitude: float | jax.Array = 2.0
    wavelength: float | jax.Array = 120.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"amplitude": (0, 28), "wavelength": (10, 10000)}
    takes_width: ClassVar = True

    def draw(self, keys: jax.Array, size: Size) -> jax.Array:
        """Amplitude and phase, [2, N, 1]."""
        strength, phase = uniform(keys, 2)[:, :, None]
        return jnp.stack([strength * self.amplitude, phase * np.float32(2 * np.pi)])

    def pull(self, drawn: jax.Array, places: Places, size: Size) -> Places:
        """Each column is moved along itself, so nothing folds."""
        (y, x), (height, phase) = places, drawn
        return y + height * jnp.sin(x * (np.float32(2 * np.pi) / self.wavelength) + phase), x
