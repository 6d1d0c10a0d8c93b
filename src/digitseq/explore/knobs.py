"""Knobs: a slider's range for each number of a transform, and the transform with the sliders' values."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..augment import PerLine, Sometimes, Transform
from ..augment.serialization import KINDS

# Sliders reach this many times the usual value, where the transform's own limits let them.
REACH = 3
# The range of a number whose usual value is 0.
OF_ZERO = 20.0
# At least so many steps from end to end.
STEPS = 50
LINES_ONLY = ("BaselineWave", "FitHeight", "LineShift", "LineSlant", "LineSlope")
PAGE = ("BaselineRules", "GaussianNoise", "Invert", "Occlude", "Paper", "ReplaceNoise", "Specks")
# The transforms to choose from, of each digit and of the line; `Sometimes` and `PerLine` go around them.
OF_LINES = tuple(sorted(set(KINDS) - {"PerLine", "Sometimes"}))
OF_DIGITS = tuple(name for name in OF_LINES if name not in LINES_ONLY + PAGE)


@dataclasses.dataclass(frozen=True)
class Knob:
    """A number of a transform.

    Attributes:
        place: names it within the chain, as "2.transform.rotation".
        label: for people, as "rotation".
        value: what it is.
        low, high: the slider's ends.
        step: a power of ten.
    """

    place: str
    label: str
    value: float
    low: float
    high: float
    step: float


def transforms_named(
    names: Iterable[str], *, alike: bool = False, chance: float | None = None
) -> tuple[Transform, ...]:
    """Transforms with their usual parameters.

    Args:
        names: of their classes.
        alike: each in `PerLine`, one hand a line.
        chance: each in `Sometimes` with this probability; None: always.
    """
    made: list[Transform] = [KINDS[name]() for name in names]
    made = [PerLine(one) for one in made] if alike else made
    return tuple(made if chance is None else [Sometimes(chance, one) for one in made])


def title_of(transform: Transform) -> str:
    """The names of the transform and those inside it: `Sometimes(Blur)`."""
    inner = getattr(transform, "transform", None)
    name = type(transform).__name__
    return f"{name}({title_of(inner)})" if isinstance(inner, Transform) else name


def knobs(transform: Transform, place: str) -> list[Knob]:
    """The knobs of a transform and of those inside it.

    Args:
        transform: its numbers must be concrete.
        place: of the transform within the chain.
    """
    found: list[Knob] = []
    for field in dataclasses.fields(transform):  # type: ignore[arg-type]
        value, name = getattr(transform, field.name), f"{place}.{field.name}"
        if isinstance(value, Transform):
            found += knobs(value, name)
        elif field.name in transform.limits:
            low, high, step = _ends(float(value), *transform.limits[field.name])
            found.append(Knob(name, field.name, float(value), low, high, step))
    return found


def turned(transform: Transform, place: str, values: Mapping[str, float]) -> Transform:
    """The transform with the values of its knobs, by their places; those left out stay."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(transform):  # type: ignore[arg-type]
        value, name = getattr(transform, field.name), f"{place}.{field.name}"
        if isinstance(value, Transform):
            changes[field.name] = turned(value, name, values)
        elif name in values:
            changes[field.name] = float(values[name])
    changed: Transform = dataclasses.replace(transform, **changes)  # type: ignore[type-var]
    return changed


def _ends(value: float, least: float, most: float) -> tuple[float, float, float]:
    """A slider's ends and its step, about a value within its limits."""
    size = abs(value) or min(OF_ZERO, most) / REACH
    high = min(most, REACH * size)
    low = max(least, -high) if least < 0 else least
    step = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    # A slider moves from its lower end in steps, and must find the way back.
    finer = (step / 10**n for n in range(4))
    return low, high, next((s for s in finer if math.isclose((value - low) / s % 1, 0, abs_tol=1e-6)), step)
