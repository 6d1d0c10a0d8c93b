"""load_bank: from a word or a folder to a bank."""

import os
import warnings
from pathlib import Path

from . import cache
from .bank import MAX_CLASSES, Arrays, DigitBank
from .checks import as_size
from .errors import BankError
from .idx import read_idx
from .intake import sorted_arrays, to_device
from .mnist import ENVIRONMENT, find_pair, mnist_folder
from .qmnist import find_writers, read_writers

NO_MNIST = (
    f"no MNIST in reach: run `digitseq bank fetch` (downloads 11 MB; needs the extra digitseq[fetch]), "
    f"or set the environment variable {ENVIRONMENT} to a folder that holds its IDX files"
)
# Glyphs of our own model (docs/model.md).
BUILTIN = Path(__file__).parent / "builtin"
SPLITS = ("train", "test")


def load_bank(
    source: str | os.PathLike[str] | None = None,
    *,
    split: str = "train",
    num_classes: int | None = None,
    transpose: bool = False,
    writers: str | os.PathLike[str] | None = None,
) -> DigitBank:
    """The bank that `source` names. Never touches the network.

    The first load of a folder keeps a sorted, memory-mapped copy in the
    user's cache folder (`DIGITSEQ_CACHE` moves it), which later loads use as
    long as the folder's files stay as they are.

    Args:
        source: "mnist" (the training digits, or those of `split`),
            "mnist-test", "builtin" (digits that our own model drew), or a
            folder of IDX files. None looks for MNIST in the folder that the
            environment variable `DIGITSEQ_MNIST` names, then in the user's
            cache folder, where `digitseq bank fetch` puts it, and then takes
            the built-in bank, with a `UserWarning` that says so.
        split: "train" or "test": which pair of a folder that holds both.
        num_classes: C; None takes the largest label plus one, at least 10.
        transpose: swap rows and columns, for EMNIST's files.
        writers: who wrote the digits: QMNIST's extended labels (C. Yadav and
            L. Bottou, "Cold Case: the Lost MNIST Digits", 2019), an IDX file
            whose rows match MNIST's images one by one, or a folder of both
            splits' files. `bank.writers` has them then.

    Raises:
        BankError: "mnist" is not in reach, or a folder without such a pair of
            files, or files that don't belong together.
        IdxError: a file that is malformed.
        FileNotFoundError: no such folder.
        ValueError: an unknown `split`.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")
    if num_classes is not None:
        num_classes = as_size("num_classes", num_classes, MAX_CLASSES)
    if source == "builtin":
        folder = BUILTIN
    elif source is None or source in ("mnist", "mnist-test"):
        found = mnist_folder()
        if found is None and source is not None:
            raise BankError(NO_MNIST)
        if found is None:
            warnings.warn(f"drawing from the built-in digits: {NO_MNIST}", stacklevel=2)
        folder = found or BUILTIN
        split = "test" if source == "mnist-test" else split
    else:
        folder = Path(source)
        if not os.fspath(source) or not folder.is_dir():
            raise FileNotFoundError(
                f"bank: no folder {os.fspath(source)!r} (the words are builtin, mnist and mnist-test)"
            )
    files: tuple[Path, ...] = find_pair(folder, split)
    if writers is not None:
        files = (*files, find_writers(Path(writers), split))
    options: dict[str, object] = {"num_classes": num_classes, "transpose": bool(transpose)}
    return to_device(
        *cache.kept(files, options, lambda: _read(*files, num_classes=num_classes, transpose=transpose))
    )


def _read(
    images: Path, labels: Path, writers: Path | None = None, *, num_classes: int | None, transpose: bool
) -> Arrays:
    glyphs, digits = read_idx(images), read_idx(labels)
    if num_classes is None:
        # What is no label at all is refused with all else that is wrong.
        num_classes = max(10, int(digits.max(initial=0)) + 1) if digits.dtype.kind in "iu" else 10
    by = None if writers is None else read_writers(writers, digits)
    try:
        return sorted_arrays(glyphs, digits, num_classes=num_classes, transpose=transpose, writers=by)
    except ValueError as error:
        raise BankError(f"{images} with {labels.name}: {error}") from None
