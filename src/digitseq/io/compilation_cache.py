"""JAX's compiled programs, kept in a folder, so that the next start is faster."""

import os
import warnings

import jax

from .atomic import home_path
from .user_cache import cache_folder


def keep_programs(folder: str | os.PathLike[str] | None = None) -> None:
    """Lets JAX keep its compiled programs, in digitseq's cache unless a folder is given.

    Where they can't be kept, this is silently ignored: the cache is an
    optimisation.
    """
    cache = cache_folder() if folder is None else None
    place = home_path(folder) if folder is not None else cache and cache / "programs"
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    jax.config.update("jax_compilation_cache_dir", str(place))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
