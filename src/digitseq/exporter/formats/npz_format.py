"""NumPy archives, uncompressed."""

import contextlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..plan import Chunk, Example, Plan
from . import Format

LOAD = """\
import numpy as np

shard = np.load("OUT/data/00000.npz")
shard["image"], shard["text"], shard["boxes"]  # uint8 [N, 28, W]; text; int32 [N, K, 4], (x0, y0, x1, y1)
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    first, stop = plan.bounds(int(name))
    small: list[dict[str, npt.NDArray[Any]]] = []
    with contextlib.ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(folder / "data" / f"{name}.npz", "w"))
        images = stack.enter_context(contextlib.ExitStack())
        for chunk in chunks:
            # Images are written as they come, whatever the size of the shard; labels are kept till the end.
            if not small:
                file = images.enter_context(archive.open(_entry("image.npy"), "w", force_zip64=True))
                _write_header(file, np.dtype(np.uint8), (stop - first, *chunk.fields["image"].shape[1:]))
            file.write(np.ascontiguousarray(chunk.fields["image"]).data)
            numbers = np.arange(chunk.first, chunk.first + len(chunk))
            labels = {name: values for name, values in chunk.fields.items() if name != "image"}
            small.append(labels | {"number": numbers, "text": chunk.texts()})
        images.close()
        for field in small[0]:
            _add(archive, field, np.concatenate([part[field] for part in small]))


def save(file: BinaryIO, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Like `np.savez`, but deterministic: no time stamps."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            _add(archive, name, np.asarray(values))


def _add(archive: zipfile.ZipFile, name: str, values: npt.NDArray[Any]) -> None:
    with archive.open(_entry(f"{name}.npy"), "w", force_zip64=True) as file:
        np.lib.format.write_array(file, np.asarray(values, order="C"), allow_pickle=False)


def _entry(name: str) -> zipfile.ZipInfo:
    """A member of the archive with the same metadata on every system, dated 1980, zip's earliest year."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry


def _write_header(file: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    described = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, described)


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    with np.load(folder / "data" / f"{name}.npz") as archive:
        yield from examples_of({field: archive[field] for field in archive.files})


def examples_of(fields: Mapping[str, npt.NDArray[Any]]) -> Iterator[Example]:
    """The examples in a shard's arrays, by field name."""
    for row, length in enumerate(fields["length"].tolist()):
        yield Example(
            int(fields["number"][row]),
            fields["image"][row],
            str(fields["text"][row]),
            fields["digits"][row, :length].tolist(),
            fields["boxes"][row, :length].tolist(),
            fields["glyph_ids"][row, :length].tolist(),
            int(fields["writer"][row]),
            fields["masks"][row] if "masks" in fields else None,
        )


FORMAT = Format(write, read, LOAD, masks=("visible", "amodal"), grey=True)
