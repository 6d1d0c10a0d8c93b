"""Clean ink from noisy pixels, on glyphs and lines of any width, without labels.

The network reads an image 14 columns, half a cell, at a time: each group of
columns, with all their rows, is one vector, and two of its three layers look at
a vector and its neighbours. So it works on a canvas of any width, and each
layer is one product of matrices.
"""

import jax
import jax.numpy as jnp

from . import layers as nets

HEIGHT = 28
GROUP = 14
GROUP_PIXELS = HEIGHT * GROUP


def start(key: jax.Array, hidden: int) -> nets.Layers:
    """Random layers of so many hidden values a group."""
    first_key, middle_key, last_key = jax.random.split(key, 3)
    return (
        # One input more is 1 on the canvas and 0 beyond it.
        nets.layer(first_key, 3 * (GROUP_PIXELS + 1), hidden),
        nets.layer(middle_key, 3 * hidden, hidden, gain=0.8),
        nets.layer(last_key, hidden, GROUP_PIXELS, gain=0.3),
    )


def logits(layers: nets.Layers, images: jax.Array, within: jax.Array | None = None) -> jax.Array:
    """The log-odds of ink in each pixel of images float32 [N, 28, W]; of the same shape.

    Args:
        layers: from `start`.
        images: blank beyond `within`.
        within: the width of the lines, where the images have more columns, of
            which nothing is said.
    """
    first, middle, last = layers
    count, _, width = images.shape
    total = -(-width // GROUP)
    columns = jnp.pad(images, ((0, 0), (0, 0), (0, -width % GROUP))).swapaxes(1, 2)
    groups = columns.reshape(count, total, GROUP_PIXELS) - 0.5
    inside = jnp.ones((*groups.shape[:2], 1), jnp.float32)
    if within is not None:
        # Groups beyond the line are to their neighbours as if there were none.
        begin = GROUP * jnp.arange(total, dtype=jnp.int32)
        inside = inside * (begin < within).astype(jnp.float32)[None, :, None]
        groups = groups * inside
    x = jax.nn.silu(nets.linear(first, _near(jnp.concatenate([groups, inside], axis=-1))))
    x = x if within is None else x * inside
    x = x + jax.nn.silu(nets.linear(middle, _near(x)))
    return nets.linear(last, x).reshape(count, total * GROUP, HEIGHT).swapaxes(1, 2)[:, :, :width]


def _near(x: jax.Array) -> jax.Array:
    """Each group's values between those of the groups to its left and right; [N, G, 3 * H]."""
    count = x.shape[1]
    wide = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
    return jnp.concatenate([wide[:, start : start + count] for start in range(3)], axis=-1)
