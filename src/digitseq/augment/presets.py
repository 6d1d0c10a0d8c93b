"""Presets: named chains of transforms."""

from .base import Transform
from .dirt import BaselineRules, Specks
from .elastic import Elastic
from .geometry import Affine
from .ink import Blur, Contrast, InkFade, StrokeWidth
from .line_fit import FitHeight
from .line_geometry import BaselineWave, LineShift, LineSlant, LineSlope
from .page import GaussianNoise, Occlude, Paper, ReplaceNoise
from .per_line import PerLine
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
    # Fields of a form, written with care, one digit after the other, and prepared as `normalize_line` does.
    "form": (
        (
            PerLine(Affine(rotation=4.0, scale=0.12, slant=6.0, shift=0.0), jitter=0.2, drift=0.05),
            Affine(rotation=5.0, scale=0.06, slant=4.0, shift=0.0),
            Elastic(amplitude=0.8, sigma=5.0),
            PerLine(StrokeWidth(change_by=0.6), jitter=0.15),
        ),
        (
            LineSlant(angle=8.0, bias=4.0),
            LineSlope(angle=2.0),
            FitHeight(height=20.0, low=0.9, high=1.1),
            Sometimes(0.1, LineShift(down=3.0)),
            BaselineRules(under=0.2, over=0.1, edge=0.15),
            Sometimes(0.2, Specks()),
            Blur(sigma=0.5),
            Contrast(strength=1.0),
        ),
    ),
    # Amounts on cheques, in a hurry. The ranges are those that helped a recogniser to read real ones.
    "cheque": (
        (
            PerLine(Affine(rotation=3.0, scale=0.18, slant=6.0, shift=0.0), jitter=0.2, drift=0.1),
            Affine(rotation=6.0, scale=0.09, slant=6.0, shift=0.0),
            Elastic(amplitude=1.1, sigma=5.0),
            PerLine(StrokeWidth(change_by=0.7, bias=-0.2), jitter=0.15),
        ),
        (
            Sometimes(0.47, LineSlant(angle=22.0, bias=22.0)),
            LineSlant(angle=9.0),
            LineSlope(angle=4.2, bias=-0.4),
            BaselineWave(amplitude=0.8, wavelength=90.0),
            FitHeight(height=20.0, low=0.85, high=1.12, rows=26.5, shift=0.8),
            Sometimes(0.12, LineShift(down=4.0)),
            BaselineRules(under=0.3, over=0.1, edge=0.08, strength=0.9),
            Sometimes(0.35, Specks()),
            Blur(sigma=0.6),
            Contrast(strength=1.0),
            Sometimes(0.2, InkFade(strength=0.4)),
        ),
    ),
}
"""The glyph transforms and the line transforms of each preset, by its name: "light", "strong" and others."""


def preset(name: str) -> Chains:
    """The glyph transforms and the line transforms of a preset.

    >>> glyph_transforms, line_transforms = augment.preset("light")
    >>> glyph_transforms
    (Affine(rotation=6.0, scale=0.08, slant=8.0, shift=1.0, interpolation='linear'),)

    Args:
        name: "light" (small rotations, scales and slants: for any training),
            "strong" (also elastic deformation, stroke width, slanted and wavy
            lines, noise: for long training), "scan" (a paper form, badly
            scanned), "form" or "cheque" (fields of forms and amounts on
            cheques, as `normalize_line` prepares them: `ds.document` has the
            bank and the layout that belong to these two).

    Returns:
        `(glyph_transforms, line_transforms)`, as `SequenceSpec` takes them.

    Raises:
        ValueError: there is no preset of this name.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
