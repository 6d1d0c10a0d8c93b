"""A bank with variants in words: its digest, its shares as JSON has them, and the bank again from these."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..internal.validation import as_size
from .bank import MAX_GLYPHS, DigitBank, bank_digest
from .variant_table import VARIANTS
from .variants import VariedBank, checked, with_variants


def varied_digest(varied: VariedBank) -> str:
    """A bank with variants as a SHA-256 digest: 64 hexadecimal digits.

    Of the bank's own digest, of the variants' names, digits, numbers and
    shares, and of their glyphs.
    """
    digits, counts = varied.variant_digits.tolist(), varied.variant_counts.tolist()
    named = [list(one) for one in zip(varied.names, digits, counts, strict=True)]
    digest = hashlib.sha256(f"digitseq variants 1 {bank_digest(varied.bank)} {named}\n".encode())
    for shares in (varied.in_lines, varied.in_digits):
        digest.update(np.asarray(shares).astype("<f4").tobytes())
    digest.update(np.ascontiguousarray(np.asarray(varied.glyphs)[varied.bank.glyphs.shape[0] :]).data)
    return digest.hexdigest()


def variants_to_plain(varied: VariedBank) -> dict[str, Any]:
    """What was added to a bank: `variants`, both shares of each by its name, and `each`, glyphs of one."""
    shares = zip(np.asarray(varied.in_lines), np.asarray(varied.in_digits), strict=True)
    pairs = [[_shortest(lines), _shortest(digits)] for lines, digits in shares]
    return {
        "variants": dict(zip(varied.names, pairs, strict=True)),
        "each": int(varied.variant_counts[0]),
    }


def check_plain(fields: Mapping[str, Any]) -> tuple[dict[str, tuple[float, float]], int]:
    """The shares and the number of glyphs that `variants_to_plain` described.

    Raises:
        ValueError: what with_variants would not take.
    """
    shares = {name: tuple(pair) for name, pair in dict(fields["variants"]).items()}
    return checked(shares, tuple(VARIANTS)), as_size("each", fields["each"], MAX_GLYPHS)


def varied_from_plain(bank: DigitBank, fields: Mapping[str, Any]) -> VariedBank:
    """The bank with the variants that `variants_to_plain` described.

    Raises:
        ValueError: what with_variants would not take.
        BankError: a bank that lacks their digits.
    """
    shares, each = check_plain(fields)
    return with_variants(bank, shares, each=each)


def _shortest(share: np.float32) -> float:
    """The number with the fewest digits that is this float32."""
    return float(str(share))
