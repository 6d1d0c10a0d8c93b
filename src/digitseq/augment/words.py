"""Chains of transforms by name: a preset's, or that of a `.json` file."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from ..internal.validation import nearest
from ..io import atomic
from .base import Page, Transform
from .presets import PRESETS, Chains
from .serialization import from_plain
from .wrapper import innermost

FIELDS = {"glyph_transforms", "line_transforms"}
MOST_BYTES = 2**20


def chains_of(word: str) -> Chains:
    """The glyph transforms and the line transforms of a preset or a `.json` file.

    Args:
        word: a preset's name, or a path that ends in `.json`.

    Raises:
        ValueError: there is no such preset, or the file holds no valid transforms.
        FileNotFoundError: there is no such file.
    """
    if not word.endswith(".json"):
        if word not in PRESETS:
            hint = nearest(word, PRESETS)
            raise ValueError(
                f"no preset {word!r}; there are {', '.join(PRESETS)}, and files that end in .json{hint}"
            )
        return PRESETS[word]
    with atomic.open_regular(atomic.with_home(word)) as file:
        text = file.read(MOST_BYTES + 1)
    try:
        if len(text) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES} bytes")
        fields = json.loads(text)
        if not isinstance(fields, dict) or set(fields) - FIELDS:
            raise ValueError("it must hold an object with glyph_transforms, line_transforms or both")
        glyphs, lines = (from_plain(fields.get(name, ())) for name in sorted(FIELDS))
        if page := [transform for transform in glyphs if isinstance(innermost(transform), Page)]:
            raise ValueError(f"{page[0]!r} is no ink: it belongs in line_transforms, not glyph_transforms")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{word}: {error}") from None
    return glyphs, lines


def as_chain(transforms: Any, of: Literal["glyph", "line"]) -> Sequence[Transform]:
    """The transforms, or where a name is given those that it stands for, of glyphs or of lines."""
    if isinstance(transforms, str):
        return chains_of(transforms)[of == "line"]
    given: Sequence[Transform] = transforms
    return given
