"""Reading .npz files from anywhere: numeric arrays only, and no more memory than the file accounts for."""

import contextlib
import math
import os
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import IO, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from . import atomic

SUFFIX = ".npy"
LONGEST_REASON = 200
# Of a deflate stream, see `idx`.
DEFLATE_RATIO = 1032
METHODS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: DEFLATE_RATIO}
READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# The errors of zipfile, zlib and NumPy on damaged files.
DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def names_in(path: str | os.PathLike[str]) -> list[str]:
    """The names of the arrays in a .npz file; empty for a file of another kind.

    Raises:
        FileNotFoundError: there is no such file.
    """
    try:
        with atomic.open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return [name.removesuffix(SUFFIX) for name in archive.namelist() if name.endswith(SUFFIX)]
    except FileNotFoundError:
        raise
    except DAMAGE:
        return []


def read_npz(
    path: str | os.PathLike[str], wanted: Collection[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a .npz file, by name. Sizes are checked against the file's before memory is allocated.

    Args:
        path: of the file.
        wanted: names to read; None: all.

    Raises:
        ValueError: the file is of another kind, damaged, holds other than
            numbers, or claims more than it can hold.
        KeyError: a wanted array is missing.
        FileNotFoundError: there is no such file.
    """
    with atomic.open_regular(path) as file, _damage(path), zipfile.ZipFile(file) as archive:
        members = _members(archive, file)
        return {
            name: _array(archive, members[name]) for name in (members if wanted is None else sorted(wanted))
        }


@contextlib.contextmanager
def _damage(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raises all errors of a damaged file as a `ValueError` that names it."""
    try:
        yield
    except KeyError:
        raise
    except DAMAGE as error:
        said = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise ValueError(f"{os.fspath(path)} is no sound .npz file ({said})") from None


def _members(archive: zipfile.ZipFile, file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by array name, none larger than its stored bytes can account for."""
    room = os.fstat(file.fileno()).st_size
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(SUFFIX)
        ratio = METHODS.get(member.compress_type)
        if name == member.filename or name in members or ratio is None:
            raise ValueError(f"it holds {member.filename!r}, twice, or in a form that NumPy does not write")
        room -= member.compress_size
        if room < 0 or member.file_size > ratio * member.compress_size:
            raise ValueError(f"{name} claims {member.file_size} bytes, more than the file can hold")
        members[name] = member
    return members


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        shape, by_columns, dtype, used = _header(file)
        size = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "biuf":
            raise ValueError(f"{member.filename} holds {dtype}, not numbers")
        if size != member.file_size - used:
            raise ValueError(
                f"{member.filename} claims {dtype} {list(shape)}, {size} bytes, "
                f"and has {member.file_size - used}"
            )
        # One byte more, so that the end is read, where zipfile compares the checksum.
        data = file.read(size + 1)
    if len(data) != size:
        raise ValueError(f"{member.filename} has {len(data)} bytes for {size}")
    array = np.frombuffer(bytearray(data), dtype).reshape(shape, order="F" if by_columns else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """The array's shape, whether it is in Fortran order, its dtype, and the header's length in bytes."""
    version = np.lib.format.read_magic(file)
    if version not in READERS:
        raise ValueError(f"an array of format {version}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # headers that Python 2 wrote are valid
        shape, by_columns, dtype = READERS[version](file)
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise ValueError(f"an array of shape {shape}")
    return shape, by_columns, dtype, file.tell()
