"""Augmentation: transforms of glyphs, as plain records of their parameters."""

from .base import Transform
from .chain import apply, apply_to_batch, from_plain, to_plain
from .geometry import Affine, Elastic, Perspective
from .ink import Blur, Contrast, Gamma, InkFade, StrokeWidth

__all__ = [
    "Affine",
    "Blur",
    "Contrast",
    "Elastic",
    "Gamma",
    "InkFade",
    "Perspective",
    "StrokeWidth",
    "Transform",
    "apply",
    "apply_to_batch",
    "from_plain",
    "to_plain",
]
