"""What a source of glyphs is, and what may be asked of one."""

from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..errors import BankError
from .bank import DigitBank
from .writers import Hands


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
