"""An export's storage behind a URL, through fsspec."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import extra
from ..io.companions import files_below, is_companion


class Remote:
    """A URL of fsspec's: `s3://bucket/folder`, `gs://...`. It has no lock against a second process."""

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

    def create(self) -> None:
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

    def publish(self, folder: Path, *, durable: bool = False) -> None:
        for name in files_below(folder):
            target = self._path(name)
            with self._errors():
                self.filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                self.filesystem.put_file(str(folder / name), target)

    def remove(self, folder: str) -> None:
        with self._errors():
            if self.filesystem.exists(self._path(folder)):
                self.filesystem.rm(self._path(folder), recursive=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        yield False
