"""A conditional variational autoencoder of digits, and a denoiser: training, sampling, weights."""

from .config import Settings
from .denoiser import denoise
from .model import Vae, reconstruct, write
from .phases import PHASES
from .styles import between
from .training import finished, train
from .weights import digest, load, pretrained, save

__all__ = [
    "PHASES",
    "Settings",
    "Vae",
    "between",
    "denoise",
    "digest",
    "finished",
    "load",
    "pretrained",
    "reconstruct",
    "save",
    "train",
    "write",
]
