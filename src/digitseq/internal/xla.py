"""Where XLA must not fuse, and how many rows it works on at a time.

`benchmarks/workarounds.py` prints what `materialize` and `map_in_chunks` are worth, `benchmarks/compile.py`
how long programs take to trace.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

# Pixels per chunk on a CPU; accelerators take ACCELERATOR_FACTOR times as many.
CPU_PIXELS = 512 * 28 * 28
ACCELERATOR_FACTOR = 64
# The precision of products of matrices. By default GPUs and TPUs round the factors to 10 or 7 bits, so that
# pixels differ from a CPU's, and with the width of the canvas.
FULL_PRECISION = lax.Precision.HIGHEST
# The bits of a signalling NaN.
UNHEARD_OF = 0x7FA55555
# For programs of one image. XLA shares what reads a large bank among a CPU's threads, however little it reads
# of it, and waking one takes longer than one image: a call takes two thirds of the time on one thread
# (`benchmarks/single.py`). Older versions are not known to take this option.
ONE_THREAD = (
    {"xla_disable_hlo_passes": "cpu-parallel-task-assigner"} if jax.__version_info__ >= (0, 10) else None
)


def materialize(function: Callable[..., Any], operand: Any, *rest: Any) -> Any:
    """`function(operand, *rest)`, with the operands computed once and stored before.

    On a CPU, XLA fuses the making of an array into what reads it, also into a
    gather or a blur that reads each element several times, and computes it
    again each time. In JAX 0.10 it drops `optimization_barrier`; from 0.11 on
    it keeps that, but lines come more slowly (`tests/upstream/` has a
    script). The operands of a conditional are stored, so this is one, on a
    question that the compiler can't answer: whether the first element is a NaN
    that no arithmetic makes. On an accelerator, whose compiler weighs what is
    read several times, the answer is known, and so nothing waits for it.

    Args:
        function: of arrays or trees of them, to floats or integers.
        operand: its first array must hold floats, the first of which the
            compiler does not know (as it knows that of a padded array).
        rest: anything.
    """
    leading = jax.tree.leaves(operand)[0]
    if not leading.size:
        return function(operand, *rest)
    function = jax.jit(function)  # so that both trace it once
    shapes = jax.eval_shape(function, operand, *rest)

    def otherwise(*operands: Any) -> Any:
        # What has the right shape already takes nothing to compile.
        given = {(leaf.shape, leaf.dtype): leaf for leaf in jax.tree.leaves(operands)}
        return jax.tree.map(
            lambda s: given[s.shape, s.dtype] if (s.shape, s.dtype) in given else jnp.zeros(s.shape, s.dtype),
            shapes,
        )

    first = leading[(0,) * leading.ndim].astype(jnp.float32)
    never = _unknown_to_cpus(lax.bitcast_convert_type(first, jnp.uint32) == UNHEARD_OF)
    return lax.cond(never, otherwise, function, operand, *rest)


def stored(function: Callable[[], Any], never: Any) -> Any:
    """`function()`, computed once and stored, as `materialize` does for its operands.

    Args:
        function: makes arrays or trees of them.
        never: a traced bool that is false, which the compiler can't know.
    """
    function = jax.jit(function)  # so that both trace it once
    shapes = jax.eval_shape(function)

    def nothing() -> Any:
        return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)

    return lax.cond(_unknown_to_cpus(never), nothing, function)


def _unknown_to_cpus(never: Any) -> Any:
    """A bool that is false; known to be on accelerators, which would wait for it."""
    return lax.platform_dependent(never, cpu=lambda value: value, default=jnp.zeros_like)


def branch(which: Any, made: Callable[[], Any], yes: Callable[..., Any], no: Callable[..., Any]) -> Any:
    """`lax.cond(which, yes, no, *made())`, in which an accelerator's branches make what they need of it.

    On a CPU what is made is stored before, as `materialize` stores operands. A GPU writes and reads less
    where each branch makes its own (`benchmarks/batch.py --device-only`). Traced as `by_platform` says.
    """

    def stored() -> Any:
        return lax.cond(which, yes, no, *made())

    def apart() -> Any:
        return lax.cond(which, lambda: yes(*made()), lambda: no(*made()))

    return by_platform(lambda factor: stored if factor == 1 else apart)


def map_in_chunks(function: Callable[..., Any], pixels: int, *operands: Any) -> Any:
    """`function(*operands)`, for some rows of the operands at a time.

    What lies between the steps of a large batch would not fit a CPU's cache,
    and the system spends longer on handing out fresh memory than the work
    takes. A GPU wants many rows at once, but has to hold them, too. Not
    `lax.map(batch_size=...)`: it makes the rows that are left over in a second
    program, which takes as long to compile again and may round otherwise.

    Args:
        function: of trees of arrays to a tree of arrays, row by row: row n of
            the result depends on row n of each operand alone.
        pixels: that a row takes, in all.
        operands: trees of arrays with equally many rows.
    """
    function = jax.jit(function)  # which is traced once for each size of chunks
    if jax.tree.leaves(operands)[0].shape[0] <= max(1, CPU_PIXELS // pixels):
        return function(*operands)
    return by_platform(
        lambda factor: _loop(function, max(1, CPU_PIXELS * factor // pixels), operands), *operands
    )


def by_platform(make: Callable[[int], Callable[..., Any]], *operands: Any) -> Any:
    """`make(factor)(*operands)`, its factor 1 on a CPU and `ACCELERATOR_FACTOR` on all else.

    It is traced for both, unless it is part of what is already, or JAX's default backend is a CPU:
    transformed lines then take half as long to trace (`benchmarks/compile.py`). What is exported from there
    works in portions for a CPU elsewhere, too.
    """
    known = 1 if _cpu_is_default() else _factor.get()
    if known is not None:
        return make(known)(*operands)
    small, large = (_traced_for(factor, make(factor)) for factor in (1, ACCELERATOR_FACTOR))
    return lax.platform_dependent(*operands, cpu=small, default=large)


def _cpu_is_default() -> bool:
    return jax.default_backend() == "cpu"


# The factor of what is traced: all but the outermost of chunks within chunks are for one kind of platform.
_factor: ContextVar[int | None] = ContextVar("_factor", default=None)


def _traced_for(factor: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, traced with `_factor` set."""

    def traced(*operands: Any) -> Any:
        token = _factor.set(factor)
        try:
            return function(*operands)
        finally:
            _factor.reset(token)

    return traced


def _loop(function: Callable[..., Any], size: int, operands: Any) -> Callable[..., Any]:
    """The function of all rows: itself, or a loop over equal chunks of at most `size`."""
    count = jax.tree.leaves(operands)[0].shape[0]
    if count <= size:
        return function
    # As small as so many chunks can be, for the last one repeats rows of the one before.
    chunks = -(-count // size)
    size = -(-count // chunks)

    def part(operands: Any, start: Any) -> Any:
        return function(*jax.tree.map(lambda rows: lax.dynamic_slice_in_dim(rows, start, size), operands))

    def loop(*operands: Any) -> Any:
        def body(number: Any, done: Any) -> Any:
            # The last chunk reaches back, so that all have one size.
            start = jnp.minimum(number * size, count - size)
            return jax.tree.map(
                lambda all, rows: lax.dynamic_update_slice_in_dim(all, rows, start, 0),
                done,
                part(operands, start),
            )

        shapes = jax.eval_shape(part, operands, 0)
        empty = jax.tree.map(lambda s: jnp.zeros((count, *s.shape[1:]), s.dtype), shapes)
        return lax.fori_loop(0, chunks, body, empty)

    return loop
