"""Makes the built-in bank from the weights that ship with digitseq: src/digitseq/builtin/*.gz.

Run: python benchmarks/builtin_bank.py [FOLDER]

The model generates glyphs of each digit. One is kept if a classifier that was trained on MNIST's training
digits alone (`classifier.py`, with a seed of its own) gives that digit a high probability, and if it lies far
enough from all that were kept before.
"""

import argparse
import sys
from pathlib import Path

import classifier
import jax
import numpy as np
from augmentation_ablation import read

import digitseq as ds
from digitseq import vae
from digitseq.internal.pixels import to_uint8

CLASSIFIER_SEED, SEED = 22, 23
EACH, AT_ONCE, ROUNDS = 300, 500, 10
LEAST_PROBABILITY = 0.9  # the classifier's probability of the digit
LEAST_DISTANCE = 2.0  # Euclidean distance over 784 pixels in [0, 1]


def glyphs_of(model: vae.Vae, weights: classifier.Weights, digit: int) -> np.ndarray:
    """uint8 [EACH, 28, 28], legible and no two nearly the same."""
    kept = np.empty((0, 28, 28), np.uint8)
    for number in range(ROUNDS):
        key = jax.random.fold_in(jax.random.key(SEED), digit * ROUNDS + number)
        styles = jax.random.normal(key, (AT_ONCE, model.style_size))
        generated = to_uint8(np.asarray(vae.write(model, styles, np.full(AT_ONCE, digit))))
        _, probs = classifier.classify(weights, generated / np.float32(255))
        for glyph in generated[probs[:, digit] >= LEAST_PROBABILITY]:
            apart = ((kept.astype(np.float32) - glyph) ** 2).sum(axis=(1, 2)) ** 0.5 / 255
            if len(kept) < EACH and (apart >= LEAST_DISTANCE).all():
                kept = np.concatenate([kept, glyph[None]])
        if len(kept) == EACH:
            print(f"{digit}: {len(kept)} of {AT_ONCE * (number + 1)} generated at most")
            return kept
    sys.exit(f"builtin_bank.py: only {len(kept)} glyphs of digit {digit} are legible and apart")


def main() -> None:
    """Writes the pair of files."""
    parser = argparse.ArgumentParser(description="Makes the built-in bank from the shipped weights.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("src/digitseq/builtin"))
    folder = parser.parse_args().folder
    if not folder.is_dir():
        sys.exit(f"builtin_bank.py: no folder {folder}")
    print("training the classifier", file=sys.stderr)
    weights = classifier.train(jax.random.key(CLASSIFIER_SEED), read("train"))
    glyphs = np.concatenate([glyphs_of(vae.pretrained(), weights, digit) for digit in range(10)])
    ds.write_idx(folder / "digits-images-idx3-ubyte.gz", glyphs)
    ds.write_idx(folder / "digits-labels-idx1-ubyte.gz", np.repeat(np.arange(10, dtype=np.uint8), EACH))
    print(folder)


if __name__ == "__main__":
    main()
