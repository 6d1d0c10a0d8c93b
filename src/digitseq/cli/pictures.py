"""Pictures that commands write: which files they may replace, and the text chunk that marks them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from ..io import atomic, png
from ..io.colours import BLACK, MOST_ZOOM, WHITE, Colours, colours_of
from ..version import __version__

ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Replace files that digitseq did not make, too. Without it: only its own."),
]
InkOption = Annotated[
    str | None,
    typer.Option(metavar="COLOUR", help="Of the ink: navy, #000080.", show_default="white"),
]
PaperOption = Annotated[
    str | None,
    typer.Option(metavar="COLOUR", help="Of the paper: ivory, #fffff0.", show_default="black"),
]
InvertOption = Annotated[
    bool, typer.Option("--invert", help="Black ink on white paper, where --ink or --paper say no other.")
]
ZOOM_HELP = "Pixels of the picture, across and down, for one of the image's."
ZoomOption = Annotated[int, typer.Option(min=1, max=MOST_ZOOM, help=ZOOM_HELP)]


def colours_in(ink: str | None, paper: str | None, invert: bool) -> Colours | None:
    """The colours that --ink, --paper and --invert name; None for grey images as they are.

    Raises:
        ValueError: no such colours, or --invert beside both.
    """
    if invert and ink is not None and paper is not None:
        raise ValueError("--invert says black on white, so leave it out beside --ink and --paper")
    usual = (BLACK, WHITE) if invert else (WHITE, BLACK)
    ink, paper = usual[0] if ink is None else ink, usual[1] if paper is None else paper
    return colours_of(ink, paper, ("--ink", "--paper"))


def words_of(colours: Colours | None) -> dict[str, Any]:
    """The colours as the arguments `ink` and `paper`; empty for grey images as they are."""
    return {} if colours is None else {"ink": colours.ink, "paper": colours.paper}


def check_path(out: Path, name: str = "--out") -> None:
    """Raises where a picture's file does not end in .png."""
    if out.suffix.lower() != ".png":
        raise ValueError(f"{name} must end in .png, got {str(out)!r}")


def check_place(out: Path, *, force: bool, reads: Path | None = None, name: str = "--out") -> None:
    """Raises where a picture may not be written: to be called before the work starts.

    Args:
        out: the picture's file, whose name must end in .png.
        force: replace files that are not digitseq's own, because the user asked for it.
        reads: the picture that the command reads, which is never replaced.
        name: the argument that names the file.

    Raises:
        ValueError: naming the file that is there.
    """
    check_path(out, name)
    if reads is not None:
        atomic.refuse_same(out, reads, name)
    atomic.refuse_to_replace(out, png.is_ours, force, name)


def write(
    out: Path,
    picture: npt.NDArray[np.uint8],
    text: Mapping[str, str] | None = None,
    *,
    force: bool,
    reads: Path | None = None,
    name: str = "--out",
) -> None:
    """Writes a picture with the text chunk that marks it as digitseq's, and prints its path on stdout."""
    # Checked again, as something else may have been written there meanwhile.
    check_place(out, force=force, reads=reads, name=name)
    out.parent.mkdir(parents=True, exist_ok=True)
    png.save(out, picture, {**(text or {}), png.MARK: __version__})
    show_path(out)


def show_path(path: Path | str) -> None:
    """Prints a path that was written, on stdout."""
    print(path, flush=True)
