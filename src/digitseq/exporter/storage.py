"""Where an export is written: a folder of this machine's, or a path of fsspec's."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from ..errors import extra
from ..io.atomic import with_home
from ..io.companions import is_companion
from .local import STATE as STATE
from .local import Local
from .local import made_files as made_files


class Storage(Protocol):
    """Files under one root; their names are relative to it, with slashes."""

    def begin(self) -> None:
        """Makes the root, where it is not there."""
        ...

    def top(self) -> list[str]:
        """The names that stand at the root; none where there is no root."""
        ...

    def files(self, folder: str = "") -> list[str]:
        """The names of all files under a folder, sorted."""
        ...

    def open(self, name: str) -> Any:
        """A binary file to read; FileNotFoundError where there is none."""
        ...

    def local(self, names: Iterable[str]) -> contextlib.AbstractContextManager[Path]:
        """A folder of this machine's that holds files of these names, to read."""
        ...

    def workspace(self) -> contextlib.AbstractContextManager[Path]:
        """A folder of this machine's to write in, gone afterwards."""
        ...

    def publish(self, folder: Path, *, settle: bool = False) -> None:
        """Moves the files of a workspace to their names here, each whole or not at all.

        With `settle`, their bytes and those of all that was moved before have reached the disk by then.
        """
        ...

    def clear(self, folder: str) -> None:
        """Removes a folder, where it is there."""
        ...

    def held(self) -> contextlib.AbstractContextManager[bool]:
        """Keeps others from writing here, and says whether it can; BlockingIOError where one does."""
        ...


def storage_of(out: str | os.PathLike[str]) -> Storage:
    """The storage that a path or a URL names.

    Raises:
        ValueError: a file stands there, or a URL of no known kind.
        ImportError: a URL, and fsspec is not installed.
    """
    place = absolute(out)
    if isinstance(place, str):
        return Remote(place)
    # A file in place of a folder above it is found when it is written.
    with contextlib.suppress(NotADirectoryError, FileNotFoundError):
        if not stat.S_ISDIR(place.stat().st_mode):
            raise ValueError(f"out: {place} is a file; name a folder")
    return Local(place)


def absolute(out: str | os.PathLike[str]) -> str | Path:
    """A URL as it is; a path, or a file: URL of this machine, as an absolute path, `~` being the user's home.

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
    """A file's bytes."""
    with storage.open(name) as file:
        data: bytes = file.read()
        return data


class Remote:
    """A path of fsspec's: `s3://bucket/folder`, `gs://...`. Nothing keeps two processes apart there."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise ImportError(f"{url} needs {extra('export')}") from None
        self.url = url
        self.filesystem, self.root = fsspec.core.url_to_fs(url, use_listings_cache=False)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raises a file system's own kinds of errors as `OSError`, naming the URL."""
        try:
            yield
        except (OSError, ValueError):
            raise
        except Exception as error:
            raise OSError(f"{self.url}: {error}") from error

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def begin(self) -> None:
        with self._errors():
            self.filesystem.makedirs(self.root, exist_ok=True)

    def top(self) -> list[str]:
        with self._errors():
            there = self.filesystem.exists(self.root)
            paths = self.filesystem.ls(self.root, detail=False) if there else []
        root = self.root.rstrip("/")
        names = (path.rstrip("/").rsplit("/", 1)[-1] for path in paths if path.rstrip("/") != root)
        return sorted(name for name in names if not is_companion(name))

    def files(self, folder: str = "") -> list[str]:
        with self._errors():
            there = self.filesystem.exists(self._path(folder))
            paths = self.filesystem.find(self._path(folder)) if there else []
        start = len(self._path("x")) - 1
        names = sorted(path[start:] for path in paths)
        return [name for name in names if not any(map(is_companion, name.split("/")))]

    def open(self, name: str) -> Any:
        with self._errors():
            return self.filesystem.open(self._path(name), "rb")

    @contextlib.contextmanager
    def local(self, names: Iterable[str]) -> Iterator[Path]:
        with self.workspace() as folder:
            for name in names:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with self._errors():
                    self.filesystem.get_file(self._path(name), str(folder / name))
            yield folder

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def publish(self, folder: Path, *, settle: bool = False) -> None:
        for name in made_files(folder):
            target = self._path(name)
            with self._errors():
                self.filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                self.filesystem.put_file(str(folder / name), target)

    def clear(self, folder: str) -> None:
        with self._errors():
            if self.filesystem.exists(self._path(folder)):
                self.filesystem.rm(self._path(folder), recursive=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        yield False
