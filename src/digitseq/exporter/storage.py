"""Where an export is written: a local folder, or a URL through fsspec."""

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from ..io.atomic import with_home
from .local import Local
from .remote import Remote


class Storage(Protocol):
    """Files under one root. Their names are relative to it, with slashes."""

    def create(self) -> None:
        """Creates the root, and what an unfinished export needs in it, if missing."""
        ...

    def top(self) -> list[str]:
        """The names directly under the root, sorted; empty if there is no root."""
        ...

    def files(self, folder: str = "") -> list[str]:
        """The names of all files under a folder, sorted."""
        ...

    def open(self, name: str) -> Any:
        """Opens a file for reading, binary; FileNotFoundError if there is none."""
        ...

    def local(self, names: Iterable[str]) -> contextlib.AbstractContextManager[Path]:
        """A local folder that holds these files, for reading."""
        ...

    def workspace(self) -> contextlib.AbstractContextManager[Path]:
        """A temporary local folder to write in."""
        ...

    def publish(self, folder: Path, *, durable: bool = False) -> None:
        """Moves the files of a workspace to their names under the root, each atomically.

        With `durable`, their bytes, and all that was published before, reach the disk first.
        """
        ...

    def remove(self, folder: str) -> None:
        """Removes a folder, if it is there."""
        ...

    def locked(self) -> contextlib.AbstractContextManager[bool]:
        """Locks the export against other processes; gives whether locks are supported here.

        Raises:
            BlockingIOError: another process has the lock.
        """
        ...


def storage_of(out: str | os.PathLike[str]) -> Storage:
    """The storage that a path or a URL names.

    Raises:
        ValueError: a file is there, or the URL is of no known kind.
        ImportError: a URL, and fsspec is not installed.
    """
    place = absolute(out)
    if isinstance(place, str):
        return Remote(place)
    # A file in place of one of its parents is an error when it is written.
    with contextlib.suppress(NotADirectoryError, FileNotFoundError):
        if not stat.S_ISDIR(place.stat().st_mode):
            raise ValueError(f"out: {place} is a file; name a folder")
    return Local(place)


def absolute(out: str | os.PathLike[str]) -> str | Path:
    """A URL as it is; a path, or a local file: URL, as an absolute path, with `~` expanded.

    Raises:
        ValueError: a file: URL of another machine.
    """
    name = os.fspath(out)
    if isinstance(out, str) and "://" in name:
        if not name.startswith("file://"):
            return name
        host, slash, path = name.removeprefix("file://").partition("/")
        if host not in ("", "localhost") or not slash:
            raise ValueError(f"out: {name} names another machine's file; write file:///PATH")
        return Path(f"/{path}").absolute()
    return Path(with_home(name)).absolute()


def read(storage: Storage, name: str) -> bytes:
    """A file's contents."""
    with storage.open(name) as file:
        data: bytes = file.read()
        return data


def write_text(storage: Storage, name: str, text: str, *, durable: bool = False) -> None:
    """Writes a text file, UTF-8, atomically."""
    with storage.workspace() as folder:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        storage.publish(folder, durable=durable)
