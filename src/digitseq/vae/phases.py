"""The phases of training, in their order: which networks, on which loss, for how long."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..glyphs.bank import DigitBank
from ..internal.pixels import unit_ink
from ..labels.digits import PAD
from ..sequence.pipeline import sample_sequences
from ..sequence.spec import SequenceSpec
from . import losses
from .config import Settings
from .layers import Layers
from .model import encode
from .weights import init_networks

PHASES = ("autoencoder", "flow", "prior", "denoiser")
"""The phases of `train`, in their order: names by which it reports its progress."""
SIZES = ("latent", "encoder_hidden", "decoder_hidden", "prior_hidden", "denoiser_hidden")
# What the denoiser is trained on beside single glyphs: a line for so many of those, of up to so many digits.
GLYPHS_A_LINE = 20
LINE_DIGITS = 4
LINE_WEIGHT = 0.25
LINES = SequenceSpec(image_width=112, spacing_range=(-6, 14), align="random")

Networks = dict[str, Layers]


class Phase(NamedTuple):
    """Networks that are trained together, for so many epochs, on `loss(own, others, key, rows, bank)`."""

    title: str
    names: tuple[str, ...]
    epochs: int
    rate: float
    batch: int
    loss: Callable[[Networks, Networks, jax.Array, jax.Array, DigitBank], jax.Array]


def init_all(key: jax.Array, settings: Settings, classes: int) -> Networks:
    """The model's networks and the flow that its prior learns from, random."""
    model_key, flow_key = jax.random.split(key)
    sizes = {name: getattr(settings, name) for name in SIZES}
    flow = losses.init_flow(flow_key, settings.latent, classes, settings.flow_hidden)
    return init_networks(model_key, classes=classes, **sizes) | {"flow": flow}


def phases_of(settings: Settings, classes: int) -> list[Phase]:
    """All phases in their order; each finds the networks of the ones before in `others`."""

    def autoencoder(
        own: Networks, others: Networks, key: jax.Array, rows: jax.Array, bank: DigitBank
    ) -> jax.Array:
        pixel_key, latent_key = jax.random.split(key)
        glyphs, digits = _glyphs(bank, rows)
        if settings.binarised:
            glyphs = jax.random.bernoulli(pixel_key, glyphs).astype(jnp.float32)
        error, divergence = losses.negative_elbo(own, latent_key, glyphs, digits, classes)
        return (error + settings.beta * divergence).mean()

    def flow(own: Networks, others: Networks, key: jax.Array, rows: jax.Array, bank: DigitBank) -> jax.Array:
        latent_key, flow_key = jax.random.split(key)
        glyphs, digits = _glyphs(bank, rows)
        mean, log_std = encode(others["encoder"], glyphs, digits, classes)
        latents = mean + jnp.exp(log_std) * jax.random.normal(latent_key, mean.shape, jnp.float32)
        return losses.flow_matching_loss(own["flow"], flow_key, latents, digits, classes)

    def prior(own: Networks, others: Networks, key: jax.Array, rows: jax.Array, bank: DigitBank) -> jax.Array:
        _, digits = _glyphs(bank, rows)
        return losses.distillation_loss(own["prior"], others["flow"], key, digits, classes, settings.guidance)

    def denoiser(
        own: Networks, others: Networks, key: jax.Array, rows: jax.Array, bank: DigitBank
    ) -> jax.Array:
        line_key, glyph_noise, line_noise = jax.random.split(key, 3)
        glyphs, _ = _glyphs(bank, rows)
        lines = _lines(line_key, bank, max(1, len(rows) // GLYPHS_A_LINE))
        error = losses.denoising_loss(own["denoiser"], glyph_noise, glyphs)
        return error + LINE_WEIGHT * losses.denoising_loss(own["denoiser"], line_noise, lines)

    rate, batch = settings.rate, settings.batch
    return [
        Phase("autoencoder", ("encoder", "decoder"), settings.autoencoder_epochs, rate, batch, autoencoder),
        Phase("flow", ("flow",), settings.flow_epochs, rate, 2 * batch, flow),
        Phase("prior", ("prior",), settings.prior_epochs, 2 * rate, 2 * batch, prior),
        Phase("denoiser", ("denoiser",), settings.denoiser_epochs, 4 * rate, batch // 2, denoiser),
    ]


def _glyphs(bank: DigitBank, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Glyphs of the bank, float32 [N, 28, 28], and their digits, int32 [N]."""
    digits = jnp.searchsorted(bank.starts + bank.counts, rows, side="right").astype(jnp.int32)
    return unit_ink(bank.glyphs[rows]), digits


def _lines(key: jax.Array, bank: DigitBank, count: int) -> jax.Array:
    """Lines of one to four digits that may overlap; float32 [count, 28, 112]."""
    length_key, digit_key, line_key = jax.random.split(key, 3)
    digits = jax.random.randint(digit_key, (count, LINE_DIGITS), 0, bank.num_classes, jnp.int32)
    lengths = jax.random.randint(length_key, (count, 1), 1, LINE_DIGITS + 1, jnp.int32)
    digits = jnp.where(jnp.arange(LINE_DIGITS, dtype=jnp.int32)[None] < lengths, digits, PAD)
    return sample_sequences(line_key, bank, digits, LINES).image
