"""The file formats, one module each; a format's module is imported when it is first used."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ...errors import extra
from ..plan import Chunk, Example, Plan

Name = Literal["png", "webdataset", "parquet", "array_record", "lmdb", "coco", "yolo", "idx", "npz"]
NAMES: tuple[Name, ...] = get_args(Name)


class Format(NamedTuple):
    """How images are written to files and read from them.

    Attributes:
        write: (folder, shard's name, plan, chunks): writes a shard's files into `data` in a folder.
        read: (folder, shard's name, number of its first image): the shard's examples.
        load: the code that loads the files of an export in the folder OUT, for users.
        masks: the kinds of masks that the format stores.
        default_masks: those that a spec without masks gets.
        finish: (folder, plan, state): writes the files of the whole export, from what `write` left in the
            state's folder; None if there are none.
        hub: the pattern, in the export's folder, of the files that Hugging Face's `load_dataset` reads; empty
            if it has no such format.
        note: what else the data card says about loading.
        grey: whether it stores greys only: inverted images, but none in colour.
        stored: (example): the part of it that the files store, as `read` returns it; None: all of it.
    """

    write: Callable[[Path, str, Plan, Iterable[Chunk]], None]
    read: Callable[[Path, str, int], Iterator[Example]]
    load: str
    masks: tuple[str, ...] = ()
    default_masks: Literal[False, "amodal"] = False
    finish: Callable[[Path, Plan, Path], None] | None = None
    hub: str = ""
    note: str = ""
    stored: Callable[[Example], Example] | None = None
    grey: bool = False


def format_of(name: str) -> Format:
    """The format of a name.

    Raises:
        ValueError: there is no such format.
        ImportError: a package is not installed; names the extra.
    """
    if name not in NAMES:
        raise ValueError(f"format must be one of {', '.join(NAMES)}, got {name!r}")
    try:
        module = importlib.import_module(f".{name}_format", __name__)
    except ImportError as error:
        raise ImportError(
            f"the format {name} needs a package ({error}), which comes with {extra('export')}"
        ) from None
    found: Format = module.FORMAT
    return found
