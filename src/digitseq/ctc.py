"""Labels as connectionist temporal classification wants them, and readings back from its logits.

A. Graves, S. Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal
classification" (2006). A frame is a time step of the recogniser, `stride`
columns of the image; the blank label says "nothing new here". Functions of
arrays are pure and run under `jit`; `check` is for the host.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from .internal.settings import own_settings
from .internal.validation import as_size
from .labels.base import LabelSource
from .labels.digits import PAD
from .sequence.pipeline import DigitSequence
from .sequence.spec import MAX_WIDTH, SequenceSpec

# The class after the digits 0 to 9: give it to `optax.ctc_loss` as `blank_id`.
BLANK = 10


@own_settings
def labels_and_paddings(digits: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What `optax.ctc_loss` takes as `labels` and `label_paddings`.

    Args:
        digits: int32 [B, K], PAD (-1) after the last: `sample.digits`.

    Returns:
        int32 [B, K], 0 for PAD; float32 [B, K], 1 for PAD, else 0.
    """
    padding = digits < 0
    return jnp.where(padding, 0, digits), padding.astype(jnp.float32)


@own_settings
def least_frames(digits: jax.Array) -> jax.Array:
    """The fewest frames in which labels can be read: their length, and a blank between equal neighbours.

    Args:
        digits: int32 [..., K], PAD (-1) after the last.

    Returns:
        int32 [...].
    """
    there = digits >= 0
    repeats = (digits[..., 1:] == digits[..., :-1]) & there[..., 1:]
    return (there.sum(axis=-1) + repeats.sum(axis=-1)).astype(jnp.int32)


@own_settings
def column_targets(sample: DigitSequence, stride: int, *, blank: int = BLANK) -> jax.Array:
    """A target for each frame, for training without CTC or to begin it with.

    Args:
        sample: one image or a batch.
        stride: columns a frame; what is left of the width makes none.
        blank: the target where there is no digit.

    Returns:
        int32 [..., W // stride]: the digit whose box of ink holds the middle
        of the frame's columns; where several do, the one whose own middle is
        nearest, of those the earlier.
    """
    frames = sample.image.shape[-1] // stride
    # Twice the places, so that halves are whole.
    left, right = sample.boxes[..., 0], sample.boxes[..., 2]
    shape = (*left.shape, frames)
    middles = jnp.broadcast_to((2 * np.arange(frames, dtype=np.int32) + 1) * np.int32(stride), shape)
    left, right = (jnp.broadcast_to(2 * side[..., None], shape) for side in (left, right))
    held = (left <= middles) & (middles < right)
    away = jnp.where(held, jnp.abs(2 * middles - left - right), 2**31 - 1)
    digits = jnp.take_along_axis(sample.digits, jnp.argmin(away, axis=-2), axis=-1)
    return jnp.where(held.any(axis=-2), digits, blank).astype(jnp.int32)


@own_settings
def decode(logits: jax.Array, *, blank: int = BLANK) -> jax.Array:
    """The best path's reading: the strongest label of each frame, repeats made one, blanks left out.

    Args:
        logits: [..., T, labels], the blank among them.
        blank: its number.

    Returns:
        int32 [..., T], PAD (-1) after the last digit.
    """
    best = jnp.argmax(logits, axis=-1).astype(jnp.int32)
    before = jnp.concatenate([jnp.full_like(best[..., :1], blank), best[..., :-1]], axis=-1)
    kept = (best != blank) & (best != before)
    order = jnp.argsort(~kept, axis=-1, stable=True)
    return jnp.take_along_axis(jnp.where(kept, best, PAD), order, axis=-1)


@own_settings
def check(labels: LabelSource, spec: SequenceSpec, stride: int, *, blank: int = BLANK) -> int:
    """The number of frames, where all labels can be read in so many.

    Args:
        labels: what is written; one of digitseq's own sources.
        spec: the layout.
        stride: columns a frame.
        blank: the label that no digit may have.

    Raises:
        ValueError: values that can't be used, a digit that is the blank label,
            or labels that may need more frames than the width has at this
            stride, saying the greatest stride and the least width that do.
    """
    stride = as_size("stride", stride, MAX_WIDTH)
    rows: Any = getattr(labels, "rows", None)
    if rows is None:
        raise ValueError(f"labels must tell their rows(), as digitseq's own sources do, got {labels!r}")
    getattr(labels, "check", lambda: None)()
    if any(blank in choices for row in rows() for choices in row):
        raise ValueError(f"labels: {blank} is the blank label; give another as blank")
    needed = max(_most_frames(row) for row in rows())
    frames = spec.image_width // stride
    if frames < needed:
        works = spec.image_width // needed
        raise ValueError(
            f"stride {stride} makes {frames} frames of image_width {spec.image_width}, but labels may need "
            f"{needed}: {f'a stride up to {works}' if works else 'no stride'} works, or a width from "
            f"{needed * stride}"
        )
    return frames


def _most_frames(row: list[list[int]]) -> int:
    """The most that a label takes of which slot k is one of row[k]."""
    # The most up to here, by the digit that stands here.
    most = dict.fromkeys(row[0], 1)
    for choices in row[1:]:
        other = max(most.values()) + 1
        most = {digit: max(other, most.get(digit, -1) + 2) for digit in choices}
    return max(most.values())


@own_settings
def edit_distance(read: npt.ArrayLike, written: npt.ArrayLike) -> int:
    """How many digits must be put in, taken out or changed (V. Levenshtein, 1966); one row, on the host."""
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
