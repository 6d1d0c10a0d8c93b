"""text: sequences of classes as the text that they stand for."""

import numpy as np
import numpy.typing as npt

from ..glyphs.source import Source, symbols_of
from ..glyphs.source_words import as_source
from ..internal.symbols import DIGITS
from ..labels.text import text_of
from .record import DigitSequence


def text(batch: DigitSequence | npt.ArrayLike, source: Source | str | None = None) -> list[str]:
    """The text of each sequence, in the symbols of the source that it was drawn from.

    >>> ds.text(np.array([[3, 5, 0], [7, -1, -1]]))
    ['350', '7']

    Args:
        batch: a sample or a batch, or its `digits`: integers [K] or [B, K], as
            `ctc.decode` returns them too; -1 after each row's last.
        source: the bank or another source, or its name; None: its classes are digits.

    Returns:
        B texts, or one; `12-3-40` where a class has no symbol.

    Raises:
        ValueError: digits that are no integers of one or two axes.
    """
    digits = np.asarray(batch.digits if isinstance(batch, DigitSequence) else batch)
    if digits.ndim not in (1, 2) or digits.dtype.kind not in "iu":
        raise ValueError(f"batch must hold integers [K] or [B, K], got {digits.dtype} {list(digits.shape)}")
    symbols = DIGITS if source is None else symbols_of(as_source(source))
    return [text_of([d for d in row if d >= 0], symbols) for row in np.atleast_2d(digits).tolist()]
