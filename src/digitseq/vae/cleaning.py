"""denoise: the public face of the denoiser."""

import functools

import jax
import jax.numpy as jnp
import numpy.typing as npt

from ..settings import own_settings
from ..sharding import Place, by_rows, place_of
from . import denoising, nets
from .denoising import HEIGHT
from .model import Vae, as_images


@own_settings
def denoise(model: Vae, images: npt.ArrayLike) -> jax.Array:
    """The ink that most likely lies under noisy pixels; no labels are needed.

    Made for `ReplaceNoise` of any p from 0 to 0.8. Each pixel is the
    probability that it was ink, so what can't be made out stays grey.

    Args:
        model: its `denoiser` is used.
        images: float [..., 28, 28] glyphs or [..., 28, W] lines, in [0, 1].

    Returns:
        float32 of the same shape, in [0, 1].

    Raises:
        ValueError: a shape or dtype that can't be used.
    """
    images = as_images(images)
    if images.ndim < 2 or images.shape[-2] != HEIGHT or images.shape[-1] < 1:
        raise ValueError(f"images must be [..., {HEIGHT}, W], got {list(images.shape)}")
    place = place_of(images) if images.ndim > 2 else None
    return _cleaned(model.denoiser, images, place)


@functools.partial(jax.jit, static_argnums=2)
def _cleaned(denoiser: nets.Layers, images: jax.Array, place: Place | None) -> jax.Array:
    def part(_: jax.Array, rows: jax.Array, denoiser: nets.Layers) -> jax.Array:
        logits = denoising.logits(denoiser, rows.reshape(-1, *rows.shape[-2:]))
        return jax.nn.sigmoid(logits).reshape(rows.shape)

    rows = images if images.ndim > 2 else images[None]
    return jnp.asarray(by_rows(part, place, rows, denoiser)).reshape(images.shape)
