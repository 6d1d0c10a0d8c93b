"""PerLine: a glyph transform alike for all digits of a line."""

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Float32
from .base import Parameter, Width
from .hand_keys import HandKeys, Keys
from .resample import Boxes, Places, Size
from .wrapper import Wrapper, nested


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PerLine(Wrapper):
    """Transforms all digits of a line alike: one line, one hand. For `glyph_transforms`.

    Each random number of the inner transform is drawn once a line, and differs
    a little from digit to digit: digit k of n gets u + jitter * (v_k - 1/2) +
    drift * d * (k / (n - 1) - 1/2), reflected into [0, 1) as a triangle wave
    is. u is uniform over a period of that wave, [0, 2), and d from -1 to 1,
    both the line's; v_k is the digit's, uniform from 0 to 1. So each digit by
    itself is transformed as without `PerLine`, since its numbers are uniform,
    and numbers of one line differ by at most jitter + drift.

    Of images that belong to no line (`augment.apply`) each is a line by
    itself: they are transformed as without `PerLine`. Transforms of your own
    must draw their numbers with `augment.base.uniform` or `random_words`.

    >>> hand = augment.PerLine(augment.Affine(rotation=4.0, slant=20.0, shift=0.0), jitter=0.1)
    >>> spec = ds.SequenceSpec(image_width=120, glyph_transforms=(hand,))
    >>> ds.sample_sequence(7, "builtin", [3, 5, 0], spec).image.shape
    (28, 120)

    Attributes:
        transform: a geometric or ink transform, or a `Sometimes` around one,
            which then happens to all or none of most lines. `Sometimes` around
            `PerLine` decides digit by digit.
        jitter: how far digits differ at random, as a fraction of the range of
            the inner transform's numbers, from 0 to 1.
        drift: how far the last digit may differ from the first in a steady
            change along the line, likewise.
    """

    transform: Any
    jitter: Parameter = 0.1
    drift: Parameter = 0.0

    limits: ClassVar = {"jitter": (0, 1), "drift": (0, 1)}

    def draw(self, keys: Keys, size: Size) -> Any:
        """The inner transform's map."""
        return self.transform.draw(self._shared(keys), size)

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """The inner transform's places."""
        pulled: Places = self.transform.pull(drawn, places, size)
        return pulled

    def push(self, drawn: Any, boxes: Boxes, size: Size) -> Boxes | None:
        """The inner transform's boxes."""
        pushed: Boxes | None = self.transform.push(drawn, boxes, size)
        return pushed

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, changed by the inner transform."""
        changed: Float32[Array, "N H W"] = self.transform.change(images, self._shared(keys))
        return changed

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """`change` on a canvas that is wider than the lines."""
        changed: Float32[Array, "N H W"] = self.transform.change_within(images, self._shared(keys), width)
        return changed

    def _shared(self, keys: Keys) -> Keys:
        """The keys, from which numbers are now drawn for the line where there is one."""
        return keys._replace(jitter=self.jitter, drift=self.drift) if isinstance(keys, HandKeys) else keys


def per_line(transforms: Iterable[Any]) -> bool:
    """Whether any of the transforms is, or holds, a `PerLine`."""
    return any(isinstance(part, PerLine) for transform in transforms for part in nested(transform))
