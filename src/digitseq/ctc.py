"""Labels for connectionist temporal classification (CTC), and decoding of its logits.

A. Graves, S. Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal
classification" (2006). A frame is a time step of the recogniser, `stride`
columns of the image; the blank label separates repeated digits and fills the
rest. Functions of arrays are pure and run under `jit`; `check` and
`edit_distance` run on the host.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from .internal.settings import own_settings
from .internal.shapes import Array, Float, Float32, HostArray, Int32, Integer
from .internal.validation import as_size
from .labels.base import LabelSource, Row
from .labels.digits import PAD
from .sequence.record import DigitSequence
from .sequence.spec import MAX_WIDTH, SequenceSpec

__all__ = [
    "BLANK",
    "check",
    "column_targets",
    "decode",
    "edit_distance",
    "labels_and_paddings",
    "least_frames",
]

BLANK = 10
"""The class after the digits 0 to 9: give it to `optax.ctc_loss` as `blank_id`."""


@own_settings
def labels_and_paddings(
    digits: Integer[Array | HostArray, "B K"],
) -> tuple[Integer[Array, "B K"], Float32[Array, "B K"]]:
    """The arguments `labels` and `label_paddings` of `optax.ctc_loss`.

    >>> labels, paddings = ctc.labels_and_paddings(jnp.array([[3, 5, -1]]))
    >>> labels.tolist(), paddings.tolist()
    ([[3, 5, 0]], [[0.0, 0.0, 1.0]])

    Args:
        digits: `sample.digits`, PAD (-1) after each row's last.

    Returns:
        The digits, 0 for PAD; and 1 for PAD, else 0.
    """
    digits = jnp.asarray(digits)
    padding = digits < 0
    return jnp.where(padding, 0, digits), padding.astype(jnp.float32)


@own_settings
def least_frames(digits: Integer[Array | HostArray, "*B K"]) -> Int32[Array, "*B"]:
    """The fewest frames in which CTC can emit labels: their length, plus a blank between equal neighbours.

    >>> ctc.least_frames(jnp.array([3, 3, 5, -1])).tolist()
    4

    Args:
        digits: PAD (-1) after the last.
    """
    digits = jnp.asarray(digits)
    there = digits >= 0
    repeats = (digits[..., 1:] == digits[..., :-1]) & there[..., 1:]
    return (there.sum(axis=-1) + repeats.sum(axis=-1)).astype(jnp.int32)


@own_settings
def column_targets(sample: DigitSequence, stride: int, *, blank: int = BLANK) -> Int32[Array, "*B T"]:
    """A target class for each frame, for framewise training, instead of CTC or before it.

    >>> bank = ds.make_bank(np.full((10, 28, 28), 99, np.uint8), np.arange(10))
    >>> sample = ds.sample_sequence(7, bank, [3, 5, 0], ds.SequenceSpec(image_width=120))
    >>> ctc.column_targets(sample, stride=10).tolist()
    [10, 3, 3, 3, 5, 5, 5, 10, 0, 0, 0, 10]

    Args:
        sample: one image or a batch.
        stride: columns per frame; a remainder of the width makes no frame.
        blank: the target where there is no digit.

    Returns:
        int32 [..., W // stride]: the digit whose ink box contains the centre
        of the frame's columns; of several, the one with the nearest centre,
        then the earlier one.
    """
    frames = sample.image.shape[-1] // stride
    # Twice the coordinates, so that centres are integers.
    left, right = sample.boxes[..., 0], sample.boxes[..., 2]
    shape = (*left.shape, frames)
    middles = jnp.broadcast_to((2 * np.arange(frames, dtype=np.int32) + 1) * np.int32(stride), shape)
    left, right = (jnp.broadcast_to(2 * side[..., None], shape) for side in (left, right))
    held = (left <= middles) & (middles < right)
    away = jnp.where(held, jnp.abs(2 * middles - left - right), 2**31 - 1)
    digits = jnp.take_along_axis(sample.digits, jnp.argmin(away, axis=-2), axis=-1)
    return jnp.where(held.any(axis=-2), digits, blank).astype(jnp.int32)


@own_settings
def decode(logits: Float[Array | HostArray, "*B T C"], *, blank: int = BLANK) -> Int32[Array, "*B T"]:
    """The best-path (greedy) decoding: each frame's most probable class, repeats merged, blanks removed.

    >>> ctc.decode(jnp.eye(11)[jnp.array([3, 3, 10, 3, 5])]).tolist()
    [3, 3, 5, -1, -1]

    Args:
        logits: of each frame and class, the blank among the classes.
        blank: the blank's class.

    Returns:
        Digits, PAD (-1) after the last.
    """
    best = jnp.argmax(logits, axis=-1).astype(jnp.int32)
    before = jnp.concatenate([jnp.full_like(best[..., :1], blank), best[..., :-1]], axis=-1)
    kept = (best != blank) & (best != before)
    order = jnp.argsort(~kept, axis=-1, stable=True)
    return jnp.take_along_axis(jnp.where(kept, best, PAD), order, axis=-1)


@own_settings
def check(
    labels: LabelSource, spec: SequenceSpec, stride: int, *, blank: int = BLANK, symbols: str | None = None
) -> int:
    """The number of frames of an image, once it is checked that CTC can emit all labels in them.

    >>> ctc.check(ds.RandomDigits(min_length=3, max_length=8), ds.SequenceSpec(image_width=260), stride=4)
    65

    Args:
        labels: a label source with `rows()`, as digitseq's own have.
        spec: the layout.
        stride: columns per frame.
        blank: the class that no digit may have.
        symbols: `bank.symbols`, by which the classes of `spec.unlabelled`, which CTC doesn't emit, are known;
            None: those of the labels, where they have an alphabet.

    Raises:
        ValueError: values that can't be used, a digit that is the blank, or
            labels that may need more frames than the width has at this stride;
            the message says the greatest stride and the least width that work.
    """
    stride = as_size("stride", stride, MAX_WIDTH)
    if getattr(labels, "rows", None) is None:
        raise ValueError(f"labels must tell their rows(), as digitseq's own sources do, got {labels!r}")
    getattr(labels, "check", lambda: None)()
    rows = _labelled_rows(labels, spec, getattr(labels, "symbols", "") if symbols is None else symbols)
    if any(blank in choices for row in rows for choices in row):
        raise ValueError(f"labels: {blank} is the blank label; give another as blank")
    needed = max(_most_frames(row) for row in rows)
    frames = spec.image_width // stride
    if frames < needed:
        works = spec.image_width // needed
        raise ValueError(
            f"stride {stride} makes {frames} frames of image_width {spec.image_width}, but labels may need "
            f"{needed}: {f'a stride up to {works}' if works else 'no stride'} works, or a width from "
            f"{needed * stride}"
        )
    return frames


def _labelled_rows(labels: Any, spec: SequenceSpec, symbols: str) -> list[Row]:
    """The possible rows of labels, without the marks that the spec leaves unlabelled."""
    marks = {place for place, symbol in enumerate(symbols) if symbol in spec.unlabelled}
    named = [[[digit for digit in choices if digit not in marks] for choices in row] for row in labels.rows()]
    return [[choices for choices in row if choices] for row in named]


def _most_frames(row: Row) -> int:
    """The most frames that a label needs whose slot k is one of row[k]."""
    # The most frames up to here, for each digit that may stand here.
    most = dict.fromkeys(row[0], 1) if row else {-1: 0}
    for choices in row[1:]:
        other = max(most.values()) + 1
        most = {digit: max(other, most.get(digit, -1) + 2) for digit in choices}
    return max(most.values())


@own_settings
def edit_distance(read: npt.ArrayLike, written: npt.ArrayLike) -> int:
    """The edit distance between two rows of digits, on the host.

    V. Levenshtein, "Binary codes capable of correcting deletions, insertions
    and reversals" (1966): the fewest insertions, deletions and substitutions.

    >>> ctc.edit_distance([3, 5, 0], [3, 0, -1])
    1

    Args:
        read: integers [T], PAD (-1) is skipped.
        written: integers [K], alike.
    """
    ours, theirs = ([d for d in np.asarray(row).tolist() if d >= 0] for row in (read, written))
    costs = list(range(len(theirs) + 1))
    for place, digit in enumerate(ours, 1):
        corner, costs[0] = costs[0], place
        for other, wanted in enumerate(theirs, 1):
            corner, costs[other] = (
                costs[other],
                min(costs[other] + 1, costs[other - 1] + 1, corner + (digit != wanted)),
            )
    return costs[-1]
