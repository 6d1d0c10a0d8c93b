"""PNG images with YOLO labels: a line `class x y width height` per digit, centre and size in 0..1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...io import png
from ..plan import Chunk, Example, Plan
from . import Format
from .common import detectable, save_metadata, save_pictures, without_pixels

LOAD = """\
from ultralytics import YOLO

YOLO("yolo11n.yaml").train(data="OUT/data/data.yaml")
"""
# Decimal places, enough to recover a box's pixels at any width.
PLACES = 9
# Also in data.yaml, so it is part of an export's bytes.
WITHOUT = (
    "ultralytics asks for one; `digitseq export --split` writes it, of digits that training has not seen"
)
NOTE = f"""
`data.yaml` names no `val`, because accuracy on training images measures nothing:
{WITHOUT}.
For two exports, write a `data.yaml` yourself, with `train: TRAIN/data/images`, `val: VAL/data/images`
and these `names`.
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    labels = folder / "data" / "labels" / name
    labels.mkdir(parents=True)
    own, metadata = folder / "data" / "images" / name, []
    for file_name, whole in save_pictures(own, chunks):
        example = detectable(whole)
        metadata.append((file_name, without_pixels(example)))
        height, width = example.image.shape[:2]
        lines = []
        for digit, (x0, y0, x1, y1) in zip(example.digits, example.boxes, strict=True):
            x, y = (x0 + x1) / 2 / width, (y0 + y1) / 2 / height
            shares = (x, y, (x1 - x0) / width, (y1 - y0) / height)
            lines.append(f"{digit} {' '.join(f'{share:.{PLACES}f}' for share in shares)}\n")
        (labels / f"{file_name.removesuffix('.png')}.txt").write_text("".join(lines), newline="\n")
    save_metadata(own, metadata)


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    for path in sorted((folder / "data" / "images" / name).glob("*.png")):
        image = png.read_pixels(path)
        lines = (folder / "data" / "labels" / name / f"{path.stem}.txt").read_text().splitlines()
        rows = [line.split() for line in lines]
        boxes = []
        for _, *shares in rows:
            x, y, wide, high = map(float, shares)
            height, width = image.shape[:2]
            edges = np.array([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2])
            boxes.append(np.rint(edges * [width, height, width, height]).astype(int).tolist())
        digits = [int(row[0]) for row in rows]
        yield Example(int(path.stem), image, "", digits, boxes, [], -1, None)


def finish(folder: Path, plan: Plan, state: Path) -> None:
    """Writes data.yaml, which names the folders and the classes."""
    (folder / "data" / "images").mkdir(parents=True, exist_ok=True)
    text = f"# No `val`: {WITHOUT}.\n{data_yaml({'train': 'images'}, plan.class_names)}"
    (folder / "data" / "data.yaml").write_text(text, encoding="utf-8", newline="\n")
    # Hugging Face's `datasets` guesses a folder's kind by its most frequent file names, and guesses text if
    # there are as many images as label files. One more name that it counts as an image's decides for images.
    (folder / "data" / "images" / "pictures.png.jsonl").write_text("{}\n", newline="\n")


def data_yaml(parts: Mapping[str, str], class_names: Sequence[str]) -> str:
    """The text of data.yaml: each part's folder of images, relative to the file, and the classes."""
    folders = "".join(f"{name}: {folder}\n" for name, folder in parts.items())
    # YAML doubles a quote inside quotes.
    quoted = [name.replace("'", "''") for name in class_names]
    names = "".join(f"  {number}: '{name}'\n" for number, name in enumerate(quoted))
    return f"{folders}names:\n{names}"


def stored(example: Example) -> Example:
    """The example with digits and boxes only."""
    return detectable(example)._replace(text="", glyph_ids=[], writer=-1)


FORMAT = Format(write, read, LOAD, finish=finish, hub="data/images/**", note=NOTE, stored=stored)
