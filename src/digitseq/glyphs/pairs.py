"""Pairs of IDX files, images and their labels, found in a folder by their names."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import BankError
from ..io.companions import is_companion

_IMAGES = re.compile(r"(?P<set>.*)images(?P<dot>[-.])idx3-ubyte(?P<gz>\.gz)?")
# The labels of most sets, and QMNIST's, which have the writers too.
_LABELS = ("idx1-ubyte", "idx2-int")
_SPLITS = {"train": ("train",), "test": ("t10k", "test")}
# Folders in which torchvision and EMNIST's archive put files; they are no part of a set's name.
_FOLDERS = ("raw", "gzip")
# How many of a folder's entries an error lists.
LISTED = 8


class Pair(NamedTuple):
    """An images file, its labels file, and the words that name them, those of a sub-folder first."""

    images: Path
    labels: Path
    words: tuple[str, ...]

    @property
    def name(self) -> tuple[str, ...]:
        """The words that distinguish sets, without those that name a split."""
        return tuple(word for word in self.words if split_of([word]) is None and word not in _FOLDERS)


def find_pair(folder: Path, split: str, name: str = "", prefer: str = "") -> Pair:
    """The images and the labels of one split in a folder of IDX files.

    Files are known by their names: `train-images-idx3-ubyte.gz` and
    `train-labels-idx1-ubyte.gz`, with any words before "images" and "labels",
    a dot for the hyphen, plain or `.gz` (plain first). A folder's only pair
    is taken for either split, unless its name says the other. A folder without
    any is searched for the layouts of torchvision (`MNIST/raw`) and EMNIST's
    archive (`gzip`).

    Args:
        folder: where to look.
        split: "train" or "test".
        name: words that the pair's name, or its sub-folder's, must contain,
            such as "letters"; "train" or "test" among them overrides `split`.
        prefer: the full name of the pair to take where several match.

    Raises:
        BankError: there is no such pair, or several; the message lists what is there.
    """
    every = pairs_in(folder) or [pair for below in _below(folder) for pair in pairs_in(below, folder)]
    asked = _words(name)
    split = split_of(asked) or split
    asked = [word for word in asked if split_of([word]) is None]
    # "mnist" is the pair of that full name, not "emnist-mnist" too.
    found = _called(every, asked) or [pair for pair in every if set(asked) <= set(pair.words)]
    fitting = [pair for pair in found if split_of(pair.words) == split]
    if not fitting and len(found) == 1:
        fitting = [pair for pair in found if split_of(pair.words) is None]
    if len(fitting) > 1 and prefer:
        fitting = _called(fitting, [prefer]) or fitting
    if len(fitting) != 1:
        raise BankError(_complaint(folder, split, name, fitting, every))
    return fitting[0]


def pair_of(images: Path) -> Pair:
    """An images file with the labels beside it.

    Raises:
        BankError: the file has another name, or no labels beside it.
    """
    if not (match := _IMAGES.fullmatch(images.name)):
        raise BankError(
            f"{images}: a bank's file is named as in 'train-images-idx3-ubyte[.gz]', with "
            f"'train-labels-idx1-ubyte[.gz]' beside it, or is a .npz file with x_train and y_train"
        )
    if (labels := _labels_of(images, match)) is None:
        raise BankError(
            f"{images}: no labels beside it (wanted: '{match['set']}labels{match['dot']}idx1-ubyte[.gz]')"
        )
    return Pair(images, labels, tuple(_words(match["set"])))


def pairs_in(folder: Path, root: Path | None = None) -> list[Pair]:
    """All pairs in a folder, named by the words of their files and, below a root, of the folders."""
    found: dict[str, Pair] = {}
    above = () if root is None else tuple(_words(str(folder.relative_to(root))))
    try:
        entries = sorted(folder.iterdir(), key=lambda path: (path.suffix == ".gz", path.name))
    except OSError:
        return []
    for images in entries:
        match = _IMAGES.fullmatch(images.name)
        if not match or match["set"] in found or is_companion(images.name):
            continue
        if labels := _labels_of(images, match):
            found[match["set"]] = Pair(images, labels, tuple(dict.fromkeys([*above, *_words(match["set"])])))
    return list(found.values())


def is_transposed(images: Path) -> bool:
    """Whether the file's images are stored column by column, as EMNIST's are, by its name."""
    return "emnist" in _words(images.name)


def split_of(words: Sequence[str]) -> str | None:
    """The split among the words of a name, "train" or "test"; None if there is none."""
    for split, beginnings in _SPLITS.items():
        if any(word.startswith(beginnings) for word in words):
            return split
    return None


def _labels_of(images: Path, match: re.Match[str]) -> Path | None:
    """The labels file beside an images file whose name matched; None if there is none."""
    for kind in _LABELS:
        labels = images.with_name(f"{match['set']}labels{match['dot']}{kind}")
        for path in (labels, labels.with_name(f"{labels.name}.gz")):
            if os.path.lexists(path):
                return path
    return None


def _words(name: str) -> list[str]:
    """The words of a name: its runs of letters and digits, in lower case."""
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _called(pairs: Sequence[Pair], words: Sequence[str]) -> list[Pair]:
    """The pairs whose name is exactly these words."""
    return [pair for pair in pairs if words and set(pair.name) == set(words)]


def _below(folder: Path) -> Iterator[Path]:
    """The sub-folders of the user's folder in which other tools keep IDX files."""
    yield from (folder / name for name in _FOLDERS)
    try:
        below = sorted(path for path in folder.iterdir() if path.is_dir() and not is_companion(path.name))
    except OSError:
        return
    yield from (path / "raw" for path in below)


def _complaint(folder: Path, split: str, name: str, fitting: Sequence[Pair], every: Sequence[Pair]) -> str:
    """The message where not exactly one pair matches: what was asked for, what is there, how to choose."""
    wanted = f"'{_SPLITS[split][0]}-images-idx3-ubyte[.gz]' and its labels"
    listed = ", ".join(repr(str(pair.images.relative_to(folder))) for pair in every) or "none"
    said = (
        f"{folder}: {'several' if fitting else 'no'} pairs of IDX files for the {split} split"
        f"{f' called {name!r}' if name else ''} (wanted: {wanted}; image files with labels there: {listed})"
    )
    if every:
        common = set.intersection(*(set(pair.words) for pair in fitting or every))
        names = ("-".join(word for word in pair.name if word not in common) for pair in fitting or every)
        choices = dict.fromkeys(f"'{folder}:{words}'" for words in names if words)
        listed = f"by its name ({', '.join(choices)}) or " if choices else ""
        return f"{said}; choose one {listed}by its images file's path"
    entries = sorted(path.name for path in folder.iterdir() if not is_companion(path.name))
    more = ", ..." if len(entries) > LISTED else ""
    return f"{said}; the folder holds {', '.join(map(repr, entries[:LISTED])) or 'nothing'}{more}"
