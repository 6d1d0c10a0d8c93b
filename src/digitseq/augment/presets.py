"""Presets: named chains of transforms."""

from .base import Transform
from .elastic import Elastic
from .geometry import Affine
from .ink import Blur, InkFade, StrokeWidth
from .line_geometry import BaselineWave, LineSlant
from .page import GaussianNoise, Occlude, Paper, ReplaceNoise
from .sometimes import Sometimes

Chains = tuple[tuple[Transform, ...], tuple[Transform, ...]]

PRESETS: dict[str, Chains] = {
    # The same writers on another day: cheap, and no digit is distorted.
    "light": ((Affine(rotation=6.0, scale=0.08, slant=8.0, shift=1.0),), ()),
    # Other writers, other pens, other lines.
    "strong": (
        (
            Affine(rotation=12.0, scale=0.15, slant=15.0, shift=1.5),
            Elastic(amplitude=1.2, sigma=5.0),
            StrokeWidth(change_by=1.0),
            Sometimes(0.3, InkFade(strength=0.5)),
        ),
        (
            LineSlant(angle=10.0),
            BaselineWave(amplitude=1.5, wavelength=120.0),
            Sometimes(0.3, Blur(sigma=0.7)),
            Sometimes(0.5, GaussianNoise(sigma=0.08)),
        ),
    ),
    # A paper form, badly scanned.
    "scan": (
        (Affine(rotation=6.0, scale=0.08, slant=8.0, shift=1.0), StrokeWidth(change_by=0.8)),
        (
            BaselineWave(amplitude=1.0, wavelength=200.0),
            InkFade(strength=0.4),
            Paper(lines=0.3, boxes=0.3, gradient=0.35),
            Blur(sigma=1.0),
            Sometimes(0.2, Occlude(size=14.0)),
            GaussianNoise(sigma=0.06),
            Sometimes(0.3, ReplaceNoise(p=0.03)),
        ),
    ),
}


def preset(name: str) -> Chains:
    """The glyph transforms and the line transforms of a preset.

    >>> glyph_transforms, line_transforms = preset("light")
    >>> glyph_transforms
    (Affine(rotation=6.0, scale=0.08, slant=8.0, shift=1.0, interpolation='linear'),)

    Args:
        name: "light" (small rotations, scales and slants: for any training),
            "strong" (also elastic deformation, stroke width, slanted and wavy
            lines, noise: for long training) or "scan" (a paper form, badly
            scanned).

    Returns:
        `(glyph_transforms, line_transforms)`, as `SequenceSpec` takes them.

    Raises:
        ValueError: there is no preset of this name.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
