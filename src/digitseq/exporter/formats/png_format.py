"""PNG files and metadata.jsonl, for Hugging Face's imagefolder."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...io import png
from ..plan import Chunk, Example, Plan
from . import Format
from .common import example_of, save_metadata, save_pictures

LOAD = """\
from datasets import load_dataset

rows = load_dataset("imagefolder", data_dir="OUT/data", split="train")
rows[0]["image"], rows[0]["text"], rows[0]["objects"]  # boxes are (x, y, width, height)
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    own = folder / "data" / name
    save_metadata(own, save_pictures(own, chunks))


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    own = folder / "data" / name
    with open(own / "metadata.jsonl", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            number = int(row["file_name"].removesuffix(".png"))
            yield example_of(number, png.read_pixels(own / row["file_name"]), row)


FORMAT = Format(write, read, LOAD, hub="data/**")
