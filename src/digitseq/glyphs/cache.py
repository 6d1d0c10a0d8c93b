"""Memory-mapped copies of banks, so that the next start inflates and sorts nothing.

One file a bank: a magic line, the length and CRC of a JSON header, the header, then at
the next page the glyphs and after them their ink boxes and writers, as they lie in memory.
A copy is used only if its header names the source files as they are now and
its digest is that of the glyphs that are really there.
"""

import hashlib
import json
import logging
import mmap
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..internal.pixels import CELL, HEIGHT
from ..io import atomic
from ..io.user_cache import cache_folder
from .bank import Arrays, digest_arrays

log = logging.getLogger("digitseq")

MAGIC = b"digitseq bank 3\n"
LENGTH_AND_CRC = struct.Struct("<QI")


def kept(sources: tuple[Path, ...], options: dict[str, object], build: Callable[[], Arrays]) -> Arrays:
    """`build()`, or the copy of an earlier call with the same files and options.

    Args:
        sources: the files that `build` reads. A file that was written since,
            or is another, makes the copy stale.
        options: what else the result depends on; JSON.
        build: makes the host arrays of a bank. Called where there is no sound copy.

    A cache folder that can't be written, or none at all, is no error: the
    bank is built anew each time.
    """
    folder = cache_folder()
    if folder is None:
        return build()
    wanted: dict[str, object] = {"sources": [_stamp(path) for path in sources], "options": options}
    named = json.dumps([[os.fspath(path.resolve()) for path in sources], options])
    path = folder / "banks" / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.bank"
    try:
        return _load(path, wanted)
    except FileNotFoundError:
        log.info("no copy of %s yet", sources[0])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.info("the copy %s can't be used (%s); making it again", path, error)
    arrays = build()
    try:
        _save(path, wanted, arrays)
        log.info("kept a copy of %s in %s", sources[0], path)
    except OSError as error:
        log.info("can't keep a copy in %s: %s", path, error)
    return arrays


def _stamp(path: Path) -> list[object]:
    status = path.stat()
    return [
        os.fspath(path.resolve()),
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
    ]


def _save(path: Path, wanted: dict[str, object], arrays: Arrays) -> None:
    glyphs, counts, ink, writers = arrays
    header = json.dumps(
        wanted
        | {
            "counts": counts.tolist(),
            "digest": digest_arrays(glyphs, counts, writers),
            "writers": writers.size,
            "ink_crc32": zlib.crc32(ink.tobytes()),
        }
    ).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(path) as file:
        file.write(MAGIC + LENGTH_AND_CRC.pack(len(header), zlib.crc32(header)) + header)
        file.seek(_page_after(file.tell()))
        file.write(glyphs.data)
        file.write(ink.tobytes() + writers.tobytes())


def _load(path: Path, wanted: dict[str, object]) -> Arrays:
    with atomic.open_regular(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("it is of another kind")
        length, crc = LENGTH_AND_CRC.unpack(file.read(LENGTH_AND_CRC.size).ljust(LENGTH_AND_CRC.size))
        text = file.read(min(length, os.fstat(file.fileno()).st_size))
        if zlib.crc32(text) != crc:
            raise ValueError("its header is damaged")
        header = json.loads(text)
        if any(header[name] != value for name, value in wanted.items()):
            raise ValueError("the files it was made from have changed")
        start = _page_after(file.tell())
    counts = np.array(header["counts"], np.int32)
    total = int(counts.sum())
    glyphs = np.memmap(path, np.uint8, "r", start, (total, HEIGHT, CELL))
    ink = np.memmap(path, np.int32, "r", start + glyphs.nbytes, (total, 4))
    writers = np.zeros(0, np.int32)
    if header["writers"]:
        writers = np.array(np.memmap(path, np.int32, "r", start + glyphs.nbytes + ink.nbytes, (total,)))
    digest = digest_arrays(glyphs, counts, writers)
    if zlib.crc32(ink.tobytes()) != header["ink_crc32"] or digest != header["digest"]:
        raise ValueError("its contents are damaged")
    return np.asarray(glyphs), counts, np.asarray(ink), writers


def _page_after(offset: int) -> int:
    return -(-offset // mmap.PAGESIZE) * mmap.PAGESIZE
