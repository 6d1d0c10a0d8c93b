"""Rules, the printed or drawn lines under, above and beside digits: found and removed."""

import numpy as np
import numpy.typing as npt

from .background import InkMap

# Of a picture's height: the least length of a rule's straight run, and its greatest thickness.
RUN, THICK = 0.9, 0.16
# Of a picture's width or height, the least length of a whole rule; and how near to an edge it lies.
LONG, NEAR = 0.3, 0.3
# How far ink is looked for on both sides of a rule, in pixels.
REACH = 2


def remove_rules(found: InkMap) -> tuple[InkMap, int]:
    """The ink without rules near the top and the bottom, and how many there were.

    A rule is a long and thin horizontal run of ink in the upper or lower part
    of the picture, level or nearly so. Where a stroke crosses it, with ink
    above and below, its pixels stay.

    >>> scan = np.full((60, 200), 0.9, np.float32)
    >>> scan[10:50, 90:96] = 0.1
    >>> scan[55:57, 5:195] = 0.1  # a rule under the one
    >>> without, rules = scans.remove_rules(scans.find_ink(scans.subtract_background(scan)))
    >>> rules, float(without.ink[55:57].max())
    (1, 0.0)

    Args:
        found: what `find_ink` returns.
    """
    inked = found.ink > 0
    rules, count = _rules(inked)
    if not count:
        return found, 0
    above, below = _beside(inked & ~rules)
    gone = rules & ~(above & below)
    return InkMap(
        np.where(gone, 0, found.ink).astype(np.float32), found.strong & ~gone, found.contrast
    ), count


def _rules(inked: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], int]:
    """Where the rules' ink is, bool [H, W], and how many rules there are."""
    from scipy import ndimage

    height, width = inked.shape
    run = max(8, min(round(RUN * height), round(0.6 * width)))
    # A rule that is not quite level has runs that are short: each row is joined with the next one.
    joined = inked | np.roll(inked, 1, axis=0) & ndimage.binary_dilation(inked, np.ones((3, 1)))
    level = ndimage.binary_opening(joined, np.ones((1, run))) & inked
    # A thick run is a stroke (a bold seven's) or dirt.
    thick = max(2, round(THICK * height))
    level &= ~ndimage.binary_opening(inked, np.ones((thick + 1, 1)))
    pieces, _ = ndimage.label(ndimage.binary_dilation(level, np.ones((3, 5))), np.ones((3, 3)))
    rules, count = np.zeros_like(inked), 0
    for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), 1):
        middle = (rows.start + rows.stop) / 2 / height
        if columns.stop - columns.start >= LONG * width and min(middle, 1 - middle) <= NEAR:
            rules |= level & (pieces == number)
            count += 1
    return rules, count


def _beside(inked: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether there is ink above, and below, within the reach of a rule's pixel; bool [H, W] each."""
    above, below = np.zeros_like(inked), np.zeros_like(inked)
    for step in range(1, REACH + 4):
        above[step:] |= inked[:-step]
        below[:-step] |= inked[step:]
    return above, below
