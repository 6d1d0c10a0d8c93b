"""The figure of docs/guide/augmentation.md on resampling: two transforms composed, and one after the other.

Run: python examples/sharpness.py docs/pictures/sharpness.png
"""

import jax
import numpy as np
from figures import Row, given_path, page, zoomed

import digitseq as ds
from digitseq import augment

SHOWN, ZOOM, KEY, EACH = (3, 5, 0, 8), 9, 3, 100
# Neither changes anything. Between geometric transforms the first is composed with them; the second, which is
# for ink, has the image resampled before it and after it. The transforms around get the same random numbers.
COMPOSED, APART = augment.LineShift(down=0.0), augment.Gamma(strength=0.0)


def moved(glyphs: jax.Array, between: augment.Transform, interpolation: str) -> np.ndarray:
    """Glyphs transformed by an Affine and an Elastic, with a transform between them."""
    chain = (
        augment.Affine(interpolation=interpolation),
        between,
        augment.Elastic(interpolation=interpolation),
    )
    return np.asarray(augment.apply(KEY, chain, glyphs))


def detail(images: np.ndarray) -> float:
    """The mean power of images at frequencies above half of Nyquist's, along either axis."""
    power = np.abs(np.fft.fft2(images)) ** 2
    high = np.abs(np.fft.fftfreq(images.shape[-1])) > 0.25
    return float(power[..., high[:, None] | high].sum() / len(images))


def main() -> None:
    """Writes the figure."""
    bank = ds.load_bank("builtin")
    starts = np.asarray(bank.starts)
    glyphs = bank.glyphs[(starts[:, None] + np.arange(EACH)).ravel()]
    whole = detail(np.asarray(glyphs, np.float32) / 255)
    rows = []
    for words, between, interpolation in (
        ("one after the other: resampled twice", APART, "linear"),
        ("composed: resampled once, as digitseq does", COMPOSED, "linear"),
        ('composed, interpolation="cubic"', COMPOSED, "cubic"),
    ):
        found = moved(glyphs, between, interpolation)
        kept = f"{detail(found) / whole:.0%} of the power above half of Nyquist's frequency is kept"
        print(f"{words}: {kept}")
        rows.append(Row(words, zoomed(found[np.array(SHOWN) * EACH], ZOOM), kept))
    ds.save(given_path(), page("Affine, then Elastic: the same maps of the same glyphs", rows))


if __name__ == "__main__":
    main()
