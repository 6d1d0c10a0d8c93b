"""What the commands share: labels from SEQUENCE, keys from seeds, chunks of images."""

import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import jax
import numpy as np
import numpy.typing as npt
import typer

from .. import augment
from ..errors import BankError
from ..glyphs.source import has_store
from ..internal.keys import from_words, numbered, seed_words
from ..internal.validation import nearest
from ..io import atomic
from ..io.compilation_cache import keep_programs as keep_programs
from ..labels.digits import PAD
from ..labels.sequences import FixedLabels
from ..sequence import preflight
from ..sequence.label_grammar import Labels
from ..sequence.pipeline import render
from ..sequence.record import DigitSequence
from ..sequence.spec import Advance, Align, Baseline, Hand, SequenceSpec, Spacing
from ..sequence.spec_checks import check_spec
from . import completion, label_options
from .console import Interrupted as Interrupted
from .pictures import show_path as show_path
from .sources import Source

CHUNK = 64
# Rows, and slots or a multiple of them, of the compiled programs that transform images.
SHAPE = 16, 16
# The most pictures that a folder is good for, and the most bytes of a JSON file that a user wrote.
MOST_IMAGES, MOST_JSON = 1_000_000, 2**20
# The labels of all pictures are held in memory.
MOST_DIGITS = 10_000_000

SeedOption = Annotated[
    int | None,
    typer.Option(
        min=0, max=2**32 - 1, help="The same seed makes the same picture.", show_default="a fresh one"
    ),
]
AlignOption = Annotated[Align, typer.Option(help="Where leftover columns go.")]
SpacingOption = Annotated[
    Spacing, typer.Option(help="Random gaps, even ones that fill the width, or hand: a range for each line.")
]
AdvanceOption = Annotated[
    Advance, typer.Option(help="Measure gaps between cells, columns of ink, or outlines row by row.")
]
BaselineOption = Annotated[
    Baseline, typer.Option(help="cell: digits stand as in their cells; ink: on the bottom of their ink.")
]
HandOption = Annotated[
    Hand, typer.Option(help="one-writer: each line by one writer; needs a bank with --writers.")
]
AugmentOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PRESET",
        help=f"{', '.join(augment.PRESETS)}; or a .json file of transforms (docs/guide/augmentation.md). May "
        "be repeated: one after the other.",
        show_default="none",
        autocompletion=completion.augmentations,
    ),
]


def transforms_of(choices: Sequence[str] | None) -> augment.Chains:
    """The glyph and line transforms that --augment names, one after the other.

    Raises:
        ValueError: no such preset, or a file that holds no transforms.
        FileNotFoundError: no such file.
    """
    chains: augment.Chains = (), ()
    for choice in choices or ():
        try:
            more = augment.chains_of(choice)
        except ValueError as error:
            raise ValueError(f"--augment: {error}") from None
        chains = chains[0] + more[0], chains[1] + more[1]
    return chains


def text_of(path: str | Path) -> bytes:
    """The bytes of a JSON file that a user wrote.

    Raises:
        ValueError: it is no regular file, or too large.
        FileNotFoundError: there is none.
    """
    with atomic.open_regular(path) as file:
        text = file.read(MOST_JSON + 1)
    if len(text) > MOST_JSON:
        raise ValueError(f"it is larger than {MOST_JSON} bytes")
    return text


def fresh_seed() -> int:
    """A seed of 32 random bits."""
    return secrets.randbits(32)


def plan(
    found: Labels, count: int | None, seed: int, bank: Source, spec: SequenceSpec
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint32]]:
    """Labels [n, K] that the bank has and the spec fits, and each image's own raw key, uint32 [n, 2].

    One picture of a given sequence takes the seed's own key, as
    `generate_numbers_sequence(key=seed)` does; several take `fold_in(key, i)`,
    as `sample_sequences` does. Random labels have a key of their own, split
    off first.

    Raises:
        ValueError: whatever can't be used, before anything is made.
    """
    check_spec(spec)
    label_options.check_drawn(found)
    words = seed_words(seed)
    _check_count(found, count)
    if label_options.is_list(found):
        rows = label_options.listed(found, count)
        check_work(bank, rows, spec)
        one = count is None and len(rows) == 1
        return rows, words[None] if one else _keys_of(from_words(words), rows)
    label_key, image_key = jax.random.split(from_words(words))
    # This seed's labels may be short: the width must suffice for those of any seed.
    preflight.check_rows(bank, found.rows(), spec, filled=False)
    rows = label_options.drawn(found, label_key, count)
    check_work(bank, rows, spec)
    return rows, _keys_of(image_key, rows)


