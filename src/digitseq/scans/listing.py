"""Which pictures there are, of what: a folder with a subfolder a class, or a table of names and labels."""

import csv
import io
import os
import unicodedata
import urllib.parse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..internal.symbols import DIGITS, check_symbols
from ..io import atomic
from ..io.companions import is_companion
from .pictures import ENDINGS, OTHER_ENDINGS, refuse_other_formats

TABLES = {".csv": ",", ".tsv": "\t"}
MOST_BYTES, MOST_PICTURES = 2**28, 1_000_000
# Classes that are numbers need not have names of one character.
MOST_NUMBER = 99_999
# Headings by which a table's columns are known.
NAME_HEADINGS = ("name", "file", "filename", "file_name", "path", "image", "picture")
LABEL_HEADINGS = ("label", "class", "symbol", "digit", "text", "character")


class Picture(NamedTuple):
    """A picture's file and the name of its class."""

    path: Path
    label: str


class Classes(NamedTuple):
    """The classes of a bank.

    Attributes:
        numbers: of each class name, the class's number.
        num_classes: how many classes the bank has, some of them empty.
        symbols: what they are called, one character each; "" for numbers from 10 on.
    """

    numbers: dict[str, int]
    num_classes: int
    symbols: str


def find_pictures(source: str | os.PathLike[str]) -> list[Picture]:
    """The pictures of a folder with a subfolder a class, or of a table (`.csv`, `.tsv`), in a fixed order.

    Files in a subfolder, at any depth, are pictures by their endings (.png,
    .jpg, .jpeg, .tif, .tiff); others are passed over. A table has a row a
    picture, its name (relative to the table) and its label; columns are known
    by their headings, or the first two are taken.

    Raises:
        ValueError: there are no pictures, a class has none, pictures lie
            beside the subfolders, or a picture of another format; the
            message names the folder, the file or the line.
        FileNotFoundError: there is no such folder or table.
    """
    path = atomic.home_path(source)
    if not path.exists():
        raise FileNotFoundError(f"no folder or table {str(path)!r}")
    if not path.is_dir() and path.suffix.lower() not in TABLES:
        raise ValueError(
            f"{path}: wanted a folder with a subfolder a class, or a .csv table of names and labels"
        )
    found = _in_folder(path) if path.is_dir() else _in_table(path)
    if len(found) > MOST_PICTURES:
        raise ValueError(f"{path} has more than {MOST_PICTURES:,} pictures")
    return found


def classes_of(labels: Iterable[str], name: str) -> Classes:
    """The classes of a bank, by the names of folders or the labels of a table.

    Digits are the classes 0 to 9, as MNIST's are; other characters follow
    them in the order of their code points. `%2F` is the character that
    percent-encoding has so, for names that file systems refuse. Whole numbers
    from 10 on are class numbers without names.

    Args:
        labels: as they are written.
        name: where they come from, for the message.

    Raises:
        ValueError: a label that is neither one character nor a number.
    """
    named = {label: _character(label) for label in sorted(set(labels))}
    if all(map(_is_number, named.values())):
        numbers = {label: int(mark) for label, mark in named.items()}
        most = max(10, max(numbers.values()) + 1)
        return Classes(numbers, most, DIGITS if most == len(DIGITS) else "")
    for label, mark in named.items():
        if len(mark) != 1:
            raise ValueError(
                f"{name}: the class {label!r} is neither one character (or its code, as %2F for /) "
                f"nor are all classes whole numbers"
            )
    symbols = DIGITS + "".join(sorted(set(named.values()) - set(DIGITS)))
    try:
        check_symbols(symbols, len(symbols))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return Classes({label: symbols.index(mark) for label, mark in named.items()}, len(symbols), symbols)


def _is_number(mark: str) -> bool:
    """Whether a class is written as a number that a bank can have."""
    return mark.isascii() and mark.isdigit() and len(mark.lstrip("0")) < 10 and int(mark) <= MOST_NUMBER


def _character(label: str) -> str:
    """A label as the character it stands for: decoded, and composed, for macOS keeps é as e and an accent."""
    decoded = urllib.parse.unquote(label) if len(label) > 1 else label
    return unicodedata.normalize("NFC", decoded)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures right in a folder, sorted by name.

    Raises:
        ValueError: one of a format that is not read.
    """
    found = [path for path in sorted(folder.iterdir()) if not is_companion(path.name) and not path.is_dir()]
    for path in found:
        refuse_other_formats(path)
    return [path for path in found if path.suffix.lower() in ENDINGS]


def _in_folder(folder: Path) -> list[Picture]:
    entries = [path for path in sorted(folder.iterdir()) if not is_companion(path.name)]
    classes = [path for path in entries if path.is_dir() and not path.name.startswith(".")]
    loose = [path for path in entries if path.suffix.lower() in ENDINGS + OTHER_ENDINGS and not path.is_dir()]
    if loose:
        raise ValueError(
            f"{loose[0]} lies beside the folders of the classes, so that nothing says what it shows; "
            f"wanted: {folder.name}/CLASS/{loose[0].name}"
        )
    if not classes:
        raise ValueError(f"{folder} is empty; wanted a subfolder a class, as {folder.name}/7/scan.png")
    found = []
    for own in classes:
        below = _below(own)
        if not below:
            raise ValueError(
                f"{own}: this class has no pictures (PNG, JPEG or TIFF); remove the folder or add some"
            )
        found += [Picture(path, own.name) for path in below]
    return found


def _below(folder: Path) -> list[Path]:
    found = []
    for root, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_companion(name) and not name.startswith("."))
        found += pictures_in(Path(root))
    return found


def _in_table(path: Path) -> list[Picture]:
    rows = _rows(path)
    columns = _columns([cell.strip().lower() for cell in rows[0][1]])
    heading = columns is not None or not _is_picture(rows[0][1][0])
    place, label = columns or (0, 1)
    found = []
    for number, row in rows[heading:]:
        if len(row) <= max(place, label) or not row[place].strip() or not row[label].strip():
            raise ValueError(f"{path}, line {number}: wanted a picture's name and its label, got {row}")
        file = path.parent / row[place].strip()
        if not file.exists():
            raise FileNotFoundError(f"{path}, line {number}: there is no picture {str(file)!r}")
        refuse_other_formats(file)
        found.append(Picture(file, row[label].strip()))
    if not found:
        raise ValueError(f"{path} has a heading, but no picture below it")
    return found


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a table that are not empty, each with the number of its line."""
    with atomic.open_regular(path) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    first = text.partition("\n")[0]
    usual = TABLES[path.suffix.lower()]
    delimiter = max((usual, ";", "\t", ","), key=lambda mark: (first.count(mark), mark == usual))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
    if not rows:
        raise ValueError(f"{path} is empty; wanted a row a picture: its name, its label")
    return rows


def _columns(headings: Sequence[str]) -> tuple[int, int] | None:
    """The columns of names and labels, by their headings; None where these don't say."""
    names = [place for place, heading in enumerate(headings) if heading in NAME_HEADINGS]
    labels = [place for place, heading in enumerate(headings) if heading in LABEL_HEADINGS]
    return (names[0], labels[0]) if names and labels else None


def _is_picture(name: str) -> bool:
    return Path(name.strip()).suffix.lower() in ENDINGS + OTHER_ENDINGS
