"""Sheets that show scans before and after they were normalised."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, to_uint8
from ..internal.shapes import HostArray, UInt8
from ..io.contact_sheet import contact_sheet
from .background import shrink
from .collection import Collection
from .glyph import inspect_glyph, resize
from .listing import Picture
from .pictures import read_grey

# The side of a picture on the sheet, in pixels: a glyph is shown at twice its size.
SIDE, GAP, GREY = 2 * CELL, 2, 96
COLUMNS, MOST = 10, 160


def before_and_after(
    found: Collection, *, most: int = MOST, **options: object
) -> UInt8[HostArray, "height width"]:
    """A sheet of scans, each with the glyph made of it at its right, and with its class and doubts below.

    Those that look wrong come first, then some of all classes, evenly spread
    over the files. The files are read again.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> scan = np.full((60, 40), 240, np.uint8)
    >>> scan[10:50, 18:22] = 30
    >>> for digit in range(10):
    ...     (folder / str(digit)).mkdir()
    ...     paths = ds.save(folder / str(digit) / "a.png", scan)
    >>> sheet = scans.before_and_after(scans.collect(folder))
    >>> sheet.ndim, sheet.dtype
    (2, dtype('uint8'))

    Args:
        found: what `collect` returned.
        most: how many are shown.
        **options: as for `inspect_glyph`.

    Returns:
        uint8 [height, width], for `PIL.Image.fromarray`.
    """
    shown = _chosen(found, most)
    tiles, captions = [], []
    for picture in shown:
        grey = read_grey(picture.path)
        scanned = inspect_glyph(grey, **options)  # type: ignore[arg-type]
        tiles.append(_tile(grey, scanned.glyph))
        captions.append(" ".join([picture.label, *(_SHORT.get(doubt, doubt) for doubt in scanned.doubts)]))
    return contact_sheet(np.stack(tiles), columns=COLUMNS, captions=captions)


_SHORT = {"two digits in one picture": "two digits", "ink touches the edge": "at edge"}


def _chosen(found: Collection, most: int) -> list[Picture]:
    wrong = {doubt.path: doubt.label for doubt in found.doubts}
    first = [Picture(path, label) for path, label in wrong.items()][: most // 2]
    rest = [picture for picture in found.pictures if picture.path not in wrong]
    rest.sort(key=lambda picture: found.classes.numbers[picture.label])
    places = np.linspace(0, len(rest) - 1, min(len(rest), most - len(first))).round().astype(int)
    return first + [rest[place] for place in places]


def _tile(
    grey: npt.NDArray[np.float32], glyph: Sequence[Sequence[int]] | npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    tile = np.full((SIDE, 2 * SIDE + GAP), GREY, np.uint8)
    small = shrink(grey, 4 * SIDE)
    height, width = (max(1, round(side * SIDE / max(small.shape))) for side in small.shape)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    tile[top : top + height, left : left + width] = to_uint8(resize(small, height, width))
    tile[:, SIDE + GAP :] = np.asarray(glyph).repeat(2, axis=0).repeat(2, axis=1)
    return tile
