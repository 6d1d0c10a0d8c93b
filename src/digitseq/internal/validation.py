"""Integers and words at the public boundary."""

import difflib
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np


def as_integer(name: str, value: Any) -> int:
    """A Python integer from an integer or an integral number of any library.

    Raises:
        ValueError: bools, fractions, NaN, infinities and all else.
    """
    if type(value) is int:
        return value
    scalar = value
    if isinstance(value, np.generic | np.ndarray | jax.Array) and value.ndim == 0:
        scalar = value.item()
    if isinstance(scalar, bool):
        raise ValueError(f"{name} must be an integer, got the bool {scalar}")
    if isinstance(scalar, int) or (isinstance(scalar, float) and scalar.is_integer()):
        return int(scalar)
    raise ValueError(f"{name} must be an integer, got {value!r}")


def as_size(name: str, value: Any, most: int) -> int:
    """A Python integer from 1 to `most` from an integer of Python's or NumPy's types.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ValueError(f"{name} must be an integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be positive, got {value}")
    if value > most:
        raise ValueError(f"{name} {value} is too large: at most {most}")
    return int(value)


def nearest(word: str, words: Iterable[str]) -> str:
    """A question that names the word that was probably meant, whatever its case, or nothing."""
    lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), lower, 1)
    return f"; did you mean {lower[found[0]]!r}?" if found else ""
