"""MNIST's files: names, SHA-256 digests, and the folders where they are looked for."""

import hashlib
import os
import zlib
from pathlib import Path

from ..io import atomic
from ..io.idx import CHUNK, decompressed
from ..io.user_cache import cache_folder

ENVIRONMENT = "DIGITSEQ_MNIST"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# Size in bytes and SHA-256 of the decompressed files: several compressions of
# them circulate, with the same contents.
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


def fetched_folder() -> Path | None:
    """The folder in which `digitseq bank fetch` puts MNIST; None without a cache folder."""
    cache = cache_folder()
    return None if cache is None else cache / "mnist"


def mnist_folder() -> Path | None:
    """The folder of MNIST's files: `DIGITSEQ_MNIST`, else the fetched one, else None.

    Raises:
        FileNotFoundError: `DIGITSEQ_MNIST` names something that is not a folder.
    """
    if chosen := os.environ.get(ENVIRONMENT):
        folder = atomic.home_path(chosen)
        if not folder.is_dir():
            raise FileNotFoundError(f"{ENVIRONMENT} is set to {chosen!r}, which is not a folder")
        return folder
    fetched = fetched_folder()
    if fetched is None:
        return None
    return fetched if all(any(fetched.glob(f"{name}*")) for name in FILES) else None


def is_genuine(path: Path, name: str) -> bool:
    """Whether a file, plain or gzip, has the contents of MNIST's file `name`, by size and SHA-256."""
    size, sha256 = FILES[name]
    digest = hashlib.sha256()
    try:
        with atomic.open_regular(path) as file:
            contents, _ = decompressed(file)
            while size >= 0 and (chunk := contents.read(CHUNK)):
                digest.update(chunk)
                size -= len(chunk)
    except (OSError, ValueError, EOFError, zlib.error):
        return False
    return digest.hexdigest() == sha256
