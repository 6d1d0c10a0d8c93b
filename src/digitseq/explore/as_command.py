"""The command line that makes the sheet of settings."""

import json
import shlex

from ..augment import to_plain
from ..glyphs.source_words import is_model
from ..internal.pixels import HEIGHT
from ..io.colours import BLACK, WHITE
from .as_python import preset_of
from .settings import Settings

FILE = "augment.json"
WIDEST = 80
USUAL = Settings()


def as_command(settings: Settings) -> str:
    """A POSIX shell's line that draws the very pixels of `draw` and writes them to picture.png.

    Transforms that are no preset come in a file, which a line before writes.

    Raises:
        ValueError, BankError, FileNotFoundError, IdxError: settings that can't be drawn.
    """
    low, high = settings.gaps
    words = ["digitseq", "preview", settings.labels, str(low), str(high), str(settings.spec.image_width)]
    words += _sheet_options(settings) + _source_options(settings)
    if settings.height != HEIGHT:
        words += ["--image-height", str(settings.height)]
    for name in ("spacing", "advance", "align", "baseline", "hand"):
        if (value := getattr(settings, name)) != getattr(USUAL, name):
            words += [f"--{name}", value]
    file = ""
    if settings.glyph_transforms or settings.line_transforms:
        preset = preset_of(settings)
        words += ["--augment", preset or FILE]
        file = "" if preset else f"cat > {FILE} <<'END'\n{as_json(settings)}\nEND\n"
    return file + _broken([*words, "--out", "picture.png"])


def as_json(settings: Settings) -> str:
    """The transforms as `--augment` and `SequenceSpec` read them from a .json file, one a line."""
    chains = {
        "glyph_transforms": to_plain(settings.glyph_transforms),
        "line_transforms": to_plain(settings.line_transforms),
    }
    parts = [
        f'"{name}": [\n  ' + ",\n  ".join(map(json.dumps, chain)) + "\n]"
        for name, chain in chains.items()
        if chain
    ]
    return "{" + ",\n".join(parts) + "}"


def _broken(words: list[str]) -> str:
    """A command in lines of at most WIDEST columns, where its words let it."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1] and len(lines[-1]) + len(word) > WIDEST - len("  \\"):
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _sheet_options(settings: Settings) -> list[str]:
    """What only the sheet depends on."""
    words = ["--seed", str(settings.seed), "--count", str(settings.lines)]
    words += ["--columns", str(settings.columns), "--zoom", str(settings.zoom), "--no-captions"]
    words += ["--boxes"] if settings.boxes else []
    words += ["--masks", str(settings.masks)] if settings.masks else []
    words += ["--ink", settings.ink] if settings.ink != WHITE else []
    return words + (["--paper", settings.paper] if settings.paper != BLACK else [])


def _source_options(settings: Settings) -> list[str]:
    """What names the glyphs."""
    words = ["--bank", settings.bank]
    words += ["--signs", "all"] if settings.signs else []
    words += ["--variants"] if settings.variants else []
    return words + (["--style", repr(settings.style)] if settings.style and is_model(settings.bank) else [])
