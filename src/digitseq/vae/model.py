"""The conditional variational autoencoder: a record of parameters, and a source of glyphs.

D. Kingma and M. Welling, "Auto-Encoding Variational Bayes" (2014), with the
digit as the condition of both networks (K. Sohn, H. Lee and X. Yan, 2015), so
that the latent holds what the digit does not tell. Latents of real glyphs are
not normally distributed, so a prior network computes them from a style, which
is (see `losses.distillation_loss`).
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal.pixels import CELL, HEIGHT
from ..internal.pytrees import register_pytree
from ..internal.settings import own_settings
from . import styles
from .layers import Layers, apply_perceptron, one_hot

PIXELS = HEIGHT * CELL
# Expected values of a pixel below and above these count as no ink and as full ink: half-grey haze
# around a stroke is none. It leaves about as many pixels empty as MNIST has.
NO_INK, FULL_INK = 0.05, 0.95
# Log standard deviations of latents are kept between these.
NARROWEST, WIDEST = -7.0, 3.0


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Vae:
    """A trained model. A pytree and a source, as a `DigitBank` is.

    Made by `pretrained`, `train` and `load`.

    >>> import dataclasses
    >>> model = dataclasses.replace(vae.pretrained(), style=0.9)  # lines in nearly one style
    >>> ds.sample_sequence(7, model, [3, 5, 0], ds.SequenceSpec(image_width=120)).image.shape
    (28, 120)

    Attributes:
        encoder: layers, from a glyph and its digit to a latent's mean and
            log standard deviation.
        decoder: layers, from a latent and a digit to the log-odds of ink.
        prior: layers, from a style and a digit to a latent.
        denoiser: layers, from noisy pixels to the log-odds of ink, without
            the digit.
        style: the correlation of the styles of one line's digits, from 0
            (every digit its own style) to 1 (one style a line).
    """

    encoder: Layers
    decoder: Layers
    prior: Layers
    denoiser: Layers
    style: float | jax.Array = 0.0

    @property
    def style_size(self) -> int:
        """D, of a style and of a latent."""
        return self.prior[-1]["bias"].shape[0]

    @property
    def num_classes(self) -> int:
        """C, the number of digits the model was trained on."""
        return self.prior[0]["weights"].shape[0] - self.style_size

    def serves(self, digits: jax.Array) -> jax.Array:
        """Whether the model draws each digit; bool, of the digits' shape."""
        return (digits >= 0) & (digits < self.num_classes)

    def draw(self, key: jax.Array, digits: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A glyph for each digit of a line: float32 [K, 28, 28] in [0, 1], and -1 for each, int32 [K]."""
        sampled = styles.sample(key, digits.shape[0], self.style_size, self.style)
        return generate_glyphs(self, sampled, digits), jnp.full(digits.shape, -1, jnp.int32)

    def __repr__(self) -> str:
        return f"<Vae of {self.num_classes} digits, style {self.style}>"


def encode(
    encoder: Layers, images: jax.Array, digits: jax.Array, classes: int
) -> tuple[jax.Array, jax.Array]:
    """Mean and log standard deviation of the latents of images [N, 28, 28]; float32 [N, D] each."""
    pixels = images.reshape(-1, PIXELS) - 0.13
    outputs = apply_perceptron(encoder, jnp.concatenate([pixels, one_hot(digits, classes)], axis=1))
    mean, log_std = jnp.split(outputs, 2, axis=1)
    return mean, jnp.clip(log_std, NARROWEST, WIDEST)


def decode(decoder: Layers, latents: jax.Array, digits: jax.Array, classes: int) -> jax.Array:
    """The log-odds of ink for latents [N, D]; float32 [N, 28, 28]."""
    inputs = jnp.concatenate([latents, one_hot(digits, classes)], axis=1)
    return apply_perceptron(decoder, inputs).reshape(-1, HEIGHT, CELL)


def prior_latents(prior: Layers, styles: jax.Array, digits: jax.Array, classes: int) -> jax.Array:
    """The latents of styles [N, D] for their digits; float32 [N, D]."""
    inputs = jnp.concatenate([styles, one_hot(digits, classes)], axis=1)
    return styles + apply_perceptron(prior, inputs)


def expected_ink(logits: jax.Array) -> jax.Array:
    """Ink in [0, 1] from log-odds: the expected value without haze."""
    return jnp.clip((jax.nn.sigmoid(logits) - NO_INK) / (FULL_INK - NO_INK), 0.0, 1.0)


@jax.jit
def generate_glyphs(model: Vae, styles: jax.Array, digits: jax.Array) -> jax.Array:
    """Glyphs of styles float32 [N, D] and digits int32 [N]; float32 [N, 28, 28]."""
    latents = prior_latents(model.prior, styles, digits, model.num_classes)
    return expected_ink(decode(model.decoder, latents, digits, model.num_classes))


@jax.jit
def _reconstructed(model: Vae, images: jax.Array, digits: jax.Array) -> jax.Array:
    mean, _ = encode(model.encoder, images, digits, model.num_classes)
    return expected_ink(decode(model.decoder, mean, digits, model.num_classes))


@own_settings
def write(model: Vae, drawn: npt.ArrayLike, digits: npt.ArrayLike) -> jax.Array:
    """Glyphs of digits in given styles.

    >>> styles = jax.random.normal(jax.random.key(0), (10, 32))
    >>> vae.write(vae.pretrained(), styles, np.arange(10)).shape
    (10, 28, 28)

    Args:
        model: what generates them.
        drawn: styles, float [..., D]: standard normal numbers, of one's own
            or from `between`.
        digits: integers [...], from 0 to C - 1.

    Returns:
        float32 [..., 28, 28] in [0, 1].

    Raises:
        ValueError: shapes that don't belong together, or a digit that the
            model does not draw.
    """
    drawn = jnp.asarray(drawn, jnp.float32)
    if drawn.ndim < 1 or drawn.shape[-1] != model.style_size:
        raise ValueError(f"styles must be [..., {model.style_size}], got {list(drawn.shape)}")
    known = _digits(model, digits, drawn.shape[:-1])
    glyphs = generate_glyphs(model, drawn.reshape(-1, model.style_size), known.reshape(-1))
    return glyphs.reshape(*known.shape, HEIGHT, CELL)


@own_settings
def reconstruct(model: Vae, images: npt.ArrayLike, digits: npt.ArrayLike) -> jax.Array:
    """Glyphs after the autoencoder: encoded to the means of their latents, and decoded.

    >>> bank = ds.load_bank("builtin")
    >>> vae.reconstruct(vae.pretrained(), np.asarray(bank.glyphs[:4]) / 255, [0, 0, 0, 0]).shape
    (4, 28, 28)

    Args:
        model: its encoder and decoder are used.
        images: float [..., 28, 28] in [0, 1].
        digits: integers [...], their digits.

    Returns:
        float32 [..., 28, 28] in [0, 1].

    Raises:
        ValueError: shapes or dtypes that can't be used, or an unknown digit.
    """
    images = as_images(images)
    if images.ndim < 2 or images.shape[-2:] != (HEIGHT, CELL):
        raise ValueError(f"images must be [..., {HEIGHT}, {CELL}], got {list(images.shape)}")
    known = _digits(model, digits, images.shape[:-2])
    glyphs = _reconstructed(model, images.reshape(-1, HEIGHT, CELL), known.reshape(-1))
    return glyphs.reshape(images.shape)


def as_images(images: npt.ArrayLike) -> jax.Array:
    """The images as float32.

    Raises:
        ValueError: they are of no float dtype, as bytes are.
    """
    return jnp.asarray(as_floats(images), jnp.float32)


def as_floats(images: npt.ArrayLike) -> jax.Array | npt.NDArray[Any]:
    """The images as they are, or as a NumPy array; raises as `as_images` does."""
    array: Any = images if isinstance(images, jax.Array) else np.asarray(images)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(f"images must be floats in [0, 1], got {array.dtype}; divide bytes by 255")
    return array


def _digits(model: Vae, digits: npt.ArrayLike, shape: tuple[int, ...]) -> jax.Array:
    array: Any = digits if isinstance(digits, jax.Array) else np.asarray(digits)
    if not jnp.issubdtype(array.dtype, jnp.integer) or array.shape != shape:
        raise ValueError(f"digits must be integers {list(shape)}, got {array.dtype} {list(array.shape)}")
    if not isinstance(array, jax.core.Tracer) and not np.all(np.asarray(model.serves(array))):
        wrong = np.asarray(array)[~np.asarray(model.serves(array))].flat[0]
        raise ValueError(f"digits: {wrong} is out of range, this model has 0..{model.num_classes - 1}")
    return jnp.asarray(array).astype(jnp.int32)
