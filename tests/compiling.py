"""How the tests compile: nearly all the time that they take is XLA's, so they ask it for less.

Import this before JAX. It sets environment variables, which the processes
that tests start inherit:

- Programs are kept in a folder of this run, so that each is compiled once
  for all of its processes. With `JAX_COMPILATION_CACHE_DIR` set, that folder
  is used, and the next run compiles only what changed.
- XLA's older code generator for CPUs compiles three times as fast as the one
  through MLIR; it gives the same fusions, the same operations in the same
  order, and slower programs. Unknown flags abort a process, so this is for
  versions of JAX that are known to have them.
- Programs don't name the lines that they come from, and Python looks less
  often for garbage, of which tracing makes much: some 7 % of the time.

Tests whose subject is a user's own program use `as_users_have_it`.
"""

import gc
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

FOLDER = "JAX_COMPILATION_CACHE_DIR"
QUICK_FLAGS = {"xla_cpu_use_fusion_emitters": "false", "xla_cpu_parallel_codegen_split_count": "1"}
USERS_FLAGS = {"xla_cpu_use_fusion_emitters": True, "xla_cpu_parallel_codegen_split_count": 32}
KNOWN_VERSIONS = ("0.10.",)

quick = importlib.metadata.version("jax").startswith(KNOWN_VERSIONS)
made_here = FOLDER not in os.environ
if made_here:
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="digitseq-programs-")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")
gc.set_threshold(200_000, 50, 100)
given = os.environ.get("XLA_FLAGS", "")
if quick and "xla_cpu_use_fusion_emitters" not in given:
    os.environ["XLA_FLAGS"] = " ".join([given, *(f"--{name}={value}" for name, value in QUICK_FLAGS.items())])


def environment() -> dict[str, str]:
    """The variables that a process is given which inherits none."""
    names = (FOLDER, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "XLA_FLAGS")
    return {name: os.environ[name] for name in names if name in os.environ}


def remove_programs() -> None:
    """Remove the folder of programs, in the process that made it."""
    if made_here:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)


def as_users_have_it(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.jit` with the code generator of JAX's defaults; the optimisations are `jax.config`'s."""
    import jax

    return jax.jit(function, compiler_options=USERS_FLAGS if quick else None)
