"""Clean ink from noisy pixels, on glyphs and lines of any width, without labels.

The network reads an image four columns at a time: each group of columns, with
all their rows, is one vector, and layers look at a vector and its neighbours.
So it works on a canvas of any width, and one product of matrices computes
each layer of all of them.
"""

import jax
import jax.numpy as jnp

from . import nets

HEIGHT = 28
GROUP = 4
GROUP_PIXELS = HEIGHT * GROUP
# How far to each side the layers between the first and the last look, in groups: 24 pixels in all.
REACHES = (1, 2, 1)


def start(key: jax.Array, hidden: int) -> nets.Layers:
    """Random layers of so many hidden values a group."""
    first_key, *keys, last_key = jax.random.split(key, len(REACHES) + 2)
    # One input more is 1 on the canvas and 0 beyond it.
    first = nets.layer(first_key, 3 * (GROUP_PIXELS + 1), hidden)
    between = (nets.layer(key, 3 * hidden, hidden, gain=0.8) for key in keys)
    return first, *between, nets.layer(last_key, 3 * hidden, GROUP_PIXELS, gain=0.3)


def logits(layers: nets.Layers, images: jax.Array) -> jax.Array:
    """The log-odds of ink in each pixel of images float32 [N, 28, W]; of the same shape."""
    first, *between, last = layers
    count, _, width = images.shape
    columns = jnp.pad(images, ((0, 0), (0, 0), (0, -width % GROUP))).swapaxes(1, 2)
    groups = columns.reshape(count, -1, GROUP_PIXELS) - 0.5
    inside = jnp.ones((*groups.shape[:2], 1), jnp.float32)
    x = jax.nn.silu(nets.linear(first, _near(jnp.concatenate([groups, inside], axis=-1), 1)))
    for own, reach in zip(between, REACHES, strict=True):
        x = x + jax.nn.silu(nets.linear(own, _near(x, reach)))
    y = nets.linear(last, _near(x, 1))
    return y.reshape(count, -1, HEIGHT).swapaxes(1, 2)[:, :, :width]


def _near(x: jax.Array, reach: int) -> jax.Array:
    """Each group's values with those of the groups `reach` to its left and right; [N, G, 3 * H]."""
    count = x.shape[1]
    wide = jnp.pad(x, ((0, 0), (reach, reach), (0, 0)))
    return jnp.concatenate([wide[:, start : start + count] for start in (0, reach, 2 * reach)], axis=-1)
