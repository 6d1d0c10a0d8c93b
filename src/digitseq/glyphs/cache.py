"""Memory-mapped copies of banks, so that later loads need not decompress, sort and hash the files again.

A copy is a folder, `banks/NAME/STAMP` in the user's cache folder, of `.npy`
files and of what else is known of the bank: NAME is a digest of the source
files' paths and of the options, STAMP one of the files' sizes, times and
inodes. So a copy never changes once it is there: it is written to a temporary
folder that is renamed atomically, and source files that changed have another
copy. What is loaded is checked for types, shapes and sizes, which finds
truncated and foreign files; the contents are not read until they are used.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT
from ..internal.symbols import check_symbols
from ..io import atomic
from ..io.user_cache import cache_folder
from .bank import Arrays

log = logging.getLogger("digitseq")

NAMES = ("glyphs", "counts", "ink", "writers")
FACTS = "facts.json"
# Copies of earlier states of the files are kept for so many seconds after they were last loaded: a machine
# that shares the folder may have its own files at the same path, and memory-map what is to be removed.
KEPT = 7 * 24 * 3600


class Facts(NamedTuple):
    """What is known of a bank beside its arrays.

    Attributes:
        symbols: what its classes are called; "" where they have no names.
        digest: as `bank_digest`.
        doubts: what looks wrong with its glyphs, as `inspection.doubts_of` says; else None.
    """

    symbols: str
    digest: str
    doubts: str | None


class HostBank(NamedTuple):
    """A bank on the host. The arrays may be memory-mapped files, and must not change."""

    arrays: Arrays
    facts: Facts


def cached(sources: tuple[Path, ...], options: dict[str, object], build: Callable[[], HostBank]) -> HostBank:
    """`build()`, or the copy that an earlier call with the same files and options kept.

    Args:
        sources: the files that `build` reads; some may be missing.
        options: what else the bank depends on; JSON.
        build: called if there is no valid copy.

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
    bank = build()
    try:
        _save(folder, bank)
        log.info("kept a copy of %s in %s", sources[0], folder)
    except OSError as error:
        log.info("can't keep a copy in %s: %s", folder, error)
    return bank


def _digest(value: Any) -> str:
    """128 bits of the SHA-256 of a value's JSON, hex."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _name(sources: tuple[Path, ...], options: dict[str, object]) -> str:
    return _digest([[os.fspath(path.resolve()) for path in sources], options])


def _stamp(path: Path) -> list[int]:
    """What changes when a file is written, replaced or removed."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _save(folder: Path, bank: HostBank) -> None:
    """Keeps a copy in place of a damaged one, if any, and removes those of earlier states of the files.

    Also removes what a killed process left, and the single file that earlier versions kept.
    """
    temporary = folder.with_name(f".{secrets.token_hex(4)}")
    temporary.mkdir(parents=True)
    try:
        arrays: dict[str, npt.NDArray[Any]] = dict(zip(NAMES, bank.arrays, strict=True))
        for name, values in arrays.items():
            with _synced(temporary / f"{name}.npy") as file:
                np.save(file, values, allow_pickle=False)
        with _synced(temporary / FACTS) as file:
            file.write(json.dumps(bank.facts._asdict()).encode())
        for other in folder.parent.iterdir():
            if other != temporary and (other == folder or other.name.startswith(".") or _is_old(other)):
                _remove(other)
        _remove(folder.parent.with_suffix(".bank"))
        temporary.rename(folder)
    finally:
        _remove(temporary)


@contextlib.contextmanager
def _synced(path: Path) -> Iterator[BinaryIO]:
    """A new file, which is on the disk in the end."""
    with open(path, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _is_old(copy: Path) -> bool:
    """Whether a copy was not loaded for long."""
    return time.time() - copy.stat().st_mtime > KEPT


def _remove(path: Path) -> None:
    """Removes a file or a folder, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        path.unlink()


def _load(folder: Path) -> HostBank:
    """A copy; its large arrays are memory-mapped.

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
    facts = _facts(folder / FACTS, len(counts))
    with contextlib.suppress(OSError):  # of a folder that can only be read
        os.utime(folder)
    return HostBank((glyphs, np.array(counts), ink, np.array(writers)), facts)


def _facts(path: Path, num_classes: int) -> Facts:
    """What a copy's file says of its bank, if all of it can be so."""
    with atomic.open_regular(path) as file:
        found: Any = json.loads(file.read())
    if not isinstance(found, dict) or set(found) != set(Facts._fields):
        raise ValueError(f"{path} does not hold {', '.join(Facts._fields)}")
    facts = Facts(**found)
    check_symbols(facts.symbols, num_classes)
    if not (isinstance(facts.digest, str) and re.fullmatch("[0-9a-f]{64}", facts.digest)):
        raise ValueError(f"{path}: {facts.digest!r} is no digest")
    if not isinstance(facts.doubts, str | None):
        raise ValueError(f"{path}: {facts.doubts!r} is no text")
    return facts


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
