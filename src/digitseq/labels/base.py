"""Sources of labels: the protocol, and what its implementations share."""

import abc
import dataclasses
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from ..internal.keys import numbered
from ..internal.settings import own_settings
from ..internal.validation import as_size

LONGEST = 10_000
# For each slot of a row, the digits that may stand there.
Row = list[list[int]]


class LabelSource(Protocol):
    """What draws labels: a pytree, so that it can be an argument of a jitted function.

    A source may have `draw_at(key, number)`, one row int32 [K] of image
    `number` (uint32 []) of a run: a list is written in its order by that. Its
    `size`, where it is not None, is then how many images write it once. It may
    also have `check()`, which raises ValueError on values that
    can't be used, and `rows()`, the rows it may draw, by the digits that may
    stand in each slot: the fronts refuse beforehand what can't be drawn or
    does not fit.
    """

    def draw(self, key: jax.Array, batch_size: int) -> jax.Array:
        """Labels int32 [B, K], PAD (-1) after the last digit; row b depends on key and b alone."""
        ...


class Rows(abc.ABC):
    """Draws row b from `fold_in(key, b)`."""

    @own_settings
    def draw(self, key: jax.Array, batch_size: int) -> jax.Array:
        """Labels int32 [B, K], PAD (-1) after the last digit; row b depends on key and b alone."""
        row_keys = numbered(key, jnp.arange(batch_size, dtype=jnp.uint32))
        return jnp.asarray(jax.vmap(self._one)(row_keys))

    @abc.abstractmethod
    def _one(self, key: jax.Array) -> jax.Array: ...


def static(default: Any) -> Any:
    """A field that is part of the tree's structure."""
    return dataclasses.field(default=default, metadata={"static": True})


def listed_size(name: str, size: int | None, labels: LabelSource, most: int) -> int:
    """How many images are asked for; where that is not said, as many as a list has sequences.

    Raises:
        ValueError: the size can't be used, or is missing for labels that are no list in its order.
    """
    if size is None:
        size = getattr(labels, "size", None) if callable(getattr(labels, "draw_at", None)) else None
        if size is None:
            kind = type(labels).__name__
            raise ValueError(f"{name} must say how many images, since {kind} are no list in its order")
    return as_size(name, size, most)


def not_drawn(separators: str) -> str:
    """The sentence that says so."""
    named = " ".join(repr(mark) if mark.isspace() else mark for mark in sorted(set(separators)))
    return f"what separates the digits ({named}) is not drawn, as there are no glyphs of it"
