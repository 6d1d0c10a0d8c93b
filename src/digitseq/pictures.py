"""save and show: images as PNG files, and in notebooks."""

import dataclasses
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from .internal.pixels import to_uint8
from .io import png
from .io.atomic import home_path
from .io.colours import BLACK, WHITE, check_zoom, colours_of, enlarged, image_axes
from .io.contact_sheet import MOST, check_size, contact_sheet
from .io.file_names import safe
from .sequence.record import DigitSequence
from .sequence.texts import text as text_of
from .version import __version__

FIELD = re.compile(r"\{(\w*)\}")
# Of the captions' letters in a notebook, pixels.
CAPTION_SIZE = 14


def save(
    path: str | os.PathLike[str],
    images: DigitSequence | npt.ArrayLike,
    *,
    texts: Sequence[str] | None = None,
    ink: str = WHITE,
    paper: str = BLACK,
    zoom: int = 1,
) -> list[Path]:
    """Writes images to PNG files, and returns their paths.

    Each file is written to a temporary one and renamed, replacing what was
    there; arguments are checked before the first is written.

    >>> import tempfile
    >>> paths = ds.save(tempfile.mkdtemp(), np.zeros((2, 28, 120)), texts=["350", "71"], ink="navy")
    >>> [path.name for path in paths]
    ['350_000.png', '71_001.png']

    Args:
        path: for one image, a .png file. For a batch, a folder, in which files
            are named 350_000.png, or 000.png where no text is known; or a .png
            file with the field {index}, as in "lines/{text}_{index}.png".
        images: a `DigitSequence`, or an array: floats in [0, 1] or uint8,
            [H, W] or [..., H, W]; uint8 [..., H, W, 3] is in colour.
        texts: of each image, for names; None: the digits of a
            `DigitSequence`. `ds.text(batch, bank)` has other symbols.
        ink, paper: colours of grey images, a name of CSS's or #rrggbb.
        zoom: pixels of the picture, across and down, for one of the image's.

    Raises:
        ValueError: images, texts, colours or a zoom that can't be used, or a
            path by which two pictures would have the same name.
        OSError: a file can't be written.
    """
    values, own = _values(images)
    axes, colours = image_axes(values), colours_of(ink, paper)
    if axes == 3 and colours is not None:
        raise ValueError(f"ink and paper are for grey images, got images in colour, {list(values.shape)}")
    single = values.ndim == axes
    values = values.reshape(-1, *values.shape[-axes:])
    check_zoom("zoom", zoom, values.shape[2], values.shape[1])
    paths = _paths(home_path(path), len(values), single, _texts(texts if texts is not None else own, values))
    for place, image in zip(paths, values, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        picture = enlarged(image if colours is None else colours.apply(image), zoom)
        png.save(place, picture, {png.MARK: __version__})
    return paths


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A picture that notebooks show.

    Attributes:
        pixels: uint8 [height, width], or [height, width, 3].
    """

    pixels: npt.NDArray[np.uint8]

    def _repr_png_(self) -> bytes:
        return png.encode(self.pixels)

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"<picture of {width} x {height} pixels, which notebooks show; ds.save(path, it.pixels)>"


def show(
    images: DigitSequence | npt.ArrayLike,
    captions: Sequence[str] | None = None,
    *,
    boxes: bool = False,
    masks: bool = False,
    columns: int | None = None,
    zoom: int | None = None,
    ink: str = WHITE,
    paper: str = BLACK,
) -> Picture:
    """A picture of images for a notebook, which shows what a cell's last line returns.

    >>> batch = ds.sample_sequences(7, "builtin", [[3, 5, 0], [7, 1, -1]], ds.SequenceSpec(image_width=120))
    >>> ds.show(batch, boxes=True).pixels.shape
    (164, 248, 3)

    Args:
        images: as for `save`. Of a batch the first 64 are shown unless `columns` is given.
        captions: a text under each; None: the digits of a `DigitSequence`; [] writes none.
            `ds.text(batch, bank)` has other symbols.
        boxes: outline the boxes of a `DigitSequence`.
        masks: tint the masks of a `DigitSequence` whose spec asks for them, each digit's in its colour.
        columns: how many side by side; None makes the sheet about as wide as it is high.
        zoom: pixels of the picture, across and down, for one of the image's; None: 4 for one image, else 2.
        ink, paper: colours of grey images, a name of CSS's or #rrggbb.

    Returns:
        an object with `_repr_png_`, and the picture as `pixels`.

    Raises:
        ValueError: images, captions, colours, columns or a zoom that can't be used, or masks of images
            that have none.
    """
    values, own = _values(images)
    axes = image_axes(values)
    flat = values.reshape(-1, *values.shape[-axes:])
    if boxes and not isinstance(images, DigitSequence):
        raise ValueError(f"boxes are those of a DigitSequence, got {type(images).__name__}")
    if masks and getattr(images, "masks", None) is None:
        raise ValueError('masks are those of a DigitSequence whose spec has masks="visible" or "amodal"')
    zoom = (4 if len(flat) == 1 else 2) if zoom is None else zoom
    check_zoom("zoom", zoom, flat.shape[2], flat.shape[1])
    texts = None if captions is not None and not len(captions) else _texts(captions or own, flat)
    shown = flat if columns is not None else flat[:MOST]
    check_size(shown.shape[:3], columns=columns or len(shown), scale=zoom, captions=True)
    page = contact_sheet(
        values,
        columns=columns,
        scale=zoom,
        captions=texts,
        caption_size=CAPTION_SIZE,
        boxes=np.asarray(images.boxes) if boxes and isinstance(images, DigitSequence) else None,
        masks=np.asarray(images.masks) if masks and isinstance(images, DigitSequence) else None,
        ink=ink,
        paper=paper,
    )
    return Picture(page)


def _values(images: DigitSequence | npt.ArrayLike) -> tuple[npt.NDArray[np.uint8], list[str] | None]:
    """The images as uint8, and their texts where they are known."""
    own = text_of(images) if isinstance(images, DigitSequence) else None
    values: npt.NDArray[Any] = np.asarray(images.image if isinstance(images, DigitSequence) else images)
    kinds = f"images must be floats in [0, 1] or uint8 [..., H, W], got {values.dtype} {list(values.shape)}"
    floating = jnp.issubdtype(values.dtype, jnp.floating)
    if values.ndim < 2 or not values.size or not (floating or values.dtype == np.uint8):
        raise ValueError(kinds)
    if not floating:
        return values, own
    values = values.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    # What rounding may leave a little outside counts as inside.
    if not (low > -1e-3 and high < 1 + 1e-3):
        raise ValueError(f"{kinds} from {low:g} to {high:g}")
    return to_uint8(values), own


def _texts(texts: Sequence[str] | None, images: npt.NDArray[Any]) -> list[str] | None:
    """The texts, as many as there are images."""
    if texts is None:
        return None
    found = [texts] if isinstance(texts, str) else [str(text) for text in texts]
    if len(found) != len(images):
        raise ValueError(f"there are {len(images)} images, but {len(found)} texts")
    return found


def _paths(path: Path, count: int, single: bool, texts: list[str] | None) -> list[Path]:
    """Where each picture goes.

    Raises:
        ValueError: no such field, no text for it, or names that are not distinct.
    """
    named = path.suffix.lower() == ".png" and not path.is_dir()
    fields = set(FIELD.findall(str(path))) if named else set()
    if single and path.is_dir():
        raise ValueError(f"path {str(path)!r} is a folder; name a .png file for one image")
    if single and not named:
        raise ValueError(f"path must end in .png for one image, got {str(path)!r}")
    if unknown := fields - {"text", "index"}:
        raise ValueError(f"path knows the fields {{text}} and {{index}}, got {{{min(unknown)}}}")
    if "text" in fields and texts is None:
        raise ValueError("path has the field {text}, but arrays have no text: give texts")
    if not named:
        path = path / ("{text}_{index}.png" if texts is not None else "{index}.png")
    places = max(3, len(str(count - 1)))
    made = []
    for n in range(count):
        own = {"text": "" if texts is None else safe(texts[n]), "index": f"{n:0{places}d}"}
        # In the last part where `path` is a folder's, whose own name may have braces.
        head, tail = (str(path), "") if named else (str(path.name), str(path.parent))
        made.append(Path(tail) / FIELD.sub(lambda field, own=own: own[field[1]], head))  # type: ignore[misc]
    if len({str(place).casefold() for place in made}) < count:
        raise ValueError(
            f"path {str(path)!r} gives pictures the same name; name a folder, or add {{index}} to the name"
        )
    for place in made:
        if place.is_dir():
            raise ValueError(f"path: {place} is a folder; name a file")
    return made
