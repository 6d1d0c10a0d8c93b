"""Reading and writing PNG files, with text chunks that mark digitseq's own; imports Pillow lazily."""

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
# Pillow's modes that convert to 8-bit grey and lose only colour.
GREY = {"1", "L", "P", "RGB"}
# The keyword of a text chunk that all of digitseq's own pictures have.
MARK = "digitseq version"
# Bytes of a file whose pixels are certainly in one IDAT chunk.
MOST_IN_ONE_IDAT = 2**16
# Limits of the size of a file to read, and of the chunks before the pixels of one of our own.
MOST_BYTES, MOST_CHUNKS = 2**28, 100


def encode(picture: npt.NDArray[np.uint8], text: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a PNG file.

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
    """Writes a PNG file atomically; an existing file is replaced."""
    with atomic.replacing(path) as file:
        file.write(encode(picture, text))


def is_ours(path: str | os.PathLike[str]) -> bool:
    """Whether the file is a PNG with the text chunk that marks digitseq's own."""
    with contextlib.suppress(OSError, ValueError), atomic.open_regular(path) as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
        # Our text chunks are among the first few, before the pixels.
        for _ in range(MOST_CHUNKS):
            size, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
            if kind == b"tEXt" and file.read(len(MARK) + 1) == MARK.encode() + b"\0":
                return True
            if kind in (b"IDAT", b"IEND", bytes(4)):
                return False
            file.seek(size + 4 - (len(MARK) + 1 if kind == b"tEXt" else 0), os.SEEK_CUR)
    return False


def read(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """The picture in a PNG file as grey values, uint8 [height, width].

    Raises:
        ValueError: the file is no valid PNG, an animation, of 16 bits, or has transparency.
        FileNotFoundError: there is none.
    """
    return np.asarray(_opaque(path).convert("L"))


def read_pixels(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """The picture in a PNG file, uint8: grey ones [height, width], others [height, width, 3].

    Raises:
        ValueError, FileNotFoundError: as `read`.
    """
    picture = _opaque(path)
    return np.asarray(picture.convert("RGB" if picture.mode in ("RGB", "P") else "L"))


def _opaque(path: str | os.PathLike[str]) -> Any:
    """The Pillow image in a PNG file, a single one, of 8 bits, without transparency."""
    picture = _loaded(path)
    if picture.mode not in GREY:
        raise ValueError(f"{os.fspath(path)} is of mode {picture.mode}; wanted 8-bit grey or RGB, opaque")
    if getattr(picture, "is_animated", False):
        raise ValueError(f"{os.fspath(path)} is an animation; wanted a single picture")
    return picture


def read_text(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts in a PNG file, by keyword.

    Raises:
        ValueError: the file is no valid PNG.
        FileNotFoundError: there is none.
    """
    return {str(k): v for k, v in _loaded(path).info.items() if isinstance(v, str)}


def _loaded(path: str | os.PathLike[str]) -> Any:
    """The Pillow image in a PNG file, fully decoded.

    Pillow limits the decompressed size of texts and pixels, and raises errors
    of any kind on malformed files, which become a ValueError here.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), atomic.open_regular(path) as file:
            # Pillow warns from half of its limit on; such pictures are fine.
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
