"""Memory-mapped copies of banks, so that later loads need not decompress and sort the files again.

A copy is a folder of `.npy` files, `banks/NAME/STAMP` in the user's cache
folder: NAME is a digest of the source files' paths and of the options, STAMP
one of the files' sizes, times and inodes. So a copy never changes once it is
there: it is written to a temporary folder that is renamed atomically, and
source files that changed have another copy. What is loaded is checked for
types, shapes and sizes, which finds truncated and foreign files; the contents
are not hashed, which would take longer than all the rest.
"""

import contextlib
import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT
from ..io.user_cache import cache_folder
from .bank import Arrays

log = logging.getLogger("digitseq")

NAMES = ("glyphs", "counts", "ink", "writers")


def cached(sources: tuple[Path, ...], options: dict[str, object], build: Callable[[], Arrays]) -> Arrays:
    """The arrays of `build()`, or the copy that an earlier call with the same files and options kept.

    Args:
        sources: the files that `build` reads.
        options: what else the arrays depend on; JSON.
        build: returns the host arrays of a bank. Called if there is no valid copy.

    A cache folder that is missing or can't be written is no error: the bank
    is built each time.
    """
    base = cache_folder()
    if base is None:
        return build()
    folder = base / "banks" / _name(sources, options) / _digest([_stamp(path) for path in sources])
    try:
        return _load(folder)
    except FileNotFoundError:
        log.info("no copy of %s yet", sources[0])
    except (OSError, ValueError, EOFError) as error:
        log.info("the copy %s can't be used (%s); making it again", folder, error)
    arrays = build()
    try:
        _save(folder, arrays)
        log.info("kept a copy of %s in %s", sources[0], folder)
    except OSError as error:
        log.info("can't keep a copy in %s: %s", folder, error)
    return arrays


def _digest(value: Any) -> str:
    """128 bits of the SHA-256 of a value's JSON, hex."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _name(sources: tuple[Path, ...], options: dict[str, object]) -> str:
    return _digest([[os.fspath(path.resolve()) for path in sources], options])


def _stamp(path: Path) -> list[int]:
    """What changes when a file is written or replaced."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _save(folder: Path, arrays: Arrays) -> None:
    """Keeps a copy in place of a damaged one, if any, and removes those of earlier states of the files.

    Also removes what a killed process left, and the single file that earlier versions kept.
    """
    named: dict[str, npt.NDArray[Any]] = dict(zip(NAMES, arrays, strict=True))
    temporary = folder.with_name(f".{secrets.token_hex(4)}")
    temporary.mkdir(parents=True)
    try:
        for name, values in named.items():
            with open(temporary / f"{name}.npy", "xb") as file:
                np.save(file, values, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        for other in folder.parent.iterdir():
            if other != temporary:
                _remove(other)
        _remove(folder.parent.with_suffix(".bank"))
        temporary.rename(folder)
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    """Removes a file or a folder, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        path.unlink()


def _load(folder: Path) -> Arrays:
    """The arrays of a copy; the large ones are memory-mapped.

    Raises:
        FileNotFoundError: there is no copy.
        OSError, ValueError, EOFError: it is damaged.
    """
    counts = _array(folder, "counts", np.int32, (-1,))
    if (counts < 0).any():
        raise ValueError("negative counts")
    total = int(counts.sum(dtype=np.int64))
    glyphs = _array(folder, "glyphs", np.uint8, (total, HEIGHT, CELL))
    ink = _array(folder, "ink", np.int32, (total, 4))
    writers = _array(folder, "writers", np.int32, (-1,))
    if writers.size not in (0, total):
        raise ValueError(f"{writers.size} writers of {total} glyphs")
    return glyphs, np.array(counts), ink, np.array(writers)


def _array(folder: Path, name: str, dtype: type, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """A memory-mapped array, if it is of this dtype and shape, where -1 is any length, and its file whole."""
    path = folder / f"{name}.npy"
    size = path.stat().st_size
    # What is no regular file might never end.
    values: Any = np.load(path, mmap_mode="r", allow_pickle=False) if path.is_file() else None
    if not isinstance(values, np.memmap) or values.dtype != dtype or values.ndim != len(shape):
        raise ValueError(f"{path} is no array of {np.dtype(dtype)} {list(shape)}")
    if any(want not in (-1, found) for want, found in zip(shape, values.shape, strict=True)):
        raise ValueError(f"{path} is of shape {list(values.shape)}, not {list(shape)}")
    if not values.flags.c_contiguous or values.offset + values.nbytes != size:
        raise ValueError(f"{path} has {size} bytes, not {values.offset + values.nbytes}")
    return np.asarray(values)
