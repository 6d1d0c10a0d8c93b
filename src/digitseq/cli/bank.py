"""digitseq bank: what a bank holds, a picture of it, and the download of MNIST."""

import sys
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np
import typer

from ..glyphs.bank import bank_digest
from ..glyphs.download import fetch_mnist
from ..glyphs.mnist import FILES, MIRRORS
from ..internal.pixels import CELL, HEIGHT
from ..io.contact_sheet import check_size, contact_sheet
from . import common, pictures, scans, sources

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Banks of glyphs: info, fetch, make, preview."
)
app.command()(scans.make)


@app.command()
def info(
    bank: sources.BankOption = None,
    signs: sources.SignsOption = None,
    transpose: sources.TransposeOption = None,
) -> None:
    """Say what a bank holds: glyphs of each digit, their ink, the digest.

    Example: digitseq bank info --bank mnist-test
    """
    source = sources.bank_of(bank, transpose=transpose, signs=signs)
    counts, starts, ink = (np.asarray(leaf) for leaf in (source.counts, source.starts, source.ink))
    typer.echo(f"bank    {sources.source_name(bank)}")
    typer.echo(f"digest  {bank_digest(source)}")
    typer.echo(f"glyphs  {len(ink)} of {np.count_nonzero(counts)} digits, {source.num_classes} classes")
    typer.echo("digit   glyphs  ink: mean width x height")
    for digit, (start, count) in enumerate(zip(starts, counts, strict=True)):
        size = ""
        if count:
            x0, y0, x1, y1 = ink[start : start + count].mean(axis=0)
            size = f"  {x1 - x0:.1f} x {y1 - y0:.1f}"
        typer.echo(f"{digit:>5}  {count:>7}{size}")


@app.command()
def preview(
    bank: sources.BankOption = None,
    signs: sources.SignsOption = None,
    transpose: sources.TransposeOption = None,
    out: Annotated[Path, typer.Option(help="The sheet's file.")] = Path("bank.png"),
    columns: Annotated[int, typer.Option(min=1, help="Glyphs of each digit.")] = 20,
    seed: common.SeedOption = None,
    ink: pictures.InkOption = None,
    paper: pictures.PaperOption = None,
    invert: pictures.InvertOption = False,
    zoom: pictures.ZoomOption = 1,
    force: pictures.ForceOption = False,
) -> None:
    """Write a sheet of random glyphs, a line for each digit.

    A picture of digitseq's own in its place is replaced, another file only
    with --force.
    Example: digitseq bank preview --seed 1 --out glyphs.png
    """
    pictures.check_place(out, force=force)
    colours = pictures.colours_in(ink, paper, invert)
    source = sources.bank_of(bank, transpose=transpose, signs=signs)
    every = np.flatnonzero(np.asarray(source.counts)).astype(np.int32)
    check_size((len(every) * columns, HEIGHT, CELL), columns=columns, scale=zoom, captions=False)
    digits = every.repeat(columns)
    seed = common.fresh_seed() if seed is None else seed
    glyphs = np.asarray(source.draw(jax.random.key(seed), jax.numpy.asarray(digits))[0])
    page = contact_sheet(glyphs, columns=columns, scale=zoom, **pictures.words_of(colours))
    pictures.write(out, page, force=force)


@app.command()
def fetch(
    to: Annotated[
        Path | None, typer.Option(help="Folder; without it the user's cache.", show_default=False)
    ] = None,
    mirror: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a folder with the files; may be repeated.", show_default="the known ones"
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a mirror may stay silent.")] = 30.0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files of MNIST's names that hold other digits.")
    ] = False,
) -> None:
    """Download MNIST (11 MB), once, and check it.

    What is there and genuine is not fetched again. Other files of --to are
    never replaced without --force. Example: digitseq bank fetch
    """
    bar = _Bar() if sys.stderr.isatty() else None
    folder = fetch_mnist(to, mirrors=mirror or MIRRORS, progress=bar, timeout=timeout, force=force)
    typer.echo(f"MNIST's {len(FILES)} files are complete and genuine", err=True)
    common.show_path(folder)


class _Bar:
    """A progress bar for each file, as `web.Progress`."""

    total = 0

    def __init__(self) -> None:
        self._bar: Any = None

    def update(self, size: int) -> None:
        if self._bar is None:
            self._bar = typer.progressbar(length=self.total, label="fetching", file=sys.stderr)
        self._bar.update(min(size, self.total - self._bar.pos))

    def close(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
