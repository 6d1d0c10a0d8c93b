"""Sources of labels: the protocol, and what its implementations share."""

import abc
import dataclasses
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from ..internal.keys import numbered
from ..internal.settings import own_settings
from ..internal.shapes import Array, Int32, OneKey
from ..internal.validation import as_size

LONGEST = 10_000
# The digits that are possible in each slot of a row, as of a telephone number's pattern.
Row = list[list[int]]


class LabelSource(Protocol):
    """Draws labels. A pytree, so that it can be an argument of a jitted function.

    Optional methods and attributes, which the fronts call where they are there:

    - `draw_at(key, number)` returns the label int32 [K] of image `number`
      (uint32 []) of a run, for sources with an order, such as lists.
    - `size`, for sources with `draw_at`: how many images use each label once,
      or None.
    - `check()` raises ValueError on parameters that can't be used.
    - `rows()` returns the possible rows, each as the possible digits of each
      slot, from which the fronts know beforehand whether all labels can be
      drawn and fit the width.
    """

    def draw(self, key: OneKey, batch_size: int) -> Int32[Array, "B K"]:
        """Draws a batch of labels.

        Args:
            key: a PRNG key.
            batch_size: B, a Python integer.

        Returns:
            Digits, PAD (-1) after each row's last; row b is a function of the
            key and b alone.
        """
        ...


class Rows(abc.ABC):
    """A label source that draws row b of a batch from `fold_in(key, b)`."""

    @own_settings
    def draw(self, key: OneKey, batch_size: int) -> Int32[Array, "{batch_size} K"]:
        """Draws a batch of labels.

        Args:
            key: a PRNG key.
            batch_size: B, a Python integer.

        Returns:
            Digits, PAD (-1) after each row's last; row b is a function of the
            key and b alone.
        """
        row_keys = numbered(key, jnp.arange(batch_size, dtype=jnp.uint32))
        return jnp.asarray(jax.vmap(self._one)(row_keys))

    @abc.abstractmethod
    def _one(self, key: OneKey) -> Int32[Array, " K"]:
        """One row."""


def static(default: Any) -> Any:
    """A dataclass field that is part of the pytree's structure, with a default."""
    return dataclasses.field(default=default, metadata={"static": True})


def listed_size(name: str, size: int | None, labels: LabelSource, most: int) -> int:
    """The number of images: `size`, or where it is None as many as the list has sequences.

    Args:
        name: of the argument, for the message.
        size: what the user gave.
        labels: the label source.
        most: the greatest size allowed.

    Raises:
        ValueError: a size that is not an integer from 1 to `most`, or None for
            labels that are not an ordered list.
    """
    if size is None:
        size = getattr(labels, "size", None) if callable(getattr(labels, "draw_at", None)) else None
        if size is None:
            kind = type(labels).__name__
            raise ValueError(f"{name} must say how many images, since {kind} are no list in its order")
    return as_size(name, size, most)


def not_drawn(separators: str) -> str:
    """The message that these separators are not drawn, each named once."""
    named = " ".join(repr(mark) if mark.isspace() else mark for mark in sorted(set(separators)))
    return f"what separates the digits ({named}) is not drawn, as there are no glyphs of it"
