"""File names of pictures: their digits, a list's names, or a template of the user's."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..internal.symbols import DIGITS
from ..io.file_names import LONGEST
from ..io.file_names import safe as safe
from ..labels.text import format_sequence, text_of

# Any other name is a folder's, v1.2 too.
OTHER_PICTURES = {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
FIELDS = ("text", "index", "name")
FIELD = re.compile(r"\{(\w*)\}")


def path_of(
    out: Path | None,
    digits: Sequence[int],
    index: int | None,
    places: int,
    name: str | None = None,
    symbols: str = DIGITS,
) -> Path:
    """Where a picture goes.

    Args:
        out: a `.png` file, a folder, None for the current one, or a template with fields of `FIELDS`.
        digits: on the picture.
        index: of the picture among several; None where it is the only one.
        places: of the index in a name.
        name: from the user's list.
        symbols: what the classes are called.
    """
    number = "" if index is None else f"{index:0{places}d}"
    if out is not None and is_template(out):
        fields = {
            "text": text_of(digits, symbols or DIGITS) or "blank",
            "index": number or "0" * places,
            "name": name,
        }
        return Path(FIELD.sub(lambda field: safe(str(fields[field[1]])), str(out)))
    if out is not None and is_file(out):
        return out.with_name(f"{out.stem}{number and f'_{number}'}{out.suffix}")
    if name is not None:
        return (out or Path()) / f"{safe(name)}.png"
    shown = safe(caption_of(digits, symbols))
    short = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
    return (out or Path()) / f"{short}{number and f'_{number}'}.png"


def check_out(out: Path | None, *, named: bool) -> None:
    """Raises where --out is no name for pictures.

    Args:
        out: from the command line.
        named: whether a list gives names.
    """
    if out is None:
        return
    if out.suffix.lower() in OTHER_PICTURES and not out.is_dir():
        raise ValueError(f"--out must end in .png, got {str(out)!r}")
    fields = FIELD.findall(str(out))
    if unknown := [field for field in fields if field not in FIELDS]:
        raise ValueError(f"--out knows the fields {{text}}, {{index}} and {{name}}, got {{{unknown[0]}}}")
    if fields and out.suffix.lower() != ".png":
        raise ValueError(f"--out must end in .png where it has fields, got {str(out)!r}")
    if "name" in fields and not named:
        raise ValueError("--out: {name} wants --name-column, the column of the names")
    if named and "name" not in fields and is_file(out) and not fields:
        raise ValueError(
            f"--out must be a folder, or have a field {{name}}, with --name-column; got {str(out)!r}"
        )


def check_distinct(planned: Sequence[Path]) -> None:
    """Raises where two pictures would have the same name, upper and lower case being one."""
    seen: dict[str, int] = {}
    for index, path in enumerate(planned):
        first = seen.setdefault(str(path).casefold(), index)
        if first != index:
            raise ValueError(
                f"pictures {first} and {index} would both be {str(path)!r}; names must differ, "
                f"as with {{index}} in --out"
            )


def is_template(out: Path) -> bool:
    """Whether it has fields."""
    return FIELD.search(str(out)) is not None


def is_file(out: Path) -> bool:
    """Whether it names a picture's file, not a folder."""
    return out.suffix.lower() == ".png" and not out.is_dir()


def caption_of(digits: Sequence[int], symbols: str) -> str:
    """What a picture of digits is called, `3-5-0`; of other symbols their text, `12/05`."""
    return format_sequence(digits) if DIGITS.startswith(symbols) else text_of(digits, symbols)
