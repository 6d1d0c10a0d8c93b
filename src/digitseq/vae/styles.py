"""Styles: what of a glyph is the writer's hand and not the digit. Points of a standard normal law."""

import jax
import jax.numpy as jnp

from ..internal.settings import own_settings


def draw(key: jax.Array, count: int, size: int, coherence: jax.Array | float) -> jax.Array:
    """The styles of a line's digits.

    Each is standard normal by itself; any two have correlation `coherence` in
    every coordinate: 0 makes them independent, 1 the same.

    Args:
        key: a PRNG key.
        count: K, how many.
        size: D, of a style.
        coherence: from 0 to 1; what lies beyond is taken for the nearer of them.

    Returns:
        float32 [K, D]. Slot k's depends on the key and k alone, not on K.
    """
    shared_key, own_key = jax.random.split(key)
    shared = jax.random.normal(shared_key, (1, size), jnp.float32)
    own = jax.random.normal(own_key, (count, size), jnp.float32)
    coherence = jnp.clip(jnp.asarray(coherence, jnp.float32), 0.0, 1.0)
    return jnp.sqrt(coherence) * shared + jnp.sqrt(1 - coherence) * own


@own_settings
def between(first: jax.Array, last: jax.Array, share: jax.Array) -> jax.Array:
    """Styles on the way from one to another.

    Along the arc, not the chord: each is standard normal again where the two
    ends are, and independent of each other.

    Args:
        first: float32 [..., D].
        last: float32 [..., D].
        share: of the last, from 0 to 1; float32 [...].
    """
    angle = jnp.asarray(share, jnp.float32)[..., None] * (jnp.pi / 2)
    return jnp.cos(angle) * first + jnp.sin(angle) * last
