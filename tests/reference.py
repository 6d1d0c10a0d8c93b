"""Keys and pictures by plain loops, to hold the compiled ones against."""

import jax
import jax.numpy as jnp
import numpy as np


def fold(seed, count):
    """The keys of the first rows of a batch, or images of a run."""
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
    return keys(jax.random.key(seed), jnp.arange(count, dtype=jnp.uint32))


def paint(glyphs, offsets, width):
    """The maximum of float32 glyphs [K, 28, 28] at their offsets, float32 [28, W]."""
    image = np.zeros((28, width), np.float32)
    for glyph, offset in zip(glyphs, offsets, strict=True):
        for x in range(28):
            if 0 <= offset + x < width:
                image[:, offset + x] = np.maximum(image[:, offset + x], glyph[:, x])
    return image


def ink_box(image):
    """(x0, y0, x1, y1) of what would be non-zero in the 8-bit image."""
    ys, xs = np.nonzero(np.rint(image * 255))
    return [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] if len(xs) else [0, 0, 0, 0]


def feasible(spans, slack):
    """All vectors with 0 <= e[j] <= spans[j] that add up to at most `slack`."""
    vectors = np.stack(np.meshgrid(*[np.arange(span + 1) for span in spans], indexing="ij"), -1)
    vectors = vectors.reshape(-1, len(spans))
    return vectors[vectors.sum(axis=1) <= slack]
