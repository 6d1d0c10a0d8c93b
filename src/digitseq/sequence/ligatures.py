"""Ligatures: thin strokes of a pen that was not lifted between two digits. They belong to no digit."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ..glyphs.source import Source
from ..internal import keys, pixels, random_bits
from ..internal.pixels import CELL
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
# Strokes that are drawn at a time.
CHUNK = 32


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

    layer = _draw(_strokes(gap_keys, source, store, slots, spec), spec)

    def over(layer: jax.Array, image: jax.Array) -> jax.Array:
        ink = form(layer)
        # As their maximum, but for the image's gradient, of which that takes half where both are 0.
        return jnp.where(ink > image, ink, image)

    # As an array of its own: line transforms read each pixel several times.
    joined: jax.Array = materialize(over, layer, image)
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

    Only those that there are, some at a time, each in a window of the canvas:
    at the usual share of them that is a tenth of the time of drawing all.
    """
    batch, pairs = strokes.radius.shape
    flat = Strokes(*(values.reshape(-1) for values in strokes))
    ends = jnp.cumsum(flat.radius > 0, dtype=jnp.int32)
    chunk = min(batch * pairs, CHUNK)
    # Digits overlap by half a cell at most, so that no stroke goes further back.
    widest = math.ceil(max(REACH, CELL / 2) * spec.scale) + 2 * (math.ceil(PEN[1] * spec.scale) + 1) + 1
    rows = jnp.arange(spec.image_height, dtype=jnp.int32)[None, :, None]
    places = jnp.arange(widest, dtype=jnp.int32)[None, None, :]

    def body(number: jax.Array, canvas: jax.Array) -> jax.Array:
        numbers = number * chunk + jnp.arange(chunk, dtype=jnp.int32)
        at = jnp.minimum(jnp.searchsorted(ends, numbers, side="right"), batch * pairs - 1).astype(jnp.int32)
        own = Strokes(*(values[at][:, None, None] for values in flat))
        columns = jnp.floor(jnp.minimum(own.x0, own.x1) - own.radius).astype(jnp.int32) - 1 + places
        # Past the canvas's right edge, and so dropped: what is left of it, and what is no stroke.
        there = (columns >= 0) & (numbers < ends[-1])[:, None, None]
        beyond = jnp.where(there, columns, spec.image_width)
        return canvas.at[(at // pairs)[:, None, None], rows, beyond].max(
            _ink(own, rows, columns), mode="drop"
        )

    canvas = jnp.zeros((batch, spec.image_height, spec.image_width), jnp.float32)
    drawn: jax.Array = lax.fori_loop(0, (ends[-1] + chunk - 1) // chunk, body, canvas)
    return drawn


def _ink(stroke: Strokes, rows: Int32[Array, "*H"], columns: Int32[Array, "*W"]) -> Float32[Array, "*P"]:
    """A stroke's ink at pixels, smooth at the edge: of their distance from it, hung through as a parabola."""
    x, y = columns.astype(jnp.float32) - stroke.x0, rows.astype(jnp.float32) - stroke.y0
    across, down = stroke.x1 - stroke.x0, stroke.y1 - stroke.y0
    # The nearest point of the chord, and what hangs below it.
    along = jnp.clip((x * across + y * down) / jnp.maximum(across**2 + down**2, 1.0), 0.0, 1.0)
    hang = 4 * stroke.sag * along * (1 - along)
    distance = jnp.sqrt((x - along * across) ** 2 + (y - along * down - hang) ** 2)
    return jnp.clip(stroke.radius + 0.5 - distance, 0.0, 1.0)
