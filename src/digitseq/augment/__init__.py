"""Augmentation: transforms of glyphs and of lines, as plain records of their parameters."""

from .base import Transform
from .chain import followed as followed
from .chain import measure as measure
from .chain import takes_width as takes_width
from .compose import apply
from .compose import apply_to_batch as apply_to_batch
from .compose import run as run
from .dirt import BaselineRules, Specks
from .elastic import Elastic
from .geometry import Affine, Perspective
from .hand_keys import HandKeys as HandKeys
from .ink import Blur, Contrast, Gamma, InkFade, StrokeWidth
from .line_fit import FitHeight
from .line_fit import Fits as Fits
from .line_geometry import BaselineWave, LineShift, LineSlant, LineSlope
from .page import GaussianNoise, Invert, Occlude, Paper, ReplaceNoise
from .per_line import PerLine
from .per_line import per_line as per_line
from .presets import PRESETS, preset
from .presets import Chains as Chains
from .resample import Padded as Padded
from .serialization import check_length as check_length
from .serialization import from_plain as from_plain
from .serialization import to_plain as to_plain
from .sometimes import Sometimes
from .windows import Digits as Digits
from .windows import boxes_in_windows as boxes_in_windows
from .words import as_chain as as_chain
from .words import chains_of as chains_of

__all__ = [
    "PRESETS",
    "Affine",
    "BaselineRules",
    "BaselineWave",
    "Blur",
    "Contrast",
    "Elastic",
    "FitHeight",
    "Gamma",
    "GaussianNoise",
    "InkFade",
    "Invert",
    "LineShift",
    "LineSlant",
    "LineSlope",
    "Occlude",
    "Paper",
    "PerLine",
    "Perspective",
    "ReplaceNoise",
    "Sometimes",
    "Specks",
    "StrokeWidth",
    "Transform",
    "apply",
    "preset",
]
