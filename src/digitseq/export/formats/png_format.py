"""PNG files with metadata.jsonl, as Hugging Face's imagefolder loads them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ... import png
from ..plan import Chunk, Example, Plan
from . import Format
from .common import example_of, row_of, save_pictures

LOAD = """\
from datasets import load_dataset

rows = load_dataset("imagefolder", data_dir="OUT/data", split="train")
rows[0]["image"], rows[0]["text"], rows[0]["objects"]  # boxes are (x, y, width, height)
"""
CARD = "configs:\n- config_name: default\n  data_files: data/**\n"


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    own = folder / "data" / name
    pictures = save_pictures(own, chunks)
    lines = [
        json.dumps({"file_name": file_name, **row_of(example)}) + "\n" for file_name, example in pictures
    ]
    (own / "metadata.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    own = folder / "data" / name
    with open(own / "metadata.jsonl", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            number = int(row["file_name"].removesuffix(".png"))
            yield example_of(number, png.read(own / row["file_name"]), row)


FORMAT = Format(write, read, LOAD, card=CARD)
