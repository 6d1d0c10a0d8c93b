"""digitseq: images of handwritten digit sequences, with exact labels, in JAX."""

from .bank import DigitBank, bank_digest, make_bank
from .errors import BankError, FetchError, IdxError
from .idx import read_idx, write_idx
from .images import generate_numbers_sequence
from .loading import load_bank
from .sequence import DigitSequence, sample_sequence, sample_sequences
from .spec import SequenceSpec, check_spec, spec_from_json, spec_to_json

__version__ = "0.1.0"

__all__ = [
    "BankError",
    "DigitBank",
    "DigitSequence",
    "FetchError",
    "IdxError",
    "SequenceSpec",
    "bank_digest",
    "check_spec",
    "generate_numbers_sequence",
    "load_bank",
    "make_bank",
    "read_idx",
    "sample_sequence",
    "sample_sequences",
    "spec_from_json",
    "spec_to_json",
    "write_idx",
]
