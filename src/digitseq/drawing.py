"""Glyphs for a batch of rows: chosen, drawn, transformed."""

from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from . import augment, canvas
from .arguments import MAX_DIGIT
from .bank import CELL, HEIGHT, MAX_GLYPHS, DigitBank
from .checks import as_integer, as_size
from .errors import BankError
from .hands import Hands
from .spec import SequenceSpec
from .stage import in_chunks, stage


class Source(Protocol):
    """What draws glyphs: a pytree, so that it can be an argument of a jitted function.

    A source may also have, as `DigitBank` does,

    - `serves(digits) -> bool`: a row then ends before the first digit that is not served.
    - `num_classes`, an int: its digits are 0 to `num_classes` - 1; 10 where it has none. Exports need it
      where labels go beyond 9, since their texts then have dashes: [10] is "10", and [1, 0] is "1-0".
    """

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A glyph for each digit: float32 [K, 28, 28] in [0, 1], and glyph ids int32 [K] (-1: no bank)."""
        ...


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


def serves(source: Source, digits: jax.Array | npt.NDArray[np.int32]) -> jax.Array:
    """Whether the source draws each digit; bool, of the digits' shape. Without a word of its own, it does."""
    known = getattr(source, "serves", lambda digits: digits >= 0)
    return jnp.asarray(known(digits))


def hands_of(source: Source) -> Hands:
    """The writers of a bank.

    Raises:
        BankError: a source that does not know who wrote its glyphs.
    """
    hands = source.hands if isinstance(source, DigitBank) else None
    if hands is None:
        raise BankError(
            f"hand='one-writer' needs a bank that knows its writers, from load_bank(..., writers=PATH) or "
            f"make_bank(..., writers=...), got {source!r}"
        )
    return hands


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
        ink = canvas.ink_boxes(glyphs)
    else:
        fold = jax.vmap(jax.vmap(jax.random.fold_in, in_axes=(None, 0)), in_axes=(0, None))
        slot_keys = fold(transform_keys, jnp.arange(digits.shape[1], dtype=jnp.uint32)).reshape(-1)

        def transformed(keys: jax.Array, drawn: jax.Array) -> tuple[jax.Array, jax.Array]:
            changed = augment.run(keys, spec.glyph_transforms, (glyphs, drawn))
            return changed, stage(canvas.ink_boxes, changed)

        glyphs, ink = in_chunks(transformed, HEIGHT * CELL, slot_keys, drawn)
    return Drawn(glyphs, rows.reshape(digits.shape), glyph_ids, ink.reshape(*digits.shape, 4))
