"""Shell completion of --bank and --augment."""

import os
from collections.abc import Iterable

from ..augment import PRESETS
from ..io import atomic

BANKS = ("mnist", "mnist-test", "builtin")
MODEL = "vae"


def banks(incomplete: str) -> list[str]:
    """The words, files and folders that name a bank and start with what was typed."""
    return [*_beginning(BANKS, incomplete), *_paths(incomplete, ".npz")]


def sources(incomplete: str) -> list[str]:
    """As `banks`, and the words and files that name a model."""
    return [*_beginning((*BANKS, MODEL), incomplete), *_paths(incomplete, ".npz")]


def augmentations(incomplete: str) -> list[str]:
    """The presets and the .json files, and folders that may hold some."""
    return [*_beginning(PRESETS, incomplete), *_paths(incomplete, ".json")]


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _paths(incomplete: str, suffix: str) -> list[str]:
    """Folders, with a slash, and files that end so, in the folder that was typed; hidden ones after a dot."""
    folder, typed = os.path.split(incomplete)
    try:
        with os.scandir(atomic.with_home(folder) or ".") as entries:
            found = [
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(typed)
                and (typed or not entry.name.startswith("."))
                and (entry.is_dir() or entry.name.endswith(suffix))
            ]
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(found)]  # noqa: PTH118
