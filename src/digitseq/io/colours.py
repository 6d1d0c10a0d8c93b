"""Ink and paper: grey images as pictures in two colours, and what lies between them."""

import dataclasses
import functools
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from ..internal.pixels import HEIGHT
from ..internal.validation import as_size, nearest

# Digitseq's images as they are.
WHITE, BLACK = "white", "black"
# A larger picture is surely a mistake: hardly any viewer would open it.
MOST_PIXELS, MOST_ZOOM = 2**28, 64


@dataclasses.dataclass(frozen=True)
class Colours:
    """The colours of a picture, each as `#rrggbb`, in sRGB.

    Attributes:
        ink: of value 255.
        paper: of value 0.
    """

    ink: str
    paper: str

    @property
    def grey(self) -> bool:
        """Whether both are greys, so that pictures keep one channel."""
        return self.table().ndim == 1

    def table(self) -> npt.NDArray[np.uint8]:
        """The colour of each value 0..255, uint8 [256, 3]; [256] where all are greys."""
        return _table(self.ink, self.paper)

    def apply(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Images uint8 [..., H, W] in these colours: [..., H, W, 3], or [..., H, W] where they are greys."""
        return np.take(self.table(), images, axis=0)

    def __str__(self) -> str:
        return f"ink {self.ink} on paper {self.paper}"


@functools.cache
def _table(ink: str, paper: str) -> npt.NDArray[np.uint8]:
    """The table of two colours: paper + (ink - paper) * value / 255 in each channel, rounded.

    Linear in sRGB's values, not in light, as image editors mix layers: a
    stroke's edge looks as smooth as on the grey image, and white on black is
    the grey image itself.
    """
    first, last = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (paper, ink))
    values = np.arange(256)[:, None]
    table = ((255 - values) * first + values * last + 127) // 255
    grey = len(set(first)) == len(set(last)) == 1
    table = (table[:, 0] if grey else table).astype(np.uint8)
    table.flags.writeable = False
    return table


def colours_of(
    ink: str = WHITE, paper: str = BLACK, names: tuple[str, str] = ("ink", "paper")
) -> Colours | None:
    """Two colours from their names; None for white ink on black paper, which images have anyway.

    >>> colours_of("navy", "#fffff0")
    Colours(ink='#000080', paper='#fffff0')

    Args:
        ink, paper: a name of CSS's, such as navy, or #rrggbb.
        names: what the arguments are called, for messages.

    Raises:
        ValueError: no such colour, or twice the same, in which nothing could be seen.
    """
    codes = [_code(name, colour) for name, colour in zip(names, (ink, paper), strict=True)]
    if codes[0] == codes[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must differ, got {ink!r} on {paper!r}, on which no ink would be seen"
        )
    return None if codes == ["#ffffff", "#000000"] else Colours(*codes)


def _code(name: str, colour: str) -> str:
    """A colour as #rrggbb, in lower case."""
    from PIL import ImageColor

    found = colour.strip().lower() if isinstance(colour, str) else ""
    if re.fullmatch("#[0-9a-f]{6}", found):
        return found
    if found not in ImageColor.colormap:
        raise ValueError(
            f"{name} must be a colour's name, such as navy, or #rrggbb, such as #000080, got {colour!r}"
            f"{nearest(found, ImageColor.colormap)}"
        )
    red, green, blue = ImageColor.getrgb(found)[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def check_zoom(name: str, zoom: int, width: int, height: int = HEIGHT) -> int:
    """The zoom, for images of `width` by `height` pixels.

    Raises:
        ValueError: it is no whole number from 1 to `MOST_ZOOM`, or pictures would be too large.
    """
    zoom = as_size(name, zoom, MOST_ZOOM)
    if zoom > 1 and width * height * zoom * zoom > MOST_PIXELS:
        raise ValueError(
            f"{name} {zoom} would make a picture of {width * zoom} x {height * zoom} pixels, more than "
            f"{MOST_PIXELS}; give a smaller one"
        )
    return zoom


def enlarged(picture: npt.NDArray[np.uint8], zoom: int) -> npt.NDArray[np.uint8]:
    """A picture [H, W] or [H, W, 3] whose pixels are squares of `zoom` by `zoom`, without smoothing."""
    return picture if zoom == 1 else picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def image_axes(images: npt.NDArray[Any]) -> int:
    """How many axes an image of the array has: 2, [H, W], or 3 if it is uint8 and ends in three channels."""
    return 3 if images.ndim > 2 and images.shape[-1] == 3 and images.dtype == np.uint8 else 2
