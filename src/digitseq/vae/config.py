"""The configuration of a training: sizes, weights of the loss, lengths."""

import dataclasses
import math
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of `train`. The weights that ship with digitseq were trained with the defaults.

    >>> vae.Settings(autoencoder_epochs=4, flow_epochs=4).latent
    32

    Attributes:
        latent: D, numbers in a latent, and in a style.
        encoder_hidden, decoder_hidden, flow_hidden, prior_hidden: values in
            each hidden layer of these networks.
        denoiser_hidden: values of each 14 columns in the denoiser.
        beta: the weight of the divergence from N(0, 1) (I. Higgins and
            others, 2017); at 1, and binarised, the loss is the negative
            evidence lower bound.
        binarised: sample each pixel as 0 or 1, anew in every epoch, with its
            grey value as the probability, instead of taking grey values.
        guidance: the flow's guidance (see `losses.integrate_flow`); 1 is none.
        autoencoder_epochs, flow_epochs, prior_epochs, denoiser_epochs: how
            often each network is trained on every glyph; 0 leaves it random.
        batch: glyphs a step; twice as many for flow and prior, half for the
            denoiser.
        rate: Adam's highest learning rate; twice that for the prior,
            four times for the denoiser.
    """

    latent: int = 32
    encoder_hidden: int = 256
    decoder_hidden: int = 512
    flow_hidden: int = 512
    prior_hidden: int = 320
    denoiser_hidden: int = 304
    beta: float = 0.4
    binarised: bool = False
    guidance: float = 2.1
    autoencoder_epochs: int = 32
    flow_epochs: int = 50
    prior_epochs: int = 12
    denoiser_epochs: int = 36
    batch: int = 250
    rate: float = 1e-3


def check(settings: Settings) -> None:
    """Raises on values that can't be trained with.

    Raises:
        ValueError: naming the field, its value and what would work.
    """
    for field in dataclasses.fields(settings):
        value: Any = getattr(settings, field.name)
        least = 0 if field.name.endswith("epochs") else 1
        if isinstance(field.default, bool):
            fits, wanted = isinstance(value, bool), "True or False"
        elif isinstance(field.default, int):
            fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
            wanted = f"an integer from {least}"
        else:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            fits = fits and math.isfinite(value) and (value > 0 or (value == 0 and field.name != "rate"))
            wanted = "a number above 0" if field.name == "rate" else "a number from 0"
        if not fits:
            raise ValueError(f"settings: {field.name} must be {wanted}, got {value!r}")
