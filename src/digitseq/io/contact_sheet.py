"""Contact sheets: many images on one page, with captions and boxes."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal.pixels import to_uint8
from ..internal.validation import as_size
from . import captions as texts
from .captions import CAPTION_HEIGHT
from .colours import BLACK, MOST_PIXELS, WHITE, colours_of, enlarged, image_axes

GUTTER = 4
PAPER = 48
BOX_COLOURS = ((255, 170, 60), (90, 200, 255))
# Of masks, one digit after the other: told apart by hue and by lightness, on black and on white paper.
MASK_COLOURS = (
    (230, 120, 20),
    (40, 140, 230),
    (40, 170, 90),
    (200, 70, 170),
    (190, 170, 30),
    (130, 100, 230),
)
# Of 5, as much of a masked pixel is the mask's colour.
MASK_WEIGHT = 3
MOST = 64


def contact_sheet(
    images: npt.ArrayLike,
    *,
    columns: int | None = None,
    scale: int = 1,
    captions: Sequence[str] | None = None,
    boxes: npt.ArrayLike | None = None,
    masks: npt.ArrayLike | None = None,
    ink: str = WHITE,
    paper: str = BLACK,
    caption_size: int | None = None,
    readings: Sequence[tuple[str, str]] | None = None,
) -> npt.NDArray[np.uint8]:
    """One picture of many images, tiled in rows and columns on a grey background.

    A single image without texts or boxes is returned as it is, enlarged.

    >>> ds.contact_sheet(np.zeros((12, 28, 100), np.float32), columns=3).shape
    (132, 316)

    Args:
        images: [H, W] or [..., H, W], of NumPy or JAX: floats in [0, 1], or
            uint8, of which [..., H, W, 3] are in colour. Of a batch the first
            64 are shown unless `columns` is given.
        columns: how many side by side; None makes the sheet about as wide as
            it is high.
        scale: sheet pixels per image pixel.
        captions: a text for each image, written under it.
        boxes: int32 [..., K, 4], (x0, y0, x1, y1) in image pixels, outlined
            just outside what they enclose; boxes with negative numbers are
            skipped. `sample.boxes` has this form.
        masks: `sample.masks`, visible int8 [..., H, W] or amodal bool [..., K, H, W]:
            each digit's pixels are tinted in a colour of its own, six colours in
            turn; where amodal masks overlap, in the mean of theirs.
        ink, paper: colours of grey images, a name of CSS's or #rrggbb.
        caption_size: of the captions' letters, in pixels of the sheet; what
            is wider than its image is cut. None: small, and not cut.
        readings: (written, read) for each image, two texts under it and above its
            caption, symbol below symbol. What was read wrongly, left out or added
            is in orange and underlined.

    Returns:
        uint8 [height, width], or [height, width, 3] with boxes, masks, readings or
        colours:
        what `PIL.Image.fromarray` takes.

    Raises:
        ValueError: no images, no such colour, masks of another shape, readings that are no
            pairs of texts, or a `columns`, `scale` or `caption_size` that is no whole
            number from 1.
    """
    images = np.asarray(images)
    floating = jnp.issubdtype(images.dtype, jnp.floating)  # bfloat16 too, which NumPy takes for no float
    if images.ndim < 2 or not (floating or images.dtype == np.uint8):
        raise ValueError(
            f"images must be floats or uint8 [..., H, W], got {images.dtype} {list(images.shape)}"
        )
    scale = as_size("scale", scale, MOST_PIXELS)
    columns = None if columns is None else as_size("columns", columns, MOST_PIXELS)
    size = None if caption_size is None else as_size("caption_size", caption_size, 200)
    texts.check(readings)
    axes = image_axes(images)
    alone = images.ndim == axes and captions is None and boxes is None and readings is None
    images = images.reshape(-1, *images.shape[-axes:])
    shown = slice(MOST if columns is None else None)
    covers = None if masks is None else _covers(np.asarray(masks), images.shape)[shown]
    images = _painted(images[shown], ink, paper)
    images = images if covers is None else _tinted(images, covers)
    if alone:
        return enlarged(images[0], scale)
    strip = texts.height(captions, readings, size)
    columns, tile, shape = _arranged(images.shape[:3], columns, scale, strip)
    page = np.full((*shape, *images.shape[3:]), PAPER, np.uint8)
    corners = [(n // columns * tile[0] + GUTTER, n % columns * tile[1] + GUTTER) for n in range(len(images))]
    height, width = images.shape[1] * scale, images.shape[2] * scale
    for (top, left), image in zip(corners, images, strict=True):
        page[top : top + height, left : left + width] = enlarged(image, scale)
    if strip:
        places = [(top + height, left) for top, left in corners]
        page = texts.with_texts(page, places, (captions, readings), size, width)
    if boxes is None:
        return page
    boxes = np.asarray(boxes)
    return _with_boxes(page, corners, boxes.reshape(-1, *boxes.shape[-2:]), scale)


def _painted(images: npt.NDArray[Any], ink: str, paper: str) -> npt.NDArray[np.uint8]:
    """Images [B, H, W] in colours, uint8 [B, H, W] or [B, H, W, 3]; those in colour already as they are."""
    colours = colours_of(ink, paper)
    if images.ndim == 4 and colours is not None:
        raise ValueError(f"ink and paper are for grey images, got images in colour, {list(images.shape)}")
    grey = to_uint8(images)
    return grey if colours is None else colours.apply(grey)


def _covers(masks: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which digit covers each pixel of images [B, H, W, ...]: bool [B, K, H, W].

    Raises:
        ValueError: the masks are none of these images'.
    """
    count, height, width = shape[:3]
    if masks.dtype == np.bool_ and masks.ndim > 2 and masks.size:
        slots = masks.reshape(-1, *masks.shape[-3:])
    elif masks.dtype == np.int8 and masks.ndim > 1 and masks.size:
        visible = masks.reshape(-1, 1, *masks.shape[-2:])
        slots = visible == np.arange(1, max(1, int(visible.max())) + 1)[:, None, None]
    else:
        slots = np.zeros((0, 0, 0, 0), np.bool_)
    if (len(slots), *slots.shape[2:]) != (count, height, width):
        raise ValueError(
            f"masks must be the int8 [..., H, W] or bool [..., K, H, W] of the images {list(shape)}, got "
            f"{masks.dtype} {list(masks.shape)}"
        )
    return slots


