"""document: all that lines of a kind of paper are made of, to train what is to read real ones."""

import os
from collections.abc import Callable
from typing import NamedTuple

from . import augment
from .glyphs.bank import DigitBank
from .glyphs.loading import load_bank
from .glyphs.signs import with_signs
from .glyphs.source import Source
from .glyphs.variants import with_variants
from .internal.settings import own_settings
from .internal.validation import nearest
from .labels.amounts import Amounts
from .labels.base import LabelSource
from .labels.marks import WithMarks
from .labels.sequences import RandomDigits
from .sequence.spec import SequenceSpec


class Document(NamedTuple):
    """A bank, labels and a layout that belong together: `ds.batch_at(key, step, *document, size)`.

    >>> bank, labels, spec = ds.document("form", "builtin")
    >>> spec.baseline, labels.max_length
    ('ink', 7)
    """

    bank: Source
    labels: LabelSource
    spec: SequenceSpec


# The signs that the marks of amounts are of.
MARKS = ".,-/=#'$"
# Shares of what stands after an amount. No slash, which a one looks like; `replace` can raise it.
AFTER = {".": 0.32, "-": 0.21, "=": 0.15, ".-": 0.12, ",": 0.09, "--": 0.07, "#": 0.04, "/": 0.0}
# Habits of those who fill in forms with care.
CAREFUL = {"upstroke one": 0.2, "footed one": 0.05, "crossed seven": 0.2, "looped two": 0.2, "open four": 0.2}
# Columns of a document's images: longer lines are rare, and their ends are left out.
WIDTH = 200


def _form(bank: DigitBank, labels: LabelSource | None, image_width: int) -> Document:
    """Fields of a printed form: digits with room between them, in boxes or on rules."""
    spec = SequenceSpec(
        image_width=image_width,
        spacing_range=(0, 12),
        spacing="hand",
        align="random",
        advance="ink",
        baseline="ink",
        baseline_jitter=0.7,
        glyph_transforms=augment.preset("form")[0],
        line_transforms=augment.preset("form")[1],
    )
    return Document(with_variants(bank, CAREFUL), labels or RandomDigits(min_length=2, max_length=7), spec)


def _cheque(bank: DigitBank, labels: LabelSource | None, image_width: int) -> Document:
    """Amounts of money, in a hurry: tight, slanted, with full stops and dashes that no label names."""
    signs = "".join(mark for mark in MARKS if mark not in bank.symbols)
    marked = with_signs(bank, signs) if signs else bank
    amounts = labels or Amounts(format="#", min_digits=2, max_digits=7, round=0.3)
    spec = SequenceSpec(
        image_width=image_width,
        spacing_range=(-3, 8),
        spacing="hand",
        align="random",
        advance="outline",
        baseline="ink",
        baseline_jitter=0.8,
        ligatures=0.06,
        unlabelled=MARKS,
        glyph_transforms=augment.preset("cheque")[0],
        line_transforms=augment.preset("cheque")[1],
    )
    marks = WithMarks(
        labels=amounts, symbols=marked.symbols, after=tuple(AFTER), after_weights=tuple(AFTER.values())
    )
    return Document(with_variants(marked), marks, spec)


DOCUMENTS: dict[str, Callable[[DigitBank, LabelSource | None, int], Document]] = {
    "form": _form,
    "cheque": _cheque,
}


@own_settings
def document(
    name: str,
    bank: DigitBank | str | os.PathLike[str] = "mnist",
    *,
    labels: LabelSource | None = None,
    image_width: int = WIDTH,
) -> Document:
    """All that lines as on real paper are made of, to train what is to read such lines.

    Images are as `normalize_line` makes them of real ones: 28 rows, digits
    about 20 pixels high, bright on dark. Digits have variants that MNIST lacks
    (`with_variants`), stand on a line, tuck into each other, and follow one
    hand; rules and specks are where paper has them. Numbers can be changed:
    `spec.replace(...)`, `bank.reweighted(...)`.

    >>> bank, labels, spec = ds.document("cheque", "builtin", image_width=160)
    >>> spec.unlabelled
    ".,-/=#'$"

    Args:
        name: "form", fields of a printed form, written with care; or "cheque",
            amounts written in a hurry, with marks that no label names.
        bank: the digits, or their name; without variants.
        labels: what is written; None: random digits, or amounts. A cheque's
            get marks around them.
        image_width: pixels. What does not fit is left out from the right, in
            image and labels (`ds.batches` wants room for the longest label).

    Returns:
        `(bank, labels, spec)`, as `batch_at` and others take them.

    Raises:
        ValueError: another name.
        BankError: a bank whose classes have no names, or that lacks the variants' digits.
    """
    if name not in DOCUMENTS:
        raise ValueError(f"no document {name!r}{nearest(name, DOCUMENTS)}; there are {', '.join(DOCUMENTS)}")
    glyphs = bank if isinstance(bank, DigitBank) else load_bank(bank)
    return DOCUMENTS[name](glyphs, labels, image_width)
