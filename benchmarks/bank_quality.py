"""How diverse a bank's digits are beside real ones, and how well a classifier trained on them alone reads.

Run: python benchmarks/bank_quality.py [BANK]        (builtin unless named; wants MNIST)

Diversity is given for each digit as a ratio to MNIST's test digits (as many of them), then as the mean of
the ten: mean distance of two glyphs, mean distance to the nearest other, standard deviations of stroke width
and of slant. The classifier is `classifier.py`'s, trained for as many steps as two epochs of MNIST.
"""

import argparse
import sys

import classifier
import jax
import jax.numpy as jnp
import numpy as np
from augmentation_ablation import Data, read
from measures import apart, percent, slants, spread, widths

import digitseq as ds

SEED = 27
GLYPHS_READ = 120_000  # in training
MOST = 890  # glyphs of a digit: no more than MNIST's test digits have of any


def diversity(glyphs: np.ndarray) -> np.ndarray:
    """Mean distance, to the nearest, deviations of width and slant; float32 [N, 28, 28] in [0, 1]."""
    others = apart(glyphs, glyphs)
    np.fill_diagonal(others, np.inf)
    return np.array([spread(glyphs), others.min(axis=1).mean(), widths(glyphs).std(), slants(glyphs).std()])


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description="Diversity of a bank's digits, and what they teach.")
    parser.add_argument("bank", nargs="?", default="builtin", help="any word or path that load_bank takes")
    try:
        bank, (glyphs, known) = ds.load_bank(parser.parse_args().bank), read("test")
    except (OSError, ValueError) as problem:
        sys.exit(f"bank_quality.py: {problem}")
    if len(bank.counts) != 10 or not 0 < bank.counts.min() <= bank.counts.max() <= MOST:
        sys.exit(
            f"bank_quality.py: a bank must have ten digits, 1 to {MOST} glyphs of each, got {bank.counts}"
        )
    labels = np.repeat(np.arange(10, dtype=np.int32), np.asarray(bank.counts))
    ours, real = (np.asarray(x) / np.float32(255) for x in (bank.glyphs, glyphs))
    ratios = []
    for digit in range(10):
        own = ours[labels == digit]
        ratios.append(diversity(own) / diversity(real[known == digit][: len(own)]))
    names = ("distance of two", "to the nearest", "stroke width", "slant")
    for name, values in zip(names, np.transpose(ratios), strict=True):
        print(f"{name:16} {values.mean():.3f} of real digits' (least {values.min():.3f})")
    taught: Data = bank.glyphs, jnp.asarray(labels)
    weights = classifier.train(jax.random.key(SEED), taught, GLYPHS_READ // len(labels))
    _, probs = classifier.classify(weights, real)
    print(f"MNIST's test digits read rightly {percent(probs.argmax(1) == np.asarray(known))}")


if __name__ == "__main__":
    main()
