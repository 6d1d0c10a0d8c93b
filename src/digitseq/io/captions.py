"""Texts under the images of a contact sheet: captions, and what was written with what was read of it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

CAPTION = 230
CAPTION_HEIGHT = 14
# Of a text, for letters of size 1.
LINE_HEIGHT = 1.4
# Of mistakes, which are underlined, too, for those who don't see hues; and of the words before the texts.
MISTAKE, FAINT = (255, 160, 60), (160, 160, 160)
WORDS = ("written ", "read ")
# What was written, and what was read of it.
Reading = tuple[str, str]


def aligned(written: str, read: str) -> list[tuple[str, str]]:
    """The symbols of two texts side by side, with the fewest edits; where ways tie, substitutions.

    `ctc.edit_distance` counts those edits, and needs no way.

    >>> aligned("1059", "150")
    [('1', '1'), ('0', ''), ('5', '5'), ('9', '0')]

    Returns:
        (written, read) pairs: the same symbol twice, or two for one read wrongly, or "" read where one was
        left out, or "" written where one was added.
    """
    # costs[i][j]: of the first i symbols written as the first j read.
    costs = [list(range(len(read) + 1))]
    for symbol in written:
        row = [costs[-1][0] + 1]
        for j, other in enumerate(read):
            row.append(min(costs[-1][j] + (symbol != other), costs[-1][j + 1] + 1, row[j] + 1))
        costs.append(row)
    pairs, i, j = list[tuple[str, str]](), len(written), len(read)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (written[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((written[i], read[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((written[i], ""))
        else:
            j -= 1
            pairs.append(("", read[j]))
    return pairs[::-1]


def line_height(size: int | None) -> int:
    """Pixels from one line of text to the next; size: of the letters, None for small ones."""
    return CAPTION_HEIGHT if size is None else math.ceil(size * LINE_HEIGHT)


def height(captions: Sequence[str] | None, readings: Sequence[Reading] | None, size: int | None) -> int:
    """Pixels under each image for its texts."""
    return line_height(size) * ((captions is not None) + 2 * (readings is not None))


def check(readings: Sequence[Reading] | None) -> None:
    """Raises ValueError unless readings are pairs of texts."""
    for pair in () if readings is None else readings:
        pairs = isinstance(pair, tuple | list | np.ndarray) and len(pair) == 2
        if not pairs or not all(isinstance(text, str) for text in pair):
            raise ValueError(f"readings must be pairs of texts, (written, read), got {pair!r}")


def with_texts(
    page: npt.NDArray[np.uint8],
    places: list[tuple[int, int]],
    texts: tuple[Sequence[str] | None, Sequence[Reading] | None],
    size: int | None,
    width: int,
) -> npt.NDArray[np.uint8]:
    """The sheet with texts at each place (y, x), readings above captions; in colour if there are readings.

    Args:
        page: uint8 [H, W] or [H, W, 3].
        places: of the images' lower left corners.
        texts: captions and readings.
        size: of the letters, then what is wider than `width` is cut; None: small ones.
        width: of the images.
    """
    from PIL import Image, ImageDraw, ImageFont, features

    captions, readings = texts
    picture = Image.fromarray(page)
    if readings is not None:
        picture = picture.convert("RGB")
    # Pillow's font of other sizes needs FreeType, which its wheels have.
    font = ImageFont.load_default(size if features.check("freetype2") else None)
    pen, fill = ImageDraw.Draw(picture), CAPTION if picture.mode == "L" else (CAPTION,) * 3
    room = None if size is None else width
    for (top, left), (written, read) in zip(places, () if readings is None else readings, strict=False):
        _write_reading(pen, font, (left, top), aligned(written, read), line=line_height(size), room=room)
    below = 0 if readings is None else 2 * line_height(size)
    for (top, left), caption in zip(places, captions or (), strict=False):
        shown, cut = caption, len(caption)
        while room is not None and cut and pen.textlength(shown, font=font) > room:
            cut -= 1
            shown = f"{caption[:cut]}..."
        pen.text((left, top + below + 1), shown, fill=fill, font=font)
    return np.array(picture)


def _write_reading(
    pen: Any, font: Any, place: tuple[int, int], pairs: list[tuple[str, str]], *, line: int, room: int | None
) -> None:
    """Writes pairs of symbols, each in a column of its own; those that differ are marked below.

    Args:
        pen, font: Pillow's.
        place: (x, y) of the upper left corner.
        pairs: of `aligned`.
        line: pixels from one line of text to the next.
        room: pixels that may be used across, None for any; where the words don't fit, the texts stand alone.
    """
    x, top = place
    end = math.inf if room is None else x + room
    before = math.ceil(max(pen.textlength(words, font=font) for words in WORDS))
    if x + 2 * before <= end:
        for number, words in enumerate(WORDS):
            pen.text((x, top + number * line + 1), words, fill=FAINT, font=font)
        x += before
    column = 1 + math.ceil(max(pen.textlength(symbol, font=font) for symbol in "0123456789"))
    thick = max(1, line // 14)
    for written, read in pairs:
        across = max(
            column, *(math.ceil(pen.textlength(symbol, font=font)) + 1 for symbol in (written, read))
        )
        if x + across > end:
            break
        colour = (CAPTION,) * 3 if written == read else MISTAKE
        pen.text((x, top + 1), written, fill=(CAPTION,) * 3, font=font)
        pen.text((x, top + line + 1), read, fill=colour, font=font)
        if written != read:
            foot = top + 2 * line - thick
            pen.rectangle((x, foot, x + across - 2, foot + thick - 1), fill=MISTAKE)
        x += across
