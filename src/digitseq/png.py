"""Pictures in and out of PNG, with text; Pillow is imported when first needed."""

import contextlib
import io
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import files

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Modes of Pillow's that turn into 8-bit grey without loss of more than colour.
GREY = {"1", "L", "P", "RGB"}


def to_uint8(images: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """The 8-bit form of images in [0, 1]: round(255 * value)."""
    return np.rint(np.clip(images, 0.0, 1.0) * 255).astype(np.uint8)


def encode(picture: npt.NDArray[np.uint8], text: Mapping[str, str] | None = None) -> bytes:
    """A PNG file's bytes.

    Args:
        picture: uint8 [height, width], grey, or [height, width, 3].
        text: keywords and texts for the file's text chunks.
    """
    if picture.ndim == 2 and not text:
        return _encode_grey(picture)
    from PIL import Image, PngImagePlugin

    chunks = None
    if text:
        chunks = PngImagePlugin.PngInfo()
        for keyword, words in text.items():
            chunks.add_text(keyword, words)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png", pnginfo=chunks)
    return buffer.getvalue()


def _encode_grey(picture: npt.NDArray[np.uint8]) -> bytes:
    """The bytes that Pillow's `save` writes for a small picture, without the sixth more that it takes.

    Pillow filters and compresses; the chunks around that are put together here.
    """
    from PIL import Image

    height, width = picture.shape
    image = Image.frombuffer("L", (width, height), np.ascontiguousarray(picture), "raw", "L", 0, 1)
    # Not optimised, at the usual level and strategy, with no dictionary: what `save` takes unasked.
    data = image.tobytes("zip", "L", False, -1, -1, b"")
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    return b"".join((SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    sums = zlib.crc32(data, zlib.crc32(kind))
    return b"".join((len(data).to_bytes(4), kind, data, sums.to_bytes(4)))


def save(
    path: str | os.PathLike[str], picture: npt.NDArray[np.uint8], text: Mapping[str, str] | None = None
) -> None:
    """Writes a PNG file, whole or not at all."""
    with files.replacing(path) as file:
        file.write(encode(picture, text))


def read(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """A PNG file's picture as grey values; uint8 [height, width].

    Raises:
        ValueError: the file is no PNG, or one of 16 bits or with transparency.
        FileNotFoundError: there is none.
    """
    with _opened(path) as picture:
        if picture.mode not in GREY:
            raise ValueError(f"{os.fspath(path)} is of mode {picture.mode}; wanted 8-bit grey or RGB, opaque")
        return np.asarray(picture.convert("L"))


def read_text(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts in a PNG file, by keyword.

    Raises:
        ValueError: the file is no PNG.
        FileNotFoundError: there is none.
    """
    with _opened(path) as picture:
        return {str(k): v for k, v in picture.info.items() if isinstance(v, str)}


@contextlib.contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The picture in a PNG file, read to its end."""
    from PIL import Image

    try:
        data = Path(path).read_bytes()
        with Image.open(io.BytesIO(data), formats=["png"]) as picture:
            picture.load()
            yield picture
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError):
        raise ValueError(f"{os.fspath(path)} is not a sound PNG picture") from None
