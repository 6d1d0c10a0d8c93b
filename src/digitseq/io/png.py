"""Pictures in and out of PNG, with text, by which ours are known; Pillow is imported when first needed."""

import contextlib
import io
import os
import struct
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import atomic

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Modes of Pillow's that turn into 8-bit grey without loss of more than colour.
GREY = {"1", "L", "P", "RGB"}
# The keyword of the text that all of digitseq's own pictures carry.
MARK = "digitseq version"
# Bytes of a file whose pixels are certainly in one IDAT chunk.
MOST_IN_ONE_IDAT = 2**16
# No picture that is read here has more bytes, nor has one of ours so many chunks before its pixels.
MOST_BYTES, MOST_CHUNKS = 2**28, 100


def encode(picture: npt.NDArray[np.uint8], text: Mapping[str, str] | None = None) -> bytes:
    """A PNG file's bytes.

    Args:
        picture: uint8 [height, width], grey, or [height, width, 3].
        text: keywords and texts for the file's text chunks.
    """
    from PIL import Image, PngImagePlugin

    chunks = None
    if text:
        chunks = PngImagePlugin.PngInfo()
        for keyword, words in text.items():
            chunks.add_text(keyword, words)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png", pnginfo=chunks)
    data = buffer.getvalue()
    return data if text or picture.ndim == 3 else _with_one_idat(data)


def _with_one_idat(data: bytes) -> bytes:
    """Joins the pixel chunks of a PNG file into one.

    Pillow begins a new IDAT chunk every 64 KiB. Exports have always had a
    single one, and their bytes must stay as they are.
    """
    if len(data) < MOST_IN_ONE_IDAT:
        return data
    chunks, place = list[tuple[bytes, bytes]](), len(SIGNATURE)
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + size]
        if kind == b"IDAT" and chunks[-1][0] == kind:
            body = chunks.pop()[1] + body
        chunks.append((kind, body))
        place += size + 12
    parts = (struct.pack(">I", len(body)) + kind + body + _crc(kind + body) for kind, body in chunks)
    return SIGNATURE + b"".join(parts)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def save(
    path: str | os.PathLike[str], picture: npt.NDArray[np.uint8], text: Mapping[str, str] | None = None
) -> None:
    """Writes a PNG file, whole or not at all, in the place of any that is there."""
    with atomic.replacing(path) as file:
        file.write(encode(picture, text))


def is_ours(path: str | os.PathLike[str]) -> bool:
    """Whether the file is a PNG picture with the text by which digitseq's are known."""
    with contextlib.suppress(OSError, ValueError), atomic.open_regular(path) as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
        # Our texts are among the first few chunks, before the pixels.
        for _ in range(MOST_CHUNKS):
            size, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
            if kind == b"tEXt" and file.read(len(MARK) + 1) == MARK.encode() + b"\0":
                return True
            if kind in (b"IDAT", b"IEND", bytes(4)):
                return False
            file.seek(size + 4 - (len(MARK) + 1 if kind == b"tEXt" else 0), os.SEEK_CUR)
    return False


def read(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """A PNG file's picture as grey values; uint8 [height, width].

    Raises:
        ValueError: the file is no sound PNG, an animation, or of 16 bits or with transparency.
        FileNotFoundError: there is none.
    """
    picture = _loaded(path)
    if picture.mode not in GREY:
        raise ValueError(f"{os.fspath(path)} is of mode {picture.mode}; wanted 8-bit grey or RGB, opaque")
    if getattr(picture, "is_animated", False):
        raise ValueError(f"{os.fspath(path)} is an animation; wanted a single picture")
    return np.asarray(picture.convert("L"))


def read_text(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts in a PNG file, by keyword.

    Raises:
        ValueError: the file is no sound PNG.
        FileNotFoundError: there is none.
    """
    return {str(k): v for k, v in _loaded(path).info.items() if isinstance(v, str)}


def _loaded(path: str | os.PathLike[str]) -> Any:
    """The picture in a PNG file, read to its end.

    Pillow limits what texts and pixels may inflate to, and raises errors of
    any kind on malformed files.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), atomic.open_regular(path) as file:
            # Half of what is refused is only warned of; nothing is amiss with it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            data = file.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MiB")
            picture = Image.open(io.BytesIO(data), formats=["png"])
            picture.load()
            return picture
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:
        shown = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise ValueError(f"{os.fspath(path)} is not a sound PNG picture{shown}") from None
