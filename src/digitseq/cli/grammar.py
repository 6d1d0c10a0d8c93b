"""What SEQUENCE may say: a label source for each form of it."""

from typing import Annotated

import jax
import numpy as np
import numpy.typing as npt
import typer

from .. import labels
from ..drawing import serves
from ..numbers import NumberRange, Pattern
from ..text import parse_sequence
from .sources import Source

FORMS = (
    "350 or 3-5-0; random:5 or random:3-8 (random digits); range:0-999 or range:000-999 (numbers); "
    "pattern:##/##/####, luhn:#### (its last a check digit); file:PATH (one sequence a line)."
)
SequenceArgument = Annotated[str | None, typer.Argument(help=FORMS, show_default=False)]


Labels = labels.FixedLabels | labels.RandomDigits | NumberRange | Pattern


def labels_of(sequence: str, source: Source) -> Labels:
    """The label source that SEQUENCE names; random digits are those that the source draws.

    Raises:
        ValueError: a text of another form, or numbers that make no sense.
        FileNotFoundError: no such file.
    """
    kind, _, rest = sequence.partition(":")
    found: Labels
    if kind == "random" and rest:
        (shortest, longest), _ = _range(sequence, rest)
        every = np.arange(source.num_classes, dtype=np.int32)
        choices = every[np.asarray(serves(source, every))]
        found = labels.RandomDigits(min_length=shortest, max_length=longest, choices=choices)
    elif kind == "range" and rest:
        (low, high), (first, last) = _range(sequence, rest)
        padded = first.startswith("0") and len(first) == len(last) > 1
        found = NumberRange(low, high, zero_padded=padded, max_digits=len(last) if padded else None)
    elif kind in ("pattern", "luhn") and rest:
        found = Pattern(rest, luhn=kind == "luhn")
    elif kind == "file" and rest:
        found = labels.FileLabels(rest)
    else:
        found = labels.FixedLabels([parse_sequence(sequence)])
    try:
        found.check()
    except ValueError as error:
        raise ValueError(f"SEQUENCE {sequence!r}: {error}") from None
    return found


def _range(sequence: str, text: str) -> tuple[tuple[int, int], tuple[str, str]]:
    """The two numbers of `3-8`, or of `5` twice, and how they are written."""
    low, dash, high = text.partition("-")
    if not dash:
        high = low
    if not all(part.isascii() and part.isdigit() for part in (low, high)):
        raise ValueError(
            f"SEQUENCE: random takes a length or a range, random:5 or random:3-8, and range two numbers, "
            f"range:0-999, got {sequence!r}"
        )
    return (int(low), int(high)), (low, high)


def rows_of(found: labels.LabelSource, key: jax.Array, count: int | None) -> npt.NDArray[np.int32]:
    """Labels int32 [count, K]; given ones in their order, over and over.

    Args:
        found: from `labels_of`.
        key: for random labels; label i depends on the key and i alone.
        count: how many; None takes one, or each of those given once.
    """
    if isinstance(found, labels.FixedLabels):
        return found.digits[np.arange(count or len(found.digits)) % len(found.digits)]
    return np.asarray(found.draw(key, count or 1))
