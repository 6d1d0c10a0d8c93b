"""The folder in which digitseq keeps what can be made or fetched again."""

import os
import sys
from pathlib import Path

from . import atomic

CACHE_ENVIRONMENT = "DIGITSEQ_CACHE"


def cache_folder() -> Path | None:
    """Where digitseq keeps what it can make or fetch again.

    `DIGITSEQ_CACHE` where that is set, else `digitseq` in the user's cache
    folder. It need not exist. None where the user has no home, as in some
    containers: nothing is kept then.
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
