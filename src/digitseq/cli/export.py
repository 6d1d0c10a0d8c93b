"""digitseq export: data sets on disk."""

import json
import math
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np
import typer

from ..exporter.driver import export as write
from ..exporter.engines import Engine
from ..exporter.execution import MOST_IMAGES
from ..exporter.formats import Name
from ..exporter.resume import recorded_key
from ..exporter.splits import export_splits
from ..glyphs.splits import By
from ..internal.keys import as_key
from ..internal.pixels import HEIGHT
from ..labels.base import listed_size
from ..sequence.label_grammar import FORMS, Labels, labels_of
from ..sequence.preflight import AUTO, auto_width
from ..sequence.serialization import spec_from_dict
from ..sequence.spacing import check_spacing_range
from ..sequence.spec import Sampling, SequenceSpec
from . import common, documents, label_options, pictures, sizes, sources

EXPORT_EPILOG = """\b
Examples:
  digitseq export random:3-8 train --count 100000 --format webdataset --workers 2
  digitseq export 'pattern:##/##/####' dates --count 500 --format png --augment light --seed 7
  digitseq export random:3-8 digits --count 10000 --format yolo --split train=0.9,val=0.1
  digitseq export random:5 s3://bucket/train --count 10000000 --format parquet --engine ray
"""


