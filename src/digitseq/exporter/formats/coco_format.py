"""Pictures with COCO's annotations: boxes, and all of each digit's ink as a mask.

The format is that of https://cocodataset.org/#format-data. Category 1 is the digit 0, because many detectors
keep 0 for the background.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...io import png
from ..plan import Chunk, Example, Plan
from ..storage import STATE
from . import Format
from .common import cornered, inked, labels_alone, save_metadata, save_pictures, uncornered

LOAD = """\
from pycocotools.coco import COCO

data = COCO("OUT/data/annotations.json")
image = data.loadImgs(0)[0]  # its file lies in OUT/data/images; image["text"] is what it says
for digit in data.loadAnns(data.getAnnIds(imgIds=0)):
    digit["category_id"] - 1, digit["bbox"], data.annToMask(digit)
"""
PARTS = ("images", "annotations")


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    lines: dict[str, list[str]] = {part: [] for part in PARTS}
    own, named = folder / "data" / "images" / name, []
    for file_name, whole in save_pictures(own, chunks):
        example = inked(whole)
        named.append((file_name, labels_alone(example)))
        height, width = example.image.shape
        row = {"id": example.number, "file_name": f"{name}/{file_name}", "width": width, "height": height}
        rest = {"text": example.text, "glyph_ids": example.glyph_ids, "writer": example.writer}
        lines["images"].append(json.dumps(row | rest))
        masks = () if example.masks is None else example.masks
        digits = zip(example.digits, cornered(example.boxes), masks, strict=True)
        for digit, box, mask in digits:
            annotation = {
                "image_id": example.number,
                "category_id": digit + 1,
                "bbox": box,
                "area": int(mask.sum()),
                "iscrowd": 0,
                "segmentation": {"size": [height, width], "counts": _run_lengths(mask)},
            }
            lines["annotations"].append(json.dumps(annotation))
    save_metadata(own, named)
    (folder / STATE).mkdir()
    for part, rows in lines.items():
        (folder / STATE / f"{name}.{part}").write_text("".join(f"{row}\n" for row in rows), newline="\n")


def _run_lengths(mask: npt.NDArray[Any]) -> list[int]:
    """How many pixels, column by column, are 0, then 1, then 0, and so on."""
    flat = np.concatenate([[False], mask.T.reshape(-1).astype(bool)])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    lengths: list[int] = np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()
    return lengths


def _mask_of(segmentation: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """And back."""
    (height, width), counts = segmentation["size"], segmentation["counts"]
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T


def finish(folder: Path, plan: Plan, state: Path) -> None:
    """annotations.json, line by line, since it may be larger than memory."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    with open(folder / "data" / "annotations.json", "w", encoding="utf-8", newline="\n") as file:
        categories = [{"id": n + 1, "name": str(n), "supercategory": "digit"} for n in range(plan.classes)]
        file.write(f'{{"info": {{"description": "digitseq"}}, "categories": {json.dumps(categories)}')
        for part in PARTS:
            file.write(f', "{part}": [')
            between = "\n"
            for number, row in enumerate(_rows(plan, state, part), 1):
                # Counted from 1 on: COCO's own evaluation takes 0 for none, and most readers have 31 bits.
                row = row if part == "images" else f'{{"id": {number}, {row[1:]}'
                file.write(between + row)
                between = ",\n"
            file.write("\n]")
        file.write("}\n")


def _rows(plan: Plan, state: Path, part: str) -> Iterator[str]:
    """The lines that `write` left, of all shards."""
    for shard in range(plan.shards):
        with open(state / f"{plan.name(shard)}.{part}", encoding="utf-8") as rows:
            for row in rows:
                yield row.rstrip("\n")


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    images: dict[int, dict[str, Any]] = {}
    found: dict[int, list[dict[str, Any]]] = {}
    # Line by line, as it was written, and no more than the shard's own is kept.
    with open(folder / "data" / "annotations.json", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"id": '):
                row = json.loads(line.rstrip(",\n"))
                if row.get("file_name", "").startswith(f"{name}/"):
                    images[row["id"]] = row
                elif row.get("image_id") in images:
                    found.setdefault(row["image_id"], []).append(row)
    for number, row in images.items():
        own = found.get(number, [])
        yield Example(
            number,
            png.read(folder / "data" / "images" / row["file_name"]),
            row["text"],
            [annotation["category_id"] - 1 for annotation in own],
            uncornered(annotation["bbox"] for annotation in own),
            row["glyph_ids"],
            row["writer"],
            [_mask_of(annotation["segmentation"]) for annotation in own],
        )


FORMAT = Format(
    write, read, LOAD, masks=("visible", "amodal"), finish=finish, hub="data/images/**", held=inked
)
