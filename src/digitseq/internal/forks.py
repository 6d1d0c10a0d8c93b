"""Whether this process was forked from one in which JAX had started: it lacks its threads, and would hang."""

import os
import sys

_jax_ran_before = False


def _note() -> None:
    global _jax_ran_before
    # JAX's public functions would start it; its own one takes a lock that a thread of the parent may hold.
    backends = getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None)
    _jax_ran_before = _jax_ran_before or bool(backends)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note)


def refuse() -> None:
    """Raises in a process where JAX would hang.

    Raises:
        RuntimeError: names what starts processes in which it works.
    """
    if _jax_ran_before:
        raise RuntimeError(
            "this process was forked after JAX had started in its parent, and JAX does not survive a fork: "
            'start processes by "spawn" (PyTorch: DataLoader(..., multiprocessing_context="spawn"); Python: '
            'multiprocessing.get_context("spawn"))'
        )
