"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file (read and write) that takes `path`'s place when the block ends well.

    The bytes go to a new file beside it and are flushed to the disk before the
    rename, so a reader sees the old file or the new one, never a part, also
    when two processes write at once. If the block raises, the new file is
    removed and what stood at `path` stays.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with contextlib.ExitStack() as undo:
        file = undo.enter_context(open(aside, "x+b"))
        undo.callback(aside.unlink, missing_ok=True)
        undo.callback(file.close)
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(aside, path)
