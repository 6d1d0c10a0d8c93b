"""Checks of a spec, on the host and while tracing."""

from typing import Any, get_args

from .. import augment
from ..augment.base import to_python
from ..internal.pixels import HEIGHT
from ..internal.validation import as_size
from .spacing import check_spacing_range
from .spec import (
    MAX_HEIGHT,
    MAX_WIDTH,
    Advance,
    Align,
    Baseline,
    Dtype,
    Hand,
    Masks,
    Sampling,
    SequenceSpec,
    Spacing,
)

LEAST_SCALE, MOST_SCALE = 0.5, 32


def check_spec(spec: SequenceSpec) -> None:
    """Checks a spec on the host: its numbers must be concrete.

    >>> try:
    ...     ds.check_spec(ds.SequenceSpec(spacing_range=(5, 2)))
    ... except ValueError as error:
    ...     print(error)
    spacing_range is reversed: minimum 5 is above maximum 2

    Raises:
        ValueError: a value that can't be used; the message names the field,
            the value and what would work.
    """
    check_structure(spec)
    check_spacing_range(spec.spacing_range)
    _check_number("baseline_jitter", spec.baseline_jitter, MAX_HEIGHT)
    if spec.ligatures is not None:
        _check_number("ligatures", spec.ligatures, 1)
    if spec.baseline == "cell" and spec.baseline_jitter != 0:
        raise ValueError(f"baseline_jitter {spec.baseline_jitter} is for baseline='ink', got baseline='cell'")
    for transform in (*spec.glyph_transforms, *spec.line_transforms):
        transform.check()


def _check_number(name: str, value: Any, most: float) -> None:
    number = to_python(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:g}, got {value!r}")


def check_structure(spec: SequenceSpec) -> None:
    """Checks the static fields, which can be done while tracing too.

    Raises:
        ValueError: as `check_spec`.
    """
    as_size("image_width", spec.image_width, MAX_WIDTH)
    as_size("image_height", spec.image_height, MAX_HEIGHT)
    if type(spec.scale) not in (int, float) or not LEAST_SCALE <= spec.scale <= MOST_SCALE:
        raise ValueError(f"scale must be a number from {LEAST_SCALE} to {MOST_SCALE}, got {spec.scale!r}")
    if spec.image_height < max(HEIGHT, spec.cell):
        raise ValueError(
            f"image_height {spec.image_height} is too small: glyphs at scale {spec.scale} want at least "
            f"{max(HEIGHT, spec.cell)}"
        )
    for name, words in (
        ("spacing", get_args(Spacing)),
        ("align", get_args(Align)),
        ("advance", get_args(Advance)),
        ("hand", get_args(Hand)),
        ("sampling", get_args(Sampling)),
        ("baseline", get_args(Baseline)),
        ("dtype", get_args(Dtype)),
    ):
        word = getattr(spec, name)
        if not isinstance(word, str) or word not in words:
            raise ValueError(f"{name} must be one of {words}, got {word!r}")
    if not isinstance(spec.masks, bool) and spec.masks not in get_args(Masks):
        raise ValueError(f"masks must be False or one of {get_args(Masks)}, got {spec.masks!r}")
    marks = spec.unlabelled
    if not isinstance(marks, str) or len(set(marks)) != len(marks):
        raise ValueError(f"unlabelled must be symbols of the source, each once, as in '.,-', got {marks!r}")
    for name in ("glyph_transforms", "line_transforms"):
        transforms = getattr(spec, name)
        if not isinstance(transforms, tuple):
            raise ValueError(f"{name} must be a tuple of transforms, got {transforms!r}")
        for transform in transforms:
            if not isinstance(transform, augment.Transform):
                raise ValueError(f"{name} must hold transforms of digitseq.augment, got {transform!r}")
        augment.check_length(name, transforms)
    for transform in spec.line_transforms:
        if augment.per_line((transform,)):
            raise ValueError(f"{transform!r} belongs in glyph_transforms: a line is one image")
    for transform in spec.glyph_transforms:
        if not augment.followed((transform,)):
            raise ValueError(f"{transform!r} is no ink: it belongs in line_transforms, not glyph_transforms")
