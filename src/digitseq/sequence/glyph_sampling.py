"""Glyphs for a batch of rows: chosen from a store, or drawn by the source, and transformed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .. import augment
from ..glyphs.source import GlyphStore, Source, has_store, serves, writer_index_of
from ..internal import keys, pixels
from ..internal.pixels import CELL, HEIGHT
from ..internal.shapes import Array, Float32, Int32, Key
from ..internal.xla import map_in_chunks, materialize, stored
from .slots import Slots, Store
from .spec import SequenceSpec
from .stages import GLYPHS, TRANSFORMS, Draws


def sample_glyphs(
    draws: Draws,
    source: Source,
    digits: Int32[Array, "B K"],
    spec: SequenceSpec,
    given: Int32[Array, "B K"] | None = None,
) -> tuple[Store, Slots]:
    """A store of glyphs, and slots that say where in it each digit's glyph lies; they are on no canvas yet.

    A bank's glyphs are painted from where they lie, which saves a copy; any
    other source draws into a store of its own, and so do transforms. A row
    ends before its first digit that the source does not serve.

    Args:
        draws: of the rows.
        source: the glyphs come from it.
        digits: classes, PAD (-1) after each row's last.
        spec: its `hand` and `glyph_transforms`.
        given: the rows of the bank's glyphs to take, -1 for any of the digit; None for any throughout.

    Returns:
        The store, and the slots.

    Raises:
        BankError: the spec asks for one writer a line and the source knows none.
        ValueError: the source's glyphs have other shapes, or are too many for int32; or the spec draws them
            without replacement, and which is not given.
    """
    if spec.sampling == "epoch" and given is None:
        raise ValueError("sampling='epoch' is for runs: use batch_at, batches, Dataset or export")
    ends = jnp.pad(~serves(source, digits), ((0, 0), (0, 1)), constant_values=True)
    lengths = jnp.argmax(ends, axis=1).astype(jnp.int32)
    if has_store(source):
        store = source.glyphs
        rows, writers, lengths = _choose(draws, source, digits, lengths, spec)
        if given is not None:
            rows = jnp.where(given >= 0, jnp.minimum(given, store.shape[0] - 1), rows)
        glyph_ids = rows
    else:
        if spec.hand == "one-writer":
            writer_index_of(source)  # raises
        store, glyph_ids, rows = _draw(draws.keys(GLYPHS), source, digits)
        writers = jnp.full_like(lengths, -1)
    if spec.glyph_transforms or spec.cell != CELL:
        store, rows, ink = _transform(draws.keys(TRANSFORMS), store, rows, lengths, spec)
    else:
        ink = _ink_of(source, store, rows)
    later = jnp.zeros_like(digits)
    return store, Slots(lengths, writers, digits, glyph_ids, rows, ink, later, jnp.zeros_like(ink))


def _choose(
    draws: Draws,
    source: GlyphStore,
    digits: Int32[Array, "B K"],
    lengths: Int32[Array, " B"],
    spec: SequenceSpec,
) -> tuple[Int32[Array, "B K"], Int32[Array, " B"], Int32[Array, " B"]]:
    """Rows of the source's glyphs; of each row of slots the writer (-1: any), and how many are written."""
    index = writer_index_of(source) if spec.hand == "one-writer" else None

    def choose(by: Callable[..., Any], *operands: jax.Array) -> Any:
        def drawn() -> Any:
            return jax.vmap(by)(draws.keys(GLYPHS), draws.glyphs, *operands)

        # Stored, or each column of the canvas would choose anew.
        return stored(drawn, (lengths[:1] < 0).any())

    if index is None:
        return choose(source.choose, digits), jnp.full_like(lengths, -1), lengths
    rows, writers, lengths = choose(index.sample, jnp.clip(digits, 0, index.runs.shape[0] - 1), lengths)
    return rows, writers, lengths


def _draw(
    glyph_keys: Key[Array, " B"], source: Source, digits: Int32[Array, "B K"]
) -> tuple[Store, Int32[Array, "B K"], Int32[Array, "B K"]]:
    """The store, glyph ids and rows of what a source without a store draws, one glyph a slot."""
    glyphs, glyph_ids = jax.vmap(source.draw)(glyph_keys, digits)
    if glyphs.shape != (*digits.shape, HEIGHT, CELL) or glyph_ids.shape != digits.shape:
        raise ValueError(
            f"source.draw must return glyphs [K, {HEIGHT}, {CELL}] and glyph ids [K], got "
            f"{list(glyphs.shape[1:])} and {list(glyph_ids.shape[1:])}"
        )
    return glyphs.reshape(-1, HEIGHT, CELL), glyph_ids, _one_a_slot(digits)


def _transform(
    transform_keys: Key[Array, " B"],
    store: Store,
    rows: Int32[Array, "B K"],
    lengths: Int32[Array, " B"],
    spec: SequenceSpec,
) -> tuple[Float32[Array, "B*K _ _"], Int32[Array, "B K"], Int32[Array, "B K 4"]]:
    """The store, rows and ink boxes of the slots' glyphs, transformed with a key each, and scaled."""
    slots = jnp.arange(rows.shape[1], dtype=jnp.uint32)
    slot_keys: Any = jax.vmap(keys.numbered, in_axes=(0, None))(transform_keys, slots).reshape(-1)
    if augment.per_line(spec.glyph_transforms):
        slot_keys = _with_lines(slot_keys, transform_keys, lengths)

    def transformed(keys: Any, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
        changed = augment.run(keys, spec.glyph_transforms, (store, rows), cell=spec.cell)
        return changed, materialize(pixels.ink_boxes, changed)

    glyphs, ink = map_in_chunks(transformed, max(HEIGHT * CELL, spec.cell**2), slot_keys, rows.reshape(-1))
    return glyphs, _one_a_slot(rows, spec.cell), ink.reshape(*rows.shape, 4)


def _with_lines(
    slot_keys: Key[Array, " N"], transform_keys: Key[Array, " B"], lengths: Int32[Array, " B"]
) -> augment.HandKeys:
    """The keys of the B * K slots, with a key for each line, and where on its line each stands."""
    count = slot_keys.shape[0] // transform_keys.shape[0]
    # No slot has this number.
    lines = jnp.repeat(keys.folded(transform_keys, jnp.uint32(2**32 - 1)), count)
    steps = jnp.maximum(lengths - 1, 1).astype(jnp.float32)[:, None]
    place = jnp.arange(count, dtype=jnp.float32)[None, :] / steps - 0.5
    return augment.HandKeys(slot_keys, lines, jnp.clip(place, -0.5, 0.5).reshape(-1))


def _ink_of(source: Source, store: Store, rows: Int32[Array, "B K"]) -> Int32[Array, "B K 4"]:
    """The ink boxes of untransformed glyphs."""
    if has_store(source):
        return source.ink.at[rows].get(mode="promise_in_bounds")
    return pixels.ink_boxes(store).reshape(*rows.shape, 4)


def _one_a_slot(slots: Int32[Array, "B K"], cell: int = CELL) -> Int32[Array, "B K"]:
    """The rows of a store that has one glyph a slot, in order."""
    if slots.size * cell**2 >= 2**31:
        raise ValueError(f"digits {list(slots.shape)} are more than int32 can place in one batch")
    return jnp.arange(slots.size, dtype=jnp.int32).reshape(slots.shape)
