"""digitseq generate: pictures with the recipe inside, and pictures re-rendered from it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from .. import __version__
from ..glyphs.source import symbols_of
from ..internal import pixels
from ..internal.pixels import HEIGHT
from ..internal.symbols import DIGITS
from ..io import atomic
from ..labels.digits import PAD
from ..labels.lists import read_list
from ..labels.text import format_sequence, pack, text_of
from ..sequence.label_grammar import labels_of
from ..sequence.record import DigitSequence
from ..sequence.serialization import spec_to_json
from ..sequence.spec import SequenceSpec
from . import common, label_options, names, pictures, recipes, sizes, sources

# So that a negative MIN_SPACING is taken for an argument, not for an option.
SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True}
EPILOG = """\b
Examples:
  digitseq generate 350 0 10 120 --seed 7                             one picture, 3-5-0.png
  digitseq generate random:3-8 -4 4 260 --count 100 --out pictures    a hundred
  digitseq generate 350 0 10 120 --augment strong                     warped, slanted, noisy
  digitseq generate 350 0 10 120 --bank vae --style 0.9               generated digits, nearly in one style
  digitseq generate 350 0 10 120 --ink navy --paper ivory --zoom 4    in colour, and large
  digitseq generate --like 3-5-0.png --out again.png                  the same picture, re-rendered
"""


def generate(
    context: typer.Context,
    sequence: label_options.SequenceArgument = None,
    min_spacing: Annotated[
        int | None, typer.Argument(help="Least gap between digits, pixels, from -14.", show_default=False)
    ] = None,
    max_spacing: Annotated[
        int | None, typer.Argument(help="Greatest gap, included.", show_default=False)
    ] = None,
    image_width: Annotated[
        str | None,
        typer.Argument(
            help="Width of the picture, pixels; or auto: wide enough for all.", show_default=False
        ),
    ] = None,
    seed: common.SeedOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A .png file (numbered where there are several), or a folder; a file's name may "
            "have the fields {text}, {index} and {name}.",
            show_default="the current folder",
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="How many pictures.", show_default="1; of a file, each line once")
    ] = None,
    order: label_options.OrderOption = "given",
    column: label_options.ColumnOption = None,
    name_column: Annotated[
        str | None,
        typer.Option(
            help="Of a .csv file: the column of the pictures' names.", show_default="named by digits"
        ),
    ] = None,
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
    ink: pictures.InkOption = None,
    paper: pictures.PaperOption = None,
    invert: pictures.InvertOption = False,
    zoom: pictures.ZoomOption = 1,
    like: Annotated[
        Path | None,
        typer.Option(help="Re-render this picture, from the recipe in it.", show_default="none"),
    ] = None,
    force: pictures.ForceOption = False,
) -> None:
    """Write pictures of a digit sequence.

    The picture goes to the current folder, named after its digits, unless
    --out says otherwise. A picture of digitseq's own of that name is replaced,
    another file only with --force. It carries its recipe: seed, digits,
    layout, the bank's digest.
    """
    common.refuse_leftovers(context)
    common.keep_programs()
    names.check_out(out, named=name_column is not None)
    if like is not None:
        _refuse_beside_like(context)
        _generate_like(like, bank, writers, transpose, out, force=force)
        return
    if sequence is None or min_spacing is None or max_spacing is None or image_width is None:
        raise ValueError("give SEQUENCE MIN_SPACING MAX_SPACING IMAGE_WIDTH, or --like PICTURE")
    colours = pictures.colours_in(ink, paper, invert)
    glyph_transforms, line_transforms = common.transforms_of(augment)
    source = sources.source_of(bank, style, writers, transpose, signs, variants=variants)
    found = labels_of(sequence, source, name="SEQUENCE", column=column, order=order)
    listed = _names(sequence, column, name_column, order)
    sized = sizes.size_of(image_width, found, (min_spacing, max_spacing), image_height, glyph_scale)
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
    seed = common.fresh_seed() if seed is None else seed
    rows, keys = common.plan(found, count, seed, source, spec)
    indices: Iterable[int | None] = range(len(rows)) if count or len(rows) > 1 else [None]
    recipe = {"seed": str(seed), "bank": sources.source_name(bank)}
    if style is not None:
        recipe["style"] = str(style)
    if writers is not None:
        recipe["writers"] = str(writers)
    if signs is not None:
        recipe["signs"] = signs
    if variants:
        recipe["variants"] = recipes.VARIANTS
    recipe |= pictures.words_of(colours)
    if zoom > 1:
        recipe["zoom"] = str(zoom)
    _write(rows, keys, indices, source, spec, out, recipe, force=force, named=listed)


def _refuse_beside_like(context: typer.Context) -> None:
    """Raises on options that --like takes from the picture."""
    origins = {name: context.get_parameter_source(name) for name in context.params}
    given = [name for name, origin in origins.items() if origin and origin.name == "COMMANDLINE"]
    if other := set(given) - {"like", "out", "bank", "writers", "transpose", "force"}:
        raise ValueError(
            f"--like takes all but --out, --bank, --writers, --transpose and --force from the picture, "
            f"got {', '.join(sorted(other))}"
        )


def _names(sequence: str, column: str | None, name_column: str | None, order: str) -> list[str] | None:
    """The names of pictures in a list's column, where --name-column names one."""
    if name_column is None:
        return None
    kind, _, path = sequence.partition(":")
    if kind != "file" or order != "given":
        raise ValueError(f"--name-column is for a list in its order (file:PATH), got {sequence!r}, {order}")
    return read_list(atomic.with_home(path), column, name_column).names


