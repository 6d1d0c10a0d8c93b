"""Training on the stream alone, on every device."""

import math
import os
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import digitseq as ds
from digitseq import augment, ctc
from digitseq.glyphs.source import Source
from digitseq.labels.base import LabelSource

from .network import ALONG, COLUMNS, ROWS, STRIDE, Weights, features, init_weights, logits
from .optimizer import make_optimizer

BATCH, STEPS, AVERAGE = 32, 15_000, 0.999
# Steps of one compiled call.
SCAN = 100
# The auxiliary loss's weight at first; it falls to 0 over the first four fifths of training.
AUXILIARY, FADED = 0.3, 0.8
# Lines as full as can be: what does not fit on the canvas is left out.
LABELS = ds.RandomDigits(min_length=4, max_length=12)
SPEC = ds.SequenceSpec(image_width=160, advance="ink", align="random")
# Cubic: bilinear ones are all blurred, as no digit is that is to be read.
WARP = (
    augment.Affine(rotation=10.0, scale=0.1, slant=5.0, shift=0.0, interpolation="cubic"),
    augment.Elastic(interpolation="cubic"),
)
# Gaps between ink go from -4 to a number sampled for each batch: half of the batches are tight.
GAPS = (-4, 4, 30)
Gaps = tuple[int, int, int]


class State(NamedTuple):
    """All that training resumes from; `average` is a moving average of the weights, which reads lines."""

    weights: Weights
    average: Weights
    optimizer_state: Any


def loss(weights: Weights, batch: ds.DigitSequence, auxiliary_weight: jax.Array) -> jax.Array:
    """The CTC loss, and the cross-entropy of each column's digit, which shows where the digits are."""
    x = features(weights, batch.image)
    scores = logits(weights, x)
    labels, paddings = ctc.labels_and_paddings(batch.digits)
    read = optax.ctc_loss(scores, jnp.zeros(scores.shape[:2]), labels, paddings, blank_id=ctc.BLANK)
    columns = x @ weights["columns"] + weights["columns bias"]
    targets = ctc.column_targets(batch, COLUMNS)
    found = optax.softmax_cross_entropy_with_integer_labels(columns, targets).sum(axis=1)
    return (read + auxiliary_weight * found).mean()


def spacing_range(key: jax.Array, gaps: Gaps) -> tuple[int, jax.Array]:
    """The range of gaps for a batch."""
    tight_key, high_key = jax.random.split(key)
    least, tight, widest = gaps
    high = jax.random.randint(high_key, (), tight, widest + 1)
    return least, jnp.where(jax.random.bernoulli(tight_key), tight, high)


def all_devices() -> Mesh:
    """A mesh of as many devices as divide a batch evenly."""
    devices = jax.devices()
    return Mesh(np.array(devices[: math.gcd(len(devices), BATCH)]), ("data",))


def use_all_cores() -> None:
    """A device for each core, before JAX starts: half as fast again, on two, as two threads of one device."""
    jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


class Trainer:
    """Training on every device: each makes its rows of the batch, and the gradients are summed.

    Args:
        key: of the weights and of the stream.
        bank, labels, spec: what the lines are made of.
        steps: of the whole training, in which the learning rate falls to 0.
        gaps: the range of gaps of a batch goes from the first to a number sampled for it: the second, or as
            often one from there to the third. None: as the spec says.
        rows: of the image, as for `init_weights`.
    """

    def __init__(
        self,
        key: jax.Array,
        bank: Source,
        spec: ds.SequenceSpec,
        steps: int,
        *,
        labels: LabelSource = LABELS,
        gaps: Gaps | None = GAPS,
        rows: int = ROWS,
    ) -> None:
        self.mesh, self.steps, self.gaps, self.rows = all_devices(), steps, gaps, rows
        self.replicated = NamedSharding(self.mesh, PartitionSpec())
        even = ALONG % self.mesh.size == 0
        self.sharded = NamedSharding(self.mesh, PartitionSpec("data" if even else None))
        keys = jax.random.split(key, 3)
        self.init_key, *keys = jax.device_put(tuple(keys), self.replicated)
        self.stream_key, self.gap_key = keys
        self.bank, self.spec = jax.device_put((bank, spec), self.replicated)
        self.labels = labels
        self.optimizer = make_optimizer(steps)
        ctc.check(labels, spec, STRIDE)
        self._scan = jax.jit(self._many, out_shardings=self.replicated)

    def begin(self) -> State:
        """The state before the first step."""
        weights = init_weights(self.init_key, self.rows)
        return jax.device_put(State(weights, weights, self.optimizer.init(weights)), self.replicated)

    def step(self, state: State, batch: ds.DigitSequence, number: jax.Array) -> tuple[State, jax.Array]:
        """One step on a batch, and the loss before it."""
        auxiliary_weight = AUXILIARY * jnp.maximum(0, 1 - number / (FADED * self.steps))
        value, grads = jax.value_and_grad(loss)(state.weights, batch, auxiliary_weight)
        # Muon's iterations take long: each device does those of its part of the stack.
        grads["along"] = jax.lax.with_sharding_constraint(grads["along"], self.sharded)
        updates, optimizer_state = self.optimizer.update(grads, state.optimizer_state, state.weights)
        updates = jax.lax.with_sharding_constraint(updates, self.replicated)
        weights = optax.apply_updates(state.weights, updates)
        decay = jnp.minimum(AVERAGE, (1 + number) / (10 + number))
        average = jax.tree.map(lambda a, w: decay * a + (1 - decay) * w, state.average, weights)
        return State(weights, average, optimizer_state), value

    def batch(self, number: jax.Array, bank: Source, spec: ds.SequenceSpec) -> ds.DigitSequence:
        """The batch of step `number`."""
        if self.gaps is not None:
            key = jax.random.fold_in(self.gap_key, number)
            spec = spec.replace(spacing_range=spacing_range(key, self.gaps))
        return ds.batch_at(self.stream_key, number, bank, self.labels, spec, BATCH, mesh=self.mesh)

    def _many(self, state: State, first: jax.Array, bank: Source, spec: ds.SequenceSpec) -> Any:
        def body(state: State, number: jax.Array) -> tuple[State, jax.Array]:
            return self.step(state, self.batch(number, bank, spec), number)

        return jax.lax.scan(body, state, first + jnp.arange(SCAN))

    def many(self, state: State, first: int) -> tuple[State, float]:
        """SCAN steps from step `first` on, and their mean loss."""
        state, losses = self._scan(state, first, self.bank, self.spec)
        return state, float(losses.mean())
