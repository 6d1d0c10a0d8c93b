"""The source of the digits: the bank or the model that --bank and --style name."""

import dataclasses
from pathlib import Path
from typing import Annotated

import jax.numpy as jnp
import typer

from .. import vae
from ..glyphs.bank import DigitBank, bank_digest
from ..glyphs.loading import load_bank
from ..glyphs.mnist import mnist_folder
from ..glyphs.signs import ALL, check_signs, with_signs
from ..glyphs.source_words import is_model
from ..glyphs.variant_words import varied_digest
from ..glyphs.variants import VariedBank, with_variants
from . import completion

MODEL = completion.MODEL
Source = DigitBank | VariedBank | vae.Vae

BANKS = (
    "mnist, mnist-test, builtin, a folder of IDX files (FOLDER:letters where it holds several sets, as "
    "EMNIST's), an images file, or Keras's mnist.npz"
)
DEFAULT = "the folder in DIGITSEQ_MNIST, then what `digitseq bank fetch` brought, then builtin"
BankOption = Annotated[
    str | None,
    typer.Option(
        "--bank",
        metavar="SOURCE",
        help=f"{BANKS}. Without it: {DEFAULT}.",
        show_default=False,
        autocompletion=completion.banks,
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--bank",
        metavar="SOURCE",
        help=f"{BANKS}; vae or a model's .npz file. Without it: {DEFAULT}.",
        show_default=False,
        autocompletion=completion.sources,
    ),
]
WritersOption = Annotated[
    Path | None,
    typer.Option(
        help="Who wrote the bank's digits: QMNIST's labels, a file or the folder of them.",
        show_default="unknown",
    ),
]
TransposeOption = Annotated[
    bool | None,
    typer.Option(
        "--transpose/--no-transpose",
        help="Swap the rows and columns of the bank's images.",
        show_default="EMNIST's are, known by their files' names",
    ),
]
SignsOption = Annotated[
    str | None,
    typer.Option(
        metavar="SIGNS",
        help=f"Signs to draw beside the bank's digits: all, or some of {ALL}",
        show_default="none",
    ),
]
VariantsOption = Annotated[
    bool,
    typer.Option(
        "--variants",
        help="Write digits in ways that MNIST lacks, too: crossed sevens, looped twos ... a line in one way.",
    ),
]
UnlabelledOption = Annotated[
    str | None,
    typer.Option(
        metavar="SYMBOLS",
        help="Signs or other symbols that are drawn but stand in no label, as in .,-",
        show_default="none",
    ),
]
StyleOption = Annotated[
    float | None,
    typer.Option(
        help="Correlation of the styles of a line's digits, 0 to 1; for models only.", show_default="0"
    ),
]


def source_of(
    bank: str | None,
    style: float | None,
    writers: Path | None = None,
    transpose: bool | None = None,
    signs: str | None = None,
    *,
    variants: bool = False,
) -> Source:
    """What --bank names: a bank, with signs and variants or without; or a model, by `vae` or its .npz file.

    Raises:
        ValueError: a style for a bank, or one outside 0..1; writers, signs or variants for a model; signs
            that digitseq doesn't draw.
        BankError, FileNotFoundError, IdxError: what can't be loaded.
    """
    if bank is not None and is_model(bank):
        if writers is not None:
            raise ValueError("--writers needs a bank: a model's digits have no writers")
        if transpose is not None:
            raise ValueError("--transpose needs a bank: a model's digits are upright")
        if signs is not None:
            raise ValueError("--signs needs a bank: a model draws its own digits alone")
        if variants:
            raise ValueError("--variants needs a bank: a model draws its digits in its own ways")
        return model_of(bank, style)
    if style is not None:
        raise ValueError("--style needs a model: --bank vae, or the .npz file of one")
    own = bank_of(bank, writers, transpose, signs)
    return with_variants(own) if variants else own


def bank_of(
    bank: str | None, writers: Path | None = None, transpose: bool | None = None, signs: str | None = None
) -> DigitBank:
    """The bank that --bank names, with the signs that --signs does.

    Raises:
        ValueError: signs that digitseq doesn't draw.
        BankError, FileNotFoundError, IdxError: what can't be loaded, or have signs.
    """
    if signs is None:
        return load_bank(bank, writers=writers, transpose=transpose)
    # Before the bank is loaded, which takes longer.
    chosen = check_signs(ALL if signs == "all" else signs, "--signs")
    return with_signs(load_bank(bank, writers=writers, transpose=transpose), chosen)


def model_of(name: str, style: float | None) -> vae.Vae:
    """The model that ships with digitseq, or the one in a file, with a style.

    Raises:
        ValueError: a style outside 0..1, or a file that holds no model.
        FileNotFoundError: no such file.
    """
    if style is not None and not 0 <= style <= 1:
        raise ValueError(f"--style must be from 0 to 1, got {style}")
    model = vae.pretrained() if name == MODEL else vae.load(name)
    return dataclasses.replace(model, style=jnp.float32(style or 0))


def source_name(bank: str | None) -> str:
    """The name of the source, also where --bank is not given."""
    return bank or ("builtin" if mnist_folder() is None else "mnist")


def source_digest(source: Source) -> str:
    """64 hex digits: of a bank's glyphs and its variants' shares, or of a model's weights and style."""
    if isinstance(source, VariedBank):
        return varied_digest(source)
    return bank_digest(source) if isinstance(source, DigitBank) else vae.digest(source)
