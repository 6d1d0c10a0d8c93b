"""SEQUENCE at the command line: the argument, and its options for lists."""

from typing import Annotated, TypeGuard

import jax
import numpy as np
import numpy.typing as npt
import typer

from ..labels.base import LabelSource
from ..labels.glyph_lists import GlyphLabels
from ..labels.sequences import FixedLabels, Order
from ..sequence.label_grammar import FORMS, Labels

SequenceArgument = Annotated[str | None, typer.Argument(help=FORMS, show_default=False)]
OrderOption = Annotated[
    Order, typer.Option(help="Of a file's sequences: as they stand there, or sampled with replacement.")
]
ColumnOption = Annotated[
    str | None,
    typer.Option(
        help="Of a .csv or .tsv file: the heading or number of the column with the digits.",
        show_default="its only column",
    ),
]


def is_list(found: Labels) -> TypeGuard[FixedLabels]:
    """Whether the labels are a list that is written in its order."""
    return isinstance(found, FixedLabels) and found.order == "given"


def check_drawn(found: Labels) -> None:
    """Checks that pictures of the labels can be drawn.

    Raises:
        ValueError: they name each digit's glyph.
    """
    if isinstance(found, GlyphLabels):
        raise ValueError("addition: names the glyph of each digit: `digitseq export` and ds.batch_at draw it")


def listed(found: FixedLabels, count: int | None) -> npt.NDArray[np.int32]:
    """A list's labels in its order, over and over, int32 [count, K]; None: each once."""
    return np.asarray(found.digits)[np.arange(count or len(found.digits)) % len(found.digits)]


def drawn(found: LabelSource, key: jax.Array, count: int | None) -> npt.NDArray[np.int32]:
    """Random labels int32 [count, K]; None: one.

    Args:
        found: from `label_grammar.labels_of`.
        key: label i depends on the key and i alone.
        count: how many.
    """
    return np.asarray(found.draw(key, count or 1))
