"""The pipeline: from digits, glyphs and a spec to an image and its labels."""

from .pipeline import sample_sequence, sample_sequences
from .record import DigitSequence
from .serialization import spec_from_json, spec_to_json
from .spec import SequenceSpec
from .spec_checks import check_spec

__all__ = [
    "DigitSequence",
    "SequenceSpec",
    "check_spec",
    "sample_sequence",
    "sample_sequences",
    "spec_from_json",
    "spec_to_json",
]
