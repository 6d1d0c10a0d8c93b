"""What is printed of how lines were read, and the picture of the worst ones."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

import digitseq as ds
from digitseq.io import png

from .lines import Line
from .reading import Read
from .scores import Edit, Score, by_class, score, wilson

# Lines in the picture of the worst, in so many columns; its scale, the most columns of a line shown, and the
# size of the letters.
WORST, COLUMNS, SCALE, WIDEST, LETTERS = 60, 4, 2, 170, 16
DIGITS = "0123456789"


def report(name: str, lines: list[Line], read: list[Read], single: list[Read]) -> Score:
    """Prints how well a set of lines was read, by all views and by a single one."""
    written = [line.label for line in lines]
    found = score(written, [one.text for one in read], [one.confidence for one in read])
    alone = score(written, [one.text for one in single], [one.confidence for one in single])
    low, high = found.interval
    print(f"\n{name}: {found.lines} lines")
    print(
        f"exact {100 * found.right:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f}), "
        f"CER {100 * found.error_rate:.2f} %; by one view {100 * alone.right:.1f} %, "
        f"CER {100 * alone.error_rate:.2f} %"
    )
    shares = ", ".join(f"{100 * share:.0f} %: {100 * right:.1f} %" for share, right in found.confident)
    print(f"exact among the most confident {shares}")
    if set(map(len, written)) == {1}:
        print_classes(by_class(written, [one.text for one in read]))
    print_edits(found.edits)
    return found


def print_classes(classes: dict[str, tuple[int, int]]) -> None:
    """Prints the share of each digit that was read right, of lines of one digit."""
    for digit, (right, count) in classes.items():
        low, high = wilson(right, count)
        interval = f"{100 * low:.1f} to {100 * high:.1f}"
        print(f"  {digit}: {right} of {count}, {100 * right / count:.1f} % ({interval})")


def print_edits(edits: Counter[Edit]) -> None:
    """Prints how often each digit was read as another, or left out, and what was read out of nothing."""
    if not edits:
        return
    columns = [*DIGITS, ""]
    rows = [*DIGITS, ""]
    print(f"edits: {edits.total()}; a row for each digit written, a column for each read, - for none")
    print("   " + "".join(f"{name or '-':>4}" for name in columns) + "  all")
    for written in rows:
        counts = [edits[written, read] for read in columns]
        print(f" {written or '-'} " + "".join(f"{count or '.':>4}" for count in counts) + f"{sum(counts):5}")
    most = ", ".join(f"{a or '-'}→{b or '-'} {n}" for (a, b), n in edits.most_common(12))
    print(f"most: {most}")


def save_worst(path: Path, lines: list[Line], images: list[np.ndarray], read: list[Read]) -> int:
    """Writes a picture of the wrong lines, the most confident mistakes first; returns how many were wrong.

    Each line is shown as it was, and as it was prepared; under it what is written, what was read, mistakes
    marked, how confidently, and its name.
    """
    wrong = [n for n, (line, one) in enumerate(zip(lines, read, strict=True)) if line.label != one.text]
    wrong.sort(key=lambda n: -read[n].confidence)
    tiles = [_tile(lines[n].picture, images[n]) for n in wrong[:WORST]]
    if not tiles:
        return 0
    sheet = ds.contact_sheet(
        np.stack(tiles),
        columns=COLUMNS,
        scale=SCALE,
        captions=[f"{read[n].confidence:.2f}  {lines[n].name}" for n in wrong[:WORST]],
        readings=[(lines[n].label, read[n].text) for n in wrong[:WORST]],
        caption_size=LETTERS,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    png.save(path, sheet)
    return len(wrong)


def _tile(picture: np.ndarray, prepared: np.ndarray) -> np.ndarray:
    """A line as it was, 28 rows high, above it as it was prepared; float32 [56, WIDEST], cut at the right."""
    grey = picture.astype(np.float32) / (255 if picture.dtype == np.uint8 else 1)
    width = max(1, round(28 * grey.shape[1] / grey.shape[0]))
    small = np.asarray(Image.fromarray(grey).resize((width, 28), Image.Resampling.BOX))
    tile = np.zeros((56, WIDEST), np.float32)
    for top, part in ((0, small), (28, prepared)):
        shown = part[:, :WIDEST]
        tile[top : top + 28, : shown.shape[1]] = shown
    return np.clip(tile, 0, 1)


def file_name(path: Path) -> str:
    """A name for the picture of a set's worst lines."""
    return f"worst-{re.sub(r'[^A-Za-z0-9]+', '-', path.stem) or 'lines'}.png"
