"""digitseq: images of handwritten digit sequences, with exact labels, in JAX."""

from .bank import DigitBank, bank_digest
from .dataset import Dataset
from .errors import BankError, FetchError, IdxError
from .export import Manifest, disjoint, export, export_splits, verify
from .idx import read_idx, write_idx
from .images import generate_numbers_sequence
from .intake import make_bank
from .labels import FileLabels, FixedLabels, RandomDigits
from .loading import load_bank
from .numbers import NumberRange, Pattern
from .sequence import DigitSequence, sample_sequence, sample_sequences
from .spec import SequenceSpec, check_spec, spec_from_json, spec_to_json
from .split import split_bank
from .stream import batch_at, batches
from .version import __version__ as __version__

__all__ = [
    "BankError",
    "Dataset",
    "DigitBank",
    "DigitSequence",
    "FetchError",
    "FileLabels",
    "FixedLabels",
    "IdxError",
    "Manifest",
    "NumberRange",
    "Pattern",
    "RandomDigits",
    "SequenceSpec",
    "bank_digest",
    "batch_at",
    "batches",
    "check_spec",
    "disjoint",
    "export",
    "export_splits",
    "generate_numbers_sequence",
    "load_bank",
    "make_bank",
    "read_idx",
    "sample_sequence",
    "sample_sequences",
    "spec_from_json",
    "spec_to_json",
    "split_bank",
    "verify",
    "write_idx",
]
