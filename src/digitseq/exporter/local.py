"""An export's storage in a folder of this machine: regular files only, and no link inside is followed."""

import contextlib
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..io.companions import is_companion

log = logging.getLogger("digitseq")

# What an export that is not finished keeps in its folder.
STATE = ".export"
# A FIFO without a writer opens at once where one asks not to wait; a link is an error.
CAREFUL = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def made_files(folder: Path) -> list[str]:
    """The names of all that is no folder under a folder of this machine's, sorted; companions left out."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(name.as_posix() for name in names if not any(map(is_companion, name.parts)))


class Local:
    """A folder. The folder itself may be a link; those inside are refused, wherever they lead."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> None:
        self._made(f"{STATE}/work")

    def _made(self, folder: str) -> Path:
        """A folder that is there from now on."""
        path = self._inside(folder)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _inside(self, name: str) -> Path:
        """The path of a name here.

        Raises:
            ValueError: a link stands in its way, through which files elsewhere would be read or changed.
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
        found = made_files(self._inside(folder) if folder else self.root)
        return [f"{folder}/{name}" if folder else name for name in found]

    def open(self, name: str) -> Any:
        return os.fdopen(_regular(self._inside(name), os.O_RDONLY), "rb")

    @contextlib.contextmanager
    def local(self, names: Iterable[str]) -> Iterator[Path]:
        for name in names:
            os.close(_regular(self._inside(name), os.O_RDONLY))
        yield self.root

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        # Beside what it is moved to, so that moving is renaming.
        with tempfile.TemporaryDirectory(
            dir=self._inside(f"{STATE}/work"), ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def publish(self, folder: Path, *, settle: bool = False) -> None:
        if settle and hasattr(os, "sync"):
            os.sync()
        for name in made_files(folder):
            target = self._inside(name)
            # Without its state an export is over, and nothing belongs there any more.
            if not name.startswith(f"{STATE}/"):
                target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, target)

    def clear(self, folder: str) -> None:
        # Another process may be at it too.
        shutil.rmtree(self._inside(folder), ignore_errors=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        try:
            import fcntl
        except ImportError:  # two processes would only write the same bytes
            yield False
            return
        with open(_regular(self._inside(f"{STATE}/lock"), os.O_RDWR | os.O_CREAT), "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"another process is at work on the export in {self.root}") from None
            except OSError as error:  # some shared folders know no locks
                log.info("%s can't be locked (%s)", self.root, error)
                yield False
                return
            yield True


def _regular(path: Path, flags: int) -> int:
    """The descriptor of a regular file; nothing is changed, nor waited for.

    Raises:
        ValueError: it is a FIFO, a socket or a device, which might never answer.
        OSError: it is not there, or a link.
    """
    descriptor = os.open(path, flags | CAREFUL, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"out: {path} is no regular file; remove it")
        return descriptor
    except BaseException:
        os.close(descriptor)
        raise
