"""Trains the recogniser, with checkpoints from which it resumes, and draws what it reads.

Run: pip install '.[train]' && python -m benchmarks.recogniser.train FOLDER
It writes FOLDER/checkpoint.npz after every hundred steps, and FOLDER/readings.png.
"""

import time
from pathlib import Path
from typing import Annotated

import jax
import numpy as np
import typer

import digitseq as ds
from digitseq.io import png

from . import checkpoint, training
from .network import Weights
from .reading import read


def picture(key: jax.Array, weights: Weights, bank: ds.DigitBank, path: Path) -> None:
    """Lines with what was read: the first six right ones, then the first twelve wrong ones."""
    batch = ds.batch_at(key, 0, bank, training.LABELS, training.SPEC.replace(spacing_range=(-4, 4)), 500)
    found = ["".join(str(digit) for digit in row if digit >= 0) for row in read(weights, batch.image)]
    readings = list(zip(ds.text(batch), found, strict=True))
    wrong = np.array([written != text for written, text in readings])
    chosen = [*np.flatnonzero(~wrong)[:6], *np.flatnonzero(wrong)[:12]]
    images, texts = np.asarray(batch.image)[chosen], [readings[line] for line in chosen]
    png.save(path, ds.contact_sheet(images, columns=3, scale=3, readings=texts, caption_size=24))


def main(
    folder: Path,
    bank: Annotated[str | None, typer.Option(help="mnist, builtin, or a folder of IDX files.")] = None,
    steps: Annotated[int, typer.Option(min=training.SCAN, help="A multiple of 100.")] = training.STEPS,
    seed: int = 0,
) -> None:
    """Trains a recogniser and shows what it reads."""
    if steps % training.SCAN:
        raise typer.BadParameter(f"--steps must be a multiple of {training.SCAN}, got {steps}")
    folder.mkdir(parents=True, exist_ok=True)
    training.use_all_cores()
    digits = ds.load_bank(bank)
    identity = f"seed {seed}, {steps} steps, bank {ds.bank_digest(digits)[:16]}"
    split_key, train_key, picture_key = jax.random.split(jax.random.key(seed), 3)
    # The lines of the picture are of digits that are held out from training.
    train_bank, test_bank = ds.split_bank(digits, (0.9, 0.1), split_key)
    spec = training.SPEC.replace(glyph_transforms=training.WARP)
    trainer = training.Trainer(train_key, train_bank, spec, steps)
    path = folder / "checkpoint.npz"
    try:
        state, done = checkpoint.resume(path, trainer.begin(), identity)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    begun = time.monotonic()
    with typer.progressbar(length=steps, label="training") as bar:
        bar.update(done)
        while done < steps:
            state, value = trainer.many(state, done)
            done += training.SCAN
            bar.label = f"loss {value:.3f}"
            bar.update(training.SCAN)
            checkpoint.save(path, state, done, identity)
    print(f"{time.monotonic() - begun:.0f} s")
    picture(picture_key, state.average, test_bank, folder / "readings.png")
    print(folder / "readings.png")


if __name__ == "__main__":
    typer.run(main)
