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


def assert_the_same_pictures(ours: Path, theirs: Path) -> None:
    """Fails unless each picture below `ours` is that below `theirs`, but for another JAX's rounding."""
    alike = {}
    for name in (name for name in contents(ours) if name.endswith(".png")):
        drawn, kept = (pixels(folder / name).astype(int) for folder in (ours, theirs))
        alike[name] = (np.abs(drawn - kept) <= 2).mean() if drawn.shape == kept.shape else 0
    assert alike
    assert not {name: share for name, share in alike.items() if share <= 0.999}
