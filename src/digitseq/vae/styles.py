"""Styles: what varies between glyphs of one digit, as samples of a standard normal distribution."""

import jax
import jax.numpy as jnp

from ..internal.settings import own_settings


def sample(key: jax.Array, count: int, size: int, coherence: jax.Array | float) -> jax.Array:
    """Samples of the styles of a line's digits.

    Each is standard normal by itself; any two have correlation `coherence` in
    every coordinate: at 0 they are independent, at 1 the same.

    Args:
        key: a PRNG key.
        count: K, how many.
        size: D, of a style.
        coherence: from 0 to 1, clipped to that range.

    Returns:
        float32 [K, D]. The style of slot k depends on the key and k alone, not on K.
    """
    shared_key, own_key = jax.random.split(key)
    shared = jax.random.normal(shared_key, (1, size), jnp.float32)
    own = jax.random.normal(own_key, (count, size), jnp.float32)
    coherence = jnp.clip(jnp.asarray(coherence, jnp.float32), 0.0, 1.0)
    return jnp.sqrt(coherence) * shared + jnp.sqrt(1 - coherence) * own


@own_settings
def between(first: jax.Array, last: jax.Array, share: jax.Array) -> jax.Array:
    """Styles interpolated between two.

    Along the arc, not the chord: where the two ends are standard normal and
    independent of each other, each style between them is standard normal too.

    >>> first, last = jax.random.normal(jax.random.key(0), (2, 1, 32))
    >>> vae.between(first, last, jnp.linspace(0, 1, 5)).shape
    (5, 32)

    Args:
        first: float32 [..., D].
        last: float32 [..., D].
        share: float32 [...], from 0, the first, to 1, the last.

    Returns:
        float32 [..., D].
    """
    angle = jnp.asarray(share, jnp.float32)[..., None] * (jnp.pi / 2)
    return jnp.cos(angle) * first + jnp.sin(angle) * last
