"""What tests read of the files that the command line and exports write."""

from pathlib import Path

import numpy as np
from PIL import Image


def pixels(path) -> np.ndarray:
    """The pixels of a picture."""
    with Image.open(path) as picture:
        return np.asarray(picture)


def contents(folder: Path) -> list[str]:
    """The names of all files below a folder, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
