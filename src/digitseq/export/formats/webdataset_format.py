"""Tar shards as WebDataset reads them: of each image a .png, its text as .txt, all labels as .json."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from ..plan import Chunk, Example, Plan
from . import Format
from .common import NUMBER, encoded

LOAD = """\
import webdataset as wds

shards = "OUT/data/{00000..LAST}.tar"
rows = wds.WebDataset(shards, shardshuffle=False).decode("l8").to_tuple("png", "txt", "json")
image, text, labels = next(iter(rows))  # uint8 [28, W]; "0042"; boxes as (x0, y0, x1, y1)
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    with tarfile.open(folder / "data" / f"{name}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
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
                    entry = tarfile.TarInfo(f"{stem}.{ending}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    with tarfile.open(folder / "data" / f"{name}.tar") as tar:
        parts: dict[str, bytes] = {}
        for entry in tar:
            stem, _, ending = entry.name.partition(".")
            file = tar.extractfile(entry)
            parts[ending] = file.read() if file else b""
            if ending == "txt":
                labels = json.loads(parts["json"])
                image = np.asarray(Image.open(io.BytesIO(parts["png"])))
                yield Example(
                    int(stem),
                    image,
                    parts["txt"].decode(),
                    labels["digits"],
                    labels["boxes"],
                    labels["glyph_ids"],
                    labels["writer"],
                    None,
                )


FORMAT = Format(write, read, LOAD)
