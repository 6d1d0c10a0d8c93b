"""Keras's mnist.npz, and files like it: x_train, y_train, x_test, y_test."""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from ..errors import BankError
from ..io.npz import names_in, read_npz

SPLITS = {"train": "train", "test": "test", "t10k": "test"}


def is_bank(path: Path) -> bool:
    """Whether a .npz file holds images and labels, by the names of its arrays.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return any(_names(split)[0] in names_in(path) for split in ("train", "test"))


def read_split(path: Path, split: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Reads the images and the labels of one split.

    Args:
        path: the file.
        split: "train" or "test".

    Raises:
        BankError: the file has no such split; the message lists its arrays.
        ValueError: it is damaged, or not a .npz file.
    """
    images, labels = _names(split)
    try:
        found = read_npz(path, (images, labels))
    except KeyError:
        listed = ", ".join(map(repr, names_in(path))) or "none"
        raise BankError(
            f"{path}: a bank in a .npz file has the arrays {images} and {labels}, this has {listed}"
        ) from None
    return found[images], found[labels]


def _names(split: str) -> tuple[str, str]:
    """The names of the arrays of a split: images, labels."""
    return f"x_{split}", f"y_{split}"
