"""make_bank: glyphs and labels, checked, sorted, and put on the device."""

from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal.pixels import CELL, HEIGHT, host_ink_boxes
from ..internal.settings import own_settings
from ..internal.symbols import check_symbols, default_symbols
from ..internal.validation import as_size
from .bank import MAX_CLASSES, MAX_GLYPHS, Arrays, DigitBank
from .inspection import doubts_of, warn_of
from .writers import index_writers


def make_bank(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    num_classes: int = 10,
    transpose: bool = False,
    writers: npt.ArrayLike | None = None,
    symbols: str | None = None,
) -> DigitBank:
    """Makes a bank of glyphs, sorted by digit, then by writer where they are known (stable).

    >>> bank = ds.make_bank(np.full((20, 28, 28), 99, np.uint8), np.arange(20) % 10)
    >>> bank
    <DigitBank of 20 glyphs of 10 digits>

    Args:
        images: uint8 [N, 28, 28], indexed [glyph, row, column], ink bright.
        labels: integers [N], from 0 to `num_classes` - 1.
        num_classes: C. A class may have no glyph; sequences that need one are
            then refused.
        transpose: whether to swap rows and columns, for EMNIST, whose files
            store each image column by column.
        writers: integers [N], the writer of each glyph; for `hand="one-writer"`.
        symbols: what the classes are called, one character each; None calls up
            to ten of them by their digits, and more by no names ("").

    Warns:
        UserWarning: the glyphs look inverted, nearly black, or noisy; says
            what would help.

    Raises:
        BankError: images, labels and writers differ in number, a label is out
            of range, the images have another size, or there are none.
        ValueError: a dtype, rank, `num_classes` or `symbols` that can't be used.
    """
    if symbols is not None:
        check_symbols(symbols, num_classes)
    arrays = sorted_arrays(images, labels, num_classes=num_classes, transpose=transpose, writers=writers)
    warn_of(doubts_of(arrays[0]), stacklevel=2)
    return to_device(*arrays, symbols=symbols)


def sorted_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    num_classes: int,
    transpose: bool,
    writers: npt.ArrayLike | None = None,
) -> Arrays:
    """The arrays of `make_bank` on the host."""
    images, labels = _checked(np.asarray(images), np.asarray(labels), num_classes)
    if transpose:
        images = images.swapaxes(1, 2)
    counts = np.bincount(labels, minlength=num_classes).astype(np.int32)
    if writers is None:
        order, by = np.argsort(labels, kind="stable"), np.zeros(0, np.int32)
    else:
        by = _checked_writers(np.asarray(writers), len(images))
        order = np.lexsort((by, labels))
        by = by[order]
    glyphs = np.ascontiguousarray(images[order])
    return glyphs, counts, host_ink_boxes(glyphs), by


def _checked_writers(writers: npt.NDArray[Any], count: int) -> npt.NDArray[np.int32]:
    if writers.ndim != 1 or writers.dtype.kind not in "iu":
        raise ValueError(f"writers must be integers [N], got {writers.dtype} {list(writers.shape)}")
    if len(writers) != count:
        raise BankError(f"{count} images but {len(writers)} writers")
    if writers.min() < 0 or writers.max() >= 2**31:
        raise BankError(f"writers must be numbers from 0 to 2**31 - 1, got {writers.min()}..{writers.max()}")
    return writers.astype(np.int32)


def _checked(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], num_classes: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    as_size("num_classes", num_classes, MAX_CLASSES)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 [N, {HEIGHT}, {CELL}], got {images.dtype} {list(images.shape)}"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers [N], got {labels.dtype} {list(labels.shape)}")
    if images.shape[1:] != (HEIGHT, CELL):
        height, width = images.shape[1:]
        raise BankError(
            f"glyphs must be {HEIGHT} pixels high and {CELL} wide, these are {height} high and "
            f"{width} wide; resize or pad them first"
        )
    if len(images) != len(labels):
        raise BankError(f"{len(images)} images but {len(labels)} labels")
    if not 1 <= len(images) <= MAX_GLYPHS:
        raise BankError(f"a bank holds 1 to {MAX_GLYPHS} glyphs, got {len(images)}")
    outside = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if outside.size:
        raise BankError(
            f"label {labels[outside[0]]} of glyph {outside[0]} is outside 0..{num_classes - 1} "
            f"({outside.size} such labels); is num_classes={num_classes} right?"
        )
    return images, labels.astype(np.int64)


@own_settings
def to_device(
    glyphs: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
    ink: npt.NDArray[np.int32],
    writers: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32] | None = None,
    symbols: str | None = None,
    digest: str | None = None,
) -> DigitBank:
    """The bank of host arrays on the default device. A CPU shares their memory: nothing may change them.

    The digest is `bank_digest`, where it is known.
    """
    starts = (np.cumsum(counts) - counts).astype(np.int32)
    known = writers.size > 0
    # In one go, and not by `jnp.asarray`, which compiles a program for each shape.
    leaves: dict[str, Any] = jax.device_put(
        {
            "glyphs": glyphs,
            "starts": starts,
            "counts": counts,
            "ink": ink,
            "writers": writers if known else None,
            "rows": rows,
        }
    )
    bank = DigitBank(
        **leaves,
        writer_index=index_writers(counts, writers) if known else None,
        symbols=default_symbols(len(counts)) if symbols is None else symbols,
    )
    if digest is not None:
        vars(bank)["_digest"] = digest  # the cached property
    return bank
