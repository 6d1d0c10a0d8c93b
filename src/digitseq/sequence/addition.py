"""Labels for neurosymbolic learning: pairs of numbers to add, each glyph of a bank used once."""

import dataclasses
import json

import jax
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from ..glyphs.source import GlyphStore, Source, has_store, symbols_of
from ..glyphs.source_words import as_source
from ..internal import keys
from ..internal.pytrees import register_pytree
from ..internal.settings import own_settings
from ..internal.symbols import DIGITS
from ..internal.validation import as_size
from ..labels.base import LONGEST, static
from ..labels.digits import PAD
from ..labels.glyph_lists import GlyphLabels

# Python writes integers of up to 4,300 digits, and a sum may have one more than its numbers.
MOST_DIGITS = 4299


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class PairLabels(GlyphLabels):
    """Pairs of numbers as lines, from `AdditionPairs`: a list of labels whose glyphs are given.

    Attributes:
        digits, glyph_ids: int32 [P, 2 n], or [P, 2 n + 1] with a sign between the numbers.
        n: the digits of each number. Static.
        classes: the classes of the digits 0 to 9, -1 for one that the bank lacks. Static.
    """

    n: int = static(1)
    classes: tuple[int, ...] = static(tuple(range(10)))

    @property
    def numbers(self) -> tuple[GlyphLabels, GlyphLabels]:
        """The first numbers and the second ones, each a list of labels of its own: for pairs of lines.

        Image i of the one and image i of the other, of runs with any keys, make pair i.
        """
        first, second = (
            GlyphLabels(np.asarray(self.digits)[:, part], glyph_ids=np.asarray(self.glyph_ids)[:, part])
            for part in self._parts()
        )
        return first, second

    @property
    def sums(self) -> list[int]:
        """The sum of each pair, Python integers, which are exact however many digits there are."""
        value = {which: str(digit) for digit, which in enumerate(self.classes)}
        rows = np.asarray(self.digits)
        columns = [rows[:, part].tolist() for part in self._parts()]
        added = zip(*([int("".join(value[d] for d in row)) for row in part] for part in columns), strict=True)
        return [first + second for first, second in added]

    def to_json(self, labels: npt.ArrayLike | None = None) -> str:
        """The pairs as JSON: `[[[[3, 14], [15, 92]], 135], ...]`, each number its glyphs' ids, then the sum.

        That is how DeepProbLog's `MNISTOperator.to_json` writes them.

        Args:
            labels: integers [N], the labels in the order of the file that the
                bank was made from (`read_idx(".../train-labels-idx1-ubyte")`).
                With them, ids are places in that file, as DeepProbLog's are;
                without, rows of `bank.glyphs`, which are sorted by digit.

        Raises:
            ValueError: labels that are not those of the bank.
        """
        ids, digits = np.asarray(self.glyph_ids), np.asarray(self.digits)
        if labels is not None:
            given = np.asarray(labels)
            order = np.argsort(given, kind="stable") if given.ndim == 1 else np.zeros(0, np.int64)
            if len(order) <= ids.max() or (given[order[ids]] != digits)[ids >= 0].any():
                raise ValueError(
                    f"labels must be those of the bank's file, in its order, got {given.dtype} "
                    f"{list(given.shape)} that don't name its glyphs"
                )
            ids = np.where(ids >= 0, order[ids], -1)
        first, second = (ids[:, part].tolist() for part in self._parts())
        pairs = zip(first, second, self.sums, strict=True)
        return json.dumps([[[left, right], total] for left, right, total in pairs])

    def _parts(self) -> tuple[slice, slice]:
        return slice(0, self.n), slice(-self.n, None)


@own_settings
def AdditionPairs(
    n: int, bank: Source | str | None = None, *, key: jax.Array | int = 0, sign: str = ""
) -> PairLabels:
    """The label source of pairs of n-digit numbers, each digit glyph of a bank used exactly once.

    Multi-digit MNIST addition as R. Manhaeve et al., "DeepProbLog" (2018),
    and E. van Krieken et al., "A-NeSI" (2023), define it: the bank's glyphs
    in a random order, each n of them a number, first digit first, each two
    numbers a pair, and what remains dropped. MNIST's training digits make
    30,000 // n pairs. What is learned from is the sum.

    >>> pairs = ds.AdditionPairs(2, "builtin")
    >>> pairs.digits[0], pairs.sums[0]
    (array([8, 5, 0, 7], dtype=int32), 92)

    In a run (`batch_at`, `Dataset`, exports) image i is pair i, modulo their
    number, as a line; `numbers` are the label sources of pairs of lines.

    Args:
        n: the digits of each number, from 1.
        bank: whose glyphs of the digits 0 to 9 are used; the name of one; None takes `load_bank()`.
        key: an integer seed or a PRNG key, of which the order of the glyphs is drawn.
        sign: one of the bank's symbols, such as "+", to write between the numbers, in any of
            its glyphs; "" for none.

    Returns:
        A list of labels, with `glyph_ids`, `numbers`, `sums` and `to_json`.

    Raises:
        ValueError: a size, a key or a sign that can't be used.
        BankError: a source that is no bank, or a bank of fewer than 2 n digits.
    """
    source = as_source(bank, "bank")
    if not has_store(source):
        raise BankError(f"AdditionPairs uses each glyph of a bank once, got the source {source!r}")
    if any(isinstance(leaf, jax.core.Tracer) for leaf in (source.starts, source.counts)):
        raise ValueError("AdditionPairs: bank is traced; make the pairs outside the jitted function")
    n = as_size("n", n, min(LONGEST // 2, MOST_DIGITS))
    symbols = symbols_of(source) or DIGITS
    if sign and (len(sign) != 1 or sign not in symbols):
        raise ValueError(f"sign must be one of the symbols {symbols!r}, got {sign!r}")
    classes = tuple(symbols.find(digit) for digit in DIGITS)
    if max(classes) < 0:
        raise BankError(f"AdditionPairs: the bank has no digits, its symbols are {symbols!r}")
    digits, ids = _glyphs_of(source, [which for which in classes if which >= 0])
    pairs = len(ids) // (2 * n)
    if not pairs:
        raise BankError(f"AdditionPairs: n {n} takes {2 * n} glyphs of digits, the bank has {len(ids)}")
    order = np.asarray(jax.random.permutation(keys.as_key(key), len(ids)))[: pairs * 2 * n]
    rows, glyphs = (values[order].reshape(pairs, 2 * n) for values in (digits, ids))
    if sign:
        rows, glyphs = np.insert(rows, n, symbols.index(sign), axis=1), np.insert(glyphs, n, PAD, axis=1)
    return PairLabels(rows, glyph_ids=glyphs, n=n, classes=classes)


def _glyphs_of(source: GlyphStore, classes: list[int]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The class and the id of each glyph of these classes."""
    starts, counts = np.asarray(source.starts), np.asarray(source.counts)
    runs = [np.arange(starts[c], starts[c] + counts[c], dtype=np.int32) for c in classes]
    return np.repeat(np.array(classes, np.int32), counts[classes]), np.concatenate(runs)
