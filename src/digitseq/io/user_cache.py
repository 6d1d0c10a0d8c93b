"""The cache folder: for what can be computed or downloaded again."""

import os
import sys
from pathlib import Path

from . import atomic

CACHE_ENVIRONMENT = "DIGITSEQ_CACHE"


def cache_folder() -> Path | None:
    """The folder for what digitseq can compute or download again.

    It is `DIGITSEQ_CACHE` if that is set, else `digitseq` in the user's cache
    folder, and need not exist. None if the user has no home, as in some
    containers; then nothing is cached.
    """
    if chosen := os.environ.get(CACHE_ENVIRONMENT):
        return atomic.home_path(chosen)
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / "digitseq"
