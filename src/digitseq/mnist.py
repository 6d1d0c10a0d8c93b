"""MNIST's files: their names and sums, and the folders they may lie in."""

import hashlib
import os
import re
import sys
import zlib
from pathlib import Path

from .companions import is_companion
from .errors import BankError
from .idx import CHUNK, decompressed

ENVIRONMENT = "DIGITSEQ_MNIST"
CACHE_ENVIRONMENT = "DIGITSEQ_CACHE"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# Size in bytes and SHA-256 of the decompressed files: several compressions of
# them circulate, the contents are the same in all.
FILES = {
    "train-images-idx3-ubyte": (
        47040016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        60008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        7840016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        10008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

_IMAGES = re.compile(r"(?P<set>.*)images(?P<dot>[-.])idx3-ubyte(?P<gz>\.gz)?")
_WORDS = {"train": ("train",), "test": ("t10k", "test")}


def cache_folder() -> Path:
    """Where digitseq keeps what it can make or fetch again.

    `DIGITSEQ_CACHE` where that is set, else `digitseq` in the user's cache
    folder. It need not exist.
    """
    if chosen := os.environ.get(CACHE_ENVIRONMENT):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "digitseq"


def fetched_folder() -> Path:
    """Where `digitseq bank fetch` puts MNIST."""
    return cache_folder() / "mnist"


def mnist_folder() -> Path | None:
    """The folder MNIST is in: `DIGITSEQ_MNIST`, else the fetched one, else None.

    Raises:
        FileNotFoundError: `DIGITSEQ_MNIST` names no folder.
    """
    if chosen := os.environ.get(ENVIRONMENT):
        if not Path(chosen).is_dir():
            raise FileNotFoundError(f"{ENVIRONMENT} is set to {chosen!r}, which is not a folder")
        return Path(chosen)
    fetched = fetched_folder()
    complete = all(any(fetched.glob(f"{name}*")) for name in FILES)
    return fetched if complete else None


def find_pair(folder: Path, split: str) -> tuple[Path, Path]:
    """The image and the label file of one split in a folder of IDX files.

    Files are known by their names: `train-images-idx3-ubyte.gz` and
    `train-labels-idx1-ubyte.gz`, with any words before "images" and "labels",
    a dot for the hyphen, plain or `.gz` (plain first). A folder's only pair
    serves whichever split is asked for, unless its name says another.

    Raises:
        BankError: no such pair, or several.
    """
    found: dict[str, tuple[Path, Path]] = {}
    for images in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".gz", path.name)):
        if (match := _IMAGES.fullmatch(images.name)) and not is_companion(images.name):
            stem = f"{match['set']}labels{match['dot']}idx1-ubyte"
            for labels in (folder / stem, folder / f"{stem}.gz"):
                if labels.is_file() and match["set"] not in found:
                    found[match["set"]] = images, labels
    said = {name: _split_of(name) for name in found}
    fitting = [name for name in found if said[name] == split]
    if not fitting and len(found) == 1:
        fitting = [name for name in found if said[name] is None]
    if len(fitting) != 1:
        listed = ", ".join(repr(images.name) for images, _ in found.values()) or "none"
        raise BankError(
            f"{folder}: {'several' if fitting else 'no'} pairs of IDX files for the {split} split "
            f"(wanted: '{_WORDS[split][0]}-images-idx3-ubyte[.gz]' and its labels; image files "
            f"with labels there: {listed})"
        )
    return found[fitting[0]]


def _split_of(name: str) -> str | None:
    parts = re.split(r"[^a-z0-9]+", name.lower())
    for split, words in _WORDS.items():
        if any(part.startswith(words) for part in parts):
            return split
    return None


def is_genuine(path: Path, name: str) -> bool:
    """Whether the file holds, plain or gzip, exactly MNIST's file of that name."""
    size, sha256 = FILES[name]
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            contents, _ = decompressed(file)
            while size >= 0 and (chunk := contents.read(CHUNK)):
                digest.update(chunk)
                size -= len(chunk)
    except (OSError, EOFError, zlib.error):
        return False
    return digest.hexdigest() == sha256
