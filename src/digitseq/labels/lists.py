"""Lists of sequences from files: text with one a line, or a column of a table (.csv, .tsv)."""

import codecs
import csv
import io
import os
import re
from pathlib import Path
from typing import NamedTuple

from ..internal.symbols import DIGITS
from ..io import atomic
from .text import SEPARATORS, parse_sequence

MOST_BYTES = 2**30
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
TABLES = {".csv": ",", ".tsv": "\t"}


class SequenceList(NamedTuple):
    """The sequences in a file.

    Attributes:
        sequences: the digits of each, in the file's order.
        names: a name for each, from the column of names; None without such a column.
        dropped: the separators that stood between digits, each once, sorted.
    """

    sequences: list[list[int]]
    names: list[str] | None
    dropped: str


def read_list(
    path: str | os.PathLike[str],
    column: str | None = None,
    name_column: str | None = None,
    *,
    symbols: str = DIGITS,
) -> SequenceList:
    """The sequences in a text file, one a line, or in a column of a table (`.csv`, `.tsv`).

    Args:
        path: UTF-8, or UTF-16 or UTF-32 with a byte order mark; empty lines are skipped.
        column: the table's column with the digits: its heading, or its number
            from 1. A table of one column needs none.
        name_column: the table's column with a name for each sequence, given alike.
        symbols: of which the sequences are made.

    Raises:
        ValueError: a line that can't be read, a column that is not there, or
            another encoding; the message names the file and the line.
        FileNotFoundError: there is no such file.
    """
    name = os.fspath(path)
    text = _decoded(path)
    if Path(name).suffix.lower() in TABLES or column is not None or name_column is not None:
        return _of_table(name, text, column, name_column, symbols)
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    sequences = [
        parse_sequence(line, name=f"{name}, line {number}: a sequence", symbols=symbols)
        for number, line in rows
    ]
    if not sequences:
        raise ValueError(f"{name} holds no sequence; write one a line")
    return SequenceList(sequences, None, "")


def _decoded(path: str | os.PathLike[str]) -> str:
    name = os.fspath(path)
    try:
        with atomic.open_regular(path) as file:
            data = file.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise ValueError(f"{name} is a folder, not a text file") from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name} is larger than {MOST_BYTES} bytes")
    encoding = next((encoding for mark, encoding in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not {encoding.removesuffix('-sig').upper()} text (byte {error.start}); "
            f"save it as UTF-8, or as UTF-16 with a byte order mark"
        ) from None
    if "\0" in text:
        raise ValueError(f"{name} holds zero bytes; save it as UTF-8, or as UTF-16 with a byte order mark")
    return text


def _of_table(
    name: str, text: str, column: str | None, name_column: str | None, symbols: str
) -> SequenceList:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(name, text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from None
    if not rows:
        raise ValueError(f"{name} holds no sequence; write one a line")
    place, heading = _column(name, "--column", rows[0][1], column)
    named = None
    if name_column is not None:
        named, also = _column(name, "--name-column", rows[0][1], name_column)
        heading = heading or also
    # A first row without any digit in the column is taken for a heading too.
    if heading or (len(rows) > 1 and not set(_cell(rows[0][1], place)) & set(symbols or DIGITS)):
        rows = rows[1:]
    if floats := [(n, cell) for n, row in rows if re.fullmatch(r"[0-9]+\.0", cell := _cell(row, place))]:
        number, cell = floats[0]
        raise ValueError(
            f"{name}, line {number}: {cell!r} looks like a number that was saved as a float; "
            f"save the column as text"
        )
    sequences, dropped = [], set[str]()
    for number, row in rows:
        cell = _cell(row, place)
        place_in_file = f"{name}, line {number}: a sequence"
        sequences.append(parse_sequence(cell, name=place_in_file, separators=SEPARATORS, symbols=symbols))
        dropped |= set(cell) & set(SEPARATORS) - set(symbols)
    if not sequences:
        raise ValueError(f"{name} has a heading, but no sequence below it")
    names = None if named is None else [_cell(row, named) for _, row in rows]
    return SequenceList(sequences, names, "".join(sorted(dropped)))


def _delimiter(name: str, text: str) -> str:
    """The character that separates cells: the one of `,;|` and tab that the first line has most of."""
    first = text.lstrip().partition("\n")[0]
    usual = TABLES.get(Path(name).suffix.lower(), ",")
    return max((usual, ";", "\t", ",", "|"), key=lambda mark: (first.count(mark), mark == usual))


def _column(name: str, option: str, first: list[str], wanted: str | None) -> tuple[int, bool]:
    """The index of the column that an option names, and whether the first row must be a heading.

    Raises:
        ValueError: there is no such column, or none is named and there are several.
    """
    headings = [cell.strip() for cell in first]
    listed = ", ".join(headings)
    if wanted is None:
        if len(first) == 1:
            return 0, False
        raise ValueError(f"{name} has the columns {listed}: name one with {option}, or its number")
    if headings.count(wanted) == 1:
        return headings.index(wanted), True
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(first):
        return int(wanted) - 1, False
    raise ValueError(f"{option}: {name} has no column {wanted!r}; it has {listed}, numbers 1 to {len(first)}")


def _cell(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
