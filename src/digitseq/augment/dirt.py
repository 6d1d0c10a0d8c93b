"""Page transforms that know where the digits stand: rules and edges of a form, and specks. Labels stay."""

import dataclasses
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Bool, Float32
from ..internal.xla import FULL_PRECISION, materialize
from .base import Page, Parameter, Width, as_float, uniform
from .hand_keys import Keys

# Of a rule's brightness the least, as a share of the greatest.
DIMMEST = 0.4
# Specks that are drawn at most.
MOST = 8


class InkLies(NamedTuple):
    """Where the ink of N images lies: its first and last row and column, and whether there is any.

    Rows are those that hold at least a third of the ink of the fullest, so
    that tails and accents don't count; columns those with ink of a quarter.
    """

    top: Float32[Array, "N 1 1"]
    bottom: Float32[Array, "N 1 1"]
    left: Float32[Array, "N 1 1"]
    right: Float32[Array, "N 1 1"]
    any: Bool[Array, "N 1 1"]


def find_ink(images: Float32[Array, "N H W"]) -> InkLies:
    """Where the ink of images lies, from sums over their rows and columns."""
    filled = images.sum(axis=2)
    top, bottom = _ends(filled * 3 >= filled.max(axis=1, initial=0, keepdims=True))
    inked = images.max(axis=1, initial=0) > 0.25
    left, right = _ends(inked)
    return InkLies(top, bottom, left, right, inked.any(axis=1)[:, None, None])


def _ends(chosen: Bool[Array, "N S"]) -> tuple[Float32[Array, "N 1 1"], Float32[Array, "N 1 1"]]:
    """The first and the last of the chosen places."""
    places = jnp.arange(chosen.shape[1], dtype=jnp.float32)[None]
    first = jnp.where(chosen, places, chosen.shape[1]).min(axis=1, initial=chosen.shape[1])
    last = jnp.where(chosen, places, -1).max(axis=1, initial=-1)
    return first[:, None, None], last[:, None, None]


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaselineRules(Page):
    """Draws what forms print around a line: a broken underline, an upper rule, a box's edge.

    Each is there with its own probability, one or two pixels thick, up to 2
    degrees off the straight; its brightness is uniform from 0.4 * `strength`
    to `strength`, in units of full ink, and where ink is brighter that stays.
    The underline runs 1 pixel above to 4 below the digits' lowest row, from up
    to 20 pixels before the ink to as far behind it, with gaps; the upper rule 1
    to 4 pixels above their uppermost row; the edge 2 to 8 pixels left or right
    of the ink. All are measured on the image itself: put it after what moves
    ink, and before noise, `Paper` and `Invert`.

    >>> spec = ds.SequenceSpec(image_width=120, line_transforms=(augment.BaselineRules(under=1.0),))
    >>> image = ds.generate_numbers_sequence("350", (0, 10), 120, key=7, bank="builtin", spec=spec)
    >>> image.shape
    (28, 120)

    Attributes:
        under: the probability of an underline.
        over: of an upper rule.
        edge: of a box's edge.
        strength: the greatest brightness, from 0 to 1.
    """

    under: Parameter = 0.35
    over: Parameter = 0.1
    edge: Parameter = 0.08
    strength: Parameter = 1.0

    limits: ClassVar = {"under": (0, 1), "over": (0, 1), "edge": (0, 1), "strength": (0, 1)}
    takes_width: ClassVar = True
    reads_neighbours: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with rules, the brighter of ink and rule at each pixel; blank images stay."""
        ink = find_ink(images)
        y = jnp.arange(images.shape[1], dtype=jnp.float32)[None, :, None]
        x = jnp.arange(images.shape[2], dtype=jnp.float32)[None, None, :]
        drawn = uniform(keys, 36)[:, :, None, None]
        under, over, edge = drawn[:12], drawn[12:24], drawn[24:]
        below = ink.bottom + 5 * under[1]
        above = ink.top - 1 - 3 * over[1]
        along = _stretch(x, ink.left, ink.right, under) * _unbroken(x, under)
        whole = _stretch(x, ink.left, ink.right, over)

        def dirty(along: jax.Array, images: jax.Array) -> jax.Array:
            rules = (
                self._shown(under, self.under) * _rule(y, x, below, ink, under) * along,
                self._shown(over, self.over) * _rule(y, x, above, ink, over) * whole,
                self._shown(edge, self.edge) * _edge(y, x, ink, edge),
            )
            dirt = jnp.maximum(jnp.maximum(rules[0], rules[1]), rules[2])
            return jnp.maximum(images, jnp.where(ink.any, dirt, 0))

        # Stored first, or each row would compute the waves of its gaps again.
        return jnp.asarray(materialize(dirty, along, images))

    def _shown(self, drawn: Float32[Array, "12 N 1 1"], chance: Parameter) -> Float32[Array, "N 1 1"]:
        """The brightness, 0 where the rule is left out."""
        brightness = self.strength * (DIMMEST + (1 - DIMMEST) * drawn[2])
        return jnp.where(drawn[0] < chance, brightness, 0)


def _line(distance: Float32[Array, "..."], thickness: Float32[Array, "N _ _"]) -> Float32[Array, "..."]:
    """How much of a pixel so far from a line's middle is covered by it."""
    return jnp.clip((thickness + 1) / 2 - jnp.abs(distance), 0, 1)


