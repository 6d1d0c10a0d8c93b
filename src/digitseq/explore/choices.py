"""What the explorer's menus offer, and the settings that a choice in each of them makes."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..augment import PRESETS, Transform, preset
from ..glyphs.mnist import mnist_folder
from ..glyphs.source_words import MODEL
from ..io.colours import BLACK, WHITE
from .knobs import Knob, knobs, transforms_named, turned
from .settings import Settings

TEXT, RANDOM = "a text", "random digits"
# Words that are labels by themselves, and what the menu calls them.
WORDS = {
    "dates": "date",
    "times": "time",
    "amounts": "amount",
    "telephone numbers": "phone",
    "ZIP codes": "zip",
}
LABELS = (TEXT, RANDOM, *WORDS)
COLOURS = {
    "white on black": (WHITE, BLACK),
    "black on white": (BLACK, WHITE),
    "navy on ivory": ("navy", "ivory"),
}
NONE = "none"
PRESET_NAMES = (NONE, *PRESETS)
# Of the two chains, in the places of their knobs.
NAMES = ("digit", "line")
# Settings that several controls make, or one by another name.
MADE = ("labels", "gaps", "masks", "glyph_transforms", "line_transforms", "ink", "paper")
# Controls that are settings as they are.
PLAIN = tuple(field.name for field in dataclasses.fields(Settings) if field.name not in MADE)
Chains = tuple[tuple[Transform, ...], tuple[Transform, ...]]


def banks(own: str | None = None) -> list[str]:
    """The banks and models that the menu offers, the first to begin with.

    Args:
        own: the user's, from the command line.
    """
    known = (["mnist", "mnist-test"] if mnist_folder() else []) + ["builtin", MODEL]
    first = own or "builtin"
    return [first, *(name for name in known if name != first)]


def chains_of(
    name: str,
    digits: Iterable[str] = (),
    line: Iterable[str] = (),
    *,
    alike: bool = False,
    sometimes: bool = False,
) -> Chains:
    """The transforms that the menus name, with their usual numbers.

    Args:
        name: of a preset, or "none".
        digits, line: names of transforms that follow the preset's.
        alike: those of digits in `PerLine`.
        sometimes: all in `Sometimes`.
    """
    glyphs, lines = ((), ()) if name == NONE else preset(name)
    chance = 0.5 if sometimes else None
    glyphs += transforms_named(digits, alike=alike, chance=chance)
    return glyphs, lines + transforms_named(line, chance=chance)


def knobs_of(chains: Chains) -> list[tuple[Transform, list[Knob]]]:
    """Each transform with its knobs; those of digits first."""
    placed = [pair for name, chain in zip(NAMES, chains, strict=True) for pair in _placed(name, chain)]
    return [(one, knobs(one, place)) for place, one in placed]


def settings_of(values: Mapping[str, Any], chains: Chains, numbers: Mapping[str, float]) -> Settings:
    """The settings that all controls make.

    Args:
        values: of the controls: those of `PLAIN`; `labels` (one of `LABELS`), `text`, `length` and
            `gaps` (each a least and a greatest), `masks` (or "none"), `colours` (one of `COLOURS`).
        chains: from `chains_of`.
        numbers: of their knobs, by place.
    """
    low, high = (int(end) for end in values["length"])
    words = WORDS | {TEXT: values["text"].strip(), RANDOM: f"random:{low}-{high}"}
    ink, paper = COLOURS[values["colours"]]
    glyphs, lines = (
        tuple(turned(one, place, numbers) for place, one in _placed(name, chain))
        for name, chain in zip(NAMES, chains, strict=True)
    )
    plain = {name: values[name] for name in PLAIN}
    plain |= {name: int(plain[name]) for name in ("seed", "lines", "columns", "zoom", "width", "height")}
    if plain["bank"] != MODEL and not plain["bank"].endswith(".npz"):
        plain["style"] = 0.0
    return Settings(
        **plain,
        labels=words[values["labels"]],
        gaps=(int(values["gaps"][0]), int(values["gaps"][1])),
        masks=None if values["masks"] == NONE else values["masks"],
        glyph_transforms=glyphs,
        line_transforms=lines,
        ink=ink,
        paper=paper,
    )


def _placed(name: str, chain: tuple[Transform, ...]) -> list[tuple[str, Transform]]:
    """Each transform of a chain with its place, which names it."""
    return [(f"{name}.{number}", one) for number, one in enumerate(chain)]
