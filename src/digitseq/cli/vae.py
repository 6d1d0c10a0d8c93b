"""digitseq vae: train the generative model, sample digits, lines and banks, remove noise."""

import enum
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import typer

from .. import vae
from ..internal import pixels
from ..internal.keys import as_key
from ..internal.pixels import CELL, HEIGHT
from ..io import atomic, png
from ..io.companions import is_companion
from ..io.contact_sheet import contact_sheet
from ..io.idx import read_idx, write_idx
from ..sequence import preflight
from ..sequence.pipeline import sample_sequences
from ..sequence.spec import SequenceSpec
from . import common, pictures, sources, train

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The generative model: train, sample, denoise.",
)
app.command("train")(train.train)
# Glyphs of a bank that are sampled at a time, in one compiled shape.
AT_ONCE = 500
IMAGES, LABELS = "vae-images-idx3-ubyte.gz", "vae-labels-idx1-ubyte.gz"
LINE = SequenceSpec(image_width=170, spacing_range=(0, 6))
LINE_DIGITS = 5
# The denoiser takes about 1 KiB of memory for each column, as much as the tables of so many digits.
DENOISER_SLOTS = 50

ModelOption = Annotated[
    str, typer.Option(metavar="MODEL", help="vae (the one that ships with digitseq), or a .npz file.")
]


class Kind(enum.StrEnum):
    """What `digitseq vae sample` writes."""

    sheet = "sheet"
    lines = "lines"
    styles = "styles"
    bank = "bank"


COUNTS = {Kind.sheet: 20, Kind.lines: 24, Kind.styles: 12, Kind.bank: 100}
MOST = {Kind.sheet: 1000, Kind.lines: 10_000, Kind.styles: 1000, Kind.bank: 100_000}


@app.command()
def sample(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="sheet: a line for each digit; lines: sequences; styles: each digit, interpolated between "
            "two styles; bank: a folder of IDX files."
        ),
    ],
    out: Annotated[Path, typer.Argument(help="A .png file, or the bank's folder.")],
    count: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Columns, lines, steps, or glyphs of each digit.",
            show_default=", ".join(f"{kind} {number}" for kind, number in COUNTS.items()),
        ),
    ] = None,
    seed: common.SeedOption = None,
    style: sources.StyleOption = None,
    model: ModelOption = "vae",
    ink: pictures.InkOption = None,
    paper: pictures.PaperOption = None,
    invert: pictures.InvertOption = False,
    zoom: Annotated[
        int | None, typer.Option(min=1, max=16, help=pictures.ZOOM_HELP, show_default="2")
    ] = None,
    force: pictures.ForceOption = False,
) -> None:
    """Sample digits from a model.

    With --style 1 each column of a sheet, and each line, is in one style.
    A picture of digitseq's own in OUT's place is replaced, another file, and
    the files of a bank, only with --force.
    Example: digitseq vae sample bank glyphs --count 500 --seed 1
    """
    common.keep_programs()
    colours = pictures.colours_in(ink, paper, invert)
    look: dict[str, Any] = {"scale": zoom or 2, **pictures.words_of(colours)}
    if kind is Kind.bank:
        if colours is not None or zoom is not None:
            raise ValueError("--ink, --paper, --invert and --zoom are for pictures, not for a bank")
        _check_folder(out, force=force)
    else:
        pictures.check_place(out, force=force, name="OUT")
    generator = sources.model_of(model, style)
    count = count or COUNTS[kind]
    if count > MOST[kind]:
        raise ValueError(f"--count must be at most {MOST[kind]} for {kind}, got {count}")
    if style is not None and kind in (Kind.styles, Kind.bank):
        raise ValueError(f"--style is for lines and sheets, not for {kind}")
    key = as_key(common.fresh_seed() if seed is None else seed)
    digits = np.arange(generator.num_classes, dtype=np.int32)
    if kind is Kind.bank:
        _write_bank(out, generator, key, count, force=force)
        return
    if kind is Kind.lines:
        label_key, line_key = jax.random.split(key)
        rows = jax.random.randint(label_key, (count, LINE_DIGITS), 0, generator.num_classes)
        page = contact_sheet(
            np.asarray(sample_sequences(line_key, generator, rows, LINE).image), columns=4, **look
        )
    else:
        if kind is Kind.sheet:
            keys = jax.random.split(key, count)
            columns, _ = jax.vmap(generator.draw, in_axes=(0, None))(keys, jnp.asarray(digits))
        else:
            first, last = jax.random.normal(key, (2, 1, generator.style_size), jnp.float32)
            path = vae.between(first, last, jnp.linspace(0, 1, count))
            path = jnp.broadcast_to(path[:, None], (count, len(digits), generator.style_size))
            columns = vae.write(generator, path, np.tile(digits, (count, 1)))
        page = contact_sheet(
            np.asarray(columns).swapaxes(0, 1).reshape(-1, HEIGHT, CELL), columns=count, **look
        )
    pictures.write(out, page, force=force, name="OUT")


