"""Where an export is written: a folder of this machine's, or a path of fsspec's."""

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from ..errors import extra

log = logging.getLogger("digitseq")

# What an export that is not finished keeps in its folder.
STATE = ".export"


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
    if isinstance(out, str) and "://" in out and not out.startswith("file://"):
        return Remote(out)
    root = Path(out.removeprefix("file://") if isinstance(out, str) else out).absolute()
    if root.exists() and not root.is_dir():
        raise ValueError(f"out: {root} is a file; name a folder")
    return Local(root)


def read(storage: Storage, name: str) -> bytes:
    """A file's bytes."""
    with storage.open(name) as file:
        data: bytes = file.read()
        return data


def made_files(folder: Path) -> list[str]:
    """The names of all files under a folder of this machine's, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


class Local:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> None:
        (self.root / STATE / "work").mkdir(parents=True, exist_ok=True)

    def top(self) -> list[str]:
        return sorted(os.listdir(self.root)) if self.root.exists() else []

    def files(self, folder: str = "") -> list[str]:
        return [f"{folder}/{name}" if folder else name for name in made_files(self.root / folder)]

    def open(self, name: str) -> Any:
        return open(self.root / name, "rb")

    @contextlib.contextmanager
    def local(self, names: Iterable[str]) -> Iterator[Path]:
        yield self.root

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        # Beside what it is moved to, so that moving is renaming.
        with tempfile.TemporaryDirectory(
            dir=self.root / STATE / "work", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def publish(self, folder: Path, *, settle: bool = False) -> None:
        if settle and hasattr(os, "sync"):
            os.sync()
        for name in made_files(folder):
            target = self.root / name
            # Without its state an export is over, and nothing belongs there any more.
            if not name.startswith(f"{STATE}/"):
                target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, target)

    def clear(self, folder: str) -> None:
        # Another process may be at it too.
        shutil.rmtree(self.root / folder, ignore_errors=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        try:
            import fcntl
        except ImportError:  # two processes would only write the same bytes
            yield False
            return
        with open(self.root / STATE / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"another process is at work on the export in {self.root}") from None
            except OSError as error:  # some shared folders know no locks
                log.info("%s can't be locked (%s)", self.root, error)
                yield False
                return
            yield True


class Remote:
    """A path of fsspec's: `s3://bucket/folder`, `gs://...`. Nothing keeps two processes apart there."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise ImportError(f"{url} needs {extra('export')}") from None
        filesystem, self.root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        self.filesystem = _Plain(filesystem, url)

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def begin(self) -> None:
        self.filesystem.makedirs(self.root, exist_ok=True)

    def top(self) -> list[str]:
        if not self.filesystem.exists(self.root):
            return []
        return sorted(name.rstrip("/").rsplit("/", 1)[-1] for name in self._listed())

    def _listed(self) -> list[str]:
        names: list[str] = self.filesystem.ls(self.root, detail=False)
        return [name for name in names if name.rstrip("/") != self.root.rstrip("/")]

    def files(self, folder: str = "") -> list[str]:
        if not self.filesystem.exists(self._path(folder)):
            return []
        start = len(self._path("x")) - 1
        return sorted(name[start:] for name in self.filesystem.find(self._path(folder)))

    def open(self, name: str) -> Any:
        return self.filesystem.open(self._path(name), "rb")

    @contextlib.contextmanager
    def local(self, names: Iterable[str]) -> Iterator[Path]:
        with self.workspace() as folder:
            for name in names:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                self.filesystem.get_file(self._path(name), str(folder / name))
            yield folder

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def publish(self, folder: Path, *, settle: bool = False) -> None:
        for name in made_files(folder):
            target = self._path(name)
            self.filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            self.filesystem.put_file(str(folder / name), target)

    def clear(self, folder: str) -> None:
        if self.filesystem.exists(self._path(folder)):
            self.filesystem.rm(self._path(folder), recursive=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        yield False


class _Plain:
    """A file system of fsspec's, whose errors are of Python's own kinds."""

    def __init__(self, filesystem: Any, url: str) -> None:
        self._filesystem, self._url = filesystem, url

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._filesystem, name)

        def told(*arguments: Any, **options: Any) -> Any:
            try:
                return method(*arguments, **options)
            except (OSError, ValueError):
                raise
            except Exception as error:
                raise OSError(f"{self._url}: {error}") from error

        return told
