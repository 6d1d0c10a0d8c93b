"""Label sources by name, such as "random:3-8", at the command line and in Python alike."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..glyphs.source import Source, num_classes, serves, symbols_of
from ..internal.symbols import DIGITS
from ..internal.validation import nearest
from ..labels.base import LabelSource
from ..labels.numeric import NumberRange, Pattern
from ..labels.sequences import FileLabels, FixedLabels, Order, RandomDigits
from ..labels.text import parse_sequence
from . import written_words

FORMS = (
    "350 or 3-5-0; random:5 or random:3-8 (random digits); range:0-999 or range:000-999 (numbers); "
    "pattern:##/##/####, luhn:#### (its last a check digit); file:PATH (one sequence a line, or a .csv); "
    f"{written_words.FORMS}."
)
KINDS = ("random", "range", "pattern", "luhn", "file", *written_words.KINDS)
Labels = FixedLabels | RandomDigits | NumberRange | Pattern | written_words.Written


def as_labels(labels: Any, source: Source) -> LabelSource:
    """The label source, or where a text such as "random:3-8" is given the one that it names.

    Args:
        labels: a label source, or one of `FORMS`.
        source: the glyphs' source, whose digits random labels are.

    Raises:
        ValueError: a text of another form.
        FileNotFoundError: it names a file that is not there.
    """
    if isinstance(labels, str):
        return labels_of(labels, source)
    found: LabelSource = labels
    return found


def labels_of(
    text: str, source: Source, *, name: str = "labels", column: str | None = None, order: Order = "given"
) -> Labels:
    """The label source that a text names; random digits are those that the glyphs' source serves.

    Args:
        text: one of `FORMS`.
        source: the glyphs' source.
        name: what the text is, for messages.
        column: the column of a file that is a table, as for `FileLabels`.
        order: the order of a file's sequences, as for `FixedLabels`.

    Raises:
        ValueError: a text of another form, or numbers outside their range.
        FileNotFoundError: it names a file that is not there.
    """
    kind, colon, rest = text.partition(":")
    symbols = symbols_of(source)
    found: Labels
    if kind == "random" and rest:
        (shortest, longest), _ = _range(name, text, rest)
        choices = _digits_of(text, source)
        found = RandomDigits(min_length=shortest, max_length=longest, choices=choices)
    elif kind == "range" and rest:
        (low, high), (first, last) = _range(name, text, rest)
        padded = first.startswith("0") and len(first) == len(last) > 1
        found = NumberRange(low, high, zero_padded=padded, max_digits=len(last) if padded else None)
    elif kind in ("pattern", "luhn") and rest:
        found = Pattern(rest, luhn=kind == "luhn", symbols=symbols or DIGITS)
    elif kind == "file" and rest:
        found = FileLabels(rest, column=column, order=order, symbols=symbols)
    elif kind in written_words.KINDS and (rest or (not colon and _stands_alone(kind, symbols))):
        found = _written(kind, rest, source, f"{name} {text!r}")
    elif re.fullmatch(r"[A-Za-z]+", kind) and not set(text) <= set(symbols):
        wrong = (
            f"wants something after {kind}:"
            if kind in KINDS
            else f"is of no kind known{nearest(kind, KINDS)}"
        )
        raise ValueError(f"{name} {text!r} {wrong} (the forms: {FORMS})")
    else:
        found = FixedLabels([parse_sequence(text, name=name, symbols=symbols)])
    if kind != "file" and (column is not None or order != "given"):
        raise ValueError(f"a column or an order are a file's (file:PATH), got {text!r}")
    try:
        found.check()
    except ValueError as error:
        raise ValueError(f"{name} {text!r}: {error}") from None
    return found


def _stands_alone(kind: str, symbols: str) -> bool:
    """Whether a word without a colon names a source: not where it can be written in the bank's letters."""
    return kind in written_words.ALONE and not set(kind) <= set(symbols)


def _written(kind: str, rest: str, source: Source, name: str) -> written_words.Written:
    try:
        return written_words.written_of(kind, rest, source)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _digits_of(text: str, source: Source) -> npt.NDArray[np.int32]:
    """The digits that a source serves, or letters and digits, but no signs; int32 [C].

    Raises:
        ValueError: the source is traced, so that they are unknown.
    """
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(source)):
        raise ValueError(
            f"labels {text!r} are of the digits that the source draws, which is unknown while it is traced: "
            f"name them outside the jitted function, or use RandomDigits"
        )
    with jax.ensure_compile_time_eval():
        every = np.arange(num_classes(source), dtype=np.int32)
        served = every[np.asarray(serves(source, jnp.asarray(every)))]
        symbols = symbols_of(source)
        written = [digit for digit in served.tolist() if not symbols or symbols[digit].isalnum()]
        return np.array(written, np.int32) if written else served


def _range(name: str, whole: str, text: str) -> tuple[tuple[int, int], tuple[str, str]]:
    """The bounds that `3-8` names, or `5` for both, as numbers and as they are written.

    Raises:
        ValueError: text of another form; the message shows the `whole` text.
    """
    low, dash, high = text.partition("-")
    if not dash:
        high = low
    if not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in (low, high)):
        raise ValueError(
            f"{name}: random takes a length or a range, random:5 or random:3-8, and range two numbers, "
            f"range:0-999, got {whole!r}"
        )
    return (int(low), int(high)), (low, high)