def _keys_of(key: jax.Array, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.uint32]:
    """The raw key of each row, uint32 [N, 2]."""
    return np.asarray(jax.random.key_data(numbered(key, np.arange(len(rows), dtype=np.uint32))))


def _check_count(found: Labels, count: int | None) -> None:
    """Raises where a count is no number of labels, or more than memory should hold; None as for `plan`."""
    if isinstance(found, FixedLabels):
        number, slots = found.digits.shape
    else:
        number, slots = 1, max(map(len, found.rows()))
    number = number if count is None else count
    if not 1 <= number <= MOST_IMAGES:
        raise ValueError(
            f"--count must be from 1 to {MOST_IMAGES}, got {number}; `digitseq export` writes larger sets"
        )
    if number * slots > MOST_DIGITS:
        raise ValueError(f"--count {number} of up to {slots} digits make more than {MOST_DIGITS} digits")


def check_work(bank: Source, rows: npt.NDArray[np.int32], spec: SequenceSpec) -> None:
    """Raises where the images of rows [N, K], PAD after the last digit of each, can't be made.

    Raises:
        ValueError: a spec that can't be used, a row that does not fit its width, or more than memory holds.
        BankError: a digit that the bank lacks, or not by one writer.
    """
    check_spec(spec)
    follow = augment.followed(spec.line_transforms)
    slots, batch = rows.shape[1] + SHAPE[1], min(CHUNK, len(rows))
    preflight.check_memory(spec.image_width, slots, batch, follow=follow, height=spec.image_height)
    check_writers(bank, spec)
    preflight.check_rows(bank, FixedLabels(rows).rows(), spec)


def check_writers(bank: Source, spec: SequenceSpec) -> None:
    """Raises where the spec wants one writer a line and the writers are unknown.

    Raises:
        BankError: naming the options that would help.
    """
    if spec.hand != "one-writer":
        return
    if not has_store(bank):
        raise BankError("--hand one-writer needs a bank; a model writes a line in one style with --style 1")
    if getattr(bank, "writer_index", None) is None:
        raise BankError(
            "--hand one-writer needs to know who wrote the digits: give --writers, QMNIST's labels"
        )


def refuse_leftovers(context: typer.Context) -> None:
    """Raises on options and arguments that the command does not have.

    A negative spacing looks like an option, so the parser must let unknown
    ones pass.
    """
    if context.args:
        first = context.args[0]
        if first.startswith("-"):
            options = [name for parameter in context.command.params for name in parameter.opts]
            if first in options:
                raise ValueError(f"{first} stands after --, where options are arguments")
            hint = nearest(first.partition("=")[0], options) or " (-v and --version stand before the command)"
            raise ValueError(f"no such option: {first}{hint}")
        raise ValueError(f"unexpected argument {first!r}")


@jax.jit
def _render(keys: jax.Array, bank: Source, digits: jax.Array, spec: SequenceSpec) -> DigitSequence:
    return render(from_words(keys), bank, digits, spec, spec.image_width)


def rendered(
    keys: npt.NDArray[np.uint32], bank: Source, rows: npt.NDArray[np.int32], spec: SequenceSpec
) -> Iterator[DigitSequence]:
    """The images one by one, as NumPy records, made in chunks of one compiled size, with a progress bar.

    How pixels that are transformed, or a model's, are rounded depends on the
    compiled shape: they are rendered in one shape however many there are, so
    that `--like` renders bit-exact images.
    """
    size = min(CHUNK, len(rows))
    if spec.glyph_transforms or spec.line_transforms or not has_store(bank):
        size = SHAPE[0]
        spare = -rows.shape[1] % SHAPE[1]
        rows = np.pad(rows, ((0, 0), (0, spare)), constant_values=PAD)
    hidden = len(rows) <= CHUNK or not sys.stderr.isatty()
    with typer.progressbar(length=len(rows), label="images", file=sys.stderr, hidden=hidden) as bar:
        for start in range(0, len(rows), size):
            # The last chunk is padded with images that are discarded.
            chosen = np.arange(start, start + size) % len(rows)
            chunk = jax.device_get(_render(keys[chosen], bank, rows[chosen], spec))
            for row in range(min(size, len(rows) - start)):
                yield jax.tree.map(lambda leaf, row=row: leaf[row], chunk)
                bar.update(1)


def digits_of(sample: DigitSequence) -> list[int]:
    """The digits on one image's canvas."""
    digits: list[int] = np.asarray(sample.digits)[: int(sample.length)].tolist()
    return digits