def export(
    context: typer.Context,
    labels: Annotated[str, typer.Argument(help=FORMS, show_default=False)],
    out: Annotated[str, typer.Argument(help="A new folder, or a URL (s3://...).", show_default=False)],
    format: Annotated[Name, typer.Option(help="Of the files.", show_default=False)],
    count: Annotated[
        int | None, typer.Option(help="How many images.", show_default="of a file, each line once")
    ] = None,
    order: label_options.OrderOption = "given",
    column: label_options.ColumnOption = None,
    shard_size: Annotated[int, typer.Option(help="Images of one shard, best a multiple of 500.")] = 1000,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="The same seed makes the same files.",
            show_default="that of the export in OUT, else a fresh one, which is printed",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="PARTS",
            help="train=0.9,val=0.1: an export for each part, OUT/train and OUT/val, of its own digits.",
            show_default="none",
        ),
    ] = None,
    split_by: Annotated[
        By, typer.Option(help="What no two parts share: glyphs, or writers (needs --writers).")
    ] = "glyph",
    spec: Annotated[
        Path | None,
        typer.Option(
            help='A JSON file of the layout: {"image_width": 160, "spacing_range": [-4, 4]}; what it leaves '
            "out is as in SequenceSpec(). Without one, wide enough for the longest label.",
            show_default=False,
        ),
    ] = None,
    sampling: Annotated[
        Sampling | None,
        typer.Option(
            help="iid: any glyph of a digit; epoch: each once before any twice (lists in their order only).",
            show_default="that of the layout, iid",
        ),
    ] = None,
    image_height: sizes.HeightOption = HEIGHT,
    glyph_scale: sizes.GlyphScaleOption = None,
    augment: common.AugmentOption = None,
    document: documents.DocumentOption = None,
    bank: sources.SourceOption = None,
    signs: sources.SignsOption = None,
    variants: sources.VariantsOption = False,
    unlabelled: sources.UnlabelledOption = None,
    style: sources.StyleOption = None,
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
    licence: Annotated[
        str | None,
        typer.Option(help="Of the digits, where digitseq does not know it.", show_default="what it knows"),
    ] = None,
    ink: pictures.InkOption = None,
    paper: pictures.PaperOption = None,
    invert: pictures.InvertOption = False,
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
    colours = pictures.colours_in(ink, paper, invert)
    source = sources.source_of(bank, style, writers, transpose, signs, variants=variants)
    found = labels_of(labels, source, name="LABELS", column=column, order=order)
    count = listed_size("--count", count, found, MOST_IMAGES)
    if document is None:
        layout = _layout(found, spec, image_height, glyph_scale)
    else:
        source, found, layout = documents.document_of(context, document, source, found)
        layout = _document_layout(found, layout, image_height, glyph_scale)
    layout = layout if sampling is None else layout.replace(sampling=sampling)
    layout = layout if unlabelled is None else layout.replace(unlabelled=unlabelled)
    if augment:
        glyph_transforms, line_transforms = common.transforms_of(augment)
        layout = layout.replace(glyph_transforms=glyph_transforms, line_transforms=line_transforms)
    common.check_writers(source, layout)
    parts = None if split is None else _parts_in(split)
    key, said = _key_of(seed, out)
    begun = time.monotonic()
    with typer.progressbar(
        length=count, label="images", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        first: list[int] = []

        def progress(done: int) -> None:
            if not first and said:  # the arguments have passed all checks
                typer.echo(f"digitseq: {said}", err=True)
            first.append(done)
            rate = (done - first[0]) / (time.monotonic() - begun)
            bar.label = f"{rate:,.0f} images/s"
            bar.update(done - bar.pos)

        options: dict[str, Any] = {
            "count": count,
            "format": format,
            "shard_size": shard_size,
            "workers": workers,
            "engine": engine,
            "licence": licence,
            "progress": progress,
            **pictures.words_of(colours),
        }
        try:
            if parts is None:
                write(key, source, found, layout, out, **options)
            else:
                export_splits(key, source, found, layout, out, parts, by=split_by, **options)
        except KeyboardInterrupt as error:
            raise common.Interrupted(str(error) or "interrupted") from None
    common.show_path(out)


def _key_of(seed: int | None, out: str) -> tuple[jax.Array, str]:
    """The key of the seed, else that of the export in `out`, else a fresh one; and a line that says which."""
    if seed is not None:
        return as_key(seed), ""
    if (recorded := recorded_key(out)) is not None:
        words = np.asarray(jax.random.key_data(recorded)).tolist()
        named = f"seed {words[1]}" if len(words) == 2 and not words[0] else "the key"
        return recorded, f"{named}, as recorded in {out}"
    fresh = common.fresh_seed()
    return as_key(fresh), f"seed {fresh}, a fresh one, which the manifest keeps"


def _parts_in(text: str) -> dict[str, float]:
    """The parts that --split names.

    Raises:
        ValueError: it is of another form.
    """
    parts: dict[str, float] = {}
    for item in text.split(","):
        name, equals, share = item.strip().partition("=")
        try:
            parts[name] = float(share) if equals and name not in parts else math.nan
        except ValueError:
            parts[name] = math.nan
    if any(map(math.isnan, parts.values())):
        raise ValueError(f"--split must be parts and their shares, as in train=0.9,val=0.1, got {text!r}")
    return parts


def _layout(labels: Labels, path: Path | None, image_height: int, glyph_scale: float | None) -> SequenceSpec:
    """The layout in a file, or the default one of a height.

    Raises:
        ValueError: a file that holds none, or a height or scale beside a file.
    """
    if path is None:
        return _wide_enough(labels, image_height, glyph_scale)
    if image_height != HEIGHT or glyph_scale is not None:
        raise ValueError("--image-height and --glyph-scale are said in the file of --spec where there is one")
    return _spec_in(path, labels)


def _document_layout(
    labels: Any, layout: SequenceSpec, image_height: int, glyph_scale: float | None
) -> SequenceSpec:
    """A document's layout in another size, with as many columns as its longest line always fits."""
    sized = sizes.size_of(AUTO, labels, layout.spacing_range, image_height, glyph_scale)
    return documents.wide_enough(labels, documents.resized(layout, sized))


def _wide_enough(labels: Labels, image_height: int, glyph_scale: float | None) -> SequenceSpec:
    """The default layout of a height, widened to what the longest label takes with the widest gaps."""
    usual = SequenceSpec()
    layout = sizes.size_of(AUTO, labels, usual.spacing_range, image_height, glyph_scale)
    return layout.replace(image_width=max(layout.image_width, usual.image_width))


def _auto(labels: Labels, layout: SequenceSpec) -> int:
    return auto_width(max(map(len, labels.rows())), check_spacing_range(layout.spacing_range), layout.cell)


def _spec_in(path: Path, labels: Labels) -> SequenceSpec:
    """The layout in a file of JSON, in which the width may be "auto"."""
    try:
        text = common.text_of(path)
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.get("image_width") != AUTO:
            return spec_from_dict(fields)
        layout = spec_from_dict({n: v for n, v in fields.items() if n != "image_width"})
        return layout.replace(image_width=_auto(labels, layout))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--spec {path}: {error}") from None
