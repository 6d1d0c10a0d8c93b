"""load_bank: from a word or a folder to a bank."""

import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BankError
from ..internal.validation import as_size
from ..io import atomic
from ..io.idx import read_idx
from . import cache, keras
from .bank import MAX_CLASSES, Arrays, DigitBank
from .construction import sorted_arrays, to_device
from .inspection import warn_of_glyphs
from .mnist import ENVIRONMENT, mnist_folder
from .pairs import find_pair, is_transposed, pair_of, split_of
from .qmnist import find_writers, read_writers, split_table

NO_MNIST = (
    f"no MNIST in reach: run `digitseq bank fetch` (downloads 11 MB), "
    f"or set the environment variable {ENVIRONMENT} to a folder that holds its IDX files"
)
# Glyphs of our own model (docs/model.md).
BUILTIN = Path(__file__).parent.parent / "builtin"
SPLITS = ("train", "test")


WORDS = "the words are builtin, mnist and mnist-test"


class BuiltinNotice(UserWarning):
    """That digits are the built-in ones, because there is no MNIST."""


class Place(NamedTuple):
    """What a source stands for: a folder or a file, and the words after its colon."""

    path: Path
    name: str = ""


def load_bank(
    source: str | os.PathLike[str] | None = None,
    *,
    split: str = "train",
    num_classes: int | None = None,
    transpose: bool | None = None,
    writers: str | os.PathLike[str] | None = None,
) -> DigitBank:
    """The bank that `source` names. Never touches the network.

    The first load of a folder keeps a sorted, memory-mapped copy in the
    user's cache folder (`DIGITSEQ_CACHE` moves it), which later loads use as
    long as the folder's files stay as they are.

    Args:
        source: "mnist" (the training digits, or those of `split`),
            "mnist-test", "builtin" (digits that our own model drew), a folder
            of IDX files or one that torchvision made, "FOLDER:letters" for
            one set of a folder that holds several (EMNIST; "FOLDER:letters-test"
            for its test split), the path of an images file, its labels beside
            it, or Keras's mnist.npz. None looks for MNIST in the folder that
            the environment variable `DIGITSEQ_MNIST` names, then in the user's
            cache folder, where `digitseq bank fetch` puts it, and then takes
            the built-in bank, with a `UserWarning` that says so.
        split: "train" or "test": which pair of a folder that holds both.
        num_classes: C; None takes the largest label plus one, at least 10.
            Classes are numbered as the labels are: EMNIST's letters, 1 to 26,
            leave class 0 without a glyph.
        transpose: swap rows and columns; None does so for EMNIST's files,
            known by their names, and for no others.
        writers: who wrote the digits: QMNIST's extended labels (C. Yadav and
            L. Bottou, "Cold Case: the Lost MNIST Digits", 2019), an IDX file
            whose rows match the images one by one, or a folder of both
            splits' files. `bank.writers` has them then, as it has without
            this where such a file is the labels of the images.

    Warns:
        UserWarning: the glyphs look inverted, nearly black, or noisy; says
            what would help.

    Raises:
        BankError: "mnist" is not in reach, or no such pair of files or
            several, or files that don't belong together.
        IdxError: a file that is malformed.
        FileNotFoundError: no such folder or file.
        ValueError: an unknown `split`.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")
    if num_classes is not None:
        num_classes = as_size("num_classes", num_classes, MAX_CLASSES)
    place, prefer = Place(BUILTIN), ""
    if source is None or source in ("mnist", "mnist-test"):
        found = mnist_folder()
        if found is None and source is not None:
            raise BankError(NO_MNIST)
        if found is None:
            warnings.warn(f"drawing from the built-in digits: {NO_MNIST}", BuiltinNotice, stacklevel=2)
        else:
            place, prefer = Place(found), "mnist"
        split = "test" if source == "mnist-test" else split
    elif source != "builtin":
        place = _place(source)
    arrays = _arrays(place, split, prefer, num_classes, transpose, writers)
    warn_of_glyphs(arrays[0], stacklevel=2)
    return to_device(*arrays)


def _place(source: str | os.PathLike[str]) -> Place:
    """The folder or file, and what follows a colon; a path that has a colon itself comes first.

    Raises:
        FileNotFoundError: neither is there.
    """
    text = os.fspath(source)
    path = atomic.home_path(text)
    if text and path.exists():
        return Place(path)
    head, _, name = text.rpartition(":")
    # On Windows C:digits is a file of another drive.
    if name and not set(name) & {"/", "\\"} and len(head) > (os.name == "nt"):
        path = atomic.home_path(head)
        if path.exists():
            return Place(path, name)
    raise FileNotFoundError(f"bank: no folder or file {text!r} ({WORDS})")


def _arrays(
    place: Place,
    split: str,
    prefer: str,
    num_classes: int | None,
    transpose: bool | None,
    writers: str | os.PathLike[str] | None,
) -> Arrays:
    """A bank's arrays from its files, or from the copy that is kept of them."""
    options: dict[str, object] = {"num_classes": num_classes, "transpose": bool(transpose)}
    paths: tuple[Path, ...]
    if place.path.is_dir():
        pair = find_pair(place.path, split, place.name, prefer)
        split = split_of(pair.words) or split
    elif keras.is_bank(place.path):
        split = _split_named(place, split)
        options["split"] = split
        paths = (place.path,)
        pair = None
    elif place.name:
        raise BankError(f"{place.path}: only a folder has sets to choose from, by :{place.name}")
    else:
        pair = pair_of(place.path)
        split = split_of(pair.words) or split
    if pair is not None:
        paths = pair.images, pair.labels
        options["transpose"] = is_transposed(pair.images) if transpose is None else bool(transpose)
    by = () if writers is None else (find_writers(atomic.home_path(writers), split),)
    return cache.cached((*paths, *by), options, lambda: _read(paths, by, split, options))


def _split_named(place: Place, split: str) -> str:
    """The split of a .npz file: what follows the colon, else the given one."""
    if not place.name:
        return split
    if place.name not in keras.SPLITS:
        raise BankError(f"{place.path}: after the colon, train or test, got {place.name!r}")
    return keras.SPLITS[place.name]


def _read(paths: tuple[Path, ...], by: tuple[Path, ...], split: str, options: dict[str, object]) -> Arrays:
    written = None
    if len(paths) == 1:
        glyphs, digits = keras.read_split(paths[0], split)
    else:
        glyphs, digits = read_idx(paths[0]), read_idx(paths[1])
        digits, written = split_table(digits)
    num_classes: Any = options["num_classes"]
    if num_classes is None:
        # What is no label at all is refused with all else that is wrong.
        num_classes = max(10, int(digits.max(initial=0)) + 1) if digits.dtype.kind in "iu" else 10
    if by:
        written = read_writers(by[0], digits)
    try:
        return sorted_arrays(
            glyphs, digits, num_classes=num_classes, transpose=bool(options["transpose"]), writers=written
        )
    except ValueError as error:
        raise BankError(
            f"{' with '.join([str(paths[0]), *(path.name for path in paths[1:])])}: {error}"
        ) from None
