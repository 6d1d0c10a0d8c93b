"""Reading of held-out digits: sequence accuracy, label error rate, and what the stream costs.

The recogniser is trained on MNIST's training digits alone, with augmentation and without, and tested on lines
of MNIST's test digits alone.

Run: DIGITSEQ_MNIST=FOLDER python -m benchmarks.recogniser --writers QMNIST_FOLDER
It takes two trainings of about 20 minutes on two cores.
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import digitseq as ds

from . import training
from .cost import print_late_step_cost, print_step_cost
from .network import Weights
from .scoring import LINES, SETS, score


def train(warp: bool, steps: int) -> tuple[Weights, float]:
    """A recogniser of MNIST's training digits, and the seconds that its training took."""
    spec = training.SPEC.replace(glyph_transforms=training.WARP if warp else ())
    begun = time.monotonic()
    trainer = training.Trainer(jax.random.key(0), ds.load_bank("mnist"), spec, steps)
    state = trainer.begin()
    for done in range(0, steps, training.SCAN):
        state, value = trainer.many(state, done)
        if done % 1000 == 0:
            seconds = time.monotonic() - begun
            print(f"step {done}, loss {value:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)
    jax.block_until_ready(state)
    return state.average, time.monotonic() - begun


def load_or_train(path: Path, warp: bool, steps: int) -> tuple[Weights, float]:
    """As `train`, of a training whose weights are read from the file, or else written to it."""
    if not path.exists():
        weights, seconds = train(warp, steps)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, seconds=seconds, **weights)
    with np.load(path) as file:
        weights = {name: jnp.asarray(file[name]) for name in file.files}
    return weights, float(weights.pop("seconds"))


def print_scores(weights: Weights, bank: ds.DigitBank, names: list[str]) -> None:
    """Prints a line for each of the named sets."""
    print(f"{'':32}  sequences right   label error rate")
    for name in names:
        right, error, faults = score(weights, bank, name)
        print(f"{name:32} {100 * right:6.2f} ± {100 * error:.2f} %   {100 * faults:8.2f} %", flush=True)


def main() -> None:
    """Prints the table, and the cost of the stream."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recogniser", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--steps", type=int, default=training.STEPS)
    parser.add_argument(
        "--writers", type=Path, help="the folder of QMNIST's labels; without it no one-writer lines"
    )
    parser.add_argument(
        "--only", nargs="+", choices=["with", "without", "cost"], default=["with", "without", "cost"]
    )
    parser.add_argument("--keep", type=Path, help="a folder for weights; those that are there are only read")
    options = parser.parse_args()
    training.use_all_cores()
    test_bank = ds.load_bank("mnist-test", writers=options.writers)
    names = [name for name, (_, spec) in SETS.items() if options.writers or spec.hand == "any"]
    for choice in (word for word in options.only if word != "cost"):
        if options.keep:
            path = options.keep / f"{choice}-{options.steps}.npz"
            weights, seconds = load_or_train(path, choice == "with", options.steps)
        else:
            weights, seconds = train(choice == "with", options.steps)
        size = sum(leaf.size for leaf in weights.values())
        print(
            f"\n{choice} augmentation: {options.steps} steps of {training.BATCH} lines, {seconds:.0f} s, "
            f"{size:,} weights; {LINES} lines a set"
        )
        print_scores(weights, test_bank, names)
    if "cost" in options.only:
        bank = ds.load_bank("mnist")
        spec = training.SPEC.replace(glyph_transforms=training.WARP)
        print_step_cost(training.Trainer(jax.random.key(0), bank, spec, 1000))
        print_late_step_cost(bank)


if __name__ == "__main__":
    main()
