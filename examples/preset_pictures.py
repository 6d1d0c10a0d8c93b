"""The pictures of presets in docs/guide/augmentation.md: lines without their transforms, and with them.

Run: python examples/preset_pictures.py BANK_FOLDER PICTURE_FOLDER [NAME ...]
where BANK_FOLDER is what examples/stroke_bank.py drew. The same pictures each time.
"""

import sys
from pathlib import Path

import numpy as np
from figures import Row, page

import digitseq as ds
from digitseq import augment

# Presets that belong to a document, which is shown whole; the key was chosen to show rules, rare in forms.
DOCUMENTS = ("form", "cheque")
WIDTH, DOCUMENT_WIDTH, ZOOM, KEY = 124, 184, 3, 6


def lines(bank: ds.DigitBank, name: str, chains: augment.Chains) -> list[np.ndarray]:
    """Nine lines of digits, or six of a document, with the transforms given; and the box of each digit."""
    plain = ds.SequenceSpec(image_width=WIDTH, spacing_range=(-4, 4))
    source, labels, spec = bank, ds.RandomDigits(min_length=4, max_length=4), plain
    if name in DOCUMENTS:
        source, labels, spec = ds.document(name, bank, image_width=DOCUMENT_WIDTH)
    spec = spec.replace(glyph_transforms=chains[0], line_transforms=chains[1])
    batch = ds.batch_at(KEY, 0, source, labels, spec, 6 if name in DOCUMENTS else 9)
    return [
        ds.contact_sheet(image[None], scale=ZOOM, boxes=boxes[None])
        for image, boxes in zip(np.asarray(batch.image), np.asarray(batch.boxes), strict=True)
    ]


def rows(bank: ds.DigitBank, name: str) -> list[Row]:
    """Lines without the transforms, then with them, and others with them."""
    plain, drawn = lines(bank, name, ((), ())), lines(bank, name, augment.preset(name))
    across = len(drawn) // 3
    return [
        Row("untransformed", plain[:across]),
        Row("the same lines with its transforms", drawn[:across]),
        Row("others", drawn[across : 2 * across]),
        Row("", drawn[2 * across :]),
    ]


def main() -> None:
    """Writes the pictures."""
    source, folder, *names = sys.argv[1:]
    bank, out = ds.load_bank(source), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    if unknown := set(names) - augment.PRESETS.keys():
        sys.exit(f"no preset {', '.join(sorted(unknown))}")
    for name in names or augment.PRESETS:
        title = f"preset {name}, with the box of each digit's ink"
        ds.save(out / f"{name}.png", page(title, rows(bank, name)))


if __name__ == "__main__":
    main()
