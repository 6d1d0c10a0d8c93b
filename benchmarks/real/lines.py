"""Real lines with what is written on them, from an archive or a folder, prepared for a recogniser."""

import csv
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import digitseq as ds
from digitseq import scans

# Where real lines lie if nothing is said: a folder of archives, by this variable or beside the checkout.
VARIABLE, BESIDE = "DIGITSEQ_REAL", Path(__file__).parents[3] / "shared" / "real"
LISTINGS = ("labels.tsv", "labels.csv")
# What a listing's column of labels may be called in a first line.
HEADINGS = ("digits", "label", "labels", "text")
# What an archive of lines of all sizes holds; one of pictures of one size holds "images" and "labels".
PACKED = ("pixels", "offset", "height", "width", "label")


class Line(NamedTuple):
    """A real line: its name, its picture uint8 or float32 [H, W], and the digits on it."""

    name: str
    picture: np.ndarray
    label: str


def default_paths() -> list[Path]:
    """The archives in the folder that DIGITSEQ_REAL names, or in that beside the checkout.

    Raises:
        FileNotFoundError: there are none.
    """
    folder = Path(os.environ.get(VARIABLE) or BESIDE)
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise FileNotFoundError(
            f"no lines to read: give --lines, or set {VARIABLE} to a folder of archives (.npz), got {folder}"
        )
    return paths


def load(path: Path) -> list[Line]:
    """The lines of an archive (.npz), of a folder with labels.tsv or labels.csv, or of such a listing.

    An archive holds `pixels` (uint8, all lines one after the other), `offset`, `height`, `width`, `label` and
    maybe `name`; or `images` [N, H, W] and `labels` [N]. A listing has a line for each picture: its name, a
    tab or comma, its digits; the pictures lie in `images/` beside it, or beside it.

    Raises:
        ValueError: no such form, or a label that holds anything but digits; the message names it.
        FileNotFoundError: a listed picture is not there.
    """
    if path.suffix == ".npz":
        lines = list(_of_archive(path))
    elif path.is_dir():
        found = [path / name for name in LISTINGS if (path / name).is_file()]
        if not found:
            raise ValueError(f"{path} has no {' or '.join(LISTINGS)}: a name, a tab or comma, its digits")
        lines = list(_of_listing(found[0]))
    else:
        lines = list(_of_listing(path))
    if not lines:
        raise ValueError(f"{path} has no lines")
    for line in lines:
        if not (line.label.isascii() and line.label.isdigit()):
            raise ValueError(f"{path}: the label of {line.name} must be of digits 0 to 9, got {line.label!r}")
    return lines


def lone(lines: list[Line]) -> bool:
    """Whether it is a set of single digits, which is then known of each."""
    return all(len(line.label) == 1 for line in lines)


def prepared(lines: list[Line]) -> list[np.ndarray]:
    """Each line's picture as `ds.normalize_line` makes it, float32 [28, W].

    The pictures of a set are of one kind: their ink is bright or dark in all of them, as in most. In a
    set of single digits no rules are looked for, since nothing tells one from the bar of a 5.
    """
    rules = not lone(lines)
    found = [ds.normalize_line(line.picture, rules=rules) for line in lines]
    usual = statistics.mode(one.ink for one in found)
    return [
        one.image if one.ink == usual else ds.normalize_line(line.picture, ink=usual, rules=rules).image
        for line, one in zip(lines, found, strict=True)
    ]


def _of_archive(path: Path) -> Iterator[Line]:
    with np.load(path) as file:
        fields: dict[str, Any] = {name: file[name] for name in file.files if file[name].dtype != object}
    if {"images", "labels"} <= set(fields):
        for number, (image, label) in enumerate(zip(fields["images"], fields["labels"], strict=True)):
            yield Line(str(number), image, str(label))
        return
    if missing := [name for name in PACKED if name not in fields]:
        raise ValueError(f"{path} lacks {', '.join(missing)}, and has no images and labels")
    pixels, offset, heights, widths, labels = (fields[name] for name in PACKED)
    names = fields.get("name", np.arange(len(labels)))
    if len(offset) != len(labels) + 1 or offset[-1] > len(pixels):
        raise ValueError(
            f"{path}: offset must have a number more than the {len(labels)} labels, within pixels"
        )
    for number, (label, name) in enumerate(zip(labels, names, strict=True)):
        flat = pixels[offset[number] : offset[number + 1]]
        yield Line(str(name), flat.reshape(heights[number], widths[number]), str(label))


def _of_listing(path: Path) -> Iterator[Line]:
    mark = {".tsv": "\t", ".csv": ","}.get(path.suffix)
    if mark is None:
        raise ValueError(f"{path} is no archive (.npz), listing (.tsv, .csv) or folder")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=mark))
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and row[-1].strip().lower() in HEADINGS):
            continue  # a heading, or nothing
        if len(row) != 2:
            raise ValueError(f"{path}, line {number}: a name, a {mark!r} and its digits, got {row!r}")
        places = [folder / row[0] for folder in (path.parent / "images", path.parent)]
        picture = next((place for place in places if place.is_file()), None)
        if picture is None:
            raise FileNotFoundError(f"{path}, line {number}: there is no {places[0]}, and no {places[1]}")
        yield Line(row[0], scans.read_grey(picture), row[1])
