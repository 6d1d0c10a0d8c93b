"""Reading and writing IDX files, plain or gzip, as NumPy arrays.

The format (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/): two
zero bytes, a byte for the dtype, a byte for the rank, one big-endian uint32
for each dimension, then the values, big-endian, the last dimension fastest.

An own reader, because files from anywhere must not harm: the package
`idx2numpy` is faster (`python benchmarks/export.py --only parts`), but trusts
the size in the header, reads no gzip, and does not say where a file is damaged.
"""

import contextlib
import gzip
import io
import math
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import IdxError
from . import atomic

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(np.int16),
    0x0C: np.dtype(np.int32),
    0x0D: np.dtype(np.float32),
    0x0E: np.dtype(np.float64),
}
CODES = {dtype: code for code, dtype in DTYPES.items()}
MAX_RANK = 4
GZIP_MAGIC = b"\x1f\x8b"
# No deflate stream inflates to more than 1,032 times its size (zlib's
# technical notes), so a header that claims more is wrong.
DEFLATE_RATIO = 1032
CHUNK = 1 << 20


class Reader(Protocol):
    """A source of bytes: any object with a `read` that takes a number of bytes."""

    def read(self, size: int, /) -> bytes: ...


def read_idx(source: str | os.PathLike[str] | BinaryIO) -> npt.NDArray[Any]:
    """The array in an IDX file.

    Gzip is recognised by the contents, not by the name. No more memory is
    allocated than the file's bytes account for, whatever the header claims,
    and gzip is inflated no further than the header allows.

    >>> import io
    >>> ds.read_idx(io.BytesIO(bytes([0, 0, 8, 1, 0, 0, 0, 3, 3, 5, 0]))).tolist()
    [3, 5, 0]

    Args:
        source: a path, or an open binary file, read from its current
            position to its end.

    Returns:
        A new array of the file's dtype (uint8, int8, int16, int32, float32 or
        float64, in the machine's byte order) and rank (1 to 4).

    Raises:
        IdxError: the contents are malformed.
        ValueError: a folder, a FIFO or a device, which are not read.
        FileNotFoundError: there is no file at the path.
    """
    if isinstance(source, (str, os.PathLike)):
        path = atomic.home_path(source)
        with atomic.open_regular(path) as file:
            return _read(file, os.fspath(path))
    return _read(source, str(getattr(source, "name", "<stream>")))


def write_idx(target: str | os.PathLike[str] | BinaryIO, array: npt.ArrayLike) -> None:
    """Write an array as an IDX file.

    A path that ends in `.gz` is compressed, without a time stamp, so that the
    bytes are deterministic. They are written to a temporary file, renamed
    atomically; an existing file is replaced.

    >>> import io
    >>> file = io.BytesIO()
    >>> ds.write_idx(file, np.array([3, 5, 0], np.uint8))
    >>> file.getvalue().hex(" ", 4)
    '000008 01000000 03030500'

    Args:
        target: a path, or a binary file open for writing.
        array: rank 1 to 4; uint8, int8, int16, int32, float32 or float64.

    Raises:
        ValueError: a dtype or rank that IDX has no code for.
    """
    array = np.asarray(array)
    code = CODES.get(array.dtype.newbyteorder("="))
    if code is None:
        known = ", ".join(str(dtype) for dtype in CODES)
        raise ValueError(f"array: IDX has no code for dtype {array.dtype}; cast it to one of {known}")
    if not 1 <= array.ndim <= MAX_RANK or max(array.shape) >= 1 << 32:
        raise ValueError(f"array: IDX holds 1 to {MAX_RANK} dimensions below 2**32, got shape {array.shape}")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    payload = header + array.astype(array.dtype.newbyteorder(">")).tobytes()
    if not isinstance(target, (str, os.PathLike)):
        target.write(payload)
        return
    path = atomic.home_path(target)
    if path.name.endswith(".gz"):
        payload = gzip.compress(payload, mtime=0)
    with atomic.replacing(path) as file:
        file.write(payload)


