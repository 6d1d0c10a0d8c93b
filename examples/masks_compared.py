"""The figure of docs/guide/annotations.md: visible and amodal masks of digits that overlap.

Run: python examples/masks_compared.py docs/pictures/visible-amodal.png
"""

import numpy as np
from figures import COLOURS, Row, given_path, page, zoomed

import digitseq as ds

DIGITS = [[3, 5, 0], [8, 4, 6], [2, 9, 7]]
WIDTH, ZOOM, KEY = 62, 6, 3
# Of what is covered: as bright as it can be.
COVERED = np.array((255, 255, 255), np.uint8)


def tinted(masks: np.ndarray) -> np.ndarray:
    """Masks bool [B, 3, H, W] that don't overlap, each in its colour: uint8 [B, H, W, 3]."""
    return (masks[..., None] * np.array(COLOURS, np.uint8)[:, None, None]).sum(axis=1).astype(np.uint8)


def main() -> None:
    """Writes the figure."""
    spec = ds.SequenceSpec(image_width=WIDTH, spacing_range=(-7, -5), advance="ink", masks="amodal")
    amodal = ds.sample_sequences(KEY, "builtin", DIGITS, spec)
    visible = ds.sample_sequences(KEY, "builtin", DIGITS, spec.replace(masks="visible"))
    whole = np.asarray(amodal.masks)
    on_top = np.asarray(visible.masks)[:, None] == np.arange(1, 4)[:, None, None]
    rows = [
        Row("sample.image", zoomed(np.asarray(amodal.image), ZOOM)),
        Row('masks="visible"', zoomed(tinted(on_top), ZOOM), "the digit whose ink is strongest"),
    ]
    for slot in range(3):
        mine = np.arange(3)[:, None, None] == slot
        picture = tinted(whole & on_top & mine)
        picture[whole[:, slot] & ~on_top[:, slot]] = COVERED
        note = "all of its ink; white: what the visible mask gives to another" if slot == 0 else ""
        rows.append(
            Row(f'masks="amodal", {("first", "second", "third")[slot]} digit', zoomed(picture, ZOOM), note)
        )
    ds.save(given_path(), page("Three lines of three digits that overlap", rows))


if __name__ == "__main__":
    main()
