"""SHA-256 of files, compared with what is recorded, and lists of them as `sha256sum` writes them."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..io.companions import files_below
from .names import STATE, SUMS
from .storage import Storage, read

# A shard of more files has a list of their sums, of which the manifest names only the sum.
MOST_FILES = 10


def sha256_of(file: Any) -> str:
    """The SHA-256 of an open file, from its current position."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def sums_below(folder: Path, name: str) -> dict[str, str]:
    """The SHA-256 of each file below a folder, by its name relative to it.

    Where there are more than `MOST_FILES`, those outside the state's folder
    are listed in a new file, and its SHA-256 stands for theirs.

    Args:
        folder: a local folder.
        name: of the list, a shard's.
    """
    sums = {file: _sum_of(folder / file) for file in files_below(folder)}
    public = {file: digest for file, digest in sums.items() if not file.startswith(f"{STATE}/")}
    if len(public) <= MOST_FILES:
        return sums
    list_name = f"{SUMS}/{name}.sha256"
    (folder / SUMS).mkdir(parents=True)
    (folder / list_name).write_text(format_listing(public), newline="\n")
    state = {file: digest for file, digest in sums.items() if file not in public}
    return {list_name: _sum_of(folder / list_name), **state}


def _sum_of(path: Path) -> str:
    with open(path, "rb") as file:
        return sha256_of(file)


def wrong_files(storage: Storage, sums: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One line for each file that is missing, unreadable or changed, also of those in lists.

    Args:
        storage: where they are.
        sums: names and the SHA-256 that each should have.
    """
    for name, digest in sums:
        try:
            with storage.open(name) as file:
                found = sha256_of(file)
        except FileNotFoundError:
            yield f"{name} is missing"
            continue
        except (OSError, ValueError) as error:
            yield f"{name} can't be read ({error})"
            continue
        if found != digest:
            yield f"{name} has changed (SHA-256 {found[:16]}..., not {digest[:16]}...)"
        elif name.startswith(f"{SUMS}/"):
            yield from wrong_files(storage, parse_listing(read(storage, name).decode()).items())


def format_listing(sums: dict[str, str]) -> str:
    """Names and sums as `sha256sum` writes them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def parse_listing(text: str) -> dict[str, str]:
    """Names and sums from what `sha256sum` or `format_listing` wrote.

    Raises:
        ValueError: a name that could lead outside the export's folder, or a sum that is none.
    """
    rows = (line.partition("  ") for line in text.splitlines())
    return dict(checked_entry(name, digest) for digest, _, name in rows)


def checked_entry(name: str, digest: str) -> tuple[str, str]:
    """A file's name and sum as they are, if the name stays inside the export's folder.

    Raises:
        ValueError: it may not, or the sum is none.
    """
    parts = name.split("/")
    if "\\" in name or ":" in name or not all(parts) or {".", ".."} & set(parts):
        raise ValueError(f"{name!r} is no name of a file in an export")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"{digest!r} is no SHA-256")
    return name, digest
