"""IDX files, one per field: images of rank 3, digits of rank 2, boxes of rank 3, and the other labels."""

import contextlib
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...io.idx import read_idx
from ..plan import Chunk, Example, Plan
from . import Format
from .npz_format import examples_of

LOAD = """\
import digitseq as ds

images = ds.read_idx("OUT/data/00000-images-idx3-ubyte")  # uint8 [N, 28, W]
labels = ds.read_idx("OUT/data/00000-labels-idx2-int")  # int32 [N, K], -1 after the last digit
boxes = ds.read_idx("OUT/data/00000-boxes-idx3-int")  # int32 [N, K, 4], (x0, y0, x1, y1)
"""
# The ending of each file's name, and its field. The last part names the type.
FILES = {
    "images-idx3-ubyte": "image",
    "labels-idx2-int": "digits",
    "lengths-idx1-int": "length",
    "boxes-idx3-int": "boxes",
    "glyphs-idx2-int": "glyph_ids",
    "writers-idx1-int": "writer",
    "masks-idx3-byte": "masks",
}
TYPES = {"ubyte": (0x08, ">u1"), "byte": (0x09, ">i1"), "int": (0x0C, ">i4")}


# Chunk by chunk, with a header of its own: `io.idx.write_idx` takes a whole array, and a shard may be larger
# than memory.
def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    first, stop = plan.bounds(int(name))
    with contextlib.ExitStack() as stack:
        files: dict[str, Any] = {}
        for chunk in chunks:
            for ending, field in FILES.items():
                values = chunk.fields.get(field)
                if values is None:
                    continue
                code, dtype = TYPES[ending.rsplit("-", 1)[1]]
                if ending not in files:
                    files[ending] = stack.enter_context(open(folder / "data" / f"{name}-{ending}", "wb"))
                    sizes = (stop - first, *values.shape[1:])
                    files[ending].write(struct.pack(f">4B{len(sizes)}I", 0, 0, code, len(sizes), *sizes))
                files[ending].write(np.ascontiguousarray(values, dtype).data)


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    paths = {field: folder / "data" / f"{name}-{ending}" for ending, field in FILES.items()}
    fields: dict[str, npt.NDArray[Any]] = {f: read_idx(path) for f, path in paths.items() if path.exists()}
    numbers = np.arange(first, first + len(fields["image"]))
    return examples_of(fields | {"number": numbers, "text": np.full(len(numbers), "")})


def stored(example: Example) -> Example:
    """The example without its text, which follows from the digits."""
    return example._replace(text="")


FORMAT = Format(write, read, LOAD, masks=("visible",), stored=stored, grey=True)
