"""digitseq vae: train a model, look at what it writes, make a bank of it, remove noise."""

import dataclasses
import enum
import sys
from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import typer

from .. import png, vae
from ..bank import CELL, HEIGHT
from ..errors import BankError
from ..idx import write_idx
from ..loading import NO_MNIST, load_bank
from ..mnist import mnist_folder
from ..sequence import sample_sequences
from ..sheet import sheet
from ..spec import SequenceSpec
from . import common, sources

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The model that draws digits: train, sample, denoise.",
)
# Glyphs of a bank are drawn so many at a time, in one compiled shape.
AT_ONCE = 500
LINE = SequenceSpec(image_width=170, spacing_range=(0, 6))
LINE_DIGITS = 5

ModelOption = Annotated[
    str, typer.Option(metavar="MODEL", help="vae (the one that ships with digitseq), or a .npz file.")
]


class Kind(enum.StrEnum):
    """What `digitseq vae sample` makes, and how many columns, lines, steps or glyphs without --count."""

    sheet = "sheet"
    lines = "lines"
    styles = "styles"
    bank = "bank"


COUNTS = {Kind.sheet: 20, Kind.lines: 24, Kind.styles: 12, Kind.bank: 100}
MOST = {Kind.sheet: 1000, Kind.lines: 10_000, Kind.styles: 1000, Kind.bank: 100_000}


@app.command()
def train(
    out: Annotated[Path, typer.Argument(help="The model's file, .npz.")],
    bank: sources.BankOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Another seed, another model.")] = 0,
    effort: Annotated[
        float, typer.Option(help="Times the epochs that the shipped model had; 0.1 is a first look.")
    ] = 1.0,
    compact: Annotated[bool, typer.Option(help="Round weights to 8 bits, a quarter of the size.")] = False,
) -> None:
    """Train a model on a bank's glyphs.

    After each epoch a checkpoint is written beside OUT. When training was
    broken off, the same command goes on from there and ends with the same
    weights. Needs the extra: pip install 'digitseq[train]'.
    Example: digitseq vae train model.npz --bank mnist
    """
    common.keep_programs()
    if out.suffix != ".npz":
        raise ValueError(f"OUT must end in .npz, got {str(out)!r}")
    checkpoint = out.with_name(f"{out.stem}.checkpoint.npz")
    if out.exists():
        if not checkpoint.exists():
            raise ValueError(f"OUT: {out} is there already; remove it or name another file")
        _finish(out, checkpoint)  # killed when all but this was done
        return
    if not 0 < effort <= 1000:
        raise ValueError(f"--effort must be above 0 and at most 1000, got {effort}")
    plain = vae.Settings()
    epochs = {name: max(1, round(getattr(plain, f"{name}_epochs") * effort)) for name in vae.PHASES}
    settings = dataclasses.replace(plain, **{f"{name}_epochs": count for name, count in epochs.items()})
    if bank is None and mnist_folder() is None:
        raise BankError(f"{NO_MNIST}; or train on the built-in digits: --bank builtin")
    source = load_bank(bank)
    labels = np.repeat(np.arange(source.num_classes), np.asarray(source.counts))
    out.parent.mkdir(parents=True, exist_ok=True)
    with typer.progressbar(
        length=sum(epochs.values()),
        label="training",
        show_eta=False,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:

        def progress(name: str, done: int, loss: float) -> None:
            reached = sum(list(epochs.values())[: vae.PHASES.index(name)]) + done
            bar.label = f"{name}, epoch {done} of {epochs[name]}, loss {loss:.4f}"
            bar.update(reached - bar.pos)

        try:
            model = vae.train(
                jnp.asarray(common.seed_words(seed)),
                np.asarray(source.glyphs),
                labels,
                settings=settings,
                checkpoint=checkpoint,
                progress=progress,
            )
        except KeyboardInterrupt:
            raise common.Interrupted(
                "interrupted; the same command goes on from the last whole epoch"
            ) from None
    vae.save(out, model, compact=compact)
    _finish(out, checkpoint)


def _finish(out: Path, checkpoint: Path) -> None:
    """Removes the checkpoint, and what kills in the middle of writing one left."""
    for path in (checkpoint, *out.parent.glob(f".{checkpoint.name}.*.part")):
        path.unlink(missing_ok=True)
    common.show_path(out)


@app.command()
def sample(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="sheet: a line for each digit; lines: sequences; styles: each digit on the way from one "
            "style to another; bank: a folder of IDX files."
        ),
    ],
    out: Annotated[Path, typer.Argument(help="A .png file, or the bank's folder.")],
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Columns, lines, steps, or glyphs of each digit.", show_default=False),
    ] = None,
    seed: common.SeedOption = None,
    style: sources.StyleOption = None,
    model: ModelOption = "vae",
) -> None:
    """Draw digits that nobody wrote.

    With --style 1 each column of a sheet, and each line, is in one hand.
    Example: digitseq vae sample bank glyphs --count 500 --seed 1
    """
    common.keep_programs()
    writer = sources.model_of(model, style)
    count = count or COUNTS[kind]
    if count > MOST[kind]:
        raise ValueError(f"--count must be at most {MOST[kind]} for {kind}, got {count}")
    if style is not None and kind in (Kind.styles, Kind.bank):
        raise ValueError(f"--style is for lines and sheets, not for {kind}")
    key = jnp.asarray(common.seed_words(common.fresh_seed() if seed is None else seed))
    digits = np.arange(writer.num_classes, dtype=np.int32)
    if kind is Kind.bank:
        _write_bank(out, writer, key, count)
        return
    common.check_picture_path(out, "OUT")
    if kind is Kind.lines:
        label_key, line_key = jax.random.split(key)
        rows = jax.random.randint(label_key, (count, LINE_DIGITS), 0, writer.num_classes)
        page = sheet(np.asarray(sample_sequences(line_key, writer, rows, LINE).image), columns=4, scale=2)
    else:
        if kind is Kind.sheet:
            keys = jax.random.split(key, count)
            columns, _ = jax.vmap(writer.draw, in_axes=(0, None))(keys, jnp.asarray(digits))
        else:
            first, last = jax.random.normal(key, (2, 1, writer.style_size), jnp.float32)
            path = vae.between(first, last, jnp.linspace(0, 1, count))
            path = jnp.broadcast_to(path[:, None], (count, len(digits), writer.style_size))
            columns = vae.write(writer, path, np.tile(digits, (count, 1)))
        page = sheet(np.asarray(columns).swapaxes(0, 1).reshape(-1, HEIGHT, CELL), columns=count, scale=2)
    out.parent.mkdir(parents=True, exist_ok=True)
    png.save(out, page)
    common.show_path(out)


