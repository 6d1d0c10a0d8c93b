"""Warnings as lines on stderr: each once, and the notice about the built-in digits once a day."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from ..glyphs.loading import BuiltinNotice
from ..io.user_cache import cache_folder

DAY = 24 * 60 * 60
STAMP = "builtin-notice"


def shown_by(say: Callable[[str], None]) -> Callable[..., None]:
    """A function for `warnings.showwarning` that gives each message to `say`, once."""
    said: set[str] = set()

    def show(message: Any, category: type[Warning], *_: Any) -> None:
        text = str(message)
        if text not in said and not (issubclass(category, BuiltinNotice) and _said_today()):
            said.add(text)
            say(text)

    return show


def _said_today() -> bool:
    """Whether the notice was shown to the user in the last 24 hours; if not, records that it is now.

    The time is that of a file in the cache folder; without one, every command shows the notice.
    """
    cache = cache_folder()
    if cache is None:
        return False
    stamp = cache / STAMP
    with contextlib.suppress(OSError):
        if 0 <= time.time() - stamp.stat().st_mtime < DAY:
            return True
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    return False
