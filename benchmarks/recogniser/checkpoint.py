"""Checkpoints: what an interrupted training resumes from."""

import os
from pathlib import Path

import jax
import numpy as np

from .training import State


def save(path: Path, state: State, step: int, training: str) -> None:
    """Writes a checkpoint to a temporary file, which is then renamed atomically."""
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez(file, *jax.tree.leaves(state), step=step, training=training)
    os.replace(part, path)


def resume(path: Path, state: State, training: str) -> tuple[State, int]:
    """The checkpoint's state and step, or the given state and 0 where there is none.

    Raises:
        ValueError: the checkpoint is of another training.
    """
    if not path.exists():
        return state, 0
    with np.load(path) as file:
        if str(file["training"]) != training:
            raise ValueError(f"{path} is of another training ({file['training']}, not {training})")
        leaves = [file[f"arr_{n}"] for n in range(len(file.files) - 2)]
        return jax.tree.unflatten(jax.tree.structure(state), leaves), int(file["step"])
