"""From glyphs to a model: networks trained one after the other, an epoch at a time."""

import dataclasses
import math
import os
from collections.abc import Callable, Iterator
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
from ..io.atomic import home_path
from . import checkpoints
from .checkpoints import State
from .config import Settings, check
from .model import Vae
from .phases import Networks, Phase, init_all, phases_of

WARM_UP = 200
# Takes the name of what is in training (one of PHASES), its epochs so far, and the mean loss of the last.
Progress = Callable[[str, int, float], None]


class Run(NamedTuple):
    """A training by its arguments; `identity` is what tells it from others in a checkpoint."""

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

    >>> bank, labels = ds.load_bank("builtin"), np.arange(40) // 4  # four glyphs of each digit
    >>> short = vae.Settings(batch=40, **{f"{phase}_epochs": 1 for phase in vae.PHASES})
    >>> model = vae.train(jax.random.key(0), bank.glyphs[::75], labels, settings=short)
    >>> ds.sample_sequence(7, model, [3, 5, 0], ds.SequenceSpec(image_width=120)).image.shape
    (28, 120)

    Args:
        key: a typed or raw PRNG key.
        images: uint8 [N, 28, 28], ink bright.
        labels: integers [N], from 0.
        settings: sizes and lengths; None takes `Settings()`, which takes
            about a quarter of an hour on two cores for MNIST.
        checkpoint: a file that is replaced atomically after each epoch. If it
            is there, training resumes from it.
        progress: called after each epoch with the name of what is in
            training (one of `PHASES`), its epochs so far, and the mean loss.

    Raises:
        ValueError: arguments that can't be used, or a checkpoint of another
            training.
        BankError: a label up to the largest has no glyph.
        FloatingPointError: the loss is not finite.
        ImportError: the extra `train` is not installed.
    """
    checkpoint = None if checkpoint is None else home_path(checkpoint)
    run = _run(key, images, labels, settings)
    done, state = _resume(checkpoint, run)
    first = 0
    for number, phase in enumerate(run.phases):
        for epochs, loss, after in _epochs(run, number, state, max(0, done - first)):
            state = after
            if checkpoint is not None:
                checkpoints.save(checkpoint, state, first + epochs, run.identity)
            if progress is not None:
                progress(phase.title, epochs, loss)
        first += phase.epochs
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

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> bank, labels = ds.load_bank("builtin"), np.arange(40) // 4
    >>> tiny = vae.Settings(batch=40, **{f"{phase}_epochs": 1 for phase in vae.PHASES})
    >>> model = vae.train(jax.random.key(0), bank.glyphs[::75], labels, settings=tiny, checkpoint=path)
    >>> again = vae.finished(jax.random.key(0), bank.glyphs[::75], labels, path, settings=tiny)
    >>> vae.digest(again) == vae.digest(model)
    True

    Args:
        key, images, labels, settings: as for `train`.
        checkpoint: its file.

    Raises:
        ValueError: the checkpoint is unsound, or of another training.
        FileNotFoundError: there is none.
        ImportError: the extra `train` is not installed.
    """
    checkpoint = home_path(checkpoint)
    run = _run(key, images, labels, settings)
    if not checkpoint.exists():
        raise FileNotFoundError(f"no checkpoint {os.fspath(checkpoint)}")
    done, state = _resume(checkpoint, run)
    return _model(state) if done == sum(phase.epochs for phase in run.phases) else None


def _run(key: jax.Array, images: npt.ArrayLike, labels: npt.ArrayLike, settings: Settings | None) -> Run:
    settings = Settings() if settings is None else settings
    check(settings)
    _optax()
    bank = _bank_of(np.asarray(images), np.asarray(labels))
    key = as_key(key)
    init_key, train_key = jax.random.split(key)
    networks = init_all(init_key, settings, bank.num_classes)
    identity: dict[str, Any] = {
        "settings": dataclasses.asdict(settings),
        "key": np.asarray(jax.random.key_data(jax.random.clone(key))).tolist(),
        "bank digest": bank_digest(bank),
    }
    return Run(bank, train_key, networks, phases_of(settings, bank.num_classes), identity)


def _resume(checkpoint: str | os.PathLike[str] | None, run: Run) -> tuple[int, State]:
    def init_optimizer(phase: Phase, own: Networks) -> Any:
        return _optimizer(phase, run.bank).init(own)

    return checkpoints.resume(checkpoint, run.identity, run.networks, run.phases, init_optimizer)


def _epochs(run: Run, number: int, state: State, done: int) -> Iterator[tuple[int, float, State]]:
    """Trains phase `number`, of which `done` epochs are done: epochs so far, mean loss and state of each."""
    phase = run.phases[number]
    if done >= phase.epochs:
        return
    if done == 0:
        own = {name: state.networks[name] for name in phase.names}
        state = State(state.networks, _optimizer(phase, run.bank).init(own))
    epoch = _compiled(phase, run.bank)
    keys = jax.random.split(jax.random.fold_in(run.key, number), phase.epochs)
    for past in range(done, phase.epochs):
        state, loss = epoch(state, keys[past], run.bank)
        if not math.isfinite(loss):
            raise FloatingPointError(f"training of the {phase.title} failed: its loss is {loss}")
        yield past + 1, float(loss), state


def _model(state: State) -> Vae:
    """All networks but the flow, which only the prior needs, to learn from."""
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
    """Adam (D. Kingma and J. Ba, 2015) with a warm-up of its learning rate, and a cosine decay."""
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
            (own, optimizer_state), (rows, key) = carried, batch
            loss, grads = jax.value_and_grad(phase.loss)(own, others, key, rows, bank)
            with jax.numpy_dtype_promotion("standard"):  # optax relies on it
                updates, optimizer_state = optimizer.update(grads, optimizer_state, own)
            return (jax.tree.map(jnp.add, own, updates), optimizer_state), loss

        own = {name: state.networks[name] for name in phase.names}
        batches = order, jax.random.split(step_key, len(order))
        (own, optimizer_state), losses = jax.lax.scan(step, (own, state.optimizer_state), batches)
        return State(state.networks | own, optimizer_state), losses.mean()

    return epoch
