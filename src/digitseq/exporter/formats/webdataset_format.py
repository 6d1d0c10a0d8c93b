"""Tar shards for WebDataset: for each image a .png, its text as .txt, and all labels as .json."""

import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..plan import Chunk, Example, Plan
from . import Format
from .common import NUMBER, decoded, encoded

LOAD = """\
import webdataset as wds

shards = "OUT/data/{00000..LAST}.tar"
rows = wds.WebDataset(shards, shardshuffle=False).decode("l8").to_tuple("png", "txt", "json")
image, text, labels = next(iter(rows))  # uint8 [28, W]; "0042"; boxes as (x0, y0, x1, y1)
"""


BLOCK = tarfile.BLOCKSIZE
# What all headers share: owner 0, time 0, mode 644.
OWNER, TIME = b"0000644\0" + 2 * b"0000000\0", b"00000000000\0"
REST = (b"0".ljust(101, b"\0") + b"ustar\00000").ljust(BLOCK - 156, b"\0")
# The checksum covers the whole header, its own field counted as spaces.
SUM = sum(OWNER + TIME + REST) + 8 * ord(" ")


def archived(name: str, data: bytes) -> bytes:
    """A file as a member of a tar archive (POSIX.1-1988, "ustar").

    Byte-identical to `tarfile`'s, in a tenth of the time: with `tarfile` the
    three members of a small image take as long as encoding it
    (`python benchmarks/export.py --only parts`).
    """
    own, size = name.encode(), b"%011o\0" % len(data)
    total = b"%06o\0 " % (SUM + sum(own) + sum(size))
    return b"".join((own.ljust(100, b"\0"), OWNER, size, TIME, total, REST, data, bytes(-len(data) % BLOCK)))


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    with open(folder / "data" / f"{name}.tar", "wb") as tar:
        for chunk in chunks:
            tar.write(b"".join(part for example in chunk.examples() for part in _parts(example)))
        # Two empty blocks end an archive, which is padded to whole records, as `tarfile` does.
        tar.write(bytes(2 * BLOCK + -(tar.tell() + 2 * BLOCK) % tarfile.RECORDSIZE))


def _parts(example: Example) -> Iterator[bytes]:
    labels = {
        "text": example.text,
        "digits": example.digits,
        "boxes": example.boxes,
        "glyph_ids": example.glyph_ids,
        "writer": example.writer,
    }
    stem = NUMBER.format(example.number)
    yield archived(f"{stem}.json", json.dumps(labels).encode())
    yield archived(f"{stem}.png", encoded(example))
    yield archived(f"{stem}.txt", example.text.encode())


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    with tarfile.open(folder / "data" / f"{name}.tar") as tar:
        parts: dict[str, bytes] = {}
        for entry in tar:
            stem, _, ending = entry.name.partition(".")
            file = tar.extractfile(entry)
            parts[ending] = file.read() if file else b""
            if ending == "txt":
                labels = json.loads(parts["json"])
                yield Example(
                    int(stem),
                    decoded(parts["png"]),
                    parts["txt"].decode(),
                    labels["digits"],
                    labels["boxes"],
                    labels["glyph_ids"],
                    labels["writer"],
                    None,
                )


FORMAT = Format(write, read, LOAD, hub="data/*.tar")
