"""QMNIST's extended labels, which name the writer of each of MNIST's digits."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..io.idx import read_idx

CLASS, WRITER = 0, 2


def find_writers(path: Path, split: str) -> Path:
    """The file of writers: the path itself, or the split's file in a folder of QMNIST's files.

    Raises:
        FileNotFoundError: there is neither.
    """
    if path.is_file():
        return path
    stem = f"qmnist-{split}-labels-idx2-int"
    # In the folder itself, or in torchvision's sub-folders.
    for folder in (path, path / "raw", path / "QMNIST" / "raw"):
        for file in (folder / stem, folder / f"{stem}.gz"):
            if file.is_file():
                return file
    raise FileNotFoundError(f"writers: no file {str(path)!r}, nor {stem}[.gz] in a folder of that name")


def read_writers(path: Path, labels: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Reads the writer of each digit: int32 [N].

    Args:
        path: an IDX file of integers [M, 3 or more], of which column 0 is the
            digit and column 2 its writer; M at least N (QMNIST has 60,000 test
            digits, of which the first 10,000 are MNIST's).
        labels: integers [N], the digits they must agree with.

    Raises:
        BankError: the file has another shape, or is of other digits.
        IdxError: the file is malformed.
    """
    table = read_idx(path)
    if table.ndim != 2 or table.shape[1] <= WRITER or table.dtype.kind not in "iu":
        raise BankError(
            f"writers: {path} must hold integers [M, 3 or more], has {table.dtype} {list(table.shape)}"
        )
    if len(table) < len(labels):
        raise BankError(f"writers: {path} has {len(table)} rows, the bank {len(labels)} digits")
    if wrong := np.flatnonzero(table[: len(labels), CLASS] != labels).tolist():
        first = wrong[0]
        raise BankError(
            f"writers: {path} is of other digits: row {first} says {table[first, CLASS]}, the bank's "
            f"label is {labels[first]} ({len(wrong)} such rows)"
        )
    return table[: len(labels), WRITER].astype(np.int32)


def split_table(
    labels: npt.NDArray[Any],
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32] | None]:
    """The digits [N] and, where the labels are QMNIST's table [N, 8], their writers int32 [N], else None."""
    if labels.ndim != 2 or labels.shape[1] <= WRITER or labels.dtype.kind not in "iu":
        return labels, None
    return labels[:, CLASS], labels[:, WRITER].astype(np.int32)
