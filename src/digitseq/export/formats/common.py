"""What several formats share."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ... import png
from ..plan import Chunk, Example

NUMBER = "{:09}"


def encoded(example: Example) -> bytes:
    """The image as a PNG file."""
    return png.encode(example.image)


def save_pictures(folder: Path, chunks: Iterable[Chunk]) -> Iterable[tuple[str, Example]]:
    """Writes each image as a PNG file; gives the file's name with the example."""
    folder.mkdir(parents=True)
    for chunk in chunks:
        for example in chunk.examples():
            name = f"{NUMBER.format(example.number)}.png"
            (folder / name).write_bytes(encoded(example))
            yield name, example


def cornered(boxes: list[list[int]]) -> list[list[int]]:
    """Boxes as (x, y, width, height)."""
    return [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in boxes]


def uncornered(boxes: Iterable[Any]) -> list[list[int]]:
    """And back."""
    return [[int(x), int(y), int(x + width), int(y + height)] for x, y, width, height in boxes]
