"""SequenceSpec: how a sequence is laid out; its checks; to and from JSON."""

import dataclasses
import json
import operator
from typing import Any, Literal, Self, get_args

import jax
import numpy as np

from .bank import HEIGHT
from .spacing import MIN_SPACING

Spacing = Literal["random", "even"]
Align = Literal["left", "center", "right", "random"]
Advance = Literal["cell", "ink"]

# Places on a canvas, and a batch of one, are counted in int32.
MAX_WIDTH = (2**31 - 1) // HEIGHT


def _static(default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"static": True})


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SequenceSpec:
    """How a sequence becomes an image. A pytree: numbers are leaves, structure is static.

    A change of `spacing_range` never recompiles, and it may be traced. The
    record checks nothing (JAX builds it from tracers); `check_spec` does.

    Attributes:
        image_width: W, pixels. Static.
        spacing_range: (min, max), both ends included: the gap between
            neighbours in pixels, integers from -14. Leaves.
        spacing: "random", every gap vector that fits equally likely, or
            "even", all gaps equal. Static.
        align: where leftover columns go. "left" puts the digits at the left
            edge; "center" halves them, an odd one to the right; "right";
            "random" draws the left part uniformly. Static.
        advance: "cell" measures gaps between the 28-pixel cells; "ink"
            between the ink of neighbours, so that 0 means touching columns.
            Ink overlaps by no more than half of the narrower neighbour, how
            ever negative the gap. Static.
        glyph_transforms: reserved for augmentation; empty in this version.
        line_transforms: reserved for augmentation; empty in this version.
        masks: whether to make masks. Static.
    """

    image_width: int = _static(200)
    spacing_range: tuple[Any, Any] = (0, 10)
    spacing: Spacing = _static("random")
    align: Align = _static("center")
    advance: Advance = _static("cell")
    glyph_transforms: tuple[Any, ...] = ()
    line_transforms: tuple[Any, ...] = ()
    masks: bool = _static(False)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def __repr__(self) -> str:
        shown = (f"{f.name}={_plain(getattr(self, f.name))!r}" for f in dataclasses.fields(self))
        return f"SequenceSpec({', '.join(shown)})"


def check_spec(spec: SequenceSpec) -> None:
    """Raises on values that can't be used (host side: the numbers must be concrete).

    Raises:
        ValueError: naming the field, the value and what would work.
    """
    check_width(spec.image_width)
    check_spacing_range(spec.spacing_range)
    for name, words in (
        ("spacing", get_args(Spacing)),
        ("align", get_args(Align)),
        ("advance", get_args(Advance)),
    ):
        if getattr(spec, name) not in words:
            raise ValueError(f"{name} must be one of {words}, got {getattr(spec, name)!r}")
    if not isinstance(spec.masks, bool):
        raise ValueError(f"masks must be True or False, got {spec.masks!r}")
    check_transforms(spec)


def check_transforms(spec: SequenceSpec) -> None:
    """Raises where the spec has transforms: a transform is never ignored."""
    for name in ("glyph_transforms", "line_transforms"):
        if getattr(spec, name) != ():
            raise ValueError(f"{name} must be (): this version of digitseq has no transforms")


def check_spacing_range(value: Any) -> tuple[int, int]:
    """The range as two Python integers.

    Raises:
        ValueError: not a pair, not integers, reversed, or below -14.
    """
    try:
        low, high = value
    except (TypeError, ValueError):
        raise ValueError(f"spacing_range must be a pair (min, max), got {value!r}") from None
    low, high = as_integer("spacing_range minimum", low), as_integer("spacing_range maximum", high)
    if low > high:
        raise ValueError(f"spacing_range is reversed: minimum {low} is above maximum {high}")
    if low < MIN_SPACING:
        raise ValueError(f"spacing_range goes down to {low}; the least spacing is {MIN_SPACING}")
    if high >= 2**31:
        raise ValueError(f"spacing_range goes up to {high}; it must stay below 2**31")
    return low, high


def check_width(value: Any) -> int:
    """The width as a Python integer.

    Raises:
        ValueError: not an integer, zero, negative, or beyond int32 indexing.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"image_width must be an integer, got {value!r}")
    width = operator.index(value)
    if width < 1:
        raise ValueError(f"image_width must be positive, got {width}")
    if width > MAX_WIDTH:
        raise ValueError(f"image_width {width} is too large: at most {MAX_WIDTH} columns can be indexed")
    return width


def as_integer(name: str, value: Any) -> int:
    """A Python integer from an integer or an integral number of any library.

    Raises:
        ValueError: bools, fractions, NaN, infinities and all else.
    """
    if type(value) is int:
        return value
    scalar = (
        value.item() if isinstance(value, np.generic | np.ndarray | jax.Array) and value.ndim == 0 else value
    )
    if isinstance(scalar, bool):
        raise ValueError(f"{name} must be an integer, got the bool {scalar}")
    if isinstance(scalar, float) and scalar.is_integer():
        return int(scalar)
    try:
        return operator.index(scalar)
    except TypeError:
        raise ValueError(f"{name} must be an integer, got {value!r}") from None


def spec_to_json(spec: SequenceSpec) -> str:
    """The spec as JSON text, one line, from which `spec_from_json` makes an equal one.

    Raises:
        ValueError: values that `check_spec` refuses.
    """
    check_spec(spec)
    return json.dumps({f.name: _plain(getattr(spec, f.name)) for f in dataclasses.fields(spec)})


def spec_from_json(text: str | bytes) -> SequenceSpec:
    """The spec that `spec_to_json` wrote; fields left out take their defaults.

    Raises:
        ValueError: text that is no JSON object, unknown fields, or values
            that `check_spec` refuses.
    """
    fields = json.loads(text)
    known = [f.name for f in dataclasses.fields(SequenceSpec)]
    if not isinstance(fields, dict) or (unknown := sorted(set(fields) - set(known))):
        wrong = f"unknown fields {unknown}" if isinstance(fields, dict) else f"{text!r}"
        raise ValueError(f"a spec must be a JSON object with fields of {known}, got {wrong}")
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    spec = SequenceSpec(**fields)
    check_spec(spec)
    return spec


def _plain(value: Any) -> Any:
    """Concrete numbers as Python's own, so that they print as the code that makes them."""
    if isinstance(value, tuple | list):
        return tuple(_plain(part) for part in value)
    if isinstance(value, np.generic | np.ndarray | jax.Array) and not isinstance(value, jax.core.Tracer):
        return value.tolist()
    return value
