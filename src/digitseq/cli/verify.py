"""digitseq verify: whether a data set on disk is what its manifest says."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import BankError
from ..exporter.compare import shared
from ..exporter.manifest import Manifest
from ..exporter.verify import summary
from ..exporter.verify import verify as check
from ..glyphs.variant_words import varied_from_plain
from . import common, sources

VERIFY_EPILOG = """\b
Examples:
  digitseq verify train
  digitseq verify test --disjoint-from train
"""


def verify(
    out: Annotated[str, typer.Argument(help="The export's folder, or its URL.", show_default=False)],
    disjoint_from: Annotated[
        str | None,
        typer.Option(
            help="Another export, with which it must share no glyph, no key and, where known, no writer.",
            show_default="none",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="How many images to re-render and compare; 0: none.")
    ] = 32,
    bank: sources.SourceOption = None,
    style: sources.StyleOption = None,
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
) -> None:
    """Check an export: the hash of each file, and a sample of its images, re-rendered from the manifest.

    Prints each problem on a line of its own; the exit code is 1 if there is one.
    """
    common.keep_programs()
    made, source, unknown = Manifest.read(out), None, None
    try:
        source = _source_for(made, bank, style, writers, transpose) if sample else None
    except (ValueError, FileNotFoundError) as error:  # raised when the hashes have been checked
        unknown = error
    problems = check(out, source, sample=sample)
    if disjoint_from is not None and not problems:
        both = shared(out, disjoint_from)
        problems += both.problems
        for note in both.notes:
            typer.echo(f"digitseq: {note}", err=True)
    for problem in problems:
        typer.echo(f"digitseq: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    if unknown is not None:
        raise unknown
    typer.echo(f"digitseq: {summary(made, sample)}", err=True)
    common.show_path(out)


def _source_for(
    made: Manifest, bank: str | None, style: float | None, writers: Path | None, transpose: bool | None
) -> sources.Source:
    """The source of an export: what the options name, or an available bank with its digest."""
    wanted = made.recipe["source"]
    if wanted["kind"] == "model":
        return sources.source_of(bank or sources.MODEL, wanted["style"] if style is None else style)
    split = wanted.get("split")
    whole = split["of"] if split else wanted
    tried = [bank] if bank else ["mnist", "mnist-test", "builtin"]
    for name in tried:
        try:
            own = sources.bank_of(name, writers, transpose, whole.get("signs"))
            source = varied_from_plain(own, whole) if "variants" in whole else own
        except BankError:
            continue
        if sources.source_digest(source) == whole["digest"]:
            return source
    raise ValueError(
        f"the bank with digest {wanted['digest'][:16]}... that the export was made from is not "
        f"{' or '.join(tried)}; name it with --bank and --writers, or check the sums only: --sample 0"
    )
