"""How well scans are normalised: glyphs made of pictures of MNIST's test digits, read by a classifier.

Run: python benchmarks/scans.py [--epochs N]       (MNIST by DIGITSEQ_MNIST; some minutes on two cores)

Each of the 10,000 test digits is enlarged to 40 to 56 pixels, put anywhere in a picture of 64 x 64, dark on
bright paper that is shaded from one side, with noise, and stored as a JPEG; every seventh is inverted. What
`normalize_glyph` makes of it is read by a classifier trained on MNIST's training digits alone.
"""

import argparse
import io
import time

import classifier
import jax
import numpy as np
from augmentation_ablation import read
from PIL import Image

from digitseq import scans

SEED, SIDE = 18, 64


def picture_of(rng: np.random.Generator, glyph: np.ndarray, *, inverted: bool = False) -> np.ndarray:
    """A JPEG of a digit, uint8 [64, 64]: shifted, shaded, noisy."""
    size = int(rng.integers(40, 57))
    digit = (
        np.asarray(Image.fromarray(glyph).resize((size, size), Image.Resampling.BICUBIC), np.float32) / 255
    )
    ink = np.zeros((SIDE, SIDE), np.float32)
    top, left = rng.integers(0, SIDE - size + 1, 2)
    ink[top : top + size, left : left + size] = digit
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    light = rng.uniform(0, 2 * np.pi)
    paper = rng.uniform(0.7, 0.95) + rng.uniform(0, 0.25) * (np.cos(light) * x + np.sin(light) * y)
    levels = paper * (1 - ink + ink * rng.uniform(0.05, 0.3))
    levels = levels + rng.normal(0, rng.uniform(0.01, 0.05), levels.shape)
    shown = Image.fromarray((np.clip(levels, 0, 1) * 255).astype(np.uint8))
    shown = Image.eval(shown, lambda level: 255 - level) if inverted else shown
    file = io.BytesIO()
    shown.save(file, "jpeg", quality=int(rng.integers(60, 95)))
    return np.asarray(Image.open(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=classifier.EPOCHS)
    epochs = parser.parse_args().epochs
    train, test = read("train"), read("test")
    glyphs, labels = (np.asarray(part) for part in test)
    rng = np.random.default_rng(SEED)
    pictures = [picture_of(rng, glyph, inverted=n % 7 == 0) for n, glyph in enumerate(glyphs)]
    start = time.perf_counter()
    found = [scans.inspect_glyph(picture) for picture in pictures]
    seconds = time.perf_counter() - start
    wrong = sum((one.ink == "bright") != (n % 7 == 0) for n, one in enumerate(found))
    print(f"{1e3 * seconds / len(found):.2f} ms a picture; polarity wrong {wrong} of {len(found)}")
    for doubt in ("no ink", "two digits in one picture", "ink touches the edge"):
        print(f"{doubt}: {sum(doubt in one.doubts for one in found)}")
    weights = classifier.train(jax.random.key(SEED), train, epochs)
    made = np.stack([one.glyph for one in found])
    for name, own in (("MNIST's test digits", glyphs), ("made of pictures of them", made)):
        _, probs = classifier.classify(weights, own / np.float32(255))
        print(f"{name}: {100 * (probs.argmax(1) == labels).mean():.2f} % read right")


if __name__ == "__main__":
    main()
