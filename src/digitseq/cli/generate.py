"""digitseq generate: pictures with the recipe inside, and pictures re-rendered from it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from .. import __version__, png
from ..arguments import PAD
from ..spec import SequenceSpec, spec_to_json
from ..text import format_sequence, pack
from . import common, grammar, pictures, recipes, sources

# So that a negative MIN_SPACING is taken for an argument, not for an option.
SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True}
# File systems take 255 bytes.
LONGEST_NAME = 200
# Any other name is a folder's, v1.2 too.
OTHER_PICTURES = {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
EPILOG = """\b
Examples:
  digitseq generate 350 0 10 120 --seed 7                             one picture, 3-5-0.png
  digitseq generate random:3-8 -4 4 260 --count 100 --out pictures    a hundred
  digitseq generate 350 0 10 120 --augment strong                     bent, slanted, noisy
  digitseq generate 350 0 10 120 --bank vae --style 0.9               digits of a model, by one writer
  digitseq generate --like 3-5-0.png --out again.png                  the same picture again
"""


def generate(
    context: typer.Context,
    sequence: grammar.SequenceArgument = None,
    min_spacing: Annotated[
        int | None, typer.Argument(help="Least gap between digits, pixels, from -14.", show_default=False)
    ] = None,
    max_spacing: Annotated[
        int | None, typer.Argument(help="Greatest gap, included.", show_default=False)
    ] = None,
    image_width: Annotated[
        int | None, typer.Argument(help="Width of the picture, pixels.", show_default=False)
    ] = None,
    seed: common.SeedOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A .png file (numbered where there are several), or a folder.",
            show_default="the current folder",
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="How many pictures.", show_default="1; of a file, each line once")
    ] = None,
    bank: sources.SourceOption = None,
    style: sources.StyleOption = None,
    align: common.AlignOption = "center",
    spacing: common.SpacingOption = "random",
    advance: common.AdvanceOption = "cell",
    hand: common.HandOption = "any",
    writers: sources.WritersOption = None,
    transpose: sources.TransposeOption = None,
    augment: common.AugmentOption = None,
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
    if out is not None and out.suffix.lower() in OTHER_PICTURES and not out.is_dir():
        pictures.check_path(out)
    if like is not None:
        origins = {name: context.get_parameter_source(name) for name in context.params}
        given = [name for name, origin in origins.items() if origin and origin.name == "COMMANDLINE"]
        if other := set(given) - {"like", "out", "bank", "writers", "transpose", "force"}:
            raise ValueError(
                f"--like takes all but --out, --bank, --writers, --transpose and --force from the picture, "
                f"got {', '.join(sorted(other))}"
            )
        _generate_like(like, bank, writers, transpose, out, force=force)
        return
    if sequence is None or min_spacing is None or max_spacing is None or image_width is None:
        raise ValueError("give SEQUENCE MIN_SPACING MAX_SPACING IMAGE_WIDTH, or --like PICTURE")
    glyph_transforms, line_transforms = common.transforms_of(augment)
    spec = SequenceSpec(
        image_width=image_width,
        spacing_range=(min_spacing, max_spacing),
        align=align,
        spacing=spacing,
        advance=advance,
        hand=hand,
        glyph_transforms=glyph_transforms,
        line_transforms=line_transforms,
    )
    seed = common.fresh_seed() if seed is None else seed
    source = sources.source_of(bank, style, writers, transpose)
    rows, keys = common.plan(sequence, count, seed, source, spec)
    indices: Iterable[int | None] = range(len(rows)) if count or len(rows) > 1 else [None]
    recipe = {"seed": str(seed), "bank": sources.source_name(bank)}
    if style is not None:
        recipe["style"] = str(style)
    if writers is not None:
        recipe["writers"] = str(writers)
    _write(rows, keys, indices, source, spec, out, recipe, force=force)


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
) -> None:
    places = max(3, len(str(len(rows) - 1)))
    indices = list(indices)
    for index, row in zip(indices, rows, strict=True):
        number = "" if index is None else f"_{index:0{places}d}"
        planned = _path(out, format_sequence(row[row != PAD].tolist()), number)
        pictures.check_place(planned, force=force, reads=reads)
    digest = sources.source_digest(bank)
    shared = recipe | {"version": __version__, "spec": spec_to_json(spec), "bank digest": digest}
    samples = common.rendered(keys, bank, rows, spec)
    for index, key, row, sample in zip(indices, keys.tolist(), rows, samples, strict=True):
        digits, asked = format_sequence(common.digits_of(sample)), format_sequence(row[row != PAD].tolist())
        number = "" if index is None else f"_{index:0{places}d}"
        own = {"digits": digits, "key": json.dumps(key)}
        if asked != digits:  # a transform took a digit off the canvas
            own["asked"] = asked
        if index is not None:
            own["index"] = str(index)
        path = _path(out, digits or "blank", number)
        text = {recipes.TEXT + name: value for name, value in sorted((shared | own).items())}
        pictures.write(path, png.to_uint8(np.asarray(sample.image)), text, force=force, reads=reads)


def _is_file(out: Path) -> bool:
    return out.suffix.lower() == ".png" and not out.is_dir()


def _path(out: Path | None, digits: str, number: str) -> Path:
    if out is not None and _is_file(out):
        path = out.with_name(f"{out.stem}{number}{out.suffix}")
    else:
        short = digits if len(digits) <= LONGEST_NAME else f"{digits[:LONGEST_NAME]}..."
        path = (out or Path()) / f"{short}{number}.png"
    return path


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
    if out is None or not _is_file(out):
        out = (out or Path()) / picture.with_suffix(".png").name
    _write(rows, keys, [None], source, recipe.spec, out, recipe.kept, force=force, reads=picture)
