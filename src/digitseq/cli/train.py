"""digitseq vae train: a model of a bank's glyphs, and a checkpoint from which it resumes."""

import contextlib
import dataclasses
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from .. import vae
from ..errors import BankError
from ..glyphs.bank import DigitBank
from ..glyphs.loading import NO_MNIST, load_bank
from ..glyphs.mnist import mnist_folder
from ..internal.keys import as_key
from . import common, sources


def train(
    out: Annotated[Path, typer.Argument(help="The model's file, .npz; a new one.")],
    bank: sources.BankOption = None,
    transpose: sources.TransposeOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Another seed, another model.")] = 0,
    effort: Annotated[
        float, typer.Option(help="A factor of the shipped model's epochs; 0.1 for a quick try.")
    ] = 1.0,
    compact: Annotated[bool, typer.Option(help="Round weights to 8 bits, a quarter of the size.")] = False,
) -> None:
    """Train a model on a bank's glyphs.

    After each epoch a checkpoint is written beside OUT. When training was
    interrupted, the same command resumes it, and the model is byte-identical.
    Neither OUT nor a checkpoint of another training is ever replaced.
    Needs the extra `train`: in digitseq's checkout, pip install '.[train]'.
    Example: digitseq vae train model.npz --bank mnist
    """
    common.keep_programs()
    if out.suffix != ".npz":
        raise ValueError(f"OUT must end in .npz, got {str(out)!r}")
    if not 0 < effort <= 1000:
        raise ValueError(f"--effort must be above 0 and at most 1000, got {effort}")
    checkpoint = out.with_name(f"{out.stem}.checkpoint.npz")
    if out.exists() and not checkpoint.exists():
        raise ValueError(f"OUT: {out} is there already; remove it or name another file")
    plain = vae.Settings()
    epochs = {name: max(1, round(getattr(plain, f"{name}_epochs") * effort)) for name in vae.PHASES}
    settings = dataclasses.replace(plain, **{f"{name}_epochs": count for name, count in epochs.items()})
    if bank is None and mnist_folder() is None:
        raise BankError(f"{NO_MNIST}; or train on the built-in digits: --bank builtin")
    arguments = _arguments(load_bank(bank, transpose=transpose), seed)
    if out.exists():
        _check_finished(out, checkpoint, arguments, settings, compact=compact)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _shown(epochs) as progress:
            model = vae.train(*arguments, settings=settings, checkpoint=checkpoint, progress=progress)
        if out.exists():
            raise FileExistsError(
                f"OUT: {out} was written by somebody else during the training, which is kept in "
                f"{checkpoint}; move {out} away and give the same command"
            )
        vae.save(out, model, compact=compact)
    _remove(checkpoint)
    common.show_path(out)


def _arguments(source: DigitBank, seed: int) -> tuple[Any, Any, Any]:
    """Key, images and labels, as `vae.train` takes them."""
    labels = np.repeat(np.arange(source.num_classes), np.asarray(source.counts))
    return as_key(seed), np.asarray(source.glyphs), labels


def _check_finished(
    out: Path, checkpoint: Path, arguments: tuple[Any, Any, Any], settings: vae.Settings, *, compact: bool
) -> None:
    """Raises unless OUT is the model of this very training, killed before it removed its checkpoint.

    Raises:
        ValueError: OUT or the checkpoint is something else; nothing is touched.
    """
    try:
        found, model = vae.load(out), vae.finished(*arguments, checkpoint, settings=settings)
        if model is None:
            raise ValueError(f"{checkpoint} is of a training that is not finished")
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "model.npz"
            vae.save(written, model, compact=compact)
            if vae.digest(vae.load(written)) != vae.digest(found):
                raise ValueError(f"{out} is not the model that {checkpoint} holds")
    except ValueError as error:
        raise ValueError(
            f"OUT: {out} is there already, and so is {checkpoint} ({error}); remove or rename them, "
            f"or name another file"
        ) from None


@contextlib.contextmanager
def _shown(epochs: dict[str, int]) -> Iterator[Callable[[str, int, float], None]]:
    """A progress bar, moved by the function that it gives; an interrupt's message says how to resume."""
    total, reached = sum(epochs.values()), 0
    with typer.progressbar(
        length=total, label="training", show_eta=False, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def progress(name: str, done: int, loss: float) -> None:
            nonlocal reached
            reached = sum(list(epochs.values())[: vae.PHASES.index(name)]) + done
            bar.label = f"{name}, epoch {done} of {epochs[name]}, loss {loss:.4f}"
            bar.update(reached - bar.pos)

        try:
            yield progress
        except KeyboardInterrupt:
            where = f"after epoch {reached} of {total}" if reached else "before an epoch was complete"
            raise common.Interrupted(
                f"interrupted {where}; the same command resumes from the last complete epoch, if any"
            ) from None


def _remove(checkpoint: Path) -> None:
    """Removes a checkpoint, and the temporary files that kills while writing one left."""
    checkpoint.unlink(missing_ok=True)
    for path in checkpoint.parent.iterdir():
        if re.fullmatch(rf"\.{re.escape(checkpoint.name)}\.[0-9a-f]{{8}}\.part", path.name):
            path.unlink(missing_ok=True)
