"""Files that appear whole or not at all and replace nothing unasked; regular files to read."""

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file (read and write) that takes `path`'s place when the block ends well.

    The bytes go to a temporary file beside it and are flushed to the disk
    before it is renamed, so a reader sees the old file or the new one, never
    a part, also when two processes write at once. If the block raises, the
    temporary file is removed and what stood at `path` stays.

    What is replaced hands on its permissions and, where the system lets us,
    its owner and group. A symbolic link is written through, as by a shell's
    `>`: the link stays, and what it leads to is replaced.
    """
    path = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with contextlib.ExitStack() as undo:
        file = undo.enter_context(open(aside, "x+b"))
        undo.callback(aside.unlink, missing_ok=True)
        undo.callback(file.close)
        # Before the first byte, which might be secret.
        _as_before(path, file.fileno())
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(aside, path)


def _as_before(path: Path, descriptor: int) -> None:
    """Gives an open file the permissions, the owner and the group of the regular file at `path`, if any."""
    try:
        before = path.stat()
    except OSError:
        return
    if not stat.S_ISREG(before.st_mode) or not hasattr(os, "fchmod"):
        return
    mode, now = stat.S_IMODE(before.st_mode) & 0o777, os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except OSError:
            # What the old group might do, another must not.
            mode &= ~0o070 if now.st_gid != before.st_gid else 0o777
    with contextlib.suppress(OSError):  # some shared folders know no permissions
        os.fchmod(descriptor, mode)


def refuse_to_replace(
    path: str | os.PathLike[str],
    made_by_us: Callable[[Path], bool] = lambda path: False,
    force: bool = False,
    name: str = "--out",
) -> None:
    """Raises where something of the user's stands at `path`: to be called before the work starts.

    Args:
        path: what is about to be written. A symbolic link counts as what it
            leads to, which is what `replacing` writes.
        made_by_us: whether the regular file at a path is digitseq's own, and
            may be replaced.
        force: replace any regular file, because the user asked for it.
        name: the argument that names the path, for the message.

    Raises:
        ValueError: a file that digitseq did not make, or whose permissions
            forbid writing, without `force`; or what is no regular file.
        NotADirectoryError: a file stands where a folder would have to be.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise ValueError(f"{name}: {path} is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{name}: {path} is no regular file; name another")
    if force:
        return
    if not mode & 0o222:
        raise ValueError(f"{name}: {path} is write-protected; name another file, or replace it by --force")
    if not made_by_us(path):
        raise ValueError(
            f"{name}: {path} is there and was not made by digitseq; name another file, "
            f"or replace it by --force"
        )


def refuse_same(path: str | os.PathLike[str], read: str | os.PathLike[str], name: str = "--out") -> None:
    """Raises where a file that is about to be written is the one that is read, whatever leads to it.

    Raises:
        ValueError: it is.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if Path(path).samefile(read):
            raise ValueError(f"{name}: {os.fspath(path)} is the file that is read; name another")


def with_home(path: str) -> str:
    """The path with a leading `~` or `~name` as that user's home; as it is where there is none.

    A `~` without a slash after it is the name of a file, but for `~` alone.
    """
    return os.path.expanduser(path) if re.match(r"~([^/\\]*[/\\]|$)", path) else path  # noqa: PTH111


def home_path(path: str | os.PathLike[str]) -> Path:
    """As `with_home`, of any path, as a `Path`."""
    return Path(with_home(os.fspath(path)))


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, open for reading; a FIFO or a device, which might never answer, is refused.

    Raises:
        ValueError: it is a folder, a FIFO, a socket or a device.
        FileNotFoundError: there is none.
    """
    # A FIFO without a writer is opened at once where one asks not to wait.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{os.fspath(path)} is no regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
