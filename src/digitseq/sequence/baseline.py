"""Digits that stand on a common row with the bottom of their ink."""

import jax
import jax.numpy as jnp
import numpy as np

from ..glyphs.source import Source
from ..internal import pixels
from .signs import signs_among
from .slots import Slots
from .spec import SequenceSpec
from .stages import JITTER, Draws

# The row of a cell after the last that MNIST's digits have ink in: the line that is written on.
ROW = 24


def stand(draws: Draws, source: Source, slots: Slots, spec: SequenceSpec) -> Slots:
    """The slots with `drops`: how far each digit is moved down to stand on the baseline, and its jitter.

    Ink stays on the canvas, which limits the jitter. Signs keep the place that
    their cell gives them, as a comma hangs below the line and a dash floats;
    and so do blank glyphs.

    Args:
        draws: of the rows.
        source: the glyphs come from it.
        slots: from `sample_glyphs`.
        spec: the layout.
    """
    jitter = jnp.asarray(spec.baseline_jitter, jnp.float32)
    drawn = jax.vmap(lambda key: jax.random.normal(key, slots.digits.shape[1:], jnp.float32))(
        draws.keys(JITTER)
    )
    down = jnp.round(jitter * drawn).astype(jnp.int32) + np.int32(round(ROW * spec.scale)) - slots.ink[..., 3]
    above, below = spec.top + slots.ink[..., 1], spec.image_height - spec.top - slots.ink[..., 3]
    moved = ~signs_among(source, slots.digits) & pixels.has_ink(slots.ink)
    return slots._replace(drops=jnp.where(moved, jnp.clip(down, -above, below), 0))
