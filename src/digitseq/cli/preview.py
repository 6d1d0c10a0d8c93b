"""digitseq preview: a contact sheet of many samples."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..glyphs.source import symbols_of
from ..internal.pixels import HEIGHT
from ..io.contact_sheet import check_size, contact_sheet
from ..sequence.label_grammar import labels_of
from ..sequence.spec import Masks
from . import common, documents, label_options, names, pictures, sizes, sources

EPILOG = """\b
Examples:
  digitseq preview random:3-8 0 10 300 --boxes
  digitseq preview 350 -8 0 90 --count 48 --columns 8 --seed 1 --out tight.png
"""


def preview(
    context: typer.Context,
    sequence: Annotated[str, typer.Argument(help="As for generate.")],
    min_spacing: Annotated[int, typer.Argument(help="Least gap between digits, pixels, from -14.")],
    max_spacing: Annotated[int, typer.Argument(help="Greatest gap, included.")],
    image_width: Annotated[str, typer.Argument(help="Width of each picture, pixels; or auto: wide enough.")],
    seed: common.SeedOption = None,
    out: Annotated[Path, typer.Option(help="The sheet's file.")] = Path("preview.png"),
    count: Annotated[int, typer.Option(help="How many samples.")] = 24,
    columns: Annotated[int, typer.Option(min=1, help="How many side by side.")] = 4,
    scale: Annotated[
        int, typer.Option("--scale", "--zoom", min=1, max=16, help="Sheet pixels for one of the picture's.")
    ] = 2,
    captions: Annotated[bool, typer.Option(help="Write the digits under each.")] = True,
    boxes: Annotated[bool, typer.Option(help="Draw the box of each digit's ink.")] = False,
    masks: Annotated[
        Masks | None,
        typer.Option(
            help="Tint each digit's ink in a colour of its own: what is seen of it, or all of it.",
            show_default="none",
        ),
    ] = None,
    order: label_options.OrderOption = "given",
    column: label_options.ColumnOption = None,
    bank: sources.SourceOption = None,
    signs: sources.SignsOption = None,
    variants: sources.VariantsOption = False,
    unlabelled: sources.UnlabelledOption = None,
    style: sources.StyleOption = None,
    align: common.AlignOption = "center",
    spacing: common.SpacingOption = "random",
    advance: common.AdvanceOption = "cell",
    baseline: common.BaselineOption = "cell",
    hand: common.HandOption = "any",
    image_height: sizes.HeightOption = HEIGHT,
    glyph_scale: sizes.GlyphScaleOption = None,
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
    augment: common.AugmentOption = None,
    document: documents.DocumentOption = None,
    ink: pictures.InkOption = None,
    paper: pictures.PaperOption = None,
    invert: pictures.InvertOption = False,
    force: pictures.ForceOption = False,
) -> None:
    """Write a contact sheet of many samples of a sequence.

    A picture of digitseq's own in its place is replaced, another file only
    with --force.
    """
    common.refuse_leftovers(context)
    pictures.check_place(out, force=force)
    common.keep_programs()
    colours = pictures.colours_in(ink, paper, invert)
    glyph_transforms, line_transforms = common.transforms_of(augment)
    source = sources.source_of(bank, style, writers, transpose, signs, variants=variants)
    found = labels_of(sequence, source, name="SEQUENCE", column=column, order=order)
    base = None
    if document is not None:
        source, found, base = documents.document_of(context, document, source, found)
    sized = sizes.size_of(image_width, found, (min_spacing, max_spacing), image_height, glyph_scale)
    size = (count, image_height, sized.image_width)
    check_size(size, columns=columns, scale=scale, captions=captions)
    spec = sized.replace(
        align=align,
        spacing=spacing,
        advance=advance,
        baseline=baseline,
        hand=hand,
        unlabelled=unlabelled or "",
        glyph_transforms=glyph_transforms,
        line_transforms=line_transforms,
    )
    if base is not None:
        spec = documents.resized(base, sized)
    spec = spec.replace(masks=masks or False)
    rows, keys = common.plan(found, count, common.fresh_seed() if seed is None else seed, source, spec)
    samples = list(common.rendered(keys, source, rows, spec))
    page = contact_sheet(
        np.stack([sample.image for sample in samples]),
        columns=columns,
        scale=scale,
        captions=[names.caption_of(common.digits_of(sample), symbols_of(source)) for sample in samples]
        if captions
        else None,
        boxes=np.stack([sample.boxes for sample in samples]) if boxes else None,
        masks=np.stack([np.asarray(sample.masks) for sample in samples]) if masks else None,
        **pictures.words_of(colours),
    )
    pictures.write(out, page, force=force)
