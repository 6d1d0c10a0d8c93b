"""Atomic writes, refusals to overwrite the user's files, and opening of regular files only."""

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
    """Writes a file atomically: yields a binary file (read and write) that replaces `path` in the end.

    The bytes go to a temporary file in the same folder, are flushed to the
    disk, and the file is renamed, so that a reader sees the old file or the
    new one, never a part, also when two processes write at once. If the block
    raises, the temporary file is removed and the file at `path` is untouched.

    Permissions and, if the system allows it, owner and group of the replaced
    file are kept. A symbolic link is followed, as by a shell's `>`: its
    target is replaced.
    """
    path = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with contextlib.ExitStack() as undo:
        file = undo.enter_context(open(temporary, "x+b"))
        undo.callback(temporary.unlink, missing_ok=True)
        undo.callback(file.close)
        # Before the first byte, which might be secret.
        _copy_permissions(path, file.fileno())
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(temporary, path)


def _copy_permissions(path: Path, descriptor: int) -> None:
    """Sets an open file's permissions, owner and group to those of the regular file at `path`, if any."""
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
            # Rights of the old owner or group must not go to others.
            mode &= ~0o070 if now.st_gid != before.st_gid else 0o777
    with contextlib.suppress(OSError):  # some network file systems have no permissions
        os.fchmod(descriptor, mode)


def refuse_to_replace(
    path: str | os.PathLike[str],
    made_by_us: Callable[[Path], bool] = lambda path: False,
    force: bool = False,
    name: str = "--out",
) -> None:
    """Raises if a file of the user's would be overwritten; to be called before the work starts.

    Args:
        path: to be written. A symbolic link stands for its target, which is
            what `replacing` writes.
        made_by_us: whether the regular file at a path is digitseq's own, and
            may be replaced.
        force: replace any regular file, because the user asked for it.
        name: the argument that names the path, for the message.

    Raises:
        ValueError: a file that digitseq did not write, or that is
            write-protected, without `force`; or no regular file.
        NotADirectoryError: one of the path's parents is a file.
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
    """Raises if the file to be written is the one that is read, also under another name.

    Raises:
        ValueError: it is the same file.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if Path(path).samefile(read):
            raise ValueError(f"{name}: {os.fspath(path)} is the file that is read; name another")


def with_home(path: str) -> str:
    """The path with a leading `~` or `~name` expanded to that user's home, if there is one.

    `~name` without a slash is a file's name and stays, except for `~` alone.
    """
    return os.path.expanduser(path) if re.match(r"~([^/\\]*[/\\]|$)", path) else path  # noqa: PTH111


def home_path(path: str | os.PathLike[str]) -> Path:
    """Any path as a `Path`, with `~` expanded as by `with_home`."""
    return Path(with_home(os.fspath(path)))


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a regular file for reading; refuses a FIFO or a device, reading which might block forever.

    Raises:
        ValueError: it is a folder, a FIFO, a socket or a device.
        FileNotFoundError: there is none.
    """
    # O_NONBLOCK: opening does not wait for a FIFO's writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{os.fspath(path)} is no regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
