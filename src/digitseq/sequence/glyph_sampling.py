"""Glyphs for a batch of rows: chosen, drawn, transformed."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from .. import augment
from ..glyphs.bank import MAX_GLYPHS, DigitBank
from ..glyphs.source import Source, hands_of, serves
from ..internal import pixels
from ..internal.pixels import CELL, HEIGHT
from ..internal.validation import as_integer, as_size
from ..internal.xla import in_chunks, stage
from ..labels.digits import MAX_DIGIT
from .spec import SequenceSpec


class Chosen(NamedTuple):
    """Which glyphs.

    Attributes:
        lengths: int32 [B], how many of each row's digits the source serves.
        writers: int32 [B], -1 where not one writer wrote the row.
        glyph_ids: int32 [B, K], rows of the bank; None where the source is none.
    """

    lengths: jax.Array
    writers: jax.Array
    glyph_ids: jax.Array | None


class Drawn(NamedTuple):
    """The glyphs.

    Attributes:
        store: uint8 or float32 [M, 28, 28], in which they lie.
        rows: int32 [B, K], where in the store.
        glyph_ids: int32 [B, K].
        ink: int32 [B, K, 4], their ink boxes.
    """

    store: jax.Array
    rows: jax.Array
    glyph_ids: jax.Array
    ink: jax.Array


def num_classes(source: Source) -> int:
    """How many classes of digits a source has; 10 where it does not say.

    Raises:
        ValueError: it says something else than a positive integer.
    """
    name = "source.num_classes"
    return as_size(name, as_integer(name, getattr(source, "num_classes", 10)), MAX_DIGIT + 1)


def choose(keys: jax.Array, source: Source, digits: jax.Array, spec: SequenceSpec) -> Chosen:
    """The bank's glyphs for digits int32 [B, K], one key a row.

    Raises:
        BankError: the spec asks for one writer a line and the source knows none.
    """
    ends = jnp.pad(~serves(source, digits), ((0, 0), (0, 1)), constant_values=True)
    lengths = jnp.argmax(ends, axis=1).astype(jnp.int32)
    if spec.hand == "one-writer":
        hands = hands_of(source)
        known = jnp.clip(digits, 0, hands.runs.shape[0] - 1)
        rows, writers, lengths = jax.vmap(hands.choose)(keys, known, lengths)
        return Chosen(lengths, writers, rows)
    glyph_ids = jax.vmap(source.choose)(keys, digits) if isinstance(source, DigitBank) else None
    return Chosen(lengths, jnp.full_like(lengths, -1), glyph_ids)


def draw(
    keys: jax.Array,
    transform_keys: jax.Array,
    source: Source,
    digits: jax.Array,
    chosen: jax.Array | None,
    spec: SequenceSpec,
) -> Drawn:
    """The glyphs `chosen` from a bank, or else drawn by the source, and transformed.

    A bank's glyphs are painted from where they lie, which saves a copy; any
    other source draws into a store of its own, and so do transforms.
    """
    if isinstance(source, DigitBank) and chosen is not None and not spec.glyph_transforms:
        ink = source.ink.at[chosen].get(mode="promise_in_bounds")
        return Drawn(source.glyphs, chosen, chosen, ink)
    if digits.size > MAX_GLYPHS:
        raise ValueError(f"digits {list(digits.shape)} are more than int32 can place in one batch")
    rows = jnp.arange(digits.size, dtype=jnp.int32)
    if isinstance(source, DigitBank) and chosen is not None:
        glyphs, glyph_ids, drawn = source.glyphs, chosen, chosen.reshape(-1)
    else:
        glyphs, glyph_ids = jax.vmap(source.draw)(keys, digits)
        if glyphs.shape != (*digits.shape, HEIGHT, CELL) or glyph_ids.shape != digits.shape:
            raise ValueError(
                f"source.draw must return glyphs [K, {HEIGHT}, {CELL}] and glyph ids [K], got "
                f"{list(glyphs.shape[1:])} and {list(glyph_ids.shape[1:])}"
            )
        glyphs, drawn = glyphs.reshape(-1, HEIGHT, CELL), rows
    if not spec.glyph_transforms:
        ink = pixels.ink_boxes(glyphs)
    else:
        fold = jax.vmap(jax.vmap(jax.random.fold_in, in_axes=(None, 0)), in_axes=(0, None))
        slot_keys = fold(transform_keys, jnp.arange(digits.shape[1], dtype=jnp.uint32)).reshape(-1)

        def transformed(keys: jax.Array, drawn: jax.Array) -> tuple[jax.Array, jax.Array]:
            changed = augment.run(keys, spec.glyph_transforms, (glyphs, drawn))
            return changed, stage(pixels.ink_boxes, changed)

        glyphs, ink = in_chunks(transformed, HEIGHT * CELL, slot_keys, drawn)
    return Drawn(glyphs, rows.reshape(digits.shape), glyph_ids, ink.reshape(*digits.shape, 4))
