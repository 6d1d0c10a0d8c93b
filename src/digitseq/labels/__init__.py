"""What to write: sources of labels, and the one reader of digits."""

from .base import LabelSource
from .digits import PAD
from .numeric import NumberRange, Pattern
from .sequences import FileLabels, FixedLabels, RandomDigits
from .text import format_sequence, parse_sequence

__all__ = [
    "PAD",
    "FileLabels",
    "FixedLabels",
    "LabelSource",
    "NumberRange",
    "Pattern",
    "RandomDigits",
    "format_sequence",
    "parse_sequence",
]
