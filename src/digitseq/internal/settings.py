"""Public functions under settings of their own, whatever the caller has set for JAX."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax

from . import forks

# What the settings may be already; a guard of None allows all.
HELD = {
    "jax_transfer_guard_host_to_device": (None, "allow"),
    "jax_transfer_guard_device_to_device": (None, "allow"),
    "jax_transfer_guard_device_to_host": (None, "allow"),
    "jax_threefry_partitionable": (True,),
}
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def own_settings(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The function, under two settings of its own.

    What it is given as NumPy arrays or Python numbers goes to the device on
    purpose, and to each device of a mesh, so `jax.transfer_guard` need not
    watch it (a `jax.device_put` of each number takes 50 us, this 12 us in all, or
    1 us where they hold already: `benchmarks/single.py` has one call at some 100).
    And random bits are those of `jax_threefry_partitionable`, since only they
    don't depend on how many are drawn at once.

    Raises:
        RuntimeError: in a process that was forked after JAX had started.
    """

    @functools.wraps(function)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        forks.refuse()
        if all(getattr(jax.config, name) in values for name, values in HELD.items()):
            return function(*args, **kwargs)
        with (
            jax.transfer_guard_host_to_device("allow"),
            jax.transfer_guard_device_to_device("allow"),
            jax.transfer_guard_device_to_host("allow"),
            jax.threefry_partitionable(True),
        ):
            return function(*args, **kwargs)

    return guarded
