"""An export's storage in a local folder: regular files only, and no symbolic link inside it is followed."""

import contextlib
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..io.companions import files_below, is_companion
from .names import LOCK, STATE, WORK

log = logging.getLogger("digitseq")

# Opening does not wait for a FIFO's writer, and a link is an error.
CAREFUL = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Local:
    """A local folder. It may itself be a symbolic link; links inside it are refused, wherever they lead."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self) -> None:
        self._path(WORK).mkdir(parents=True, exist_ok=True)

    def _path(self, name: str) -> Path:
        """The path of a name.

        Raises:
            ValueError: a part of it is a symbolic link, by which files elsewhere would be read or changed.
        """
        path = self.root
        for part in name.split("/"):
            path = path / part
            if path.is_symlink():
                raise ValueError(f"out: {path} is a symbolic link, which could lead anywhere; remove it")
        return path

    def top(self) -> list[str]:
        if not self.root.exists():
            return []
        return sorted(name for name in os.listdir(self.root) if not is_companion(name))

    def files(self, folder: str = "") -> list[str]:
        found = files_below(self._path(folder) if folder else self.root)
        return [f"{folder}/{name}" if folder else name for name in found]

    def open(self, name: str) -> Any:
        return os.fdopen(_regular(self._path(name), os.O_RDONLY), "rb")

    @contextlib.contextmanager
    def local(self, names: Iterable[str]) -> Iterator[Path]:
        for name in names:
            os.close(_regular(self._path(name), os.O_RDONLY))
        yield self.root

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        # On the same file system as the files' final places, so that moving them is renaming.
        with tempfile.TemporaryDirectory(dir=self._path(WORK), ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def publish(self, folder: Path, *, durable: bool = False) -> None:
        if durable and hasattr(os, "sync"):
            os.sync()
        for name in files_below(folder):
            target = self._path(name)
            # No state means that the export is over: then nothing may be put there.
            if not name.startswith(f"{STATE}/"):
                target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, target)

    def remove(self, folder: str) -> None:
        # Another process may be removing it too.
        shutil.rmtree(self._path(folder), ignore_errors=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        try:
            import fcntl
        except ImportError:  # Windows; two processes would only write the same bytes
            yield False
            return
        with open(_regular(self._path(LOCK), os.O_RDWR | os.O_CREAT), "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"another process is at work on the export in {self.root}") from None
            except OSError as error:  # some network file systems have no locks
                log.info("%s can't be locked (%s)", self.root, error)
                yield False
                return
            yield True


def _regular(path: Path, flags: int) -> int:
    """Opens a regular file and returns its descriptor, without waiting.

    Raises:
        ValueError: it is a FIFO, a socket or a device, reading which might block forever.
        OSError: it is missing, or a symbolic link.
    """
    descriptor = os.open(path, flags | CAREFUL, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"out: {path} is no regular file; remove it")
        return descriptor
    except BaseException:
        os.close(descriptor)
        raise
