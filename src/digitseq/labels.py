"""What to write: sequences of digits, given, random, or from a file."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from . import draws
from .arguments import PAD


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class RandomDigits:
    """Random digits, independent and uniform, of a random length, uniform too.

    Attributes:
        min_length: the least number of digits. A leaf.
        max_length: the greatest, and the number of slots. Static.
        choices: int32 [M], the digits to draw from.
    """

    min_length: int | jax.Array = 5
    max_length: int = dataclasses.field(default=5, metadata={"static": True})
    choices: jax.Array | npt.NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.arange(10, dtype=np.int32)
    )

    def draw(self, key: jax.Array, batch_size: int) -> jax.Array:
        """Labels int32 [B, max_length], PAD after the last digit; row b depends on key and b alone."""
        fold = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
        return jax.vmap(self._one)(fold(key, jnp.arange(batch_size, dtype=jnp.uint32)))

    def _one(self, key: jax.Array) -> jax.Array:
        bits = jax.random.bits(key, (1 + self.max_length,), jnp.uint32)
        spread = jnp.asarray(self.max_length - self.min_length + 1)
        length = self.min_length + draws.integers_below(bits[0], spread)
        size = jnp.full(self.max_length, len(self.choices), jnp.int32)
        digits = jnp.asarray(self.choices)[draws.integers_below(bits[1:], size)]
        return jnp.where(jnp.arange(self.max_length, dtype=jnp.int32) < length, digits, PAD)


def pack(sequences: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """Sequences of any lengths as rows of int32 [N, K], PAD after the last digit."""
    packed = np.full((len(sequences), max(map(len, sequences))), PAD, np.int32)
    for row, sequence in zip(packed, sequences, strict=True):
        row[: len(sequence)] = sequence
    return packed


def parse_sequence(text: str) -> list[int]:
    """Digits from `350` (each a digit) or `3-5-0` (each a number, for banks of more than ten classes).

    Raises:
        ValueError: anything else.
    """
    parts = text.split("-") if "-" in text else list(text)
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"SEQUENCE must be digits as in 350 or 3-5-0, got {text!r}")
    digits = [int(part) for part in parts]
    if max(digits) >= 2**31:
        raise ValueError(f"SEQUENCE: digit {max(digits)} is out of range")
    return digits


def format_sequence(digits: Sequence[int]) -> str:
    """The digits as `3-5-0`."""
    return "-".join(str(digit) for digit in digits)


def read_sequences(path: str | os.PathLike[str]) -> list[list[int]]:
    """The sequences of a text file, one a line as `parse_sequence` reads them; empty lines are skipped.

    Raises:
        ValueError: naming the line that can't be read, or a file with none.
        FileNotFoundError: there is no such file.
    """
    sequences = []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise ValueError(f"{os.fspath(path)} is not a text file ({error})") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                sequences.append(parse_sequence(line.strip()))
            except ValueError as error:
                raise ValueError(f"{os.fspath(path)}, line {number}: {error}") from None
    if not sequences:
        raise ValueError(f"{os.fspath(path)} holds no sequence; write one a line")
    return sequences
