"""The style of the documents' figures: rows of pictures on dark grey, the words of each row on its left.

The other examples import it. A figure has a ground of its own, so that it reads on white and on black
pages, and twice the pixels of a page's column.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitseq import augment

WIDTH, MARGIN, GAP, WORDS = 1500, 20, 12, 320
GROUND, TEXT, FAINT = (48, 48, 48), (240, 240, 240), (176, 176, 176)
# Beside each other in this order; told apart by lightness, too, where hues are not seen.
COLOURS = ((240, 150, 50), (90, 180, 255), (120, 210, 120))
LETTERS, LINE = 24, 28


class Row(NamedTuple):
    """Pictures side by side.

    Attributes:
        words: what is on their left, broken into lines where it must be.
        pictures: uint8 [height, width] or [height, width, 3], all of one size.
        note: what is below the words, fainter.
    """

    words: str
    pictures: Sequence[np.ndarray]
    note: str = ""


def zoomed(images: np.ndarray, zoom: int) -> list[np.ndarray]:
    """Images, uint8, so many times enlarged: of floats [B, H, W] in [0, 1], or uint8 [B, H, W, 3]."""
    images = np.asarray(images)
    pixels = images if images.dtype == np.uint8 else np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    return list(pixels.repeat(zoom, axis=1).repeat(zoom, axis=2))


def strength(transform: augment.Transform) -> str:
    """A transform's parameters and their values: "rotation = 4, scale = 0.1"."""
    numbers = {name: value for name, value in transform.parameters().items() if name in transform.limits}
    # Non-breaking spaces: a parameter and its value stay on one line.
    return ", ".join(f"{name} = {value:.4g}".replace(" ", "\xa0") for name, value in numbers.items())


def page(title: str, rows: Sequence[Row]) -> np.ndarray:
    """A figure, uint8 [height, 1500, 3], or [height, 1500] where all of it is grey."""
    font = ImageFont.load_default(LETTERS)
    words = [broken(row.words, font, TEXT) + broken(row.note, font, FAINT) for row in rows]
    heights = [
        max(row.pictures[0].shape[0], LINE * len(lines)) for row, lines in zip(rows, words, strict=True)
    ]
    top = MARGIN + LINE + GAP
    picture = Image.new("RGB", (WIDTH, top + sum(heights) + GAP * (len(rows) - 1) + MARGIN), GROUND)
    pen = ImageDraw.Draw(picture)
    pen.text((MARGIN, MARGIN), title, fill=TEXT, font=font, anchor="lt")
    for row, lines, height in zip(rows, words, heights, strict=True):
        middle = top + (height - LINE * len(lines)) / 2
        for number, (line, colour) in enumerate(lines):
            line = line.replace("\xa0", " ")  # which the font lacks
            pen.text((MARGIN, middle + LINE * (number + 0.5)), line, fill=colour, font=font, anchor="lm")
        spread(picture, top, row.pictures)
        top += height + GAP
    pixels = np.asarray(picture)
    return pixels[..., 0] if (pixels == pixels[..., :1]).all() else pixels


def broken(words: str, font: Any, colour: tuple[int, int, int]) -> list[tuple[str, tuple[int, int, int]]]:
    """Words in lines that fit on the left of pictures, each with its colour."""
    lines = list[str]()
    for word in words.split(" ") if words else []:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= WORDS - GAP:
            lines[-1] = longer
        else:
            lines.append(word)
    return [(line, colour) for line in lines]


def spread(picture: Image.Image, top: int, parts: Sequence[np.ndarray]) -> None:
    """Pastes pictures beside the words, from left to right."""
    room = WIDTH - 2 * MARGIN - WORDS - sum(part.shape[1] for part in parts)
    gap = min(room / max(1, len(parts) - 1), 3 * GAP)
    left = float(MARGIN + WORDS)
    for part in parts:
        picture.paste(Image.fromarray(part).convert("RGB"), (round(left), top))
        left += part.shape[1] + gap


def given_path() -> Path:
    """The path that is the script's one argument, its folder made."""
    if len(sys.argv) != 2:
        sys.exit(f"python {sys.argv[0]} PATH")
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
