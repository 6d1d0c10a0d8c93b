"""digitseq: images of handwritten digit sequences, with exact labels, in JAX."""

from .dataset import Dataset
from .documents import Document, document
from .errors import BankError, FetchError, IdxError
from .exporter.compare import disjoint
from .exporter.driver import export
from .exporter.manifest import Manifest
from .exporter.splits import export_splits
from .exporter.verify import verify
from .glyphs.bank import DigitBank, bank_digest
from .glyphs.construction import make_bank
from .glyphs.loading import load_bank
from .glyphs.signs import with_signs
from .glyphs.splits import split_bank
from .glyphs.variants import VariedBank, with_variants
from .internal.pytrees import register_pytree
from .io.contact_sheet import contact_sheet
from .io.idx import read_idx, write_idx
from .labels.addresses import PhoneNumbers, ZipCodes
from .labels.amounts import Amounts
from .labels.calendar import Dates, Times
from .labels.marks import WithMarks
from .labels.numeric import NumberRange, Pattern
from .labels.sequences import FileLabels, FixedLabels, RandomDigits
from .numpy_api import generate_numbers_sequence
from .pictures import save, show
from .scans import bank_from_images, normalize_glyph, normalize_line
from .sequence.addition import AdditionPairs
from .sequence.pipeline import sample_sequence, sample_sequences
from .sequence.record import DigitSequence
from .sequence.serialization import spec_from_json, spec_to_json
from .sequence.spec import SequenceSpec
from .sequence.spec_checks import check_spec
from .sequence.texts import text
from .stream import batch_at, batches
from .version import __version__ as __version__

__all__ = [
    "AdditionPairs",
    "Amounts",
    "BankError",
    "Dataset",
    "Dates",
    "DigitBank",
    "DigitSequence",
    "Document",
    "FetchError",
    "FileLabels",
    "FixedLabels",
    "IdxError",
    "Manifest",
    "NumberRange",
    "Pattern",
    "PhoneNumbers",
    "RandomDigits",
    "SequenceSpec",
    "Times",
    "VariedBank",
    "WithMarks",
    "ZipCodes",
    "bank_digest",
    "bank_from_images",
    "batch_at",
    "batches",
    "check_spec",
    "contact_sheet",
    "disjoint",
    "document",
    "export",
    "export_splits",
    "generate_numbers_sequence",
    "load_bank",
    "make_bank",
    "normalize_glyph",
    "normalize_line",
    "read_idx",
    "register_pytree",
    "sample_sequence",
    "sample_sequences",
    "save",
    "show",
    "spec_from_json",
    "spec_to_json",
    "split_bank",
    "text",
    "verify",
    "with_signs",
    "with_variants",
    "write_idx",
]
