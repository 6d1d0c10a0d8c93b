"""Sources of glyphs by name: "vae", "mnist", a path."""

import functools
import importlib
import os
from pathlib import Path
from typing import Any

import jax

from ..io import atomic
from ..io.user_cache import CACHE_ENVIRONMENT
from . import keras
from .bank import DigitBank
from .loading import load_bank
from .mnist import ENVIRONMENT

MODEL = "vae"
# Sources that are loaded once per process. Paths are not: the file may have changed.
WORDS = (MODEL, "mnist", "mnist-test", "builtin")


def as_source(source: Any, name: str = "source") -> Any:
    """The source, or where a name or a path is given the source that it names.

    Args:
        source: a source; "vae" or a model's .npz file; or what `load_bank` takes. None is `load_bank()`.
        name: of the argument, for the message.

    Raises:
        BankError, FileNotFoundError, IdxError, ValueError: it can't be loaded, or is no source.
    """
    if source is None:
        return default_bank()
    if isinstance(source, str | os.PathLike):
        name = atomic.with_home(os.fspath(source))
        # Inside a jitted function too: a traced array must not be kept for later calls.
        with jax.ensure_compile_time_eval():
            return _kept(name, *_environment()) if name in WORDS else _loaded(name)
    if isinstance(source, type) or not callable(getattr(source, "draw", None)):
        raise ValueError(
            f"{name} must be a DigitBank (from load_bank or make_bank), a Vae, anything with `draw`, or the "
            f"name of one, got {source!r}"
        )
    return source


def is_model(name: str) -> bool:
    """Whether a name is a model's: "vae", or a .npz file that holds no images."""
    return name == MODEL or (
        name.endswith(".npz") and not (Path(name).is_file() and keras.is_bank(Path(name)))
    )


def default_bank() -> DigitBank:
    """`load_bank()`, cached for each setting of the environment variables that it reads."""
    with jax.ensure_compile_time_eval():
        return _default_bank(*_environment())


@functools.lru_cache(maxsize=len(WORDS))
def _kept(name: str, *_environment: str | None) -> Any:
    return _loaded(name)


def _loaded(name: str) -> Any:
    if is_model(name):
        # Imported here, as the models import the pipeline, which imports this module.
        vae = importlib.import_module("digitseq.vae")
        return vae.pretrained() if name == MODEL else vae.load(name)
    return load_bank(name)


@functools.lru_cache(maxsize=1)
def _default_bank(*_environment: str | None) -> DigitBank:
    return load_bank()


def _environment() -> tuple[str | None, ...]:
    return os.environ.get(ENVIRONMENT), os.environ.get(CACHE_ENVIRONMENT)
