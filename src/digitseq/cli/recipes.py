"""The recipe in a PNG's text chunks: read from files that may come from anybody."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..internal.validation import as_integer
from ..io import png
from ..io.colours import BLACK, WHITE, Colours, check_zoom, colours_of, enlarged
from ..labels.text import parse_sequence
from ..sequence.serialization import spec_from_json
from ..sequence.spec import SequenceSpec
from . import sources

TEXT = "digitseq "
WANTED = ("key", "digits", "spec", "bank", "bank digest")
# Texts that a re-rendered picture keeps.
KEPT = ("seed", "bank", "style", "writers", "signs", "variants", "index", "ink", "paper", "zoom")
# What a recipe says of variants, where there are any: with their usual shares.
VARIANTS = "all"
# Banks that a recipe may name; a path in it is not opened unless the user names it too.
KNOWN = ("mnist", "mnist-test", "builtin", sources.MODEL)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a picture was made.

    Attributes:
        digits: those that were asked for, on the canvas or not.
        key: the two words of the image's raw key.
        spec: its layout.
        bank: the word or the path that named the source of the digits.
        digest: of that source.
        style: of a model, where it was given.
        writers: the path of the file of writers, where one was given.
        signs: those that the bank was given, where it was given any.
        variants: whether it was given those.
        kept: the texts that a re-rendered picture keeps.
    """

    digits: list[int]
    key: list[int]
    spec: SequenceSpec
    bank: str
    digest: str
    style: float | None
    writers: str | None
    signs: str | None
    variants: bool
    kept: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Look:
    """What a picture makes of its image, in the end.

    Attributes:
        colours: of ink and paper; None where it stays grey.
        zoom: pixels of the picture for one of the image's.
    """

    colours: Colours | None
    zoom: int

    def apply(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture, uint8 [H, W] or [H, W, 3], of an image uint8 [H, W]."""
        return enlarged(image if self.colours is None else self.colours.apply(image), self.zoom)


def look_of(texts: Mapping[str, str], spec: SequenceSpec) -> Look:
    """The look that a picture's texts record, checked.

    Raises:
        ValueError: no such colours, or too large a picture.
    """
    colours = colours_of(texts.get("ink", WHITE), texts.get("paper", BLACK))
    return Look(colours, check_zoom("zoom", int(texts.get("zoom", 1)), spec.image_width, spec.image_height))


def read(picture: Path) -> Recipe:
    """The recipe in a picture.

    Raises:
        ValueError: no sound PNG, no recipe in it, or one that can't be used.
        FileNotFoundError: no such file.
    """
    found = {
        name.removeprefix(TEXT): value
        for name, value in png.read_text(picture).items()
        if name.startswith(TEXT)
    }
    if missing := [name for name in WANTED if name not in found]:
        raise ValueError(f"{picture} carries no recipe of digitseq's (no {', '.join(missing)})")
    try:
        # No maps of which digit is where: a picture shows none, and they take memory.
        spec = spec_from_json(found["spec"]).replace(masks=False)
        key = [as_integer("key", word) for word in json.loads(found["key"])]
        index = int(found.get("index", 0))
        digits = parse_sequence(found.get("asked", found["digits"]), name="digits", dashed=True)
        style = float(found["style"]) if "style" in found else None
        look_of(found, spec)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{picture}: its recipe can't be read ({error})") from None
    if len(key) != 2 or not all(0 <= number < 2**32 for number in (*key, index)):
        raise ValueError(f"{picture}: its recipe holds impossible numbers")
    kept = {name: found[name] for name in KEPT if name in found}
    return Recipe(
        digits=digits,
        key=key,
        spec=spec,
        bank=found["bank"],
        digest=found["bank digest"],
        style=style,
        writers=found.get("writers"),
        signs=found.get("signs"),
        variants=found.get("variants") == VARIANTS,
        kept=kept,
    )


def source_of(
    recipe: Recipe, picture: Path, bank: str | None, writers: Path | None, transpose: bool | None = None
) -> sources.Source:
    """The source of a recipe's digits: what the options name, else the known bank with its digest.

    Raises:
        ValueError: there is none; says which options would help.
    """
    if recipe.writers is not None and writers is None:
        raise ValueError(
            f"{picture} was made with --writers {recipe.writers!r}; a path in a picture is not opened "
            f"unless you name it: give --writers"
        )
    if bank is not None:
        source = sources.source_of(
            bank, recipe.style, writers, transpose, recipe.signs, variants=recipe.variants
        )
        if (found := sources.source_digest(source)) != recipe.digest:
            raise ValueError(
                f"{picture} was made from a bank with digest {recipe.digest[:16]}..., "
                f"{bank} has {found[:16]}...; name the right one with --bank"
            )
        return source
    for name in KNOWN:
        if (recipe.bank in KNOWN and recipe.bank != name) or (recipe.style is not None and name != KNOWN[-1]):
            continue
        try:
            model = name == sources.MODEL
            signs, variants = (None, False) if model else (recipe.signs, recipe.variants)
            source = sources.source_of(
                name, recipe.style, None if model else writers, signs=signs, variants=variants
            )
        except (BankError, FileNotFoundError):  # not available
            continue
        if sources.source_digest(source) == recipe.digest:
            return source
    raise ValueError(
        f"{picture} was made from the bank {recipe.bank!r} with digest {recipe.digest[:16]}..., which is "
        f"none of {', '.join(KNOWN)} in reach; a path in a picture is not opened unless you name it: "
        f"give --bank"
    )
