"""PNG images, label rows and boxes, shared by several formats."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...io import png
from ..plan import Chunk, Example

NUMBER = "{:09}"


def encoded(example: Example) -> bytes:
    """The bytes of the image's PNG file."""
    return png.encode(example.image)


def decoded(data: bytes) -> npt.NDArray[np.uint8]:
    """The image in the bytes of a PNG file."""
    return np.asarray(Image.open(io.BytesIO(data)))


def row_of(example: Example) -> dict[str, Any]:
    """The labels as a row for Hugging Face's `datasets`, with the columns of its object detection."""
    return {
        "text": example.text,
        "objects": {"bbox": to_xywh(example.boxes), "categories": example.digits},
        "glyph_ids": example.glyph_ids,
        "writer": example.writer,
    }


def example_of(number: int, image: npt.NDArray[np.uint8], row: Mapping[str, Any]) -> Example:
    """The example of a row that `row_of` made."""
    objects = row["objects"]
    boxes = from_xywh(objects["bbox"])
    return Example(
        number, image, row["text"], objects["categories"], boxes, row["glyph_ids"], row["writer"], None
    )


def detectable(example: Example) -> Example:
    """The example without glyphs that have no ink, which can't be detected; masks as a list, one a digit."""
    slots = [slot for slot, (x0, y0, x1, y1) in enumerate(example.boxes) if x1 > x0 and y1 > y0]
    masks: Any = example.masks
    if masks is not None:
        masks = [masks[slot] if masks.ndim == 3 else masks == slot + 1 for slot in slots]
    return example._replace(
        digits=[example.digits[slot] for slot in slots],
        boxes=[example.boxes[slot] for slot in slots],
        masks=masks,
    )


def save_pictures(folder: Path, chunks: Iterable[Chunk]) -> Iterator[tuple[str, Example]]:
    """Writes each image as a PNG file; yields the file's name and the example."""
    folder.mkdir(parents=True)
    for chunk in chunks:
        for example in chunk.examples():
            name = f"{NUMBER.format(example.number)}.png"
            (folder / name).write_bytes(encoded(example))
            yield name, example


def without_pixels(example: Example) -> Example:
    """The example without image and masks, which may not fit into memory for a whole shard."""
    return example._replace(image=np.zeros((0, 0), np.uint8), masks=None)


def save_metadata(folder: Path, rows: Iterable[tuple[str, Example]]) -> None:
    """Writes the metadata.jsonl of a folder of images, as Hugging Face's imagefolder reads it."""
    lines = [json.dumps({"file_name": file_name, **row_of(example)}) + "\n" for file_name, example in rows]
    (folder / "metadata.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def to_xywh(boxes: list[list[int]]) -> list[list[int]]:
    """Boxes (x0, y0, x1, y1) as (x, y, width, height)."""
    return [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in boxes]


def from_xywh(boxes: Iterable[Any]) -> list[list[int]]:
    """Boxes (x, y, width, height) as (x0, y0, x1, y1)."""
    return [[int(x), int(y), int(x + width), int(y + height)] for x, y, width, height in boxes]
