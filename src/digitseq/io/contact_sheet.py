"""Contact sheets: many images on one page, with captions and boxes."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .png import to_uint8

GUTTER = 4
PAPER = 48
CAPTION = 230
CAPTION_HEIGHT = 14
BOX_COLOURS = ((255, 170, 60), (90, 200, 255))
MOST = 64
# A larger sheet is surely a mistake: hardly any viewer would open it.
MOST_PIXELS = 2**28


def sheet(
    images: npt.NDArray[np.float32],
    *,
    columns: int | None = None,
    scale: int = 1,
    captions: Sequence[str] | None = None,
    boxes: npt.NDArray[np.int32] | None = None,
) -> npt.NDArray[np.uint8]:
    """Arranges images in rows and columns on a grey sheet; returns a single image as it is.

    Args:
        images: float32 [H, W] or [..., H, W] in [0, 1]. Of a batch the first
            64 are shown unless `columns` is given.
        columns: images per row; None makes the sheet about as wide as high.
        scale: pixels on the sheet per pixel of an image.
        captions: a text for each image, written below it.
        boxes: int32 [B, K, 4], (x0, y0, x1, y1) in the image's pixels, drawn
            just outside what they enclose; boxes with negative numbers are
            left out.

    Returns:
        uint8 [height, width], or [height, width, 3] with boxes.
    """
    if images.ndim == 2 and captions is None and boxes is None:
        return _enlarged(to_uint8(images), scale)
    images = images.reshape(-1, *images.shape[-2:])
    images = images[: MOST if columns is None else None]
    height, width = images.shape[1] * scale, images.shape[2] * scale
    columns, tile, size = _arranged(images.shape, columns, scale, captions is not None)
    page = np.full(size, PAPER, np.uint8)
    corners = [(n // columns * tile[0] + GUTTER, n % columns * tile[1] + GUTTER) for n in range(len(images))]
    for (top, left), image in zip(corners, images, strict=True):
        page[top : top + height, left : left + width] = _enlarged(to_uint8(image), scale)
    if captions is not None:
        page = _with_captions(page, [(top + height, left) for top, left in corners], captions)
    return page if boxes is None else _with_boxes(page, corners, boxes, scale)


def check_size(shape: tuple[int, int, int], *, columns: int, scale: int, captions: bool) -> None:
    """Raises if a sheet of images of the shape [B, H, W] would be too large.

    Raises:
        ValueError: names the size that it would have.
    """
    _, _, (height, width) = _arranged(shape, columns, scale, captions)
    if height * width > MOST_PIXELS:
        raise ValueError(
            f"the sheet would have {width} x {height} pixels, more than {MOST_PIXELS}; ask for fewer images, "
            f"a smaller scale, or narrower images"
        )


def _arranged(
    shape: tuple[int, ...], columns: int | None, scale: int, captions: bool
) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Columns, then (height, width) of a tile and of the whole sheet, for images [B, H, W]."""
    count, height, width = shape
    tile = (height * scale + (CAPTION_HEIGHT if captions else 0) + GUTTER, width * scale + GUTTER)
    if columns is None:
        columns = round(math.sqrt(count * tile[0] / tile[1]))
    columns = max(1, min(columns, count))
    lines = -(-count // columns)
    return columns, tile, (lines * tile[0] + GUTTER, columns * tile[1] + GUTTER)


def _enlarged(picture: npt.NDArray[np.uint8], scale: int) -> npt.NDArray[np.uint8]:
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)


def _with_captions(
    page: npt.NDArray[np.uint8], places: list[tuple[int, int]], captions: Sequence[str]
) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(page)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default()
    for (top, left), caption in zip(places, captions, strict=False):
        pen.text((left, top + 1), caption, fill=CAPTION, font=font)
    return np.array(picture)


def _with_boxes(
    page: npt.NDArray[np.uint8],
    corners: list[tuple[int, int]],
    boxes: npt.NDArray[np.int32],
    scale: int,
) -> npt.NDArray[np.uint8]:
    """The sheet in RGB with an outline just outside each box, neighbours in alternating colours."""
    from PIL import Image, ImageDraw

    picture = Image.fromarray(page).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for (top, left), row in zip(corners, boxes, strict=False):
        for slot, box in enumerate(row):
            if (box < 0).any():
                continue
            outside = box * scale + (left, top, left, top) - (1, 1, 0, 0)
            pen.rectangle(outside.tolist(), outline=BOX_COLOURS[slot % 2])
    return np.array(picture)
