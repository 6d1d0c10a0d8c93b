"""Tar shards as WebDataset reads them: of each image a .png, its text as .txt, all labels as .json."""

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


def archived(name: str, data: bytes) -> bytes:
    """A file as it stands in an archive (POSIX.1-1988, "ustar"), of nobody's and of no time.

    The same bytes as `tarfile` makes in ten times as long, which would be as
    much again as a small picture takes to encode.
    """
    fields = (
        name.encode().ljust(100, b"\0"),
        b"0000644\0" + 2 * b"0000000\0",  # mode, user, group
        b"%011o\0" % len(data) + b"00000000000\0",  # size, time
    )
    before, after = b"".join(fields), b"0".ljust(101, b"\0") + b"ustar\00000"
    after += bytes(BLOCK - len(before) - 8 - len(after))
    # The sum is taken with blanks in its own place.
    total = sum(before) + 8 * ord(" ") + sum(after)
    return b"".join((before, b"%06o\0 " % total, after, data, bytes(-len(data) % BLOCK)))


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    with open(folder / "data" / f"{name}.tar", "wb") as tar:
        for chunk in chunks:
            for example in chunk.examples():
                labels = {
                    "text": example.text,
                    "digits": example.digits,
                    "boxes": example.boxes,
                    "glyph_ids": example.glyph_ids,
                    "writer": example.writer,
                }
                stem = NUMBER.format(example.number)
                for ending, data in (
                    ("json", json.dumps(labels).encode()),
                    ("png", encoded(example)),
                    ("txt", example.text.encode()),
                ):
                    tar.write(archived(f"{stem}.{ending}", data))
        # Two empty blocks end an archive, and it is filled up to whole records, as `tarfile` does.
        tar.write(bytes(2 * BLOCK + -(tar.tell() + 2 * BLOCK) % tarfile.RECORDSIZE))


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


FORMAT = Format(write, read, LOAD)
