"""FitHeight: a line's digits scaled to a height and centred, by where their ink lies."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Bool, Float32, Int32
from .base import Parameter, as_float, uniform
from .geometry import Geometric, Interpolation, linear, pushed_of_lines
from .hand_keys import Keys
from .resample import Boxes, Places, Size
from .wrapper import Wrapper, nested

# Digits are boxes that are at least so high, as a share of the highest: commas and dashes are not.
LOW = 0.5
# Pixels that stay free at each of the canvas's edges, for antialiased ink.
FREE = 0.5
# Of each line: the median height of its digits, the median row of their middles; where ink begins and ends,
# top, bottom, left and right.
Fit = Float32[Array, "N 6"]
# Of each `FitHeight` of a chain; None where there is none.
Fits = tuple[Float32[Array, "_ 6"], ...] | None


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FitHeight(Geometric):
    """Scales the whole line so that its digits are of one height, and centres it, as a recogniser's input is.

    As `scans.normalize_line` does with a real line: the line is scaled about its ink so that
    the median digit is `height` * U pixels high, U uniform from `low` to
    `high`; less, where ink would fill more than `rows` rows or leave the
    canvas's width. The median row of the digits' middles comes to lie on the
    canvas's middle, `shift` pixels or less above or below, and no farther than
    ink stays on the canvas. Columns move only as far as ink needs to stay
    within the width. Digits are boxes of ink at least half as high as the
    highest.

    Digits are measured once, on the line before its transforms; what transforms
    before this one do is followed by their bounds (`push`), where these are
    known: put it last, after `LineSlope`, `LineSlant` and `BaselineWave`.
    Images without labels (`augment.apply`) are measured as one digit each. It
    has no strength zero: every line is fitted.

    >>> line = np.zeros((28, 120), np.float32)
    >>> line[10:18, 20:100] = 1.0  # 8 rows of ink
    >>> fitted = augment.apply(7, [augment.FitHeight(height=20.0, low=1.0, high=1.0)], line)
    >>> int((fitted > 0.5).any(axis=1).sum())  # rows of ink: 80 columns can grow to 120, so no more
    12

    Attributes:
        height: of the median digit, pixels.
        low, high: the height is multiplied by a number from low to high.
        rows: that ink may fill at most.
        shift: the line is moved by up to so many pixels up or down.
        interpolation: "linear" or "cubic". Static.
    """

    height: Parameter = 20.0
    low: Parameter = 0.85
    high: Parameter = 1.12
    rows: Parameter = 26.5
    shift: Parameter = 0.8
    interpolation: Interpolation = linear()

    limits: ClassVar = {
        "height": (1, 4096),
        "low": (0.1, 10),
        "high": (0.1, 10),
        "rows": (1, 4096),
        "shift": (0, 1000),
    }
    takes_width: ClassVar = True

    def check(self) -> None:
        """Checks the parameters, on the host.

        Raises:
            ValueError: a parameter outside its limits, or `low` above `high`.
        """
        super().check()
        if np.greater(self.low, self.high):
            raise ValueError(f"FitHeight.low must be at most high, got {self!r}")


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Fitted(Geometric):
    """A `FitHeight` that knows where the ink of each line lies.

    Attributes:
        transform: the `FitHeight`.
        fit: from `measured`.
    """

    transform: Any
    fit: Any

    takes_width: ClassVar = True

    @property
    def interpolation(self) -> Interpolation:  # type: ignore[override]
        """That of the `FitHeight`."""
        interpolation: Interpolation = self.transform.interpolation
        return interpolation

    def draw(self, keys: Keys, size: Size) -> Float32[Array, "3 N 1"]:
        """Each image's scale, and the y and x in the input of the place (0, 0) in the result."""
        asked = self.transform
        factor, shift = uniform(keys, 2)
        tall, middle, top, bottom, left, right = self.fit.T
        factor = asked.low + factor * (asked.high - asked.low)
        rows = jnp.minimum(asked.rows, np.float32(max(size[0] - 2 * FREE, 1)))
        columns = jnp.maximum(jnp.asarray(as_float(size[1]), jnp.float32) - 2 * FREE, 1)
        scale = jnp.minimum(asked.height * factor / tall, rows / (bottom - top))
        scale = jnp.minimum(scale, columns / (right - left))
        moved = size[0] / 2 + (2 * shift - 1) * asked.shift - scale * middle
        down = _within(moved, scale * top, scale * bottom, np.float32(size[0]))
        ahead = (1 - scale) * (left + right) / 2
        ahead = _within(ahead, scale * left, scale * right, columns + 2 * FREE)
        # An edge of pixels lies half a pixel before the middle of the first.
        y, x = ((0.5 - by) / scale - 0.5 for by in (down, ahead))
        return jnp.stack([scale, y, x])[..., None]

    def pull(self, drawn: Float32[Array, "3 N 1"], places: Places, size: Size) -> Places:
        """The places, scaled back."""
        (y, x), (scale, first_y, first_x) = places, drawn
        return y / scale + first_y, x / scale + first_x

    def push(self, drawn: Float32[Array, "3 N 1"], boxes: Boxes, size: Size) -> Boxes:
        """The boxes, scaled."""
        scale, y, x = drawn[..., 0]
        return (boxes - jnp.stack([x, y, x, y], axis=-1)) * scale[:, None]


