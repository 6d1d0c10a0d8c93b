"""Ligatures: thin strokes of a pen that was not lifted between two digits. They belong to no digit."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..glyphs.source import Source
from ..internal import keys, pixels, random_bits
from ..internal.shapes import Array, Bool, Float32, Int32, Key, UInt8, UInt32
from ..internal.xla import materialize
from . import outlines
from .signs import signs_among
from .slots import Slots, Store
from .spec import SequenceSpec

# What a row's key of gaps folds in for its ligatures.
FOLDED = 3
# The most columns that a stroke extends across; and half the pen's width. Pixels at scale 1.
REACH = 12
PEN = 0.7, 1.4
# The most that a stroke hangs through, as a share of its extent across.
SAG = 0.25


class Strokes(NamedTuple):
    """The stroke of each two neighbours, in pixels of the canvas, whose centres are integers.

    Attributes:
        x0, y0: where it begins, on the right outline of the left digit.
        x1, y1: where it ends, on the left outline of the right one.
        sag: how far its middle hangs below the middle of its ends.
        radius: half the pen's width; 0 where there is no stroke.
    """

    x0: Float32[Array, "B K-1"]
    y0: Float32[Array, "B K-1"]
    x1: Float32[Array, "B K-1"]
    y1: Float32[Array, "B K-1"]
    sag: Float32[Array, "B K-1"]
    radius: Float32[Array, "B K-1"]


def join(
    gap_keys: Key[Array, " B"],
    source: Source,
    store: Store,
    slots: Slots,
    spec: SequenceSpec,
    image: Float32[Array, "B H W"] | UInt8[Array, "B H W"],
    form: Callable[[jax.Array], jax.Array],
) -> Float32[Array, "B H W"] | UInt8[Array, "B H W"]:
    """The image with strokes between neighbours.

    Args:
        gap_keys: typed PRNG keys, one a row, of the stage that draws gaps.
        source: the glyphs come from it.
        store, slots: as painted.
        spec: the layout; its `ligatures` is the probability of each stroke.
        image: from `compositing.paint`.
        form: as there.
    """
    if slots.digits.shape[1] < 2:
        return image

    def drawn(strokes: Strokes, image: jax.Array) -> jax.Array:
        return jnp.maximum(image, form(_draw(strokes, spec)))

    # As an array of its own: line transforms read each pixel several times.
    joined: jax.Array = materialize(drawn, _strokes(gap_keys, source, store, slots, spec), image)
    return joined


def _strokes(
    gap_keys: Key[Array, " B"], source: Source, store: Store, slots: Slots, spec: SequenceSpec
) -> Strokes:
    """The strokes of a batch.

    Two fifths go from the lower third of the left digit's ink to the lower
    third of the right one's, two fifths from upper to upper, and one fifth from
    lower to upper. Within a third, each row is as likely that has ink in the
    quarter of the digit's columns that faces the other (where there is none,
    the row that reaches furthest). Where the two ends are too far apart, as
    under the bar of a 7, and beside signs there is no stroke.
    """
    count = slots.digits.shape[1] - 1
    words = jax.vmap(lambda key: jax.random.bits(key, (count, 6), jnp.uint32))(keys.folded(gap_keys, FOLDED))
    chance, kind, first, last, pen, sag = (words[..., n] for n in range(6))
    left, right = outlines.margins(store, slots)
    boxes = slots.boxes
    fifth = random_bits.integers_below(kind, jnp.full(kind.shape, 5, jnp.int32))
    begin, end = slots.ink[:, :-1], slots.ink[:, 1:]
    row0 = _row(first, right[:, :-1], begin, fifth < 3)
    row1 = _row(last, left[:, 1:], end, fifth < 2)
    x0 = boxes[:, :-1, 2] - 1 - _at(right[:, :-1], row0)
    x1 = boxes[:, 1:, 0] + _at(left[:, 1:], row1)
    y0 = boxes[:, :-1, 1] - begin[..., 1] + row0
    y1 = boxes[:, 1:, 1] - end[..., 1] + row1
    able = slots.shown & pixels.has_ink(slots.ink) & ~signs_among(source, slots.digits)
    near = x1 - x0 <= round(REACH * spec.scale)
    wanted = random_bits.fractions(chance) < jnp.asarray(spec.ligatures, jnp.float32)
    joined = able[:, :-1] & able[:, 1:] & near & wanted
    thin, thick = (half * spec.scale for half in PEN)
    radius = thin + (thick - thin) * random_bits.fractions(pen)
    x0, y0, x1, y1 = (jnp.where(joined, place, 0).astype(jnp.float32) for place in (x0, y0, x1, y1))
    hang = SAG * random_bits.fractions(sag) * jnp.abs(x1 - x0)
    return Strokes(x0, y0, x1, y1, hang, jnp.where(joined, radius, 0.0))


def _row(
    bits: UInt32[Array, "B J"],
    margins: Int32[Array, "B J S"],
    ink: Int32[Array, "B J 4"],
    lower: Bool[Array, "B J"],
) -> Int32[Array, "B J"]:
    """A random row of the cell, of the lower or upper third of the ink, whose ink reaches far enough."""
    rows = jnp.arange(margins.shape[-1], dtype=jnp.int32)[None, None, :]
    third = (ink[..., 3] - ink[..., 1] + 2) // 3
    top = jnp.where(lower, ink[..., 3] - third, ink[..., 1])
    inside = (rows >= top[..., None]) & (rows < (top + third)[..., None])
    reaching = jnp.where(inside, margins, outlines.NO_INK)
    enough = jnp.maximum((ink[..., 2] - ink[..., 0]) // 4, reaching.min(axis=-1))
    ranks = jnp.cumsum(inside & (margins <= enough[..., None]), axis=-1, dtype=jnp.int32)
    chosen = random_bits.integers_below(bits, ranks[..., -1])
    return jnp.argmax(ranks > chosen[..., None], axis=-1).astype(jnp.int32)


def _at(values: Int32[Array, "B J S"], rows: Int32[Array, "B J"]) -> Int32[Array, "B J"]:
    return jnp.take_along_axis(values, rows[..., None], axis=-1)[..., 0]


def _draw(strokes: Strokes, spec: SequenceSpec) -> Float32[Array, "B H W"]:
    """The strokes of each row on a canvas of its own, in [0, 1].

    Only each second stroke may share a column with another, as with digits
    (`compositing.columns`): so two layers hold them all.
    """
    xs = jnp.arange(spec.image_width, dtype=jnp.int32)[None, None, :]
    beside = strokes.radius + 1
    low = jnp.floor(jnp.minimum(strokes.x0, strokes.x1) - beside).astype(jnp.int32)
    high = jnp.ceil(jnp.maximum(strokes.x0, strokes.x1) + beside).astype(jnp.int32)
    joined = (strokes.radius > 0)[..., None]
    covered = (xs >= low[..., None]) & (xs <= high[..., None]) & joined
    numbers = jnp.where(covered, jnp.arange(low.shape[1], dtype=jnp.int32)[None, :, None], -1)
    layers = [
        _layer(strokes, numbers[:, parity::2].max(axis=1, initial=-1), spec.image_height) for parity in (0, 1)
    ]
    return jnp.maximum(*layers)


def _layer(strokes: Strokes, numbers: Int32[Array, "B W"], height: int) -> Float32[Array, "B H W"]:
    """The strokes with these numbers, one a column, -1 for none; smooth at the edge."""

    def column(values: jax.Array) -> jax.Array:
        return jnp.take_along_axis(values, jnp.maximum(numbers, 0), axis=1)[:, None, :]

    own = Strokes(*map(column, strokes))
    x = jnp.arange(numbers.shape[1], dtype=jnp.float32)[None, None, :] - own.x0
    y = jnp.arange(height, dtype=jnp.float32)[None, :, None] - own.y0
    across, down = own.x1 - own.x0, own.y1 - own.y0
    length = jnp.maximum(across**2 + down**2, 1.0)
    # The nearest point of the chord, hung through as a parabola is.
    along = jnp.clip((x * across + y * down) / length, 0.0, 1.0)
    hang = 4 * own.sag * along * (1 - along)
    distance = jnp.sqrt((x - along * across) ** 2 + (y - along * down - hang) ** 2)
    ink = jnp.clip(own.radius + 0.5 - distance, 0.0, 1.0)
    return jnp.where((numbers >= 0)[:, None, :], ink, 0.0)