def _check_folder(out: Path, *, force: bool) -> None:
    """Raises where a bank's files may not be written, or would not be the folder's only bank."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"OUT: {out} is a file; name a folder")
    found = [path.name for path in out.glob("*images?idx3-ubyte*") if not is_companion(path.name)]
    others = [name for name in found if name != IMAGES]
    if others or (not force and (out / IMAGES).exists()):
        mend = "" if others else ", or replace them by --force"
        raise ValueError(f"OUT: {out} holds IDX files already; name another folder{mend}")
    for name in (IMAGES, LABELS):
        atomic.refuse_to_replace(out / name, _is_labels, force, "OUT")


def _is_labels(path: Path) -> bool:
    """Whether the file holds labels as `vae sample bank` writes them: every digit equally often, in order."""
    try:
        found = read_idx(path)
    except ValueError:
        return False
    digits, counts = np.unique(found, return_counts=True)
    return (
        found.ndim == 1
        and len(set(counts.tolist())) == 1
        and bool((np.diff(found) >= 0).all())
        and (digits.tolist() == list(range(len(digits))))
    )


def _write_bank(out: Path, generator: vae.Vae, key: jax.Array, count: int, *, force: bool) -> None:
    """`count` glyphs of each digit as a pair of IDX files in a folder that holds none yet."""
    labels = np.repeat(np.arange(generator.num_classes, dtype=np.uint8), count)
    glyphs = _sample_glyphs(generator, key, labels)
    out.mkdir(parents=True, exist_ok=True)
    _check_folder(out, force=force)
    # The images come last: without them there is no pair, and the same command may run again.
    write_idx(out / LABELS, labels)
    write_idx(out / IMAGES, glyphs)
    common.show_path(out)


def _sample_glyphs(
    generator: vae.Vae, key: jax.Array, labels: npt.NDArray[np.integer]
) -> npt.NDArray[np.uint8]:
    """A glyph of each label, uint8 [N, 28, 28]; glyph n depends on the key, n and its label alone."""
    starts = range(0, len(labels), AT_ONCE)
    rows = np.resize(labels.astype(np.int32), len(starts) * AT_ONCE).reshape(-1, AT_ONCE)
    pieces = [
        pixels.to_uint8(np.asarray(jax.jit(vae.Vae.draw)(generator, jax.random.fold_in(key, number), row)[0]))
        for number, row in enumerate(rows)
    ]
    return np.concatenate(pieces)[: len(labels)]


@app.command()
def denoise(
    noisy: Annotated[Path, typer.Argument(metavar="IN", help="A .png file, 28 pixels high, ink bright.")],
    out: Annotated[Path, typer.Argument(help="The clean picture's file, .png.")],
    model: ModelOption = "vae",
    force: pictures.ForceOption = False,
) -> None:
    """Remove noise that replaced pixels by black or white, from a digit or a line of any width.

    A picture of digitseq's own in OUT's place is replaced, another file only
    with --force, IN never.
    Example: digitseq vae denoise noisy.png clean.png
    """
    common.keep_programs()
    pictures.check_place(out, force=force, reads=noisy, name="OUT")
    picture = png.read(noisy)
    if picture.shape[0] != HEIGHT:
        raise ValueError(f"IN: {noisy} is {picture.shape[0]} pixels high, a line is {HEIGHT}")
    preflight.check_memory(picture.shape[1], DENOISER_SLOTS)
    clean = vae.denoise(sources.model_of(model, None), picture / np.float32(255))
    pictures.write(out, pixels.to_uint8(np.asarray(clean)), force=force, reads=noisy, name="OUT")
