"""Which glyphs a run's images have, where they are drawn without replacement or given one by one."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..glyphs.source import GlyphStore, Source, has_store
from ..internal.permutations import permuted
from ..internal.shapes import Array, Int32, Key, UInt32
from ..labels.base import LabelSource
from ..labels.glyph_lists import GlyphLabels
from ..labels.sequences import FixedLabels
from .spec import SequenceSpec

# What a run's key folds in for its permutations; labels and images have the two halves of its split.
FOLDED = 2


class Turns(NamedTuple):
    """How often each class is drawn by a list of sequences, from which every slot's turn follows.

    Attributes:
        earlier: int32 [M, K], how many slots of the list before this one have its class.
        each: int32 [C], how many slots of the whole list have the class.
    """

    earlier: Any
    each: Any


def turns_of(source: Source, labels: LabelSource, spec: SequenceSpec) -> Turns | None:
    """The turns of a run whose glyphs are drawn without replacement; None for any other.

    Raises:
        ValueError: a run for which turns can't be told, or glyphs that are given and not the source's.
    """
    given = labels.glyph_ids if isinstance(labels, GlyphLabels) else None
    if given is None and spec.sampling == "iid":
        return None
    what = "labels with glyph_ids" if given is not None else "sampling='epoch'"
    if not has_store(source):
        raise ValueError(f"{what}: the glyphs are those of a bank, got the source {source!r}")
    if spec.hand != "any":
        raise ValueError(f"{what}: hand must be 'any', got {spec.hand!r}, which chooses the glyphs itself")
    if given is not None:
        _check_given(source, labels, given)
    if spec.sampling == "iid":
        return None
    if not isinstance(labels, FixedLabels) or labels.order != "given":
        raise ValueError(
            f"sampling='epoch' counts how often each digit was drawn before, which is known for lists in "
            f"their order alone (FixedLabels, FileLabels, AdditionPairs), got {type(labels).__name__}; make "
            f"a list of them: FixedLabels(labels.draw(key, count))"
        )
    if isinstance(labels.digits, jax.core.Tracer):
        raise ValueError("sampling='epoch': labels.digits must be known before, not traced")
    return _count(np.asarray(labels.digits))


def _count(digits: np.ndarray[Any, Any]) -> Turns:
    """The turns of a list, int [M, K]."""
    flat = digits.ravel()
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    first = np.searchsorted(ordered, ordered)
    earlier = np.empty(len(flat), np.int32)
    earlier[order] = np.arange(len(flat)) - first
    each = np.bincount(flat[flat >= 0]).astype(np.int32)
    return Turns(earlier.reshape(digits.shape), each)


def _check_given(source: GlyphStore, labels: Any, given: Any) -> None:
    """Raises where glyphs that are given are not the bank's, or not of the labels' digits."""
    parts = (given, labels.digits, source.starts, source.counts)
    if any(isinstance(part, jax.core.Tracer) for part in parts):
        return
    ids, digits, starts, counts = map(np.asarray, parts)
    if ids.shape != digits.shape or ids.dtype.kind not in "iu":
        raise ValueError(
            f"glyph_ids must be integers {list(digits.shape)}, like digits, got {ids.dtype} {list(ids.shape)}"
        )
    known = np.clip(digits, 0, len(counts) - 1)
    place = ids - starts[known]
    wrong = (ids >= 0) & ((digits != known) | (place < 0) | (place >= counts[known]))
    if wrong.any():
        row, slot = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"glyph_ids[{row}, {slot}] is {ids[row, slot]}, which is no glyph of the digit "
            f"{digits[row, slot]} in this bank: the labels were made for another one"
        )


def glyphs_of(
    key: Key[Array, ""],
    source: Source,
    labels: LabelSource,
    turns: Turns | None,
    numbers: UInt32[Array, " B"],
    digits: Int32[Array, "B K"],
) -> Int32[Array, "B K"] | None:
    """The glyphs of the images with these numbers, -1 where any glyph of the digit will do.

    Args:
        key: of the run.
        source: the glyphs come from it.
        labels: of the run.
        turns: of the run, from `turns_of`.
        numbers: of the images.
        digits: their labels.

    Returns:
        Rows of `bank.glyphs`; None where all are left to chance.
    """
    ids = labels.glyph_ids if isinstance(labels, GlyphLabels) else None
    given = None if ids is None else jnp.asarray(ids).astype(jnp.int32)[numbers % np.uint32(len(ids))]
    if turns is None or not has_store(source):
        return given
    drawn = _in_turn(jax.random.fold_in(key, FOLDED), source, turns, numbers, digits)
    return drawn if given is None else jnp.where(given >= 0, given, drawn)


def _in_turn(
    key: Key[Array, ""],
    source: GlyphStore,
    turns: Turns,
    numbers: UInt32[Array, " B"],
    digits: Int32[Array, "B K"],
) -> Int32[Array, "B K"]:
    """Each slot's glyph by its turn: where its epoch's permutation sends the turn's place in the epoch."""
    earlier, each = jnp.asarray(turns.earlier), jnp.asarray(turns.each)
    known = jnp.clip(digits, 0, min(len(each), len(source.counts)) - 1)
    rounds = (numbers // np.uint32(len(earlier)))[:, None]
    turn = rounds * each[known].astype(jnp.uint32) + earlier[numbers % np.uint32(len(earlier))].astype(
        jnp.uint32
    )
    counts = jnp.maximum(source.counts[known], 1)
    epoch, place = jnp.divmod(turn, counts.astype(jnp.uint32))

    def one(digit: jax.Array, epoch: jax.Array, place: jax.Array, count: jax.Array) -> jax.Array:
        own = jax.random.fold_in(jax.random.fold_in(key, digit), epoch)
        return permuted(own, place.astype(jnp.int32), count)

    picked = jax.vmap(jax.vmap(one))(known, epoch, place, counts)
    return source.starts[known] + picked
