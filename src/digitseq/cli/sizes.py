"""IMAGE_WIDTH, --image-height and --glyph-scale: the size of the image, and of the digits on it."""

import re
from typing import Annotated

import typer

from ..internal.pixels import CELL, HEIGHT
from ..sequence import preflight
from ..sequence.label_grammar import Labels
from ..sequence.spec import SequenceSpec
from ..sequence.spec_checks import check_spec

HeightOption = Annotated[int, typer.Option(help="Height of the image, pixels, from 28.")]
GlyphScaleOption = Annotated[
    float | None,
    typer.Option(help="Size of the digits; 1 is 28-pixel cells.", show_default="to match the height"),
]


def size_of(
    text: str,
    labels: Labels,
    spacing_range: tuple[int, int],
    image_height: int,
    glyph_scale: float | None,
) -> SequenceSpec:
    """A spec with the image's size and the glyphs' scale, which matches the height where none is given."""
    scale = image_height / HEIGHT if glyph_scale is None else glyph_scale
    sized = SequenceSpec(image_height=image_height, scale=scale, spacing_range=spacing_range)
    check_spec(sized)
    return sized.replace(image_width=width_of(text, labels, spacing_range, sized.cell))


def width_of(text: str, labels: Labels, spacing_range: tuple[int, int], cell: int = CELL) -> int:
    """IMAGE_WIDTH: a number of pixels, or `auto`: as many as the longest label takes with the widest gaps."""
    if text == preflight.AUTO:
        return preflight.auto_width(max(map(len, labels.rows())), spacing_range, cell)
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError(f"IMAGE_WIDTH must be a number of pixels, or auto, got {text!r}")
    return int(text)
