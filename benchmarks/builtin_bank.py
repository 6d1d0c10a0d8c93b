"""Makes the built-in bank from the weights that ship with digitseq: src/digitseq/builtin/*.gz.

Run: python benchmarks/builtin_bank.py [FOLDER]        (wants MNIST's training digits)

The model generates glyphs of each digit. One is kept if its strokes are like those of real digits, if two
classifiers that were trained on MNIST's training digits alone read it, moved and thinned as it may be
(`legibility.py` says how), and if it lies far enough from all that were kept before.
"""

import argparse
import sys
from pathlib import Path

import jax
import legibility
import numpy as np
from augmentation_ablation import read

import digitseq as ds
from digitseq import vae
from digitseq.internal.pixels import to_uint8

SEED = 23
EACH, AT_ONCE, READ, ROUNDS = 300, 1000, 400, 10
REAL = 2000  # glyphs of each digit by which strokes are judged
LEAST_DISTANCE = 2.0  # Euclidean distance over 784 pixels in [0, 1]


def unit(glyphs: np.ndarray) -> np.ndarray:
    """Bytes as float32 in [0, 1]."""
    return glyphs / np.float32(255)


def glyphs_of(
    model: vae.Vae, readers: list[legibility.classifier.Weights], real: np.ndarray, digit: int
) -> np.ndarray:
    """uint8 [EACH, 28, 28], legible and no two nearly the same; `real` glyphs show what is usual."""
    strokes = legibility.strokes_of(unit(real))
    kept = np.empty((0, 28, 28), np.uint8)
    for number in range(ROUNDS):
        key = jax.random.fold_in(jax.random.key(SEED), digit * ROUNDS + number)
        styles = jax.random.normal(key, (AT_ONCE, model.style_size))
        generated = to_uint8(np.asarray(vae.write(model, styles, np.full(AT_ONCE, digit))))
        formed = generated[legibility.well_formed(strokes, unit(generated))][:READ]
        for glyph in formed[legibility.readable(readers, unit(formed), digit)]:
            apart = ((kept.astype(np.float32) - glyph) ** 2).sum(axis=(1, 2)) ** 0.5 / 255
            if len(kept) < EACH and (apart >= LEAST_DISTANCE).all():
                kept = np.concatenate([kept, glyph[None]])
        if len(kept) == EACH:
            print(f"{digit}: {len(kept)} of {AT_ONCE * (number + 1)} generated at most", flush=True)
            return kept
    sys.exit(f"builtin_bank.py: only {len(kept)} glyphs of digit {digit} are legible and apart")


def main() -> None:
    """Writes the pair of files."""
    parser = argparse.ArgumentParser(description="Makes the built-in bank from the shipped weights.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("src/digitseq/builtin"))
    folder = parser.parse_args().folder
    if not folder.is_dir():
        sys.exit(f"builtin_bank.py: no folder {folder}")
    train = read("train")
    print("training the classifiers", file=sys.stderr, flush=True)
    readers = legibility.readers(train)
    real, known = (np.asarray(part) for part in train)
    glyphs = np.concatenate(
        [glyphs_of(vae.pretrained(), readers, real[known == digit][:REAL], digit) for digit in range(10)]
    )
    ds.write_idx(folder / "digits-images-idx3-ubyte.gz", glyphs)
    ds.write_idx(folder / "digits-labels-idx1-ubyte.gz", np.repeat(np.arange(10, dtype=np.uint8), EACH))
    print(folder)


if __name__ == "__main__":
    main()
