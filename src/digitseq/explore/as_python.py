"""The Python code that makes the sheet of settings: to be copied, and read."""

import dataclasses
import json
from typing import Any

from ..augment import PRESETS, Transform, to_plain
from ..augment.base import to_python
from ..glyphs.source import symbols_of
from ..glyphs.source_words import MODEL, is_model
from ..internal.symbols import DIGITS
from ..io.colours import BLACK, WHITE
from ..labels.base import LabelSource
from ..sequence.spec import SequenceSpec
from .settings import Settings

USUAL = SequenceSpec()
# Always written, though they may be the usual ones: the first that one changes.
ALWAYS = ("image_width", "spacing_range", "min_length", "max_length")
LONGEST = 88


def as_python(settings: Settings) -> str:
    """Code that draws the very pixels of `draw` and writes them to picture.png.

    Raises:
        ValueError, BankError, FileNotFoundError, IdxError: settings that can't be drawn.
    """
    bank, modules = _bank(settings)
    spec = _spec(settings)
    labels, key = _labels(settings)
    modules |= set() if settings.listed else {"jax"}
    modules |= {"augment"} if "augment." in spec else set()
    imports = [name for name in ("dataclasses", "jax") if name in modules]
    parts = [name for name in ("augment", "vae") if name in modules]
    head = [f"import {name}" for name in imports] + ["import digitseq as ds"]
    head += [f"from digitseq import {', '.join(parts)}"] if parts else []
    batch = f"batch = ds.sample_sequences({key}, bank, digits, spec)"
    end = [f"picture = {_sheet(settings)}", 'ds.save("picture.png", picture)']
    return "\n".join([*head, "", bank, f"spec = {spec}", *labels, batch, *end])


def preset_of(settings: Settings) -> str | None:
    """The name of the preset whose transforms are the settings', if there is one."""
    chains = to_plain(settings.glyph_transforms), to_plain(settings.line_transforms)
    for name, (glyphs, lines) in PRESETS.items():
        if (to_plain(glyphs), to_plain(lines)) == chains:
            return name
    return None


def _bank(settings: Settings) -> tuple[str, set[str]]:
    """The line that loads the glyphs' source, and the modules that it uses."""
    name = settings.bank
    if is_model(name):
        model = "vae.pretrained()" if name == MODEL else f"vae.load({_literal(name)})"
        if not settings.style:
            return f"bank = {model}", {"vae"}
        return f"bank = dataclasses.replace({model}, style={settings.style!r})", {"dataclasses", "vae"}
    code = f"ds.load_bank({_literal(name)})"
    code = f"ds.with_signs({code})" if settings.signs else code
    return f"bank = {f'ds.with_variants({code})' if settings.variants else code}", set()


def _spec(settings: Settings) -> str:
    """The constructor of the layout, with what is not as usual."""
    spec, preset = settings.spec, preset_of(settings)
    arguments: dict[str, str] = {}
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if field.name.endswith("_transforms"):
            if value:
                arguments[field.name] = _literal(preset) if preset else _chain(value)
        elif field.name in ALWAYS or value != getattr(USUAL, field.name):
            arguments[field.name] = _literal(value)
    return _call("ds.SequenceSpec", arguments)


def _chain(transforms: tuple[Transform, ...]) -> str:
    """A tuple of constructors, one a line."""
    return "(\n" + "".join(f"        {_transform(one)},\n" for one in transforms) + "    )"


def _transform(transform: Transform) -> str:
    """The constructor of a transform and of those inside it; how it interpolates where that is unusual."""
    arguments = []
    for name, value in transform.parameters().items():
        if isinstance(value, Transform):
            arguments.append(f"{name}={_transform(value)}")
        elif not isinstance(value, str) or value != getattr(type(transform), name, None):
            arguments.append(f"{name}={_literal(value)}")
    return f"augment.{type(transform).__name__}({', '.join(arguments)})"


def _labels(settings: Settings) -> tuple[list[str], str]:
    """The lines that make `digits`, and the key of the images."""
    if settings.listed:
        rows = settings.rows.tolist()
        same = all(row == rows[0] for row in rows)
        written = f"[{rows[0]}]{f' * {len(rows)}' if len(rows) > 1 else ''}" if same else repr(rows)
        known = set(settings.labels) <= set(DIGITS)
        comment = "" if known or not settings.labels.isprintable() else f"  # {settings.labels}"
        return [f"digits = {written}{comment}"], str(settings.seed)
    symbols = symbols_of(settings.source)
    return [
        f"label_key, image_key = jax.random.split(jax.random.key({settings.seed}))",
        f"labels = {_label_source(settings.written, symbols)}",
        f"digits = labels.draw(label_key, {settings.lines})",
    ], "image_key"


def _label_source(labels: LabelSource, symbols: str) -> str:
    """The constructor of a label source, with what is not as usual."""
    arguments, usual = {}, _usual(type(labels))
    for field in dataclasses.fields(labels):  # type: ignore[arg-type]
        value = to_python(getattr(labels, field.name))
        named = usual.get(field.name, field.default)
        if field.name == "symbols" and value == symbols != DIGITS:
            arguments[field.name] = "bank.symbols"
        elif field.name in ALWAYS or value not in (named, (named,)):
            arguments[field.name] = _literal(value)
    if arguments.get("choices") == repr(list(range(len(DIGITS)))):
        del arguments["choices"]
    return _call(f"ds.{type(labels).__name__}", arguments)


def _usual(kind: type[LabelSource]) -> dict[str, Any]:
    """The fields of a label source that is made without arguments; none where it needs some."""
    try:
        return {name: to_python(value) for name, value in vars(kind()).items()}
    except TypeError:
        return {}


def _sheet(settings: Settings) -> str:
    arguments = {"": "batch.image", "columns": repr(settings.columns), "scale": repr(settings.zoom)}
    arguments |= {"boxes": "batch.boxes"} if settings.boxes else {}
    arguments |= {"masks": "batch.masks"} if settings.masks else {}
    arguments |= {"ink": _literal(settings.ink)} if settings.ink != WHITE else {}
    arguments |= {"paper": _literal(settings.paper)} if settings.paper != BLACK else {}
    return _call("ds.contact_sheet", arguments)


def _literal(value: Any) -> str:
    """A value as Python writes it, texts in double quotes."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _call(name: str, arguments: dict[str, str]) -> str:
    """A call with named arguments (the name "" is a positional one's), each on a line of its own if long."""
    given = [f"{key}={value}" if key else value for key, value in arguments.items()]
    line = f"{name}({', '.join(given)})"
    if len(line) <= LONGEST - len("picture = ") and "\n" not in line:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in given) + ")"
