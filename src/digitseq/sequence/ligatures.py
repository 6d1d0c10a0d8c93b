"""Ligatures: thin strokes of a pen that was not lifted between two digits. They belong to no digit."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ..glyphs.source import Source
from ..internal import keys, pixels, random_bits
from ..internal.pixels import CELL
from ..internal.shapes import Array, Bool, Float, Float32, Int32, UInt8, UInt32
from . import outlines
from .signs import signs_among
from .slots import Slots, Store
from .spec import SequenceSpec
from .stages import LIGATURES, Draws

# The most columns that a stroke extends across; and half the pen's width. Pixels at scale 1.
REACH = 12
PEN = 0.7, 1.4
# The most that a stroke hangs through, as a share of its extent across.
SAG = 0.25
# Strokes that are drawn at a time.
CHUNK = 32


class Neighbours(NamedTuple):
    """N pairs of neighbours, K - 1 of each row of a batch.

    Attributes:
        wanted: whether they are to be joined, if a stroke can.
        words: random bits.
        rows, ink, boxes: of the left and the right digit of each, as in `Slots`.
    """

    wanted: Bool[Array, " N"]
    words: UInt32[Array, "N 5"]
    rows: Int32[Array, "N 2"]
    ink: Int32[Array, "N 2 4"]
    boxes: Int32[Array, "N 2 4"]


class Strokes(NamedTuple):
    """The stroke of each of N pairs, in pixels of the canvas, whose centres are integers.

    Attributes:
        x0, y0: where it begins, on the right outline of the left digit.
        x1, y1: where it ends, on the left outline of the right one.
        sag: how far its middle hangs below the middle of its ends.
        radius: half the pen's width.
        drawn: whether there is one.
    """

    x0: Float32[Array, " N"]
    y0: Float32[Array, " N"]
    x1: Float32[Array, " N"]
    y1: Float32[Array, " N"]
    sag: Float32[Array, " N"]
    radius: Float32[Array, " N"]
    drawn: Bool[Array, " N"]


def join(
    draws: Draws,
    source: Source,
    store: Store,
    slots: Slots,
    spec: SequenceSpec,
    image: Float[Array, "B H W"] | UInt8[Array, "B H W"],
    form: Callable[[jax.Array], jax.Array],
) -> Float[Array, "B H W"] | UInt8[Array, "B H W"]:
    """The image with strokes between neighbours.

    Args:
        draws: of the rows.
        source: the glyphs come from it.
        store, slots: as painted.
        spec: the layout; its `ligatures` is the probability of each stroke.
        image: from `compositing.paint`.
        form: as there.
    """
    if slots.digits.shape[1] < 2:
        return image

    drawn: jax.Array = _over(image, store, _neighbours(draws, source, slots, spec), spec.scale, form)
    return drawn


def _neighbours(draws: Draws, source: Source, slots: Slots, spec: SequenceSpec) -> Neighbours:
    """The neighbours of a batch: each pair is wanted with the spec's probability, unless one is a sign."""
    count = slots.digits.shape[1] - 1
    words = keys.random_words(draws.keys(LIGATURES), count * 6).reshape(-1, count, 6)
    able = slots.shown & pixels.has_ink(slots.ink) & ~signs_among(source, slots.digits)
    chosen = random_bits.fractions(words[..., 0]) < jnp.asarray(spec.ligatures, jnp.float32)

    def both(values: jax.Array) -> jax.Array:
        paired = jnp.stack([values[:, :-1], values[:, 1:]], axis=2)
        return paired.reshape(-1, *paired.shape[2:])

    wanted = (able[:, :-1] & able[:, 1:] & chosen).reshape(-1)
    return Neighbours(
        wanted, words[..., 1:].reshape(-1, 5), both(slots.rows), both(slots.ink), both(slots.boxes)
    )


def _strokes(store: Store, pairs: Neighbours, scale: float) -> Strokes:
    """The strokes of neighbours.

    Two fifths go from the lower third of the left digit's ink to the lower
    third of the right one's, two fifths from upper to upper, and one fifth from
    lower to upper. Within a third, each row is as likely that has ink in the
    quarter of the digit's columns that faces the other (where there is none,
    the row that reaches furthest). Where the two ends are too far apart, as
    under the bar of a 7, there is no stroke.
    """
    kind, first, last, pen, sag = (pairs.words[:, n] for n in range(5))
    fifth = random_bits.integers_below(kind, jnp.full(kind.shape, 5, jnp.int32))
    begin, end = pairs.ink[:, 0], pairs.ink[:, 1]
    row0, margin0 = _row(first, outlines.margins(store, pairs.rows[:, 0], begin)[1], begin, fifth < 3)
    row1, margin1 = _row(last, outlines.margins(store, pairs.rows[:, 1], end)[0], end, fifth < 2)
    x0, x1 = pairs.boxes[:, 0, 2] - 1 - margin0, pairs.boxes[:, 1, 0] + margin1
    y0, y1 = (pairs.boxes[:, side, 1] - pairs.ink[:, side, 1] + row for side, row in ((0, row0), (1, row1)))
    drawn = pairs.wanted & (x1 - x0 <= round(REACH * scale))
    thin, thick = (half * scale for half in PEN)
    radius = thin + (thick - thin) * random_bits.fractions(pen)
    x0, y0, x1, y1 = (place.astype(jnp.float32) for place in (x0, y0, x1, y1))
    hang = SAG * random_bits.fractions(sag) * jnp.abs(x1 - x0)
    return Strokes(x0, y0, x1, y1, hang, radius, drawn)


