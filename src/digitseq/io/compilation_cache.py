"""JAX's persistent compilation cache, for a faster start."""

import os
import warnings

import jax

from .atomic import home_path
from .user_cache import cache_folder


def keep_programs(folder: str | os.PathLike[str] | None = None) -> None:
    """Has JAX keep its compiled programs in a folder; default: the user's choice, else in digitseq's cache.

    A folder that can't be used is silently ignored: the cache is an
    optimisation.
    """
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    if folder is None and jax.config.jax_compilation_cache_dir:  # type: ignore[attr-defined]
        return
    cache = cache_folder() if folder is None else None
    place = home_path(folder) if folder is not None else cache and cache / "programs"
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(place))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
