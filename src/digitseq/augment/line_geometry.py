"""Geometric transforms of a whole line: slant, slope, baseline and shift."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32
from .base import Parameter, uniform
from .geometry import Geometric, Interpolation, linear, middle_of
from .hand_keys import Keys
from .resample import Boxes, Places, Size

# The steepest slant in degrees: beyond, a line is smeared along itself.
STEEPEST = 75


def _tangent(keys: Keys, angle: Parameter, bias: Parameter) -> Float32[Array, "N 1"]:
    """The tangent of an angle for each image, uniform from `bias` - `angle` to `bias` + `angle` degrees."""
    degrees = uniform(keys, 1, low=-1.0)[0][:, None] * angle + bias
    return jnp.tan(degrees * np.float32(np.pi / 180))


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LineSlant(Geometric):
    """Slants the whole line by one angle, about the middle of its height.

    >>> spec = ds.SequenceSpec(image_width=120, line_transforms=(augment.LineSlant(angle=9.0, bias=20.0),))
    >>> ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank="builtin", spec=spec).shape
    (28, 120)

    Attributes:
        angle: verticals are slanted by up to so many degrees more or less than `bias`.
        interpolation: "linear" or "cubic". Static.
        bias: the mean slant in degrees: to the right where it is positive.
    """

    angle: Parameter = 15.0
    interpolation: Interpolation = linear()
    bias: Parameter = 0.0

    limits: ClassVar = {"angle": (0, 60), "bias": (-60, 60)}
    takes_width: ClassVar = True

    def check(self) -> None:
        """Checks the parameters, on the host.

        Raises:
            ValueError: a parameter outside its limits, or slants of more than 75 degrees.
        """
        super().check()
        bias, angle = np.abs(np.asarray([self.bias, self.angle], np.float64))
        if bias + angle > STEEPEST:
            raise ValueError(
                f"LineSlant.bias and angle must make slants of at most {STEEPEST} degrees, got {self!r}"
            )

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "N 1"]:
        """The shear of each image, in columns per row."""
        return _tangent(keys, self.angle, self.bias)

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
class LineSlope(Geometric):
    """Lets the whole line rise or fall by one angle, about the middle of its width.

    A vertical shear: every column is moved along itself, so digits rise and
    fall with the line but stand upright.

    >>> lines = np.zeros((4, 28, 120), np.float32)
    >>> augment.apply(7, [augment.LineSlope(angle=4.0), augment.FitHeight()], lines).shape
    (4, 28, 120)

    Attributes:
        angle: the line slopes by up to so many degrees more or less than `bias`.
        interpolation: "linear" or "cubic". Static.
        bias: the mean slope in degrees: the line rises to the right where it is positive.
    """

    angle: Parameter = 4.0
    interpolation: Interpolation = linear()
    bias: Parameter = 0.0

    limits: ClassVar = {"angle": (0, 30), "bias": (-30, 30)}
    takes_width: ClassVar = True

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "N 1"]:
        """The shear of each image, in rows per column."""
        return _tangent(keys, self.angle, self.bias)

    def pull(self, drawn: Float32[Array, "N 1"], places: Places, size: Size) -> Places:
        """The places, each column shifted along itself, so that the map is invertible."""
        y, x = places
        return y + drawn * (x - middle_of(size)[1]), x

    def push(self, drawn: Float32[Array, "N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes heightened to where their left and right edges go."""
        x0, y0, x1, y1 = boxes.T
        a, b = (drawn[:, 0] * (x - middle_of(size)[1]) for x in (x0, x1))
        return jnp.stack([x0, y0 - jnp.maximum(a, b), x1, y1 - jnp.minimum(a, b)], axis=-1)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LineShift(Geometric):
    """Moves the whole line, so that ink is cut off at the canvas's edges, as by a careless crop.

    >>> augment.Sometimes(0.2, augment.LineShift(down=4.0))  # rare, as careless crops are
    Sometimes(p=0.2, transform=LineShift(down=4.0, right=0.0, interpolation='linear'))

    Attributes:
        down: moved by up to so many pixels up or down.
        right: by up to so many to the left or right.
        interpolation: "linear" or "cubic". Static.
    """

    down: Parameter = 5.0
    right: Parameter = 0.0
    interpolation: Interpolation = linear()

    limits: ClassVar = {"down": (0, 1000), "right": (0, 1000)}
    takes_width: ClassVar = True

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "2 N 1"]:
        """How far down and to the right each image is moved, in pixels."""
        down, right = uniform(keys, 2, low=-1.0)[..., None]
        return jnp.stack([down * self.down, right * self.right])

    def pull(self, drawn: Float32[Array, "2 N 1"], places: Places, size: Size) -> Places:
        """The places, moved back."""
        (y, x), (down, right) = places, drawn
        return y - down, x - right

    def push(self, drawn: Float32[Array, "2 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes, moved."""
        down, right = drawn[..., 0]
        return boxes + jnp.stack([right, down, right, down], axis=-1)


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaselineWave(Geometric):
    """Bends the baseline into a sine wave of uniform phase.

    >>> lines = np.zeros((4, 28, 120), np.float32)
    >>> augment.apply(7, [augment.BaselineWave(amplitude=2.0, wavelength=80.0)], lines).shape
    (4, 28, 120)

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

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "2 N 1"]:
        """The amplitude in pixels and the phase in turns of each image."""
        strength, phase = uniform(keys, 2)[:, :, None]
        return jnp.stack([strength * self.amplitude, phase])

    def pull(self, drawn: Float32[Array, "2 N 1"], places: Places, size: Size) -> Places:
        """The places, each column shifted along itself, so that the map is invertible."""
        (y, x), (height, phase) = places, drawn
        return y + height * _sine(x / self.wavelength + phase), x

    def push(self, drawn: Float32[Array, "2 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes with room for the wave above and below."""
        x0, y0, x1, y1 = boxes.T
        height = drawn[0, :, 0]
        return jnp.stack([x0, y0 - height, x1, y1 + height], axis=-1)


# Of a polynomial for sin(2 pi t), t from -1/2 to 1/2: coefficients of t, t**3, ..., t**11.
SINE = (6.28318279, -41.34141933, 81.59613741, -76.579674, 41.20368208, -12.26876145)


def _sine(turns: Float32[Array, "N P"]) -> Float32[Array, "N P"]:
    """The sine of angles in turns, to within 1e-6.

    XLA's own on a CPU takes longer than the rest of a `BaselineWave`
    (`benchmarks/workarounds.py`).
    """
    t = turns - jnp.round(turns)
    square = t * t
    total = jnp.float32(0)
    for coefficient in reversed(SINE):
        total = total * square + np.float32(coefficient)
    return t * total
