"""A recogniser trained on generated lines alone; its weights are kept, and then only read."""

import sys
import time
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..recogniser import checkpoint
from ..recogniser.network import Weights
from ..recogniser.training import SCAN, State, Trainer
from .recipes import Recipe

# All rows: real digits reach every one.
ROWS = 28
# Steps between checkpoints.
SAVED = 1000


class Trained(NamedTuple):
    """A recogniser's weights, and the seconds that its training took."""

    weights: Weights
    seconds: float


def trainer_of(recipe: Recipe, steps: int, seed: int) -> Trainer:
    """Training on a recipe's lines, by all rows of them."""
    return Trainer(
        jax.random.key(seed),
        recipe.bank,
        recipe.spec,
        steps,
        labels=recipe.labels,
        gaps=recipe.gaps,
        rows=ROWS,
    )


def train(recipe: Recipe, steps: int, seed: int, kept: Path | None = None) -> Trained:
    """Weights after so many steps; resumes from the checkpoint `kept`, where there is one.

    Raises:
        ValueError: the checkpoint is of another training.
    """
    begun = time.monotonic()
    trainer = trainer_of(recipe, steps, seed)
    identity = f"{recipe.name}, seed {seed}, {steps} steps"
    state, done = trainer.begin(), 0
    if kept:
        state, done = checkpoint.resume(kept, state, identity)
    while done < steps:
        state, value = trainer.many(state, done)
        done += SCAN
        if done % SAVED == 0 or done == steps:
            spent = time.monotonic() - begun
            print(f"{recipe.name}: step {done}, loss {value:.3f}, {spent:.0f} s", file=sys.stderr, flush=True)
            if kept:
                checkpoint.save(kept, state, done, identity)
    return Trained(jax.block_until_ready(state.average), time.monotonic() - begun)


def trained(recipe: Recipe, steps: int, seed: int, keep: Path | None) -> Trained:
    """As `train`; with a folder to keep weights in, those that are there are only read."""
    if keep is None:
        return train(recipe, steps, seed)
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"{recipe.name}-{steps}-{seed}.npz"
    if not path.exists():
        part = path.with_suffix(".checkpoint.npz")
        weights, seconds = train(recipe, steps, seed, part)
        np.savez(path, seconds=seconds, **weights)
        part.unlink(missing_ok=True)
    with np.load(path) as file:
        weights = {name: jnp.asarray(file[name]) for name in file.files}
    return Trained(weights, float(weights.pop("seconds")))


def steps_within(recipe: Recipe, minutes: float, seed: int) -> int:
    """How many steps fit so many minutes on this machine, of which some are timed; a multiple of SCAN."""
    begun = time.monotonic()
    trainer = trainer_of(recipe, 100 * SCAN, seed)
    state: State = trainer.many(trainer.begin(), 0)[0]
    timed = time.monotonic()
    jax.block_until_ready(trainer.many(state, SCAN))
    now = time.monotonic()
    # Compiled once more, for another number of steps.
    left = 60 * minutes - (now - begun) - (timed - begun)
    return max(1, int(left / (now - timed))) * SCAN
