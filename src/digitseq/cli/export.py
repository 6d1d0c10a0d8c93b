"""digitseq export and verify: data sets on disk."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import jax.numpy as jnp
import typer

from ..errors import BankError
from ..export import MOST_IMAGES, Manifest, disjoint
from ..export import export as write
from ..export import verify as check
from ..export.engines import Engine
from ..fits import AUTO, auto_width
from ..label_base import listed_size
from ..label_words import FORMS, Labels, labels_of
from ..loading import load_bank
from ..spec import SequenceSpec, check_spacing_range, spec_from_json
from . import common, grammar, sources

EXPORT_EPILOG = """\b
Examples:
  digitseq export random:3-8 train --count 100000 --format webdataset --workers 2
  digitseq export 'pattern:##/##/####' dates --count 500 --format png --augment light --seed 7
  digitseq export random:5 s3://bucket/train --count 10000000 --format parquet --engine ray
"""
VERIFY_EPILOG = """\b
Examples:
  digitseq verify train
  digitseq verify test --disjoint-from train
"""
Format = Literal["png", "webdataset", "parquet", "array_record", "lmdb", "coco", "yolo", "idx", "npz"]


def export(
    labels: Annotated[str, typer.Argument(help=FORMS, show_default=False)],
    out: Annotated[str, typer.Argument(help="A new folder, or a URL (s3://...).", show_default=False)],
    format: Annotated[Format, typer.Option(help="Of the files.", show_default=False)],
    count: Annotated[
        int | None, typer.Option(help="How many images.", show_default="of a file, each line once")
    ] = None,
    order: grammar.OrderOption = "given",
    column: grammar.ColumnOption = None,
    shard_size: Annotated[int, typer.Option(help="Images of one shard, best a multiple of 500.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed makes the same files.")] = 0,
    spec: Annotated[
        Path | None,
        typer.Option(
            help='A JSON file of the layout: {"image_width": 160, "spacing_range": [-4, 4]}; what it leaves '
            "out is as in SequenceSpec(). Without one, wide enough for the longest label.",
            show_default=False,
        ),
    ] = None,
    augment: common.AugmentOption = None,
    bank: sources.SourceOption = None,
    style: sources.StyleOption = None,
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
    licence: Annotated[
        str | None,
        typer.Option(help="Of the digits, where digitseq does not know it.", show_default="what it knows"),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    engine: Annotated[
        Engine, typer.Option(help="local, or ray: tasks of the cluster that ray.init() finds.")
    ] = "local",
) -> None:
    """Write a data set: images and labels in files, with a manifest and a data card.

    Interrupted, it resumes when the same command is given again. A file's
    sequences are written in their order.
    """
    common.keep_programs()
    source = sources.source_of(bank, style, writers, transpose)
    found = labels_of(labels, source, column=column, order=order)
    count = listed_size("--count", count, found, MOST_IMAGES)
    layout = _spec_in(spec, found) if spec is not None else _wide_enough(found)
    if augment:
        glyph_transforms, line_transforms = common.transforms_of(augment)
        layout = layout.replace(glyph_transforms=glyph_transforms, line_transforms=line_transforms)
    common.check_hand(source, layout)
    begun = time.monotonic()
    with typer.progressbar(
        length=count, label="images", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        first: list[int] = []

        def progress(done: int) -> None:
            first.append(done)
            rate = (done - first[0]) / (time.monotonic() - begun)
            bar.label = f"{rate:,.0f} images/s"
            bar.update(done - bar.pos)

        try:
            write(
                jnp.asarray(common.seed_words(seed)),
                source,
                found,
                layout,
                out,
                count=count,
                format=format,
                shard_size=shard_size,
                workers=workers,
                engine=engine,
                licence=licence,
                progress=progress,
            )
        except KeyboardInterrupt as error:
            raise common.Interrupted(str(error) or "interrupted") from None
    common.show_path(out)


def _wide_enough(labels: Labels) -> SequenceSpec:
    """The usual layout, as wide as the longest label is with the widest gaps, where that is wider."""
    layout = SequenceSpec()
    return layout.replace(image_width=max(layout.image_width, _auto(labels, layout)))


def _auto(labels: Labels, layout: SequenceSpec) -> int:
    return auto_width(max(map(len, labels.rows())), check_spacing_range(layout.spacing_range))


def _spec_in(path: Path, labels: Labels) -> SequenceSpec:
    """The layout in a file of JSON, in which the width may be "auto"."""
    try:
        text = common.text_of(path)
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.get("image_width") != AUTO:
            return spec_from_json(text)
        layout = spec_from_json(json.dumps({n: v for n, v in fields.items() if n != "image_width"}))
        return layout.replace(image_width=_auto(labels, layout))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--spec {path}: {error}") from None


def verify(
    out: Annotated[str, typer.Argument(help="The export's folder, or its URL.", show_default=False)],
    disjoint_from: Annotated[
        str | None,
        typer.Option(
            help="Another export, with which it must share no glyph and, where known, no writer.",
            show_default="none",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="How many images to make again and compare; 0: none.")
    ] = 32,
    bank: sources.SourceOption = None,
    style: sources.StyleOption = None,
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
) -> None:
    """Check an export: the sum of each file, and a sample of its images, made again from the manifest.

    Says what is wrong, a line each, and ends with the exit code 1 then.
    """
    common.keep_programs()
    made, source, unknown = Manifest.read(out), None, None
    try:
        source = _source_for(made, bank, style, writers, transpose) if sample else None
    except (ValueError, FileNotFoundError) as error:  # said when the sums are known to be right
        unknown = error
    problems = check(out, source, sample=sample)
    if disjoint_from is not None and not problems:
        problems += disjoint(out, disjoint_from)
    for problem in problems:
        typer.echo(f"digitseq: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    if unknown is not None:
        raise unknown
    common.show_path(out)


def _source_for(
    made: Manifest, bank: str | None, style: float | None, writers: Path | None, transpose: bool | None
) -> sources.Source:
    """What an export was made from: what the options name, or one of the banks in reach with its digest."""
    wanted = made.recipe["source"]
    if wanted["kind"] == "model":
        return sources.source_of(bank or sources.MODEL, wanted["style"] if style is None else style)
    tried = [bank] if bank else ["mnist", "mnist-test", "builtin"]
    for name in tried:
        try:
            source = load_bank(name, writers=writers, transpose=transpose)
        except BankError:
            continue
        if sources.source_digest(source) == wanted["digest"]:
            return source
    raise ValueError(
        f"the bank with digest {wanted['digest'][:16]}... that the export was made from is not "
        f"{' or '.join(tried)}; name it with --bank and --writers, or check the sums only: --sample 0"
    )
