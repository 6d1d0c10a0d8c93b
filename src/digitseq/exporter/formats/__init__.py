"""The formats of files: one module each, of which only the one that is used is imported."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import extra
from ..plan import Chunk, Example, Plan

NAMES = ("png", "webdataset", "parquet", "array_record", "lmdb", "coco", "yolo", "idx", "npz")


class Format(NamedTuple):
    """How images become files.

    Attributes:
        write: (folder, shard's name, plan, chunks): writes a shard's files, under `data` of a folder.
        read: (folder, shard's name, its first image's number): the same images from them again.
        load: code that loads them, as one would who has the export in the folder OUT.
        masks: the masks that it holds.
        finish: (folder, plan, state): writes what belongs to all shards, from what `write` left for it under
            the state's folder; or None.
        hub: the files that Hugging Face's `load_dataset` reads, as a pattern in the export's folder; empty
            where it has no such format.
        note: what else the data card says of loading it.
        held: what of an example the files hold, which is what `read` gives; all of it where None.
    """

    write: Callable[[Path, str, Plan, Iterable[Chunk]], None]
    read: Callable[[Path, str, int], Iterator[Example]]
    load: str
    masks: tuple[str, ...] = ()
    finish: Callable[[Path, Plan, Path], None] | None = None
    hub: str = ""
    note: str = ""
    held: Callable[[Example], Example] | None = None


def format_of(name: str) -> Format:
    """A format by its name.

    Raises:
        ValueError: there is none of that name.
        ImportError: a package is not installed, naming the extra.
    """
    if name not in NAMES:
        raise ValueError(f"format must be one of {', '.join(NAMES)}, got {name!r}")
    try:
        module = importlib.import_module(f".{name}_format", __name__)
    except ImportError as error:
        raise ImportError(
            f"the format {name} lacks a package ({error}), which comes with {extra('export')}"
        ) from None
    found: Format = module.FORMAT
    return found