def _write(
    rows: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint32],
    indices: Iterable[int | None],
    bank: sources.Source,
    spec: SequenceSpec,
    out: Path | None,
    recipe: dict[str, str],
    *,
    force: bool,
    reads: Path | None = None,
    named: list[str] | None = None,
) -> None:
    places, look = max(3, len(str(len(rows) - 1))), recipes.look_of(recipe, spec)
    symbols = symbols_of(bank)

    def path_of(index: int | None, digits: list[int]) -> Path:
        name = None if named is None else named[(index or 0) % len(named)]
        return names.path_of(out, digits, index, places, name, symbols)

    indices = list(indices)
    planned = [path_of(i, row[row != PAD].tolist()) for i, row in zip(indices, rows, strict=True)]
    names.check_distinct(planned)
    for path in planned:
        pictures.check_place(path, force=force, reads=reads)
    digest = sources.source_digest(bank)
    shared = recipe | {"version": __version__, "spec": spec_to_json(spec), "bank digest": digest}
    samples = common.rendered(keys, bank, rows, spec)
    # Names by the user's own scheme stay as checked; others are the digits that are on the picture.
    chosen = named is not None or (out is not None and names.is_template(out))
    for index, path, key, row, sample in zip(indices, planned, keys.tolist(), rows, samples, strict=True):
        path = path if chosen else path_of(index, common.digits_of(sample))
        own = _texts_of(sample, row, key, index, symbols)
        text = {recipes.TEXT + name: value for name, value in sorted((shared | own).items())}
        image = look.apply(pixels.to_uint8(np.asarray(sample.image)))
        pictures.write(path, image, text, force=force, reads=reads)


def _texts_of(
    sample: DigitSequence, row: npt.NDArray[np.int32], key: list[int], index: int | None, symbols: str
) -> dict[str, str]:
    """The part of a picture's recipe that is its own: what was asked for, what is on it, and its key."""
    digits, asked = format_sequence(common.digits_of(sample)), format_sequence(row[row != PAD].tolist())
    own = {"digits": digits, "key": json.dumps(key)}
    if not DIGITS.startswith(symbols):
        own["text"] = text_of(common.digits_of(sample), symbols)
    if asked != digits:  # a transform moved a digit off the canvas, or some have no labels
        own["asked"] = asked
    if index is not None:
        own["index"] = str(index)
    return own


def _generate_like(
    picture: Path,
    bank: str | None,
    writers: Path | None,
    transpose: bool | None,
    out: Path | None,
    *,
    force: bool,
) -> None:
    recipe = recipes.read(picture)
    source = recipes.source_of(recipe, picture, bank, writers, transpose)
    rows, keys = pack([recipe.digits]), np.array([recipe.key], np.uint32)
    common.check_work(source, rows, recipe.spec)
    if out is None or not names.is_file(out):
        out = (out or Path()) / picture.with_suffix(".png").name
    _write(rows, keys, [None], source, recipe.spec, out, recipe.kept, force=force, reads=picture)
