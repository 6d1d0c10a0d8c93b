"""What to write: sources of labels, and the one reader of digits."""

from .addresses import PhoneNumbers, ZipCodes
from .amounts import Amounts
from .base import LabelSource
from .calendar import Dates, Times
from .digits import PAD
from .marks import WithMarks
from .numeric import NumberRange, Pattern
from .sequences import FileLabels, FixedLabels, RandomDigits
from .text import format_sequence, parse_sequence

__all__ = [
    "PAD",
    "Amounts",
    "Dates",
    "FileLabels",
    "FixedLabels",
    "LabelSource",
    "NumberRange",
    "Pattern",
    "PhoneNumbers",
    "RandomDigits",
    "Times",
    "WithMarks",
    "ZipCodes",
    "format_sequence",
    "parse_sequence",
]
