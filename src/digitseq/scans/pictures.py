"""Pictures that users scanned or photographed, as grey values; hostile files end in one line."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..internal.shapes import Float32, HostArray
from ..io import atomic

# The formats that are read, by the endings of their names.
ENDINGS = (".jpeg", ".jpg", ".png", ".tif", ".tiff")
FORMATS = ("jpeg", "png", "tiff")
# Pictures for sure, which are refused by name rather than passed over in silence.
OTHER_ENDINGS = (".avif", ".bmp", ".gif", ".heic", ".heif", ".jp2", ".pbm", ".pgm", ".ppm", ".tga", ".webp")
# Bytes of a file, pixels of a picture, and pixels of a side.
MOST_BYTES, MOST_PIXELS, MOST_SIDE = 2**28, 2**26, 2**16


def read_grey(path: str | os.PathLike[str]) -> Float32[HostArray, "H W"]:
    """The picture in a PNG, JPEG or TIFF file as grey values.

    Colour becomes luma, 16 bits keep their precision, what is transparent
    becomes paper, white or black, whichever contrasts with the rest, and the
    picture is turned as its EXIF orientation says.

    >>> import pathlib, tempfile
    >>> (path,) = ds.save(pathlib.Path(tempfile.mkdtemp()) / "a.png", np.ones((60, 40)))
    >>> grey = scans.read_grey(path)
    >>> grey.shape, float(grey.min())
    ((60, 40), 1.0)

    Returns:
        float32 [H, W] in [0, 1], 0 black, 1 white.

    Raises:
        ValueError: the file is no sound picture of these formats, holds
            several (an animation, pages), is no regular file, or is too large.
        FileNotFoundError: there is none.
    """
    name = os.fspath(path)
    try:
        with warnings.catch_warnings(), atomic.open_regular(path) as file:
            # Of odd metadata, and of sizes that are checked here.
            warnings.simplefilter("ignore")
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES >> 20} MiB")
            return _decoded(file)
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except IsADirectoryError:
        raise ValueError(f"{name} is a folder, not a picture") from None
    except Exception as error:
        # Pillow raises errors of any kind on malformed files, and quotes the open file in some.
        said = "" if type(error).__name__ == "UnidentifiedImageError" else f" ({error})"
        raise ValueError(f"{name} is not a sound PNG, JPEG or TIFF picture{said}") from None


def refuse_other_formats(path: Path) -> None:
    """Raises where a file's name says that it is a picture, but of a format that is not read.

    Raises:
        ValueError: naming the file and the formats.
    """
    if path.suffix.lower() in OTHER_ENDINGS:
        raise ValueError(
            f"{path}: pictures are read from PNG, JPEG and TIFF files; convert it to one of them"
        )


def as_grey(image: Any, name: str = "image") -> Float32[HostArray, "H W"]:
    """An image of the user's as grey values: float32 [H, W] in [0, 1].

    Args:
        image: [H, W] or [H, W, 3 or 4] (colour, with alpha): uint8, uint16,
            bools, or floats in [0, 1]; of NumPy, JAX or Pillow.
        name: of the argument, for the message.

    Raises:
        ValueError: another shape or dtype, no pixels or too many, or floats outside [0, 1].
    """
    values = np.asarray(image)
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (3, 4)):
        raise ValueError(f"{name} must be [H, W], or [H, W, 3 or 4], got {list(values.shape)}")
    _check_size(values.shape[1], values.shape[0], name)
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
        if not (values.min() >= 0 and values.max() <= 1):
            raise ValueError(f"{name}: floats must be from 0 to 1, got {values.min()}..{values.max()}")
    elif values.dtype in (np.uint8, np.uint16, np.bool_):
        most = 1 if values.dtype == np.bool_ else np.iinfo(values.dtype).max
        values = values.astype(np.float32) / np.float32(most)
    else:
        raise ValueError(f"{name} must be uint8, uint16, bool or floats from 0 to 1, got {values.dtype}")
    return _without_colour(values)


def _check_size(width: int, height: int, name: str) -> None:
    if not width or not height:
        raise ValueError(f"{name} has no pixels")
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise ValueError(
            f"{name} has {width} x {height} pixels, more than {MOST_PIXELS:,}, or {MOST_SIDE:,} on a side; "
            f"reduce or cut it first"
        )


def _decoded(file: Any) -> npt.NDArray[np.float32]:
    from PIL import Image, ImageOps

    picture = Image.open(file, formats=FORMATS)
    _check_size(*picture.size, "it")
    # A phone's JPEG may carry depth maps and the like (MPO); the first picture is the photograph.
    count = getattr(picture, "n_frames", 1)
    if count > 1 and picture.format in ("PNG", "TIFF"):
        raise ValueError(f"it holds {count} pictures; save the one that is meant")
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    if turned.mode in ("1", "L") and "transparency" not in turned.info:
        return np.asarray(turned.convert("L"), np.float32) / np.float32(255)
    if turned.mode.startswith(("I", "F")):
        return _of_wide_values(np.asarray(turned))
    alpha = "A" in turned.getbands() or "transparency" in turned.info
    colours = np.asarray(turned.convert("RGBA" if alpha else "RGB"), np.float32) / np.float32(255)
    return _without_colour(colours)


def _of_wide_values(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Grey values of 8, 12 or 16 bits in wider integers, or floats, in [0, 1]; other ranges by their ends."""
    ranges = (255.0, 4095.0, 65535.0) if values.dtype.kind in "iu" else (1.0,)
    wide = values.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("some of its values are no numbers")
    low, high = float(wide.min()), float(wide.max())
    most = next((most for most in ranges if high <= most), 0.0)
    if low < 0 or not most:
        wide, most = wide - low, high - low
    return (wide / most).astype(np.float32)


def _without_colour(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Luma (ITU-R BT.601) of [H, W, 3 or 4] in [0, 1]; alpha shows paper unlike what is opaque."""
    if values.ndim == 2:
        return values
    luma = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    if values.shape[2] == 4:
        alpha = values[..., 3]
        opaque = float((luma * alpha).sum() / max(float(alpha.sum()), 1.0))
        luma = luma * alpha + (1 - alpha) * np.float32(opaque < 0.5)
    return np.clip(luma, 0, 1)
