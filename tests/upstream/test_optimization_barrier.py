"""XLA drops `jax.lax.optimization_barrier` on a CPU in JAX 0.10, so what it guards is computed again.

Needs JAX alone (and pytest); `python tests/upstream/test_optimization_barrier.py` prints a report. A
function makes 1,024 values and reads each a thousand times, by a gather; a barrier between the two asks
that the values be computed once and stored. In the program that XLA of JAX 0.10 compiles for a CPU the
barrier is gone, and the values are computed inside the gather's loop, a thousand times each. The operands
of a conditional are stored: one on a question that the compiler can't answer does what the barrier should.

JAX 0.11 and 0.12 keep barriers. With them in the conditionals' place, lines with `light` took three to four
times as long (JAX 0.12, 1,024 lines, a trial that was not kept), so the conditionals stay.
"""

import os
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import pytest


def make(x):
    return jnp.sin(jnp.exp(jnp.cos(x)))


def read(values, places):
    return values[places]


def without(x, places):
    return read(make(x), places)


def with_barrier(x, places):
    return read(jax.lax.optimization_barrier(make(x)), places)


def with_conditional(x, places):
    values = make(x)
    return jax.lax.cond(jnp.isnan(values[0]), lambda _, p: jnp.full(p.shape, jnp.nan), read, values, places)


def is_fused(function, *arrays):
    """Whether some computation of the compiled program both makes the values and gathers them."""
    program = jax.jit(function).lower(*arrays).compile().as_text()
    return any("exponential(" in part and " gather(" in part for part in program.split("\n\n"))


def milliseconds(function, *arrays):
    compiled = jax.jit(function)
    compiled(*arrays).block_until_ready()
    took = []
    for _ in range(5):
        start = time.perf_counter()
        compiled(*arrays).block_until_ready()
        took.append(1000 * (time.perf_counter() - start))
    return min(took)


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="not looked into before JAX 0.10")
def test_what_barriers_and_conditionals_store_on_a_cpu():
    """In a process of its own, since the tests' has most optimisations off."""
    cpu = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, __file__, "--check"], capture_output=True, text=True, env=cpu, check=False
    )
    assert done.stdout, done.stderr
    kept = "stored" if jax.__version_info__ >= (0, 11) else "fused"
    assert f"with_barrier: {kept}" in done.stdout, (
        f"{done.stdout}XLA treats barriers on a CPU otherwise than this version did: see whether the "
        "conditionals in digitseq/internal/xla.py can be `jax.lax.optimization_barrier`."
    )
    assert "with_conditional: stored" in done.stdout, (
        f"{done.stdout}A conditional's operands are no longer stored, so what digitseq/internal/xla.py does "
        "no longer helps: look for another way."
    )


if __name__ == "__main__":
    values = jnp.linspace(-1.0, 1.0, 2**10)
    places = jax.random.randint(jax.random.key(0), (2**20,), 0, 2**10)
    print(f"jax {jax.__version__} on a {jax.default_backend()}")
    for function in without, with_barrier, with_conditional:
        how = "fused with its reader" if is_fused(function, values, places) else "stored"
        took = "" if "--check" in sys.argv else f", {milliseconds(function, values, places):.2f} ms"
        print(f"{function.__name__}: {how}{took}")
