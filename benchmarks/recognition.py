"""How well a small recogniser reads sequences it never saw: sequence accuracy, label error rate.

It is that of examples/train_ctc.py, trained on MNIST's training digits alone, with its augmentation and
without, and tested on lines made of MNIST's test digits alone. Also what the stream costs in a training step.

Run: DIGITSEQ_MNIST=FOLDER python benchmarks/recognition.py --writers QMNIST_FOLDER
It takes two trainings of about 20 minutes on two cores.
"""

import argparse
import dataclasses
import statistics
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from timing import in_turn, ratio

import digitseq as ds
from digitseq import ctc

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import train_ctc as recogniser

LINES = 2000
FIVE = ds.SequenceSpec(image_width=200, spacing_range=(0, 10))
SETS = {
    "five digits, gaps 0..10": (ds.RandomDigits(min_length=5, max_length=5), FIVE),
    "3 to 8 digits, ink gaps -4..4": (
        ds.RandomDigits(min_length=3, max_length=8),
        dataclasses.replace(FIVE, spacing_range=(-4, 4), advance="ink"),
    ),
    "five digits by one writer": (
        ds.RandomDigits(min_length=5, max_length=5),
        dataclasses.replace(FIVE, hand="one-writer"),
    ),
}


def trained(warp: bool, steps: int) -> tuple[recogniser.Weights, float]:
    """A recogniser of MNIST's training digits, and the seconds that it took from nothing."""
    spec = recogniser.SPEC.replace(glyph_transforms=recogniser.WARP if warp else ())
    begun = time.monotonic()
    trainer = recogniser.Trainer(jax.random.key(0), ds.load_bank("mnist"), spec, steps)
    state = trainer.begin()
    for done in range(0, steps, recogniser.SCAN):
        state, value = trainer.many(state, done)
        if done % 1000 == 0:
            print(
                f"step {done}, loss {value:.3f}, {time.monotonic() - begun:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    jax.block_until_ready(state)
    return state.average, time.monotonic() - begun


def kept(path: Path, warp: bool, steps: int) -> tuple[recogniser.Weights, float]:
    """As `trained`; of a training that is kept there already, or else it is kept there now."""
    if not path.exists():
        weights, seconds = trained(warp, steps)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, seconds=seconds, **weights)
    with np.load(path) as file:
        weights = {name: jnp.asarray(file[name]) for name in file.files}
    return weights, float(weights.pop("seconds"))


def scores(weights: recogniser.Weights, bank: ds.DigitBank, name: str) -> tuple[float, float, float]:
    """Sequence accuracy, its standard error (of drawing lines from these digits), and label error rate."""
    labels, spec = SETS[name]
    batch = ds.batch_at(jax.random.key(2026), 0, bank, labels, spec, LINES)
    digits = np.asarray(batch.digits)
    read = recogniser.read(weights, batch.image)
    faults = [ctc.edit_distance(*rows) for rows in zip(read, digits, strict=True)]
    right = statistics.fmean(not fault for fault in faults)
    return right, (right * (1 - right) / LINES) ** 0.5, sum(faults) / (digits >= 0).sum()


def cost(bank: ds.DigitBank) -> None:
    """What the stream adds to a training step, and what a late step adds to an early one."""
    trainer = recogniser.Trainer(
        jax.random.key(0), bank, recogniser.SPEC.replace(glyph_transforms=recogniser.WARP), 1000
    )
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
    print(f"\na training step, batches of {recogniser.BATCH}, medians of 9 rounds of {count} steps")
    for name, times in seconds.items():
        print(f"{name:26} {1e3 * statistics.median(times) / count:8.2f} ms")
    there, with_stream = seconds.values()
    print(f"ratio {ratio(there, with_stream):.3f} (goal: at most 1.15)")

    def at(step: int) -> object:
        return jax.block_until_ready(
            ds.batch_at(jax.random.key(1), step, bank, recogniser.LABELS, recogniser.SPEC, 256)
        )

    seconds = in_turn({"0": lambda: at(0), "1,000,000": lambda: at(10**6)}, rounds=25)
    print("\nbatch_at of 256 lines, medians of 25 rounds")
    for name, times in seconds.items():
        print(f"step {name:10} {1e3 * statistics.median(times):8.2f} ms")


def main() -> None:
    """Prints the table, and the cost of the stream."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=recogniser.STEPS)
    parser.add_argument(
        "--writers", type=Path, help="the folder of QMNIST's labels; without it no one-writer lines"
    )
    parser.add_argument(
        "--only", nargs="+", choices=["with", "without", "cost"], default=["with", "without", "cost"]
    )
    parser.add_argument("--keep", type=Path, help="a folder for weights; those that are there are only read")
    options = parser.parse_args()
    recogniser.use_all_cores()
    unread = ds.load_bank("mnist-test", writers=options.writers)
    names = [name for name, (_, spec) in SETS.items() if options.writers or spec.hand == "any"]
    for choice in (word for word in options.only if word != "cost"):
        if options.keep:
            path = options.keep / f"{choice}-{options.steps}.npz"
            weights, seconds = kept(path, choice == "with", options.steps)
        else:
            weights, seconds = trained(choice == "with", options.steps)
        size = sum(leaf.size for leaf in weights.values())
        print(
            f"\n{choice} augmentation: {options.steps} steps of {recogniser.BATCH} lines, {seconds:.0f} s, "
            f"{size:,} weights; {LINES} lines a set"
        )
        print(f"{'':32}  sequences right   label error rate")
        for name in names:
            right, error, faults = scores(weights, unread, name)
            print(f"{name:32} {100 * right:6.2f} ± {100 * error:.2f} %   {100 * faults:8.2f} %", flush=True)
    if "cost" in options.only:
        cost(ds.load_bank("mnist"))


if __name__ == "__main__":
    main()
