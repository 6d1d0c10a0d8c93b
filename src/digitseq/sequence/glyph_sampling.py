"""Glyphs for a batch of rows: chosen from a store, or drawn by the source, and transformed."""

import jax
import jax.numpy as jnp

from .. import augment
from ..glyphs.bank import MAX_GLYPHS
from ..glyphs.source import Source, has_store, serves, writer_index_of
from ..internal import keys, pixels
from ..internal.pixels import CELL, HEIGHT
from ..internal.xla import map_in_chunks, materialize
from .slots import Slots
from .spec import SequenceSpec


def sample_glyphs(
    glyph_keys: jax.Array, transform_keys: jax.Array, source: Source, digits: jax.Array, spec: SequenceSpec
) -> tuple[jax.Array, Slots]:
    """A store of glyphs, and slots that say where in it each digit's glyph lies; they are on no canvas yet.

    A bank's glyphs are painted from where they lie, which saves a copy; any
    other source draws into a store of its own, and so do transforms. A row
    ends before its first digit that the source does not serve.

    Args:
        glyph_keys, transform_keys: typed PRNG keys [B].
        source: the glyphs come from it.
        digits: int32 [B, K].
        spec: its `hand` and `glyph_transforms`.

    Returns:
        uint8 or float32 [M, 28, 28], and the slots.

    Raises:
        BankError: the spec asks for one writer a line and the source knows none.
        ValueError: the source's glyphs have other shapes, or are too many for int32.
    """
    ends = jnp.pad(~serves(source, digits), ((0, 0), (0, 1)), constant_values=True)
    lengths = jnp.argmax(ends, axis=1).astype(jnp.int32)
    writers = jnp.full_like(lengths, -1)
    index = writer_index_of(source) if spec.hand == "one-writer" else None
    if has_store(source):
        if index is None:
            rows = jax.vmap(source.choose)(glyph_keys, digits)
        else:
            known = jnp.clip(digits, 0, index.runs.shape[0] - 1)
            rows, writers, lengths = jax.vmap(index.sample)(glyph_keys, known, lengths)
        store, glyph_ids = source.glyphs, rows
    else:
        store, glyph_ids, rows = _draw(glyph_keys, source, digits)
    if spec.glyph_transforms:
        store, rows, ink = _transform(transform_keys, store, rows, spec)
    else:
        ink = _ink_of(source, store, rows)
    later = jnp.zeros_like(digits)
    return store, Slots(lengths, writers, digits, glyph_ids, rows, ink, later, jnp.zeros_like(ink))


def _draw(glyph_keys: jax.Array, source: Source, digits: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The store, glyph ids and rows of what a source without a store draws, one glyph a slot."""
    glyphs, glyph_ids = jax.vmap(source.draw)(glyph_keys, digits)
    if glyphs.shape != (*digits.shape, HEIGHT, CELL) or glyph_ids.shape != digits.shape:
        raise ValueError(
            f"source.draw must return glyphs [K, {HEIGHT}, {CELL}] and glyph ids [K], got "
            f"{list(glyphs.shape[1:])} and {list(glyph_ids.shape[1:])}"
        )
    return glyphs.reshape(-1, HEIGHT, CELL), glyph_ids, _one_a_slot(digits)


def _transform(
    transform_keys: jax.Array, store: jax.Array, rows: jax.Array, spec: SequenceSpec
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The store, rows and ink boxes of the slots' glyphs, each transformed with a key of its own."""
    slots = jnp.arange(rows.shape[1], dtype=jnp.uint32)
    slot_keys = jax.vmap(keys.numbered, in_axes=(0, None))(transform_keys, slots).reshape(-1)

    def transformed(keys: jax.Array, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
        changed = augment.run(keys, spec.glyph_transforms, (store, rows))
        return changed, materialize(pixels.ink_boxes, changed)

    glyphs, ink = map_in_chunks(transformed, HEIGHT * CELL, slot_keys, rows.reshape(-1))
    return glyphs, _one_a_slot(rows), ink.reshape(*rows.shape, 4)


def _ink_of(source: Source, store: jax.Array, rows: jax.Array) -> jax.Array:
    """The ink boxes of untransformed glyphs; int32 [B, K, 4]."""
    if has_store(source):
        return source.ink.at[rows].get(mode="promise_in_bounds")
    return pixels.ink_boxes(store).reshape(*rows.shape, 4)


def _one_a_slot(slots: jax.Array) -> jax.Array:
    """The rows of a store that has one glyph a slot, in order; int32 of the shape [B, K] of `slots`."""
    if slots.size > MAX_GLYPHS:
        raise ValueError(f"digits {list(slots.shape)} are more than int32 can place in one batch")
    return jnp.arange(slots.size, dtype=jnp.int32).reshape(slots.shape)
