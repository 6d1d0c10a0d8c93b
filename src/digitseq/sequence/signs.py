"""Which digits are signs: they keep their place in the cell, and no pen joins them to digits."""

import jax.numpy as jnp
import numpy as np

from ..glyphs.sign_shapes import SIGNS
from ..glyphs.source import Source, symbols_of
from ..internal.shapes import Array, Bool, Int32


def signs_among(source: Source, digits: Int32[Array, "*B"]) -> Bool[Array, "*B"]:
    """Which classes are signs, by what the source calls them."""
    known = np.array([symbol in SIGNS for symbol in symbols_of(source)] or [False])
    return jnp.asarray(known)[jnp.clip(digits, 0, len(known) - 1)]