def _write_bank(out: Path, writer: vae.Vae, key: jax.Array, count: int) -> None:
    """`count` glyphs of each digit as a pair of IDX files in a folder that holds none yet."""
    if out.is_dir() and any(out.glob("*images?idx3-ubyte*")):
        raise ValueError(f"OUT: {out} holds IDX files already; name another folder")
    labels = np.repeat(np.arange(writer.num_classes, dtype=np.uint8), count)
    glyphs = _drawn(writer, key, labels)
    out.mkdir(parents=True, exist_ok=True)
    images = out / "vae-images-idx3-ubyte.gz"
    # The images come last: without them there is no pair, and the same command may run again.
    write_idx(out / "vae-labels-idx1-ubyte.gz", labels)
    write_idx(images, glyphs)
    common.show_path(out)


def _drawn(writer: vae.Vae, key: jax.Array, labels: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
    """A glyph of each label, uint8 [N, 28, 28]; glyph n depends on the key, n and the label alone."""
    starts = range(0, len(labels), AT_ONCE)
    rows = np.resize(labels.astype(np.int32), len(starts) * AT_ONCE).reshape(-1, AT_ONCE)
    pieces = [
        png.to_uint8(np.asarray(jax.jit(vae.Vae.draw)(writer, jax.random.fold_in(key, number), row)[0]))
        for number, row in enumerate(rows)
    ]
    return np.concatenate(pieces)[: len(labels)]


@app.command()
def denoise(
    noisy: Annotated[Path, typer.Argument(metavar="IN", help="A .png file, 28 pixels high, ink bright.")],
    out: Annotated[Path, typer.Argument(help="The clean picture's file, .png.")],
    model: ModelOption = "vae",
) -> None:
    """Take away pixels that noise replaced by black or white, on a digit or a line of any width.

    Example: digitseq vae denoise noisy.png clean.png
    """
    common.keep_programs()
    common.check_picture_path(out, "OUT")
    picture = png.read(noisy)
    if picture.shape[0] != HEIGHT:
        raise ValueError(f"IN: {noisy} is {picture.shape[0]} pixels high, a line is {HEIGHT}")
    clean = vae.denoise(sources.model_of(model, None), picture / np.float32(255))
    out.parent.mkdir(parents=True, exist_ok=True)
    png.save(out, png.to_uint8(np.asarray(clean)))
    common.show_path(out)
