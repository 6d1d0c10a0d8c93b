"""One random key for each stage of the pipeline."""

from typing import NamedTuple

import jax

from ..internal.shapes import Array, Key


class StageKeys(NamedTuple):
    """One key a row for each stage that draws random numbers."""

    glyphs: Key[Array, " B"]
    gaps: Key[Array, " B"]
    align: Key[Array, " B"]
    transforms: Key[Array, " B"]
    line: Key[Array, " B"]


def split_for_stages(row_keys: Key[Array, " B"]) -> StageKeys:
    """Each row's key, split into one for each stage."""
    split = jax.vmap(lambda key: tuple(jax.random.split(key, len(StageKeys._fields))))
    return StageKeys(*split(row_keys))
