"""Transforms to and from JSON's own types."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from ..internal.validation import nearest
from . import elastic, geometry, ink, line_geometry, page
from .base import Transform
from .per_line import PerLine
from .sometimes import Sometimes
from .wrapper import Wrapper, nested

KINDS: dict[str, type[Transform]] = {
    kind.__name__: kind
    for kind in (
        geometry.Affine,
        elastic.Elastic,
        geometry.Perspective,
        ink.Blur,
        ink.Contrast,
        ink.Gamma,
        ink.InkFade,
        ink.StrokeWidth,
        page.GaussianNoise,
        page.Invert,
        page.Occlude,
        page.Paper,
        page.ReplaceNoise,
        line_geometry.BaselineWave,
        line_geometry.LineShift,
        line_geometry.LineSlant,
        line_geometry.LineSlope,
        PerLine,
        Sometimes,
    )
}
# Transforms in a chain, which is compiled as a whole: this many take some seconds, thousands take minutes.
MOST = 32


def to_plain(transforms: Iterable[Transform]) -> list[dict[str, Any]]:
    """The transforms as JSON's own types: `[{"Affine": {"rotation": 10.0, ...}}, ...]`."""
    return [
        {
            type(transform).__name__: {
                name: to_plain([value])[0] if isinstance(value, Transform) else value
                for name, value in transform.parameters().items()
            }
        }
        for transform in transforms
    ]


def from_plain(items: Any) -> tuple[Transform, ...]:
    """The transforms that `to_plain` describes; missing parameters take their defaults.

    Args:
        items: a list of objects, or a single one.

    Raises:
        ValueError: unknown transforms or parameters, values outside their
            limits, or too many transforms.
    """
    items = items if isinstance(items, list | tuple) else [items]
    if len(items) > MOST:
        raise ValueError(f"{len(items)} transforms in a chain; there may be {MOST}")
    made = tuple(_one(item) for item in items)
    for transform in made:
        transform.check()
    return made


def check_length(name: str, transforms: Sequence[Transform]) -> None:
    """Checks that a chain has few enough transforms to compile in seconds.

    Raises:
        ValueError: it has more than MOST, counting those inside others;
            the message has `name`.
    """
    total = 0
    for transform in transforms:
        total += len(nested(transform))
    if total > MOST:
        raise ValueError(f"{name} holds {total} transforms; there may be {MOST} in a chain")


def _one(item: Any, depth: int = 1) -> Transform:
    """One transform from an object like `{NAME: {parameter: value}}`."""
    if depth > MOST:
        raise ValueError(f"transforms within transforms more than {MOST} times")
    name = next(iter(item), None) if isinstance(item, dict) and len(item) == 1 else None
    if name not in KINDS or not isinstance(item[name], dict):
        known = ", ".join(sorted(KINDS))
        hint = nearest(name, KINDS) if isinstance(name, str) and name not in KINDS else ""
        raise ValueError(
            f"a transform must be an object like {{NAME: {{...}}}}, NAME one of {known}; got {item!r}{hint}"
        )
    given = dict(item[name])
    if KINDS[name] is Sometimes and set(given) != {"p", "transform"}:
        raise ValueError(f"Sometimes takes p and transform, got {sorted(given)}")
    if issubclass(KINDS[name], Wrapper):
        if "transform" not in given:
            raise ValueError(f"{name} takes a transform, got {sorted(given)}")
        given["transform"] = _one(given["transform"], depth + 1)
    known_fields = [field.name for field in dataclasses.fields(KINDS[name])]  # type: ignore[arg-type]
    for field in given:
        if field not in known_fields:
            listed = ", ".join(known_fields) or "none"
            raise ValueError(f"{name} has no parameter {field!r}, but {listed}{nearest(field, known_fields)}")
    try:
        return KINDS[name](**given)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
