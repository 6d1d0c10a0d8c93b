"""DigitBank: all glyphs, sorted by digit; how one is made, drawn from and digested."""

import dataclasses
import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from . import draws
from .checks import as_size
from .errors import BankError
from .hands import Hands, hands_of
from .pytrees import register

HEIGHT = 28
CELL = 28
# A pixel's place in the bank is an int32.
MAX_GLYPHS = (2**31 - 1) // (HEIGHT * CELL)
MAX_CLASSES = 1 << 20


@register
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DigitBank:
    """Handwritten glyphs, sorted by digit. A pytree and a source.

    Made by `make_bank` and `load_bank`, which check; the record does not.

    Attributes:
        glyphs: uint8 [N, 28, 28], 0 background, 255 ink; those of digit d are
            the rows `starts[d]` to `starts[d] + counts[d]`, in the order in
            which they were given.
        starts: int32 [C], the first row of each digit's run.
        counts: int32 [C], the length of each digit's run, which may be 0.
        ink: int32 [N, 4], the box (x0, y0, x1, y1) of each glyph's non-zero
            pixels, half-open; all 0 for a blank glyph.
        writers: int32 [N], who wrote each glyph; those of one digit are then
            sorted by writer (stable). None where that is not known.
        hands: `Hands`, where the writers are known.
        rows: int32 [N], where `split_bank` made this bank: the row that each
            glyph has in the bank that was split, at first. Else None.
    """

    glyphs: jax.Array
    starts: jax.Array
    counts: jax.Array
    ink: jax.Array
    writers: jax.Array | None = None
    hands: Hands | None = None
    rows: jax.Array | None = None

    @property
    def num_classes(self) -> int:
        """C, the number of digits the bank has a (possibly empty) run for."""
        return self.counts.shape[0]

    def serves(self, digits: jax.Array) -> jax.Array:
        """Whether the bank has a glyph of each digit; bool, of the digits' shape."""
        known = (digits >= 0) & (digits < self.num_classes)
        return known & (self.counts[self._clipped(digits)] > 0)

    def choose(self, key: jax.Array, digits: jax.Array) -> jax.Array:
        """A row of `glyphs` for each digit, uniform over the digit's run.

        Args:
            key: a PRNG key.
            digits: int32 [K]. Where the bank serves no such digit the row is
                in range but means nothing.

        Returns:
            int32 [K]. Slot k's choice depends on the key, k and the digit
            alone, not on K.
        """
        digits = self._clipped(digits)
        bits = jax.random.bits(key, digits.shape, jnp.uint32)
        pick = draws.integers_below(bits, self.counts[digits])
        return jnp.minimum(self.starts[digits] + pick, self.glyphs.shape[0] - 1)

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A glyph for each digit: float32 [K, 28, 28] in [0, 1], and its row, int32 [K]."""
        glyph_ids = self.choose(key, digits)
        return unit_ink(self.glyphs[glyph_ids]), glyph_ids

    def _clipped(self, digits: jax.Array) -> jax.Array:
        return jnp.clip(digits, 0, self.num_classes - 1)

    def __repr__(self) -> str:
        by = "" if self.hands is None else f" by {self.hands.names.shape[0]} writers"
        return f"<DigitBank of {self.glyphs.shape[0]} glyphs of {self.num_classes} digits{by}>"


def unit_ink(values: jax.Array) -> jax.Array:
    """Ink as float32 in [0, 1]: uint8 is divided by 255, floats stay.

    A product, not a quotient, because a product is rounded alike on every
    backend; 255 comes out as exactly 1.
    """
    if values.dtype == jnp.uint8:
        return values.astype(jnp.float32) * np.float32(1 / 255)
    return values.astype(jnp.float32)


def byte_ink(values: jax.Array) -> jax.Array:
    """Ink as uint8: round(255 * value) of floats in [0, 1]; uint8 stays."""
    if values.dtype == jnp.uint8:
        return values
    # By way of int32, to which processors convert many at once.
    return jnp.rint(jnp.clip(values, 0, 1) * 255).astype(jnp.int32).astype(jnp.uint8)


def make_bank(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    num_classes: int = 10,
    transpose: bool = False,
    writers: npt.ArrayLike | None = None,
) -> DigitBank:
    """A bank of the given glyphs, sorted by digit, then by writer where they are known (stable).

    Args:
        images: uint8 [N, 28, 28], indexed [glyph, row, column], ink bright.
        labels: integers [N], from 0 to `num_classes` - 1.
        num_classes: C. A class may have no glyph; asking for one is then an
            error at the fronts.
        transpose: swap rows and columns, for EMNIST, whose files store each
            image column by column.
        writers: integers [N], who wrote each glyph; for `hand="one-writer"`.

    Raises:
        BankError: they disagree in number, a label is out of range, the
            images are of another size, or there are none.
        ValueError: a dtype, rank or `num_classes` that can't be used.
    """
    return to_device(
        *sorted_arrays(images, labels, num_classes=num_classes, transpose=transpose, writers=writers)
    )


# Glyphs [N, 28, 28], counts [C], ink [N, 4] and writers, int32 [N] or [0].
Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]


def sorted_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    num_classes: int,
    transpose: bool,
    writers: npt.ArrayLike | None = None,
) -> Arrays:
    """`make_bank` on the host."""
    images, labels = _checked(np.asarray(images), np.asarray(labels), num_classes)
    if transpose:
        images = images.swapaxes(1, 2)
    counts = np.bincount(labels, minlength=num_classes).astype(np.int32)
    if writers is None:
        order, by = np.argsort(labels, kind="stable"), np.zeros(0, np.int32)
    else:
        by = _checked_writers(np.asarray(writers), len(images))
        order = np.lexsort((by, labels))
        by = by[order]
    glyphs = np.ascontiguousarray(images[order])
    return glyphs, counts, ink_of(glyphs), by


def _checked_writers(writers: npt.NDArray[Any], count: int) -> npt.NDArray[np.int32]:
    if writers.ndim != 1 or writers.dtype.kind not in "iu":
        raise ValueError(f"writers must be integers [N], got {writers.dtype} {list(writers.shape)}")
    if len(writers) != count:
        raise BankError(f"{count} images but {len(writers)} writers")
    if writers.min() < 0 or writers.max() >= 2**31:
        raise BankError(f"writers must be numbers from 0 to 2**31 - 1, got {writers.min()}..{writers.max()}")
    return writers.astype(np.int32)


def _checked(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], num_classes: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    as_size("num_classes", num_classes, MAX_CLASSES)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 [N, {HEIGHT}, {CELL}], got {images.dtype} {list(images.shape)}"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers [N], got {labels.dtype} {list(labels.shape)}")
    if images.shape[1:] != (HEIGHT, CELL):
        height, width = images.shape[1:]
        raise BankError(
            f"glyphs must be {HEIGHT} pixels high and {CELL} wide, these are {height} high and "
            f"{width} wide; resize or pad them first"
        )
    if len(images) != len(labels):
        raise BankError(f"{len(images)} images but {len(labels)} labels")
    if not 1 <= len(images) <= MAX_GLYPHS:
        raise BankError(f"a bank holds 1 to {MAX_GLYPHS} glyphs, got {len(images)}")
    outside = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if outside.size:
        raise BankError(
            f"label {labels[outside[0]]} of glyph {outside[0]} is outside 0..{num_classes - 1} "
            f"({outside.size} such labels); is num_classes={num_classes} right?"
        )
    return images, labels.astype(np.int64)


def ink_of(glyphs: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """The box (x0, y0, x1, y1) of each glyph's non-zero pixels; int32 [N, 4]."""
    boxes = np.empty((len(glyphs), 4), np.int32)
    for side, axis in ((0, 1), (1, 2)):
        used: npt.NDArray[np.bool_] = np.any(glyphs, axis=axis)
        last = CELL - used[:, ::-1].argmax(axis=1)
        boxes[:, side] = used.argmax(axis=1)
        boxes[:, side + 2] = np.where(used.any(axis=1), last, 0)
    return boxes