def _within(
    moved: Float32[Array, " N"], first: Float32[Array, " N"], last: Float32[Array, " N"], end: Any
) -> Float32[Array, " N"]:
    """By how much ink from `first` to `last` is moved, so that it lies between 0 and `end`."""
    least = FREE - first
    return jnp.clip(moved, least, jnp.maximum(end - FREE - last, least))


def measured(boxes: Float32[Array, "N K 4"], shown: Bool[Array, "N K"]) -> Fit:
    """Where the ink of lines lies, from the boxes of their digits; a line without ink fits as it is.

    Args:
        boxes: (x0, y0, x1, y1), edges in pixels.
        shown: which of them are there.
    """
    shown = shown & (boxes[..., 2] > boxes[..., 0])
    heights = jnp.where(shown, boxes[..., 3] - boxes[..., 1], 0)
    digits = shown & (heights >= LOW * heights.max(axis=1, initial=0, keepdims=True))
    tall = _median(heights, digits)
    middle = _median((boxes[..., 1] + boxes[..., 3]) / 2, digits)
    low = (jnp.where(shown, boxes[..., axis], jnp.inf).min(axis=1, initial=jnp.inf) for axis in (1, 0))
    high = (jnp.where(shown, boxes[..., axis], -jnp.inf).max(axis=1, initial=-jnp.inf) for axis in (3, 2))
    (top, left), (bottom, right) = low, high
    fit = jnp.stack([tall, middle, top, bottom, left, right], axis=-1)
    blank = jnp.array([[1, 0, 0, 1, 0, 1]], jnp.float32)
    return lax.stop_gradient(jnp.where(shown.any(axis=1)[:, None], fit, blank))


def _median(values: Float32[Array, "N K"], chosen: Bool[Array, "N K"]) -> Float32[Array, " N"]:
    """The median of the chosen values of each row: of an even number, the mean of the middle two."""
    count = chosen.sum(axis=1, dtype=jnp.int32)
    ordered = jnp.sort(jnp.where(chosen, values, jnp.inf), axis=1)
    middle = jnp.stack([jnp.maximum(count - 1, 0) // 2, count // 2], axis=1)
    middle = jnp.minimum(middle, max(values.shape[1] - 1, 0))
    return jnp.take_along_axis(ordered, middle, axis=1).mean(axis=1)


def fits(transform: Any) -> bool:
    """Whether the transform is, or holds, a `FitHeight`."""
    return isinstance(nested(transform)[-1], FitHeight)


def bound(transforms: tuple[Any, ...], found: tuple[Fit, ...] | None) -> tuple[Any, ...]:
    """The transforms, each `FitHeight` with what `fits_of` found for it, in their order."""
    if not found:
        return transforms
    left = iter(found)
    return tuple(_bound(transform, next(left)) if fits(transform) else transform for transform in transforms)


def _bound(transform: Any, fit: Fit) -> Any:
    if isinstance(transform, Wrapper):
        return dataclasses.replace(transform, transform=_bound(transform.transform, fit))  # type: ignore[type-var]
    return Fitted(transform, fit)


def fits_of(
    keyed: Sequence[tuple[Any, Any]], boxes: Int32[Array, "N K 4"], shown: Bool[Array, "N K"], size: Size
) -> tuple[Fit, ...]:
    """Where each line's ink lies before each `FitHeight` of a chain.

    Args:
        keyed: the transforms of the chain, each with its keys of the N lines.
        boxes: of the digits on the untransformed lines, half-open pixels.
        shown: which of them are there.
        size: of the canvas.
    """
    found: list[Fit] = []
    if not boxes.shape[1]:
        boxes, shown = jnp.zeros((len(boxes), 1, 4), jnp.int32), jnp.zeros((len(boxes), 1), bool)
    ink = boxes.astype(jnp.float32)
    last = max((number for number, (transform, _) in enumerate(keyed) if fits(transform)), default=-1)
    for number, (transform, keys) in enumerate(keyed[: last + 1]):
        kind: Any = transform
        if fits(transform):
            found.append(measured(ink, shown))
            kind = _bound(transform, found[-1])
        if number < last and isinstance(nested(kind)[-1], Geometric):
            ink = _followed(kind, kind.draw(keys, size), ink, size)
    return tuple(found)


def _followed(
    transform: Any, drawn: Any, ink: Float32[Array, "N K 4"], size: Size
) -> Float32[Array, "N K 4"]:
    """The boxes of ink, edges in pixels, after a transform; as they are where it states no bounds."""
    # Pixel p covers the places p - 1/2 to p + 1/2.
    pushed = pushed_of_lines(transform, drawn, ink - 0.5, size)
    return ink if pushed is None else pushed + 0.5
