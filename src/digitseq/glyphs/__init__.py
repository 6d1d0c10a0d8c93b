"""Where glyphs come from: banks of handwritten digits, made, loaded, downloaded and split."""

from .bank import DigitBank, bank_digest
from .construction import make_bank
from .loading import load_bank
from .signs import with_signs
from .source import Source
from .splits import split_bank

__all__ = ["DigitBank", "Source", "bank_digest", "load_bank", "make_bank", "split_bank", "with_signs"]
