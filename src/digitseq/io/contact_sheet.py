"""A contact sheet: many images on one, with captions and boxes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..internal.pixels import to_uint8
from ..internal.validation import as_size

GUTTER = 4
PAPER = 48
CAPTION = 230
CAPTION_HEIGHT = 14
BOX_COLOURS = ((255, 170, 60), (90, 200, 255))
MOST = 64
# A larger sheet is a slip of the pen: hardly a viewer would open it.
MOST_PIXELS = 2**28


def contact_sheet(
    images: npt.ArrayLike,
    *,
    columns: int | None = None,
    scale: int = 1,
    captions: Sequence[str] | None = None,
    boxes: npt.ArrayLike | None = None,
) -> npt.NDArray[np.uint8]:
    """One picture of many images, tiled in rows and columns on a grey background.

    A single image without a caption or boxes is returned as it is, enlarged.

    >>> contact_sheet(np.zeros((12, 28, 100), np.float32), columns=3).shape
    (132, 316)

    Args:
        images: [H, W] or [..., H, W], of NumPy or JAX: floats in [0, 1], or
            uint8. Of a batch the first 64 are shown unless `columns` is given.
        columns: how many side by side; None makes the sheet about as wide as
            it is high.
        scale: sheet pixels per image pixel.
        captions: a text for each image, written under it.
        boxes: int32 [..., K, 4], (x0, y0, x1, y1) in image pixels, outlined
            just outside what they enclose; boxes with negative numbers are
            skipped. `sample.boxes` has this form.

    Returns:
        uint8 [height, width], or [height, width, 3] with boxes: what
        `PIL.Image.fromarray` takes.

    Raises:
        ValueError: no images, or a `columns` or `scale` that is no whole number from 1.
    """
    images = np.asarray(images)
    if images.ndim < 2 or (images.dtype.kind != "f" and images.dtype != np.uint8):
        raise ValueError(
            f"images must be floats or uint8 [..., H, W], got {images.dtype} {list(images.shape)}"
        )
    scale = as_size("scale", scale, MOST_PIXELS)
    columns = None if columns is None else as_size("columns", columns, MOST_PIXELS)
    if images.ndim == 2 and captions is None and boxes is None:
        return _enlarged(_levels(images), scale)
    images = images.reshape(-1, *images.shape[-2:])
    images = images[: MOST if columns is None else None]
    height, width = images.shape[1] * scale, images.shape[2] * scale
    columns, tile, size = _arranged(images.shape, columns, scale, captions is not None)
    page = np.full(size, PAPER, np.uint8)
    corners = [(n // columns * tile[0] + GUTTER, n % columns * tile[1] + GUTTER) for n in range(len(images))]
    for (top, left), image in zip(corners, images, strict=True):
        page[top : top + height, left : left + width] = _enlarged(_levels(image), scale)
    if captions is not None:
        page = _with_captions(page, [(top + height, left) for top, left in corners], captions)
    if boxes is None:
        return page
    boxes = np.asarray(boxes)
    return _with_boxes(page, corners, boxes.reshape(-1, *boxes.shape[-2:]), scale)


def _levels(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The images as uint8, as they are if they are so already."""
    return images if images.dtype == np.uint8 else to_uint8(images)


def check_size(shape: tuple[int, int, int], *, columns: int, scale: int, captions: bool) -> None:
    """Raises where a sheet of images of the shape [B, H, W] is too large, before any of them is made.

    Raises:
        ValueError: naming how large it would be.
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
    """Columns, and (height, width) of the tile that an image takes and of the sheet of images [B, H, W]."""
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
