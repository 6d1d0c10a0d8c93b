"""PNG files with metadata.jsonl, as Hugging Face's imagefolder loads them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ... import png
from ..plan import Chunk, Example, Plan
from . import Format
from .common import cornered, save_pictures, uncornered

LOAD = """\
from datasets import load_dataset

rows = load_dataset("imagefolder", data_dir="OUT/data", split="train")
rows[0]["image"], rows[0]["text"], rows[0]["objects"]  # boxes are (x, y, width, height)
"""
CARD = "configs:\n- config_name: default\n  data_files: data/**\n"


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    own = folder / "data" / name
    lines = []
    for file_name, example in save_pictures(own, chunks):
        row = {
            "file_name": file_name,
            "text": example.text,
            "objects": {"bbox": cornered(example.boxes), "categories": example.digits},
            "glyph_ids": example.glyph_ids,
            "writer": example.writer,
        }
        lines.append(json.dumps(row) + "\n")
    (own / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    own = folder / "data" / name
    with open(own / "metadata.jsonl", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Example(
                int(row["file_name"].removesuffix(".png")),
                png.read(own / row["file_name"]),
                row["text"],
                row["objects"]["categories"],
                uncornered(row["objects"]["bbox"]),
                row["glyph_ids"],
                row["writer"],
                None,
            )


FORMAT = Format(write, read, LOAD, card=CARD)
