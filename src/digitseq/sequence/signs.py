"""Which digits are signs: they keep their place in the cell, and no pen joins them; and which have labels."""

import jax.numpy as jnp
import numpy as np

from ..glyphs.sign_shapes import SIGNS
from ..glyphs.source import Source, symbols_of
from ..internal.shapes import Array, Bool, HostArray, Int32


def signs_among(source: Source, digits: Int32[Array, "*B"]) -> Bool[Array, "*B"]:
    """Which classes are signs, by what the source calls them."""
    known = np.array([symbol in SIGNS for symbol in symbols_of(source)] or [False])
    return jnp.asarray(known)[jnp.clip(digits, 0, len(known) - 1)]


def labelled(source: Source, digits: Int32[Array, "*B"], unlabelled: str) -> Bool[Array, "*B"] | None:
    """Which classes have labels: all but those of `unlabelled`; None where all have.

    Raises:
        ValueError: `unlabelled` names symbols that the source lacks, or all that it has.
    """
    named = named_classes(source, unlabelled)
    return jnp.asarray(named)[jnp.clip(digits, 0, len(named) - 1)] if unlabelled else None


def named_classes(source: Source, unlabelled: str) -> Bool[HostArray, " C"]:
    """Whether each of the source's classes has labels, on the host.

    Raises:
        ValueError: `unlabelled` names symbols that the source lacks, or all that it has.
    """
    symbols = symbols_of(source)
    if missing := [symbol for symbol in unlabelled if symbol not in symbols]:
        raise ValueError(
            f"unlabelled {unlabelled!r}: the source's symbols are {symbols!r}, without {missing[0]!r}"
        )
    named = np.array([symbol not in unlabelled for symbol in symbols], bool)
    if unlabelled and not named.any():
        raise ValueError(f"unlabelled {unlabelled!r} leaves none of the source's symbols {symbols!r} a label")
    return named
