"""Sources by the words and paths that name them, each loaded once."""

import functools
import importlib
import os
from typing import Any

from .bank import DigitBank
from .loading import load_bank
from .mnist import CACHE_ENVIRONMENT, ENVIRONMENT

MODEL = "vae"


def as_source(source: Any, name: str = "source") -> Any:
    """The source itself, or the one that a word or a path names.

    Args:
        name: of the argument, for the message.
        source: a source; "vae" or a model's .npz file; or what `load_bank` takes. None is `load_bank()`.

    Raises:
        BankError, FileNotFoundError, IdxError, ValueError: what can't be loaded, or is no source.
    """
    if source is None:
        return default_bank()
    if isinstance(source, str | os.PathLike):
        return _loaded(os.fspath(source), *_environment())
    if isinstance(source, type) or not callable(getattr(source, "draw", None)):
        raise ValueError(
            f"{name} must be a DigitBank (from load_bank or make_bank), a Vae, anything with `draw`, or the "
            f"name of one, got {source!r}"
        )
    return source


def default_bank() -> DigitBank:
    """`load_bank()`, once for each setting of the environment variables that it reads."""
    return _default_bank(*_environment())


@functools.lru_cache(maxsize=4)
def _loaded(name: str, *_environment: str | None) -> Any:
    if name == MODEL or name.endswith(".npz"):
        # By name, because models are built on what is built on this module.
        vae = importlib.import_module("digitseq.vae")
        return vae.pretrained() if name == MODEL else vae.load(name)
    return load_bank(name)


@functools.lru_cache(maxsize=1)
def _default_bank(*_environment: str | None) -> DigitBank:
    return load_bank()


def _environment() -> tuple[str | None, ...]:
    return os.environ.get(ENVIRONMENT), os.environ.get(CACHE_ENVIRONMENT)
