"""The figure of docs/guide/layout.md: the law of the gaps, where all fit and where they don't.

Run: python examples/gap_law.py docs/pictures/gap-law.svg
Bars are the exact law; dots are counted on lines that digitseq drew.
"""

import sys
from pathlib import Path

import numpy as np

import digitseq as ds

CELL, WIDEST, LINES = 28, 20, 20_000
# Three digits, so two gaps of 0 to WIDEST pixels; what the cells leave of these widths is for them.
WIDTHS = {"image_width=124: every pair fits": 124, "image_width=104: 20 pixels for both": 104}
# Legible on white and on black.
TEXT, BAR, DOT, FAINT = "#7d8590", "#4c8dd6", "#e8862e", "#7d859055"
STEP = 13


def fitting(width: int) -> np.ndarray:
    """Which pairs of gaps fit a width; bool [WIDEST + 1, WIDEST + 1]."""
    gaps = np.arange(WIDEST + 1)
    return gaps[:, None] + gaps <= width - 3 * CELL


def counted(width: int) -> np.ndarray:
    """How often the first gap of drawn lines was 0, 1, ... pixels; float [WIDEST + 1]."""
    spec = ds.SequenceSpec(image_width=width, spacing_range=(0, WIDEST))
    lines = ds.sample_sequences(1, "builtin", np.full((LINES, 3), 7, np.int32), spec)
    first = np.asarray(lines.offsets[:, 1] - lines.offsets[:, 0]) - CELL
    return np.bincount(first, minlength=WIDEST + 1) / LINES


def panel(left: int, title: str, width: int) -> list[str]:
    """The SVG of one width: its pairs of gaps as a grid, and the law of the first gap below."""
    pairs, drawn = fitting(width), counted(width)
    law = pairs.sum(axis=1) / pairs.sum()
    parts = [f'<text x="{left}" y="24" font-weight="bold">{title}</text>']
    for first, second in np.ndindex(pairs.shape):
        fill = BAR if pairs[first, second] else FAINT
        x, y = left + STEP * first, 40 + STEP * (WIDEST - second)
        parts.append(f'<rect x="{x}" y="{y}" width="{STEP - 2}" height="{STEP - 2}" fill="{fill}"/>')
    floor = 480
    for gap in range(WIDEST + 1):
        x, height = left + STEP * gap, 1200 * law[gap]
        parts.append(
            f'<rect x="{x}" y="{floor - height:.1f}" width="{STEP - 2}" height="{height:.1f}" fill="{BAR}"/>'
        )
        parts.append(f'<circle cx="{x + 5.5}" cy="{floor - 1200 * drawn[gap]:.1f}" r="3" fill="{DOT}"/>')
    for gap in range(0, WIDEST + 1, 5):
        parts.append(f'<text x="{left + STEP * gap}" y="{floor + 18}">{gap}</text>')
    parts.append(f'<text x="{left}" y="{floor + 38}">first gap, pixels; {law[0]:.1%} of lines have 0</text>')
    return parts


def main(path: str) -> None:
    """Writes the figure."""
    parts = ['<text x="8" y="170" transform="rotate(-90 24 170)">second gap, 0 to 20</text>']
    for number, (title, width) in enumerate(WIDTHS.items()):
        parts += panel(50 + 340 * number, title, width)
    body = "\n".join(parts)
    style = f'font-family="sans-serif" font-size="13" fill="{TEXT}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="530" viewBox="0 0 700 530" {style}>'
    Path(path).write_text(f"{svg}\n{body}\n</svg>\n")


if __name__ == "__main__":
    main(sys.argv[1])