def _tinted(images: npt.NDArray[np.uint8], covers: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Images [B, H, W] or [B, H, W, 3] with the pixels that digits cover in their colours: [B, H, W, 3]."""
    slots = covers.shape[1]
    colours = np.array(MASK_COLOURS, np.int32)[np.arange(slots) % len(MASK_COLOURS)]
    number = covers.sum(axis=1, dtype=np.int32)[..., None]
    tint = np.einsum("bkhw,kc->bhwc", covers.astype(np.int32), colours) // np.maximum(number, 1)
    plain = (images if images.ndim == 4 else images[..., None].repeat(3, axis=-1)).astype(np.int32)
    mixed = ((5 - MASK_WEIGHT) * plain + MASK_WEIGHT * tint) // 5
    return np.where(number > 0, mixed, plain).astype(np.uint8)


def check_size(shape: tuple[int, int, int], *, columns: int, scale: int, captions: bool) -> None:
    """Raises if a sheet of images of the shape [B, H, W] would be too large.

    Raises:
        ValueError: names the size that it would have.
    """
    _, _, (height, width) = _arranged(shape, columns, scale, CAPTION_HEIGHT if captions else 0)
    if height * width > MOST_PIXELS:
        raise ValueError(
            f"the sheet would have {width} x {height} pixels, more than {MOST_PIXELS}; ask for fewer images, "
            f"a smaller scale, or narrower images"
        )


def _arranged(
    shape: tuple[int, ...], columns: int | None, scale: int, strip: int
) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Columns, then (height, width) of a tile and of the whole sheet, for images [B, H, W].

    A strip of so many pixels is left under each.
    """
    count, height, width = shape
    tile = (height * scale + strip + GUTTER, width * scale + GUTTER)
    if columns is None:
        columns = round(math.sqrt(count * tile[0] / tile[1]))
    columns = max(1, min(columns, count))
    lines = -(-count // columns)
    return columns, tile, (lines * tile[0] + GUTTER, columns * tile[1] + GUTTER)


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
