"""--document: lines as on a kind of real paper."""

from typing import Annotated, Any

import typer

from ..documents import DOCUMENTS, document
from ..glyphs.bank import DigitBank
from ..sequence.preflight import least_width
from ..sequence.spacing import check_spacing_range
from ..sequence.spec import SequenceSpec

DocumentOption = Annotated[
    str | None,
    typer.Option(
        "--document",
        metavar="KIND",
        help=f"{' or '.join(DOCUMENTS)}: lines as on such paper, with its layout, transforms, marks and ways "
        "to write a digit (docs/guide/real.md).",
        show_default="none",
        autocompletion=lambda incomplete: [word for word in DOCUMENTS if word.startswith(incomplete)],
    ),
]
# What a document says itself.
SAID = (
    "align",
    "spacing",
    "advance",
    "baseline",
    "hand",
    "augment",
    "signs",
    "variants",
    "unlabelled",
    "spec",
)


def document_of(context: typer.Context, kind: str, source: Any, labels: Any) -> tuple[Any, Any, SequenceSpec]:
    """The bank, labels and layout of the document that --document names, of a bank's digits and the labels.

    Raises:
        ValueError: another kind, a model for a bank, or an option beside it that a document says itself.
    """
    given = [name for name in SAID if _is_given(context, name)]
    if given:
        raise ValueError(f"--document {kind} says itself what --{given[0]} would: leave that out")
    if not isinstance(source, DigitBank):
        raise ValueError(f"--document {kind} needs a bank: a model draws its digits in its own ways")
    return document(kind, source, labels=labels)


def wide_enough(labels: Any, layout: SequenceSpec) -> SequenceSpec:
    """The layout with as many columns as its longest line always fits."""
    low = check_spacing_range(layout.spacing_range)[0]
    widths = [least_width([[layout.cell]] * len(row), low) for row in labels.rows() if row]
    return layout.replace(image_width=max(widths, default=layout.cell))


def resized(layout: SequenceSpec, sized: SequenceSpec) -> SequenceSpec:
    """A document's layout in the sizes, and with the gaps, of another."""
    same = ("image_width", "image_height", "scale", "spacing_range")
    return layout.replace(**{name: getattr(sized, name) for name in same})


def _is_given(context: typer.Context, name: str) -> bool:
    origin = context.get_parameter_source(name)
    return origin is not None and origin.name == "COMMANDLINE"
