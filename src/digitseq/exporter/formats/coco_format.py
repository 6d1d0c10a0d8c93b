"""PNG images with COCO annotations: boxes, and the ink of each digit as a mask.

The format is that of https://cocodataset.org/#format-data. Category 1 is the digit 0, because many detectors
reserve 0 for the background.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...io import png
from ..names import STATE
from ..plan import Chunk, Example, Plan
from . import Format
from .common import detectable, from_xywh, save_metadata, save_pictures, to_xywh, without_pixels

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
    own, labels = folder / "data" / "images" / name, []
    for file_name, whole in save_pictures(own, chunks):
        example = detectable(whole)
        labels.append((file_name, without_pixels(example)))
        height, width = example.image.shape[:2]
        row = {"id": example.number, "file_name": f"{name}/{file_name}", "width": width, "height": height}
        rest = {"text": example.text, "glyph_ids": example.glyph_ids, "writer": example.writer}
        lines["images"].append(json.dumps(row | rest))
        masks = () if example.masks is None else example.masks
        digits = zip(example.digits, to_xywh(example.boxes), masks, strict=True)
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
    save_metadata(own, labels)
    (folder / STATE).mkdir()
    for part, rows in lines.items():
        (folder / STATE / f"{name}.{part}").write_text("".join(f"{row}\n" for row in rows), newline="\n")


def _run_lengths(mask: npt.NDArray[Any]) -> list[int]:
    """COCO's uncompressed run-length encoding: lengths of alternating runs of 0 and 1, column by column."""
    flat = np.concatenate([[False], mask.T.reshape(-1).astype(bool)])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    lengths: list[int] = np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()
    return lengths


def _mask_of(segmentation: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """The mask, bool [H, W], of a run-length encoding."""
    (height, width), counts = segmentation["size"], segmentation["counts"]
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T


def finish(folder: Path, plan: Plan, state: Path) -> None:
    """Writes annotations.json line by line, since it may be larger than memory."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    with open(folder / "data" / "annotations.json", "w", encoding="utf-8", newline="\n") as file:
        categories = [
            {"id": n, "name": name, "supercategory": "digit"} for n, name in enumerate(plan.class_names, 1)
        ]
        file.write(f'{{"info": {{"description": "digitseq"}}, "categories": {json.dumps(categories)}')
        for part in PARTS:
            file.write(f', "{part}": [')
            between = "\n"
            for number, row in enumerate(_rows(plan, state, part), 1):
                # From 1: COCO's evaluation takes 0 for none, and many readers have 31-bit numbers only.
                row = row if part == "images" else f'{{"id": {number}, {row[1:]}'
                file.write(between + row)
                between = ",\n"
            file.write("\n]")
        file.write("}\n")


def _rows(plan: Plan, state: Path, part: str) -> Iterator[str]:
    """The lines that `write` left in the state's folder, of all shards."""
    for shard in range(plan.shards):
        with open(state / f"{plan.name(shard)}.{part}", encoding="utf-8") as rows:
            for row in rows:
                yield row.rstrip("\n")


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    images: dict[int, dict[str, Any]] = {}
    found: dict[int, list[dict[str, Any]]] = {}
    # Line by line, as it was written; only the shard's own lines are kept in memory.
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
            png.read_pixels(folder / "data" / "images" / row["file_name"]),
            row["text"],
            [annotation["category_id"] - 1 for annotation in own],
            from_xywh(annotation["bbox"] for annotation in own),
            row["glyph_ids"],
            row["writer"],
            [_mask_of(annotation["segmentation"]) for annotation in own],
        )


FORMAT = Format(
    write,
    read,
    LOAD,
    masks=("visible", "amodal"),
    default_masks="amodal",
    finish=finish,
    hub="data/images/**",
    stored=detectable,
)
