"""bank_from_images: a bank of a folder of scanned glyphs, with a list of those that look wrong."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BankError
from ..glyphs.bank import DigitBank
from ..glyphs.construction import make_bank
from ..internal.shapes import HostArray, Int32, UInt8
from . import background, listing
from .background import Ink
from .glyph import inspect_glyph
from .listing import Classes, Picture
from .pictures import read_grey

# How many files a message lists, and at how many unreadable ones the search for more ends.
LISTED, MOST_UNREADABLE = 8, 20


class Doubt(NamedTuple):
    """A picture that looks wrong: its file, what looks wrong, whether it was left out, its class's name.

    >>> import pathlib
    >>> doubt = scans.Doubt(pathlib.Path("scans/7/a.png"), "no ink", left_out=True, label="7")
    >>> f"{doubt.path.name}: {doubt.reason}"
    'a.png: no ink'
    """

    path: Path
    reason: str
    left_out: bool
    label: str


class Collection(NamedTuple):
    """The glyphs of a folder of pictures.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> scan = np.full((60, 40), 240, np.uint8)
    >>> scan[10:50, 18:22] = 30
    >>> for digit in range(10):
    ...     (folder / str(digit)).mkdir()
    ...     paths = ds.save(folder / str(digit) / "a.png", scan)
    >>> found = scans.collect(folder)
    >>> found.glyphs.shape, found.labels.tolist(), found.doubts
    ((10, 28, 28), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [])

    Attributes:
        glyphs: uint8 [N, 28, 28], those that were not left out, in the order of the files.
        labels: int32 [N], the class of each.
        pictures: the file of each, and its class's name.
        classes: the classes of the bank.
        doubts: what looks wrong.
    """

    glyphs: UInt8[HostArray, "N 28 28"]
    labels: Int32[HostArray, " N"]
    pictures: list[Picture]
    classes: Classes
    doubts: list[Doubt]


def bank_from_images(
    source: str | os.PathLike[str],
    *,
    strict: bool = False,
    ink: Ink | None = None,
    spread: float = background.SPREAD,
    least_contrast: float = background.LEAST_CONTRAST,
) -> DigitBank:
    """Makes a bank of scanned glyphs: a folder with a subfolder a class, or a table of names and labels.

    Each picture (PNG, JPEG or TIFF of any size, grey or colour, dark ink or
    bright) is normalised by `normalize_glyph`. Digits are the classes 0 to 9,
    whether there are pictures of them or not, other characters follow:
    `bank.symbols` tells. `docs/how-to/scans.md` has the layouts.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> scan = np.full((60, 40), 240, np.uint8)  # paper
    >>> scan[10:50, 18:22] = 30  # a one
    >>> for digit in range(10):
    ...     (folder / str(digit)).mkdir()
    ...     paths = ds.save(folder / str(digit) / "a.png", scan)
    >>> ds.bank_from_images(folder)
    <DigitBank of 10 glyphs of 10 digits>

    Args:
        source: the folder, or a .csv or .tsv table.
        strict: leave out all pictures that look wrong. Those without ink are
            left out in any case, for there is nothing to draw.
        ink: "dark" or "bright", for all pictures; None finds out for each.
        spread: as for `scans.subtract_background`.
        least_contrast: as for `scans.find_ink`.

    Warns:
        UserWarning: pictures look wrong (no ink, two digits in one, ink that
            touches the edge); names the first of them and their number.

    Raises:
        ValueError: pictures that can't be read, a class without pictures or
            whose name is no character, or no classes; names the file or folder.
        BankError: all pictures of a class were left out.
        FileNotFoundError: there is no such folder or table.
    """
    found = collect(source, strict=strict, ink=ink, spread=spread, least_contrast=least_contrast)
    if found.doubts:
        warnings.warn(_said(found.doubts), stacklevel=2)
    return make_bank(
        found.glyphs,
        found.labels,
        num_classes=found.classes.num_classes,
        symbols=found.classes.symbols,
    )


def collect(
    source: str | os.PathLike[str],
    *,
    strict: bool = False,
    ink: Ink | None = None,
    spread: float = background.SPREAD,
    least_contrast: float = background.LEAST_CONTRAST,
    progress: Callable[[int], None] | None = None,
) -> Collection:
    """The glyphs of `bank_from_images`, their files, and what looks wrong.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> scan = np.full((60, 40), 240, np.uint8)
    >>> scan[10:50, 18:22] = 30
    >>> for digit in range(10):
    ...     (folder / str(digit)).mkdir()
    ...     paths = ds.save(folder / str(digit) / "a.png", scan)
    >>> scans.collect(folder).labels.tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

    Args:
        source: as for `bank_from_images`, as are the options.
        progress: called with the number of pictures done, of all.
    """
    pictures = listing.find_pictures(source)
    classes = listing.classes_of((picture.label for picture in pictures), os.fspath(source))
    glyphs, kept, doubts, unreadable = [], [], list[Doubt](), list[Exception]()
    for number, picture in enumerate(pictures, 1):
        try:
            grey = read_grey(picture.path)
        except (ValueError, OSError) as error:
            unreadable.append(error)
            if len(unreadable) == MOST_UNREADABLE:
                break
            continue
        scanned = inspect_glyph(grey, ink=ink, spread=spread, least_contrast=least_contrast)
        gone = bool(scanned.doubts) and (strict or not scanned.glyph.any())
        doubts += [Doubt(picture.path, reason, gone, picture.label) for reason in scanned.doubts]
        if not gone:
            glyphs.append(scanned.glyph)
            kept.append(picture)
        if progress is not None:
            progress(number)
    _refuse(unreadable)
    _check_left(pictures, kept, doubts)
    labels = np.array([classes.numbers[picture.label] for picture in kept], np.int32)
    return Collection(np.stack(glyphs), labels, kept, classes, doubts)


def _refuse(unreadable: Sequence[Exception]) -> None:
    """Raises the error of the first unreadable picture, with the number of the others."""
    if not unreadable:
        return
    more = len(unreadable) - 1
    at_least = "at least " if len(unreadable) == MOST_UNREADABLE else ""
    said = f"; {at_least}{more} more can't be read" if more else ""
    raise ValueError(f"{unreadable[0]}{said}")


def _check_left(pictures: Sequence[Picture], kept: Sequence[Picture], doubts: Sequence[Doubt]) -> None:
    """Raises where all pictures of a class were left out."""
    lost = sorted({picture.label for picture in pictures} - {picture.label for picture in kept})
    if lost:
        own = {picture.path for picture in pictures if picture.label == lost[0]}
        reason = next((doubt for doubt in doubts if doubt.path in own), None)
        said = f" ({reason.path}: {reason.reason})" if reason else ""
        raise BankError(f"all pictures of the class {lost[0]!r} were left out{said}")


def _said(doubts: Sequence[Doubt]) -> str:
    """The warning of pictures that look wrong."""
    listed = ", ".join(f"{doubt.path} ({doubt.reason})" for doubt in doubts[:LISTED])
    more = f", and {len(doubts) - LISTED} more" if len(doubts) > LISTED else ""
    out = sum(doubt.left_out for doubt in doubts)
    mend = "" if out == len(doubts) else "; strict=True leaves all of them out"
    return f"scans: {len(doubts)} look wrong, {out} of them left out: {listed}{more}{mend}"
