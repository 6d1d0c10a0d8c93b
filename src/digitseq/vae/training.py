"""From glyphs to a model: networks trained one after the other, an epoch at a time."""

import dataclasses
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..errors import BankError, extra
from ..glyphs.bank import MAX_CLASSES, DigitBank, bank_digest
from ..glyphs.construction import make_bank
from ..internal.keys import as_key
from ..internal.settings import own_settings
from ..internal.validation import as_integer
from ..io.atomic import home_path
from . import serialization
from .config import Settings, check
from .model import Vae
from .phases import Networks, Phase, phases_of, start_all

log = logging.getLogger("digitseq")

CHECKPOINT, VERSION = "training checkpoint", 1
WARM_UP = 200
# What is in training (one of PHASES), its epochs so far, and the mean loss of the last.
Progress = Callable[[str, int, float], None]


class State(NamedTuple):
    """All that training resumes from: every network, and the optimizer's memory of those in training."""

    networks: Networks
    moments: Any


class Run(NamedTuple):
    """A training as its arguments have it: where it starts, and what tells it from others."""

    bank: DigitBank
    key: jax.Array
    networks: Networks
    phases: list[Phase]
    identity: dict[str, Any]


@own_settings
def train(
    key: jax.Array,
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    settings: Settings | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Vae:
    """A model of the glyphs.

    On one machine the same arguments give a byte-identical model, however
    often training was interrupted and resumed.

    Args:
        key: a typed or raw PRNG key.
        images: uint8 [N, 28, 28], ink bright.
        labels: integers [N], from 0.
        settings: sizes and lengths; None takes `Settings()`, which takes
            about a quarter of an hour on two cores for MNIST.
        checkpoint: a file that is written after each epoch, whole or not at
            all. If it is there, training resumes from it.
        progress: called after each epoch with the name of what is in
            training (one of `PHASES`), its epochs so far, and the mean loss.

    Raises:
        ValueError: arguments that can't be used, or a checkpoint of another
            training.
        BankError: a label up to the largest has no glyph.
        FloatingPointError: the loss is no longer a number.
        ImportError: the extra `train` is not installed.
    """
    checkpoint = None if checkpoint is None else home_path(checkpoint)
    bank, train_key, networks, phases, identity = _run(key, images, labels, settings)
    done, state = _resumed(checkpoint, identity, networks, phases, bank)
    for number, phase in enumerate(phases):
        first = sum(earlier.epochs for earlier in phases[:number])
        if done > first + phase.epochs or not phase.epochs:
            continue
        own = {name: state.networks[name] for name in phase.names}
        if done == first:
            state = State(state.networks, _optimizer(phase, bank).init(own))
        epoch = _compiled(phase, bank)
        keys = jax.random.split(jax.random.fold_in(train_key, number), phase.epochs)
        for past in range(done - first, phase.epochs):
            state, loss = epoch(state, keys[past], bank)
            if not math.isfinite(loss):
                raise FloatingPointError(f"training of the {phase.title} failed: its loss is {loss}")
            done += 1
            if checkpoint is not None:
                header = identity | {"kind": CHECKPOINT, "version": VERSION, "done": done}
                serialization.write(checkpoint, header, state._asdict())
            if progress is not None:
                progress(phase.title, past + 1, float(loss))
    return _model(state)


def finished(
    key: jax.Array,
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    checkpoint: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
) -> Vae | None:
    """The model in a checkpoint that `train` wrote after its last epoch; None in one of an earlier epoch.

    Args:
        key, images, labels, settings: as for `train`.
        checkpoint: its file.

    Raises:
        ValueError: the checkpoint is unsound, or of another training.
        FileNotFoundError: there is none.
        ImportError: the extra `train` is not installed.
    """
    checkpoint = home_path(checkpoint)
    bank, _, networks, phases, identity = _run(key, images, labels, settings)
    if not checkpoint.exists():
        raise FileNotFoundError(f"no checkpoint {os.fspath(checkpoint)}")
    done, state = _resumed(checkpoint, identity, networks, phases, bank)
    return _model(state) if done == sum(phase.epochs for phase in phases) else None


def _run(key: jax.Array, images: npt.ArrayLike, labels: npt.ArrayLike, settings: Settings | None) -> Run:
    settings = Settings() if settings is None else settings
    check(settings)
    _optax()
    bank = _bank_of(np.asarray(images), np.asarray(labels))
    key = as_key(key)
    start_key, train_key = jax.random.split(key)
    networks = start_all(start_key, settings, bank.num_classes)
    identity: dict[str, Any] = {
        "settings": dataclasses.asdict(settings),
        "key": np.asarray(jax.random.key_data(jax.random.clone(key))).tolist(),
        "bank digest": bank_digest(bank),
    }
    return Run(bank, train_key, networks, phases_of(settings, bank.num_classes), identity)


def _model(state: State) -> Vae:
    """All networks but the flow, from which only the prior learns."""
    kept: dict[str, Any] = {name: layers for name, layers in state.networks.items() if name != "flow"}
    return Vae(**kept)


def _bank_of(images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> DigitBank:
    """The glyphs as a bank of as many classes as there are labels; a model must not claim others."""
    whole = labels.dtype.kind in "iu" and labels.size and 0 <= labels.max() < MAX_CLASSES
    bank = make_bank(images, labels, num_classes=int(labels.max()) + 1 if whole else 10)
    if missing := np.flatnonzero(np.asarray(bank.counts) == 0).tolist():
        raise BankError(
            f"labels: no glyph of digit {missing[0]} to learn from, but of {len(bank.counts) - 1}"
        )
    return bank


def _optax() -> ModuleType:
    try:
        import optax
    except ImportError:
        raise ImportError(f"training needs optax, which comes with {extra('train')}") from None
    return optax


def _batch(phase: Phase, bank: DigitBank) -> int:
    return max(1, min(phase.batch, bank.glyphs.shape[0]))


def _optimizer(phase: Phase, bank: DigitBank) -> Any:
    """Adam (D. Kingma and J. Ba, 2015), its rate rising for a few steps and then falling along a cosine."""
    optax = _optax()
    steps = phase.epochs * (bank.glyphs.shape[0] // _batch(phase, bank))
    warm = min(WARM_UP, steps // 4)
    return optax.adam(optax.warmup_cosine_decay_schedule(0.0, phase.rate, warm, max(steps, warm + 1)))


def _compiled(phase: Phase, bank: DigitBank) -> Callable[..., tuple[State, jax.Array]]:
    """One epoch: every glyph once, in random order, but for the few that fill no batch."""
    optimizer, size = _optimizer(phase, bank), _batch(phase, bank)

    @jax.jit
    def epoch(state: State, key: jax.Array, bank: DigitBank) -> tuple[State, jax.Array]:
        order_key, step_key = jax.random.split(key)
        count = bank.glyphs.shape[0]
        rows = jax.random.permutation(order_key, jnp.arange(count, dtype=jnp.int32))
        order = rows[: count // size * size].reshape(-1, size)
        others = {name: layers for name, layers in state.networks.items() if name not in phase.names}

        def step(carried: tuple[Networks, Any], batch: tuple[jax.Array, jax.Array]) -> Any:
            (own, moments), (rows, key) = carried, batch
            loss, slope = jax.value_and_grad(phase.loss)(own, others, key, rows, bank)
            with jax.numpy_dtype_promotion("standard"):  # optax relies on it
                updates, moments = optimizer.update(slope, moments, own)
            return (jax.tree.map(jnp.add, own, updates), moments), loss

        own = {name: state.networks[name] for name in phase.names}
        batches = order, jax.random.split(step_key, len(order))
        (own, moments), losses = jax.lax.scan(step, (own, state.moments), batches)
        return State(state.networks | own, moments), losses.mean()

    return epoch


def _resumed(
    checkpoint: str | os.PathLike[str] | None,
    identity: dict[str, Any],
    networks: Networks,
    phases: list[Phase],
    bank: DigitBank,
) -> tuple[int, State]:
    """How many epochs are done, and what they left."""
    if checkpoint is None or not Path(checkpoint).exists():
        return 0, State(networks, ())
    header, arrays = serialization.read(checkpoint, CHECKPOINT, VERSION)
    for name, value in identity.items():
        if header.get(name) != value:
            raise ValueError(
                f"checkpoint {os.fspath(checkpoint)} is of another training (another {name}); "
                f"remove it, or write to another file"
            )
    done, reached = as_integer("done", header.get("done")), 0
    total = sum(phase.epochs for phase in phases)
    if not 1 <= done <= total:
        raise ValueError(f"checkpoint {os.fspath(checkpoint)} is damaged: {done} epochs")
    for phase in phases:
        reached += phase.epochs
        if done <= reached and phase.epochs:
            break
    log.info("resuming from %s: %d of %d epochs are done", os.fspath(checkpoint), done, total)
    own = {name: networks[name] for name in phase.names}
    template = State(networks, _optimizer(phase, bank).init(own))
    return done, State(**serialization.fill(template._asdict(), arrays, checkpoint))
