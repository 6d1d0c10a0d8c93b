"""What several formats share."""

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...io import png
from ..plan import Chunk, Example

NUMBER = "{:09}"


def encoded(example: Example) -> bytes:
    """The image as a PNG file."""
    return png.encode(example.image)


def decoded(data: bytes) -> npt.NDArray[np.uint8]:
    """And back."""
    return np.asarray(Image.open(io.BytesIO(data)))


def row_of(example: Example) -> dict[str, Any]:
    """The labels as columns for Hugging Face's `datasets`, objects as its object detection has them."""
    return {
        "text": example.text,
        "objects": {"bbox": cornered(example.boxes), "categories": example.digits},
        "glyph_ids": example.glyph_ids,
        "writer": example.writer,
    }


def example_of(number: int, image: npt.NDArray[np.uint8], row: Mapping[str, Any]) -> Example:
    """The example of such a row."""
    objects = row["objects"]
    boxes = uncornered(objects["bbox"])
    return Example(
        number, image, row["text"], objects["categories"], boxes, row["glyph_ids"], row["writer"], None
    )


def inked(example: Example) -> Example:
    """Without glyphs that have no ink, which nobody could detect; masks as a list, one a digit."""
    slots = [slot for slot, (x0, y0, x1, y1) in enumerate(example.boxes) if x1 > x0 and y1 > y0]
    masks: Any = example.masks
    if masks is not None:
        masks = [masks[slot] if masks.ndim == 3 else masks == slot + 1 for slot in slots]
    return example._replace(
        digits=[example.digits[slot] for slot in slots],
        boxes=[example.boxes[slot] for slot in slots],
        masks=masks,
    )


def save_pictures(folder: Path, chunks: Iterable[Chunk]) -> Iterable[tuple[str, Example]]:
    """Writes each image as a PNG file; gives the file's name with the example."""
    folder.mkdir(parents=True)
    for chunk in chunks:
        for example in chunk.examples():
            name = f"{NUMBER.format(example.number)}.png"
            (folder / name).write_bytes(encoded(example))
            yield name, example


def labels_alone(example: Example) -> Example:
    """Without image and masks, of which memory would not hold a shard's."""
    return example._replace(image=np.zeros((0, 0), np.uint8), masks=None)


def save_metadata(folder: Path, rows: Iterable[tuple[str, Example]]) -> None:
    """Writes the labels of a folder's pictures as Hugging Face's imagefolder reads them."""
    lines = [json.dumps({"file_name": file_name, **row_of(example)}) + "\n" for file_name, example in rows]
    (folder / "metadata.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def cornered(boxes: list[list[int]]) -> list[list[int]]:
    """Boxes as (x, y, width, height)."""
    return [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in boxes]


def uncornered(boxes: Iterable[Any]) -> list[list[int]]:
    """And back."""
    return [[int(x), int(y), int(x + width), int(y + height)] for x, y, width, height in boxes]