def to_device(
    glyphs: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
    ink: npt.NDArray[np.int32],
    writers: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32] | None = None,
) -> DigitBank:
    starts = (np.cumsum(counts) - counts).astype(np.int32)
    return DigitBank(
        glyphs=jax.device_put(aligned(glyphs)),
        starts=jnp.asarray(starts),
        counts=jnp.asarray(counts),
        ink=jnp.asarray(ink),
        writers=jnp.asarray(writers) if writers.size else None,
        hands=hands_of(counts, writers) if writers.size else None,
        rows=None if rows is None else jnp.asarray(rows),
    )


def aligned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that JAX takes over on a CPU as it lies, because it starts at a multiple of 64 bytes.

    NumPy asks for large pages for large arrays, JAX does not, and painting reads
    all over a bank: from large pages it is 10 % faster.
    """
    room = np.empty(values.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


def bank_digest(bank: DigitBank) -> str:
    """64 hex digits that name the bank's contents.

    The SHA-256 of the number of glyphs of each digit and of all glyphs in the
    bank's order, and of their writers where these are known. It is the same
    for the same glyphs and labels, whatever file form they came in and however
    many empty classes follow the last.
    """
    writers = np.zeros(0, np.int32) if bank.writers is None else np.asarray(bank.writers)
    return digest_arrays(np.asarray(bank.glyphs), np.asarray(bank.counts), writers)


def digest_arrays(
    glyphs: npt.NDArray[np.uint8], counts: npt.NDArray[np.int32], writers: npt.NDArray[np.int32]
) -> str:
    """`bank_digest` of a bank's host arrays."""
    used = np.trim_zeros(counts, "b").tolist()
    digest = hashlib.sha256(f"digitseq bank 1 {glyphs.shape[1:]} {used}\n".encode())
    digest.update(np.ascontiguousarray(glyphs).data)
    digest.update(writers.astype("<i4").tobytes())
    return digest.hexdigest()
