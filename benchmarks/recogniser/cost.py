"""What the stream adds to a training step."""

import statistics

import jax
import jax.numpy as jnp

import digitseq as ds

from ..timing import in_turn, ratio
from .training import BATCH, LABELS, SPEC, Trainer


def print_step_cost(trainer: Trainer) -> None:
    """Prints the time of a step on a batch that is there, and of one whose batch the stream makes."""
    state, count = trainer.begin(), 10

    @jax.jit
    def resident(state, batch):
        step = lambda state, number: trainer.step(state, batch, number)  # noqa: E731
        return jax.lax.scan(step, state, jnp.arange(count))

    @jax.jit
    def stream(state, bank, spec):
        step = lambda state, number: trainer.step(state, trainer.batch(number, bank, spec), number)  # noqa: E731
        return jax.lax.scan(step, state, jnp.arange(count))

    batch = jax.jit(trainer.batch)(jnp.int32(0), trainer.bank, trainer.spec)
    seconds = in_turn(
        {
            "on a batch that is there": lambda: jax.block_until_ready(resident(state, batch)),
            "with the stream": lambda: jax.block_until_ready(stream(state, trainer.bank, trainer.spec)),
        },
        rounds=9,
        warm=1,
    )
    print(f"\na training step, batches of {BATCH}, medians of 9 rounds of {count} steps")
    for name, times in seconds.items():
        print(f"{name:26} {1e3 * statistics.median(times) / count:8.2f} ms")
    there, with_stream = seconds.values()
    print(f"ratio {ratio(there, with_stream):.3f} (goal: at most 1.15)")


def print_late_step_cost(bank: ds.DigitBank) -> None:
    """Prints the time of batch 0 and of batch 1,000,000."""

    def at(step: int) -> object:
        return jax.block_until_ready(ds.batch_at(jax.random.key(1), step, bank, LABELS, SPEC, 256))

    seconds = in_turn({"0": lambda: at(0), "1,000,000": lambda: at(10**6)}, rounds=25)
    print("\nbatch_at of 256 lines, medians of 25 rounds")
    for name, times in seconds.items():
        print(f"step {name:10} {1e3 * statistics.median(times):8.2f} ms")
