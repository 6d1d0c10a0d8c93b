"""Augmentation: transforms of glyphs and of lines, as plain records of their parameters."""

from .base import Transform
from .compose import apply, apply_to_batch, followed, run, takes_width
from .elastic import Elastic
from .geometry import Affine, Perspective
from .hand_keys import HandKeys
from .ink import Blur, Contrast, Gamma, InkFade, StrokeWidth
from .line_geometry import BaselineWave, LineShift, LineSlant, LineSlope
from .page import GaussianNoise, Invert, Occlude, Paper, ReplaceNoise
from .per_line import PerLine, per_line
from .presets import PRESETS, Chains, preset
from .resample import Padded
from .serialization import check_length, from_plain, to_plain
from .sometimes import Sometimes
from .windows import Digits, boxes_in_windows
from .words import as_chain, chains_of

__all__ = [
    "PRESETS",
    "Affine",
    "BaselineWave",
    "Blur",
    "Chains",
    "Contrast",
    "Digits",
    "Elastic",
    "Gamma",
    "GaussianNoise",
    "HandKeys",
    "InkFade",
    "Invert",
    "LineShift",
    "LineSlant",
    "LineSlope",
    "Occlude",
    "Padded",
    "Paper",
    "PerLine",
    "Perspective",
    "ReplaceNoise",
    "Sometimes",
    "StrokeWidth",
    "Transform",
    "apply",
    "apply_to_batch",
    "as_chain",
    "boxes_in_windows",
    "chains_of",
    "check_length",
    "followed",
    "from_plain",
    "per_line",
    "preset",
    "run",
    "takes_width",
    "to_plain",
]
