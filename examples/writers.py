"""The figure of docs/how-to/one-writer.md: digits in any styles, in one style a line, and moved by PerLine.

Run: python examples/writers.py docs/pictures/one-writer.png
The digits are the generative model's, so that it needs no data: it knows styles instead of writers.
"""

import dataclasses

import numpy as np
from figures import Row, given_path, page, zoomed

import digitseq as ds
from digitseq import augment, vae

DIGITS = [[3, 5, 0, 8], [2, 7, 4, 9], [6, 1, 3, 2]] * 2
WIDTH, ZOOM, KEY = 124, 3, 4
# A line's own size, slant and pen.
HAND = (
    augment.PerLine(augment.Affine(rotation=5.0, scale=0.25, slant=20.0, shift=0.0)),
    augment.PerLine(augment.StrokeWidth(change_by=1.0)),
)


def main() -> None:
    """Writes the figure."""
    path, model = given_path(), vae.pretrained()
    layout = ds.SequenceSpec(image_width=WIDTH, spacing_range=(0, 4))
    rows = []
    for words, style, spec, note in (
        ("style = 0", 0.0, layout, "each digit in a style of its own, as by any writer"),
        ("style = 0.95", 0.95, layout, "each line in one style, as by one writer"),
        (
            "style = 0 with PerLine",
            0.0,
            layout.replace(glyph_transforms=HAND),
            "any digits, moved alike: for banks without writers",
        ),
    ):
        source = dataclasses.replace(model, style=style)
        pictures = zoomed(np.asarray(ds.sample_sequences(KEY, source, DIGITS, spec).image), ZOOM)
        rows += [Row(words, pictures[:3], note), Row("", pictures[3:])]
    ds.save(path, page("The generative model's digits: many hands, and one a line", rows))


if __name__ == "__main__":
    main()