def _rule(
    y: Float32[Array, "1 H 1"],
    x: Float32[Array, "1 1 W"],
    at: Float32[Array, "N 1 1"],
    ink: InkLies,
    drawn: Float32[Array, "12 N 1 1"],
) -> Float32[Array, "N H W"]:
    """A rule at a row, turned about the middle of the ink."""
    slope = (2 * drawn[3] - 1) * np.float32(np.tan(np.radians(2)))
    return _line(y - at - slope * (x - (ink.left + ink.right) / 2), 1 + drawn[4])


def _stretch(
    x: Float32[Array, "1 1 W"],
    left: Float32[Array, "N 1 1"],
    right: Float32[Array, "N 1 1"],
    drawn: Float32[Array, "12 N 1 1"],
) -> Float32[Array, "N 1 W"]:
    """1 from up to 20 columns before the ink to up to 20 after it, else 0."""
    return ((x >= left - 20 * drawn[5]) & (x <= right + 20 * drawn[6])).astype(jnp.float32)


def _unbroken(x: Float32[Array, "1 1 W"], drawn: Float32[Array, "12 N 1 1"]) -> Float32[Array, "N 1 W"]:
    """0 in gaps, else 1, softly: where a sum of two sine waves is above a random level."""
    turn = np.float32(2 * np.pi)
    long, short = x / (30 + 40 * drawn[7]), x / (9 + 8 * drawn[8])
    waves = jnp.sin(turn * (long + drawn[9])) + jnp.sin(turn * (short + drawn[10]))
    return jnp.clip(3 * (waves + 2 * drawn[11]), 0, 1)


def _edge(
    y: Float32[Array, "1 H 1"],
    x: Float32[Array, "1 1 W"],
    ink: InkLies,
    drawn: Float32[Array, "12 N 1 1"],
) -> Float32[Array, "N H W"]:
    """A line down the canvas, left or right of the ink."""
    away = 2 + 6 * drawn[1]
    at = jnp.where(drawn[5] < 0.5, ink.left - away, ink.right + away)
    slope = (2 * drawn[3] - 1) * np.float32(np.tan(np.radians(2)))
    return _line(x - at - slope * (y - (ink.top + ink.bottom) / 2), 1 + drawn[4])


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Specks(Page):
    """Scatters specks of dust: one to `most`, anywhere on the canvas.

    How many is uniform; each is an ellipse-like spot whose height and width
    are uniform from 1 to 3 pixels, of brightness uniform from 0.2 to 1. Where
    ink is brighter it stays.

    >>> dust = augment.apply(7, [augment.Specks(most=3.0)], np.zeros((28, 120), np.float32))
    >>> bool((dust > 0).any())
    True

    Attributes:
        most: specks, up to 8; none at all where it is 0.
    """

    most: Parameter = 6.0

    limits: ClassVar = {"most": (0, MOST)}
    takes_width: ClassVar = True

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images with specks, the brighter of ink and speck at each pixel."""
        return self.change_within(images, keys, images.shape[2])

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """The images with specks that lie anywhere on the width instead of the canvas."""
        height, columns = images.shape[1:]
        drawn = uniform(keys, 1 + 5 * MOST)
        count = jnp.minimum(jnp.floor(drawn[0] * self.most) + 1, self.most)[None]
        down, right, high, wide, bright = drawn[1:].reshape(5, MOST, -1)
        there = np.arange(MOST, dtype=np.float32)[:, None] < count
        bright = jnp.where(there, 0.2 + 0.8 * bright, 0)

        def covered(size: int, middle: jax.Array, extent: jax.Array) -> jax.Array:
            places = jnp.arange(size, dtype=jnp.float32)[None, None, :] + 0.5
            return _line(places - middle[..., None], 1 + 2 * extent[..., None])

        rows = bright[..., None] * covered(height, down * height, high)
        across = covered(columns, right * as_float(width), wide)
        specks = jnp.einsum("sny,snx->nyx", rows, across, precision=FULL_PRECISION)
        return jnp.maximum(images, jnp.minimum(specks, 1))