def _row(
    bits: UInt32[Array, " N"],
    margins: Int32[Array, "N S"],
    ink: Int32[Array, "N 4"],
    lower: Bool[Array, " N"],
) -> tuple[Int32[Array, " N"], Int32[Array, " N"]]:
    """A random row of the lower or upper third of the ink that reaches far enough; its margin."""
    rows = jnp.arange(margins.shape[1], dtype=jnp.int32)[None, :]
    third = (ink[:, 3] - ink[:, 1] + 2) // 3
    top = jnp.where(lower, ink[:, 3] - third, ink[:, 1])[:, None]
    inside = (rows >= top) & (rows < top + third[:, None])
    least = jnp.where(inside, margins, outlines.NO_INK).min(axis=1)
    enough = jnp.maximum((ink[:, 2] - ink[:, 0]) // 4, least)
    ranks = jnp.cumsum(inside & (margins <= enough[:, None]), axis=1, dtype=jnp.int32)
    chosen = random_bits.integers_below(bits, ranks[:, -1])
    row = jnp.argmax(ranks > chosen[:, None], axis=1).astype(jnp.int32)
    return row, jnp.take_along_axis(margins, row[:, None], axis=1)[:, 0]


@functools.partial(jax.custom_jvp, nondiff_argnums=(3, 4))
def _over(
    image: Float[Array, "B H W"] | UInt8[Array, "B H W"],
    store: Store,
    pairs: Neighbours,
    scale: float,
    form: Callable[[jax.Array], jax.Array],
) -> Float[Array, "B H W"] | UInt8[Array, "B H W"]:
    """The image with the strokes that are wanted: some at a time, each in a window of the canvas.

    So they cost a fraction of what a second canvas to draw on would.
    """
    batch, height, width = image.shape
    ends = jnp.cumsum(pairs.wanted, dtype=jnp.int32)
    total, chunk = len(pairs.wanted), min(len(pairs.wanted), CHUNK)
    # Digits overlap by half a cell at most, so that no stroke goes further back.
    widest = math.ceil(max(REACH, CELL / 2) * scale) + 2 * (math.ceil(PEN[1] * scale) + 1) + 1
    rows = jnp.arange(height, dtype=jnp.int32)[None, :, None]
    places = jnp.arange(widest, dtype=jnp.int32)[None, None, :]

    def body(number: jax.Array, canvas: jax.Array) -> jax.Array:
        numbers = number * chunk + jnp.arange(chunk, dtype=jnp.int32)
        at = jnp.minimum(jnp.searchsorted(ends, numbers, side="right"), total - 1).astype(jnp.int32)
        strokes = _strokes(store, Neighbours(*(values[at] for values in pairs)), scale)
        own = Strokes(*(values[:, None, None] for values in strokes))
        columns = jnp.floor(jnp.minimum(own.x0, own.x1) - own.radius).astype(jnp.int32) - 1 + places
        # Past the canvas's right edge, and so dropped: what is left of it, and what is no stroke.
        there = own.drawn & (columns >= 0) & (numbers < ends[-1])[:, None, None]
        beyond = jnp.where(there, columns, width)
        row = (at // (total // batch))[:, None, None]
        return canvas.at[row, rows, beyond].max(form(_ink(own, rows, columns)), mode="drop")

    drawn: jax.Array = lax.fori_loop(0, (ends[-1] + chunk - 1) // chunk, body, image)
    return drawn


@_over.defjvp
def _over_tangents(
    scale: float, form: Callable[[jax.Array], jax.Array], primals: Any, tangents: Any
) -> tuple[jax.Array, Any]:
    """The image's gradient where no stroke covers it: a loop of unknown length has none of its own."""
    drawn, change = _over(*primals, scale, form), tangents[0]
    if not jnp.issubdtype(drawn.dtype, jnp.floating):
        return drawn, change
    return drawn, jnp.where(drawn > primals[0], 0.0, change)


def _ink(stroke: Strokes, rows: Int32[Array, "*H"], columns: Int32[Array, "*W"]) -> Float32[Array, "*P"]:
    """A stroke's ink at pixels, smooth at the edge: of their distance from it, hung through as a parabola."""
    x, y = columns.astype(jnp.float32) - stroke.x0, rows.astype(jnp.float32) - stroke.y0
    across, down = stroke.x1 - stroke.x0, stroke.y1 - stroke.y0
    # The nearest point of the chord, and what hangs below it.
    along = jnp.clip((x * across + y * down) / jnp.maximum(across**2 + down**2, 1.0), 0.0, 1.0)
    hang = 4 * stroke.sag * along * (1 - along)
    distance = jnp.sqrt((x - along * across) ** 2 + (y - along * down - hang) ** 2)
    return jnp.clip(stroke.radius + 0.5 - distance, 0.0, 1.0)