def decompressed(file: BinaryIO) -> tuple[Reader, bool]:
    """A reader of the file's contents, decompressed if they are gzip, and whether they are."""
    start = _read_up_to(file, len(GZIP_MAGIC))
    whole = _Chained(start, file)
    if start != GZIP_MAGIC:
        return whole, False
    return gzip.GzipFile(fileobj=io.BufferedReader(whole, CHUNK)), True


def _read(file: BinaryIO, name: str) -> npt.NDArray[Any]:
    stored = _bytes_left(file)
    contents, is_gzip = decompressed(file)
    with _inflation_errors(name) as progress:
        dtype, shape, header_size = _read_header(contents, name)
        size = math.prod(shape) * dtype.itemsize
        wanted = f"{size} bytes of data for {dtype} {shape}"
        limit = None if stored is None else stored * DEFLATE_RATIO if is_gzip else stored - header_size
        if math.prod(filter(None, shape)) * dtype.itemsize > sys.maxsize:
            raise IdxError(name, 4, "dimensions that memory can have", str(shape))
        if limit is not None and size > limit:
            found = f"no more than {limit}"
            raise IdxError(name, header_size + (0 if is_gzip else limit), wanted, found)
        data = bytearray()
        while len(data) < size:
            progress.offset = header_size + len(data)
            chunk = contents.read(min(CHUNK, size - len(data)))
            if not chunk:
                raise IdxError(name, progress.offset, wanted, f"the end after {len(data)}")
            data += chunk
        progress.offset = header_size + size
        if contents.read(1):
            raise IdxError(name, progress.offset, f"the end after {wanted}", "more bytes")
    array = np.frombuffer(data, dtype.newbyteorder(">")).reshape(shape)
    return array.astype(dtype, copy=False)


def _read_header(contents: Reader, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    magic = _read_up_to(contents, 4)
    if magic.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        start = (magic + _read_up_to(contents, 28)).decode("latin-1")
        raise IdxError(name, 0, "an IDX file (00 00 dtype rank)", f"a web page ({start!r})")
    if magic[:2] != b"\0\0"[: len(magic)]:
        raise IdxError(name, 0, "the magic bytes 00 00", magic[:2].hex(" "))
    if len(magic) < 4:
        raise IdxError(name, len(magic), "a header of 4 bytes and more", f"the end after {len(magic)}")
    code, rank = magic[2], magic[3]
    if code not in DTYPES:
        codes = ", ".join(f"{code:02x} {dtype}" for code, dtype in DTYPES.items())
        raise IdxError(name, 2, f"a dtype code ({codes})", f"{code:02x}")
    if not 1 <= rank <= MAX_RANK:
        raise IdxError(name, 3, f"a rank from 1 to {MAX_RANK}", str(rank))
    dims = _read_up_to(contents, 4 * rank)
    if len(dims) < 4 * rank:
        raise IdxError(name, 4 + len(dims), f"{rank} dimensions of 4 bytes", "the end")
    return DTYPES[code], struct.unpack(f">{rank}I", dims), 4 + len(dims)


class _Progress:
    offset = 0


@contextlib.contextmanager
def _inflation_errors(name: str) -> Iterator[_Progress]:
    """Raises gzip's errors of damaged data as an `IdxError`."""
    progress = _Progress()
    try:
        yield progress
    except EOFError:
        raise IdxError(name, progress.offset, "the rest of the gzip stream", "its premature end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise IdxError(name, progress.offset, "a sound gzip stream", str(error)) from None


def _read_up_to(contents: Reader, size: int) -> bytes:
    data = b""
    while len(data) < size and (chunk := contents.read(size - len(data))):
        data += chunk
    return data


def _bytes_left(file: BinaryIO) -> int | None:
    """How many bytes lie between a file's position and its end; None for a stream that can't seek."""
    try:
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError, io.UnsupportedOperation):
        return None
    return end - here


class _Chained(io.RawIOBase):
    """A stream of bytes already read from a file, then of the rest of the file."""

    def __init__(self, start: bytes, rest: Reader) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._start or self._rest.read(len(buffer))
        self._start = b""
        chunk, self._start = chunk[: len(buffer)], chunk[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)
