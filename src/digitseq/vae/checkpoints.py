"""Checkpoints: what an interrupted training resumes from."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..internal.validation import as_integer
from . import serialization
from .phases import Networks, Phase

log = logging.getLogger("digitseq")

KIND, VERSION = "training checkpoint", 1


class State(NamedTuple):
    """All that training resumes from: every network, and the optimizer's state of those in training."""

    networks: Networks
    optimizer_state: Any


def save(path: str | os.PathLike[str], state: State, done: int, identity: dict[str, Any]) -> None:
    """Writes the state after `done` epochs to a temporary file, which is renamed atomically."""
    header = identity | {"kind": KIND, "version": VERSION, "done": done}
    serialization.write(path, header, _tree(state))


def resume(
    path: str | os.PathLike[str] | None,
    identity: dict[str, Any],
    networks: Networks,
    phases: list[Phase],
    init_optimizer: Callable[[Phase, Networks], Any],
) -> tuple[int, State]:
    """How many epochs are done, and the state after them; 0 and the given networks where there is no file.

    Raises:
        ValueError: the checkpoint is damaged, or of another training.
    """
    if path is None or not Path(path).exists():
        return 0, State(networks, ())
    header, arrays = serialization.read(path, KIND, VERSION)
    for name, value in identity.items():
        if header.get(name) != value:
            raise ValueError(
                f"checkpoint {os.fspath(path)} is of another training (another {name}); "
                f"remove it, or write to another file"
            )
    done, reached = as_integer("done", header.get("done")), 0
    total = sum(phase.epochs for phase in phases)
    if not 1 <= done <= total:
        raise ValueError(f"checkpoint {os.fspath(path)} is damaged: {done} epochs")
    for phase in phases:
        reached += phase.epochs
        if done <= reached and phase.epochs:
            break
    log.info("resuming from %s: %d of %d epochs are done", os.fspath(path), done, total)
    own = {name: networks[name] for name in phase.names}
    template = State(networks, init_optimizer(phase, own))
    found = serialization.fill(_tree(template), arrays, path)
    return done, State(found["networks"], found["moments"])


def _tree(state: State) -> dict[str, Any]:
    """The state by the names that files have had since version 1."""
    return {"networks": state.networks, "moments": state.optimizer_state}
