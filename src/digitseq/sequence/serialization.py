"""Specs to and from JSON and dictionaries."""

import dataclasses
import json
from typing import Any

from .. import augment
from ..augment.base import to_python
from ..internal.validation import nearest
from .spacing import check_spacing_range
from .spec import CHAINS, USUAL, SequenceSpec
from .spec_checks import check_spec


def spec_to_json(spec: SequenceSpec) -> str:
    """The spec as JSON text, one line, from which `spec_from_json` makes an equal one.

    >>> spec = ds.SequenceSpec(image_width=120, glyph_transforms="light")
    >>> repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)
    True

    Raises:
        ValueError: values that `check_spec` refuses.
    """
    return json.dumps(spec_to_dict(spec))


def spec_to_dict(spec: SequenceSpec) -> dict[str, Any]:
    """The spec as JSON's own types: what `json.loads(spec_to_json(spec))` gives.

    Raises:
        ValueError: values that `check_spec` refuses.
    """
    check_spec(spec)
    fields = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)}
    # Usual specs are described as by versions that knew no other.
    fields = {name: value for name, value in fields.items() if USUAL.get(name) != value}
    for name in CHAINS:
        fields[name] = augment.to_plain(fields[name])
    return {name: _as_json(value) for name, value in fields.items()}


def _as_json(value: Any) -> Any:
    """Tuples as lists, arrays and NumPy's numbers as Python's, at any depth."""
    if isinstance(value, dict):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_as_json(part) for part in value]
    return to_python(value)


def spec_from_json(text: str | bytes) -> SequenceSpec:
    """The spec that `spec_to_json` wrote; fields left out take their defaults.

    >>> ds.spec_from_json('{"image_width": 120, "spacing_range": [-4, 4]}').spacing_range
    (-4, 4)

    Raises:
        ValueError: text that is no JSON object, unknown fields, or values
            that `check_spec` refuses.
    """
    try:
        fields = json.loads(text)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a spec must be JSON text, got {type(text).__name__} ({error})") from None
    return spec_from_dict(fields)


def spec_from_dict(fields: Any) -> SequenceSpec:
    """The spec that `spec_to_dict` describes; fields left out take their defaults.

    Raises:
        ValueError: no dictionary, unknown fields, or values that `check_spec` refuses.
    """
    known = [f.name for f in dataclasses.fields(SequenceSpec)]
    if not isinstance(fields, dict) or (unknown := sorted(set(fields) - set(known))):
        hints = "".join(nearest(name, known) for name in unknown) if isinstance(fields, dict) else ""
        wrong = f"unknown fields {unknown}{hints}" if isinstance(fields, dict) else f"{fields!r}"
        raise ValueError(f"a spec must be a JSON object with fields of {known}, got {wrong}")
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    for name in CHAINS:
        if not isinstance(fields.get(name), str):
            fields[name] = augment.from_plain(fields.get(name, ()))
    spec = SequenceSpec(**fields)
    check_spec(spec)
    return spec.replace(spacing_range=check_spacing_range(spec.spacing_range))
