"""A conditional variational autoencoder of digits: trained, sampled, and a denoiser beside it."""

from .cleaning import denoise
from .config import Settings
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
