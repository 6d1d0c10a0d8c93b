"""The figure of docs/how-to/one-writer.md: digits of any writer, of one writer a line, and moved by PerLine.

Run: python examples/writers.py QMNIST_FOLDER docs/pictures/one-writer.png
MNIST is found as `ds.load_bank("mnist")` finds it.
"""

import sys

import numpy as np
from figures import Row, page, zoomed

import digitseq as ds
from digitseq import augment

DIGITS = [[3, 5, 0, 8], [2, 7, 4, 9], [6, 1, 3, 2]] * 2
WIDTH, ZOOM, KEY = 124, 3, 4
# A line's own size, slant and pen.
HAND = (
    augment.PerLine(augment.Affine(rotation=5.0, scale=0.25, slant=20.0, shift=0.0)),
    augment.PerLine(augment.StrokeWidth(change_by=1.0)),
)


def main() -> None:
    """Writes the figure."""
    writers, path = sys.argv[1:]
    bank = ds.load_bank("mnist", writers=writers)
    layout = ds.SequenceSpec(image_width=WIDTH, spacing_range=(0, 4))
    rows = []
    for words, spec, note in (
        ('hand="any"', layout, "each digit by any writer"),
        ('hand="one-writer"', layout.replace(hand="one-writer"), "each line by one writer"),
        (
            'hand="any" with PerLine',
            layout.replace(glyph_transforms=HAND),
            "any digits, moved alike: for banks without writers",
        ),
    ):
        pictures = zoomed(np.asarray(ds.sample_sequences(KEY, bank, DIGITS, spec).image), ZOOM)
        rows += [Row(words, pictures[:3], note), Row("", pictures[3:])]
    ds.save(path, page("MNIST's digits, with the writers that QMNIST's labels name", rows))


if __name__ == "__main__":
    main()
