"""ArrayRecord files for Grain; each record is an .npz archive of one image and its labels."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter

from ..plan import Chunk, Example, Plan
from . import Format
from .npz_format import examples_of, save

LOAD = """\
import glob, io
import grain
import numpy as np

records = grain.sources.ArrayRecordDataSource(sorted(glob.glob("OUT/data/*.array_record")))
example = dict(np.load(io.BytesIO(records[0])))  # image uint8 [28, W]; text; boxes as (x0, y0, x1, y1); ...
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    # One record per group, for random access.
    writer = ArrayRecordWriter(str(folder / "data" / f"{name}.array_record"), "group_size:1")
    try:
        for chunk in chunks:
            numbers = np.arange(chunk.first, chunk.first + len(chunk))
            fields = chunk.fields | {"number": numbers, "text": chunk.texts()}
            for row in range(len(chunk)):
                record = io.BytesIO()
                save(record, {name: values[row] for name, values in fields.items()})
                writer.write(record.getvalue())
    finally:
        writer.close()


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    reader = ArrayRecordReader(str(folder / "data" / f"{name}.array_record"))
    try:
        for record in reader.read_all():
            with np.load(io.BytesIO(record)) as archive:
                fields: dict[str, npt.NDArray[Any]] = {name: archive[name][None] for name in archive.files}
            yield from examples_of(fields)
    finally:
        reader.close()


FORMAT = Format(write, read, LOAD, masks=("visible", "amodal"), grey=True)
