"""digitseq bank make, digitseq normalize: banks of one's own scans, and lines made fit for a recogniser."""

import enum
import sys
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import typer

from .. import scans
from ..glyphs.alphabets import SYMBOLS_FILE
from ..internal.pixels import to_uint8
from ..io import atomic, png
from ..io.companions import is_companion
from ..io.idx import write_idx
from ..scans.listing import find_pictures, pictures_in
from ..version import __version__
from . import pictures

IMAGES, LABELS, SHEET = "scans-images-idx3-ubyte.gz", "scans-labels-idx1-ubyte.gz", "before-after.png"
# Lines of the list of pictures that look wrong.
MOST_LISTED = 1000


class Ink(enum.StrEnum):
    """The polarity of pictures."""

    dark = "dark"
    bright = "bright"


InkOption = Annotated[
    Ink | None, typer.Option(help="The ink of all pictures, on paper of the other.", show_default="found out")
]


def _polarity(ink: Ink | None) -> Literal["dark", "bright"] | None:
    return None if ink is None else "dark" if ink is Ink.dark else "bright"


def make(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="A folder with a subfolder a class, or a .csv table of names and labels."
        ),
    ],
    out: Annotated[Path, typer.Argument(help="The bank's folder.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out pictures that look wrong, not only those without ink.")
    ] = False,
    ink: InkOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a bank that is in OUT.")] = False,
) -> None:
    """Make a bank of scanned digits, letters or signs: IDX files for --bank.

    Each picture (PNG, JPEG, TIFF) is normalised as MNIST's digits are.
    before-after.png in OUT shows what was made of them; what looks wrong is
    listed on stderr.
    Example: digitseq bank make scans mine --strict
    """
    _check_bank(out, folder, force=force)
    total = len(find_pictures(folder))
    polarity = _polarity(ink)
    with typer.progressbar(
        length=total, label="scans", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        found = scans.collect(folder, strict=strict, ink=polarity, progress=lambda done: bar.update(1))
    sheet = scans.before_and_after(found, ink=polarity)
    for doubt in found.doubts[:MOST_LISTED]:
        typer.echo(f"{doubt.path}: {doubt.reason}{'; left out' if doubt.left_out else ''}", err=True)
    if len(found.doubts) > MOST_LISTED:
        typer.echo(f"... and {len(found.doubts) - MOST_LISTED} more", err=True)
    _write_bank(out, found, sheet)
    left = len({doubt.path for doubt in found.doubts if doubt.left_out})
    classes = len(set(found.labels.tolist()))
    typer.echo(f"{len(found.glyphs)} glyphs of {classes} classes, {left} pictures left out", err=True)
    pictures.show_path(out)


def _check_bank(out: Path, folder: Path, *, force: bool) -> None:
    """Raises where a bank's files may not be written, or would lie among the scans."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"OUT: {out} is a file; name a folder")
    if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"OUT: {out} lies within {folder}, where it would be taken for a class; name another"
        )
    found = [path.name for path in out.glob("*images?idx3-ubyte*") if not is_companion(path.name)]
    others = [name for name in found if name != IMAGES]
    if others or (found and not force):
        mend = "" if others else ", or replace them by --force"
        raise ValueError(f"OUT: {out} holds IDX files already; name another folder{mend}")
    for name in (IMAGES, LABELS, SYMBOLS_FILE):
        atomic.refuse_to_replace(out / name, force=force, name="OUT")
    atomic.refuse_to_replace(out / SHEET, png.is_ours, force, "OUT")


def _write_bank(out: Path, found: scans.Collection, sheet: npt.NDArray[np.uint8]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / IMAGES).unlink(missing_ok=True)
    if found.classes.symbols:
        with atomic.replacing(out / SYMBOLS_FILE) as file:
            file.write(f"{found.classes.symbols}\n".encode())
    else:
        (out / SYMBOLS_FILE).unlink(missing_ok=True)
    png.save(out / SHEET, sheet, {png.MARK: __version__})
    most = int(found.labels.max())
    write_idx(out / LABELS, found.labels.astype(np.uint8) if most < 256 else found.labels)
    # The images come last: without them there is no pair, and the same command may run again.
    write_idx(out / IMAGES, found.glyphs)


def normalize(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A picture of a line, or a folder of them.")],
    out: Annotated[Path, typer.Argument(help="A .png file, or a folder where IN is one.")],
    ink: InkOption = None,
    keep_rules: Annotated[
        bool, typer.Option("--keep-rules", help="Keep printed or drawn lines under and over the digits.")
    ] = False,
    force: pictures.ForceOption = False,
) -> None:
    """Make of scanned lines what a recogniser trained on digitseq's lines expects.

    Background off, ink to white, rules removed, digits 20 pixels high on 28
    rows. What was found is said on stderr, a line a picture. Pictures of
    digitseq's own in OUT are replaced, other files only with --force, IN never.
    Example: digitseq normalize cheque.jpg line.png
    """
    if source.is_dir():
        paths = pictures_in(source)
        if not paths:
            raise ValueError(f"IN: {source} holds no pictures (PNG, JPEG or TIFF)")
        if out.exists() and not out.is_dir():
            raise ValueError(f"OUT: {out} is a file, and IN is a folder; name a folder")
        planned = _distinct(paths, out)
    elif not source.exists():
        raise FileNotFoundError(f"IN: no file or folder {str(source)!r}")
    else:
        paths, planned = [source], [out]
    for path, place in zip(paths, planned, strict=True):
        pictures.check_place(place, force=force, reads=path, name="OUT")
    polarity = _polarity(ink)
    # All are read before the first is written.
    lines = [
        scans.normalize_line(scans.read_grey(path), ink=polarity, rules=not keep_rules) for path in paths
    ]
    if not any(line.digit_height for line in lines):
        raise ValueError(f"IN: {source}: no digits found; try --ink dark or --ink bright")
    for path, place, line in zip(paths, planned, lines, strict=True):
        typer.echo(f"{path}: {_report(line)}", err=True)
        if line.digit_height:
            pictures.write(place, to_uint8(line.image), force=force, reads=path, name="OUT")


def _report(line: scans.NormalizedLine) -> str:
    """What was found in a line, in a few words."""
    if not line.digit_height:
        return "no digits found; left out"
    rules = (
        "no rules"
        if not line.rules
        else "1 rule removed"
        if line.rules == 1
        else f"{line.rules} rules removed"
    )
    height, width = line.image.shape
    return (
        f"{line.ink} ink, digits {line.digit_height:.0f} pixels high, scaled by {line.scale:.2f}, {rules}; "
        f"{width} x {height} pixels"
    )


def _distinct(paths: list[Path], out: Path) -> list[Path]:
    """The place of each picture in a folder.

    Raises:
        ValueError: two would have the same name.
    """
    taken: dict[str, Path] = {}
    for path in paths:
        first = taken.setdefault(path.stem.casefold(), path)
        if first != path:
            raise ValueError(f"IN: {first} and {path} would both be {out / path.stem}.png; rename one")
    return [out / f"{path.stem}.png" for path in paths]
