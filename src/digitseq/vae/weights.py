"""Weights: random ones, those in files, and those that ship with digitseq."""

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..internal.settings import own_settings
from . import serialization
from .denoiser import init_denoiser
from .layers import Layers, init_perceptron
from .model import PIXELS, Vae

KIND, VERSION = "model", 1
SHIPPED = Path(__file__).parent.parent / "builtin" / "vae.npz"
NETWORKS = ("encoder", "decoder", "prior", "denoiser")


def init_networks(
    key: jax.Array,
    *,
    classes: int,
    latent: int,
    encoder_hidden: int,
    decoder_hidden: int,
    prior_hidden: int,
    denoiser_hidden: int,
) -> dict[str, Layers]:
    """Random networks of a model, by the names of its fields."""
    encoder_key, decoder_key, prior_key, denoiser_key = jax.random.split(key, 4)
    inner, outer = [encoder_hidden] * 2, [decoder_hidden] * 2
    return {
        "encoder": init_perceptron(encoder_key, [PIXELS + classes, *inner, 2 * latent]),
        "decoder": init_perceptron(decoder_key, [latent + classes, *outer, PIXELS]),
        "prior": init_perceptron(prior_key, [latent + classes, *[prior_hidden] * 3, latent]),
        "denoiser": init_denoiser(denoiser_key, denoiser_hidden),
    }


def sizes(model: Vae) -> dict[str, int]:
    """The arguments of `init_networks` that give networks of the model's sizes."""
    return {
        "classes": model.num_classes,
        "latent": model.style_size,
        "encoder_hidden": model.encoder[0]["bias"].shape[0],
        "decoder_hidden": model.decoder[0]["bias"].shape[0],
        "prior_hidden": model.prior[0]["bias"].shape[0],
        "denoiser_hidden": model.denoiser[0]["bias"].shape[0],
    }


def save(path: str | os.PathLike[str], model: Vae, *, compact: bool = False) -> None:
    """Writes a model to a .npz file: arrays and a line of JSON, nothing that is executed.

    >>> import tempfile, os
    >>> path = tempfile.mkdtemp() + "/model.npz"
    >>> vae.save(path, vae.pretrained(), compact=True)
    >>> os.path.getsize(path) < 2_000_000
    True

    Args:
        path: of the file, written to a temporary file that is renamed
            atomically; a file that is there already is replaced.
        model: its networks; the style is not kept.
        compact: round weights to 8 bits, which takes a quarter of the space.
    """
    header = {"kind": KIND, "version": VERSION, "sizes": sizes(model)}
    serialization.write(path, header, {name: getattr(model, name) for name in NETWORKS}, compact=compact)


@own_settings
def load(path: str | os.PathLike[str]) -> Vae:
    """The model in a file that `save` wrote, with style 0.

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/model.npz"
    >>> vae.save(path, vae.pretrained())
    >>> vae.digest(vae.load(path)) == vae.digest(vae.pretrained())
    True

    Raises:
        ValueError: the file is no sound model, or of a newer version.
        FileNotFoundError: there is none.
    """
    header, arrays = serialization.read(path, KIND, VERSION)
    try:
        # The key is made while tracing: no device is used, whose failure would be taken for the file's.
        template = jax.eval_shape(lambda: init_networks(jax.random.key(0), **header["sizes"]))
    except serialization.DAMAGE as error:
        raise ValueError(f"{os.fspath(path)} is no sound {KIND} of digitseq's ({error})") from None
    networks: dict[str, Any] = serialization.fill(template, arrays, path)
    return Vae(**networks)


@functools.cache
def pretrained() -> Vae:
    """The model that ships with digitseq: trained on MNIST's training digits (docs/guide/model.md).

    >>> images = ds.sample_sequences(7, vae.pretrained(), [[3, 5, 0]], ds.SequenceSpec(image_width=120)).image
    >>> images.shape
    (1, 28, 120)
    """
    return load(SHIPPED)


def digest(model: Vae) -> str:
    """64 hex digits that name the model's weights, whatever file they came from, and its style.

    >>> len(vae.digest(vae.pretrained()))
    64
    """
    whole = hashlib.sha256(b"digitseq vae 1\n")
    for name, leaf in sorted(serialization.names(model).items()):
        values = np.asarray(leaf, np.float32)
        whole.update(f"{name} {values.shape}\n".encode())
        whole.update(values.tobytes())
    return whole.hexdigest()
