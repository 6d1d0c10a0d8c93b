"""How good readings are: intervals, edits and shares. Texts are compared, digit by digit."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from digitseq.io.captions import aligned

# The 97.5th percentile of the standard normal distribution.
NORMAL = 1.959964
SHARES = (0.5, 0.7, 0.9)

# (written, read): both a digit for a substitution; "" read for a deletion, "" written for an insertion.
Edit = tuple[str, str]


class Score(NamedTuple):
    """How well lines were read; shares from 0 to 1.

    Attributes:
        lines: how many.
        right: the share that was read exactly.
        interval: the 95 % interval of `right`.
        error_rate: edits by digits written, the character error rate.
        confident: (share, `right` of the most confident lines of that share) for each of SHARES.
        edits: how often each edit was made.
    """

    lines: int
    right: float
    interval: tuple[float, float]
    error_rate: float
    confident: list[tuple[float, float]]
    edits: Counter[Edit]


def score(written: Sequence[str], read: Sequence[str], confidence: Sequence[float]) -> Score:
    """How well lines were read.

    Args:
        written: of each line, its digits.
        read: of each line, what was read.
        confidence: of each line; only their order counts.

    Raises:
        ValueError: no lines, or not as many of each.
    """
    if not len(written) == len(read) == len(confidence) > 0:
        counts = f"{len(written)}, {len(read)}, {len(confidence)}"
        raise ValueError(
            f"written, read and confidence must be of the same lines, one at least, got {counts}"
        )
    right = [ours == theirs for ours, theirs in zip(written, read, strict=True)]
    edits = Counter(edit for pair in zip(written, read, strict=True) for edit in edits_of(*pair))
    return Score(
        len(right),
        sum(right) / len(right),
        wilson(sum(right), len(right)),
        edits.total() / max(1, sum(map(len, written))),
        [(share, most_confident(right, confidence, share)) for share in SHARES],
        edits,
    )


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, of which `right` of `count` were seen.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    share, square = right / count, NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = NORMAL / (1 + square) * (share * (1 - share) / count + square / (4 * count)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def most_confident(right: Sequence[bool], confidence: Sequence[float], share: float) -> float:
    """The share of right lines among the given share of the most confident ones, one line at least."""
    count = max(1, round(share * len(right)))
    order = sorted(range(len(right)), key=lambda line: -confidence[line])
    return sum(right[line] for line in order[:count]) / count


def edits_of(written: str, read: str) -> list[Edit]:
    """The fewest edits that turn what is written into what was read; of several ways, substitutions.

    >>> edits_of("1059", "150")
    [('0', ''), ('9', '0')]
    """
    return [pair for pair in aligned(written, read) if pair[0] != pair[1]]


def by_class(written: Sequence[str], read: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(right, count) of each digit, of lines of one digit each."""
    counts = Counter(written)
    right = Counter(ours for ours, theirs in zip(written, read, strict=True) if ours == theirs)
    return {digit: (right[digit], counts[digit]) for digit in sorted(counts)}
