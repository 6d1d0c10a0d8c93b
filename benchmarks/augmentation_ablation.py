"""What augmentation does for a classifier: the perceptron of Simard, Steinkraus and Platt (2003), four times.

Run: python benchmarks/augmentation_ablation.py [--validate] [--only NAME] [--epochs N] [--seed N]

P. Simard, D. Steinkraus and J. Platt, "Best practices for convolutional neural networks applied to visual
document analysis" (2003), trained 784-800-10 perceptrons on MNIST without distortions, with affine and with
elastic ones. Here the same is done with transforms of `digitseq.augment`, sampled anew for every glyph of
every epoch inside the jitted training step, and once with affine and elastic ones together.

As in the paper: the network's size, one network, cross-entropy, the test images as they are. Not as in the
paper: ReLU, Adam on batches with a learning rate that falls to 0 along a cosine, weight decay where it helped
(without elastic distortions), the transforms' ranges, digitseq's own kind of elastic field (see `Elastic`),
and cubic resampling, which blurs strokes less than bilinear does: the test images are not blurred.

All settings were chosen with `--validate`, which trains on the first 50,000 training images and gives the
error on the other 10,000. The test images had no part in it.
"""

import argparse
import sys
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp

import digitseq as ds
from digitseq import augment
from digitseq.augment import Affine, Elastic, Transform
from digitseq.glyphs.loading import NO_MNIST
from digitseq.glyphs.mnist import mnist_folder
from digitseq.glyphs.pairs import find_pair

PIXELS, HIDDEN, CLASSES = 28 * 28, 800, 10
MEAN, DEVIATION = 0.1307, 0.3081  # of all pixels of the training images
BATCH = 125  # divides 50,000 and 60,000
RATE = 1e-3
HELD_OUT = 10_000

Weights = dict[str, jax.Array]
Data = tuple[jax.Array, jax.Array]  # glyphs uint8 [N, 28, 28], labels int32 [N]


class Run(NamedTuple):
    """One row of the table: `decay` of the weights for each unit of the rate; `published` by the paper, %."""

    transforms: tuple[Transform, ...]
    epochs: int
    decay: float
    published: str


AFFINE = Affine(rotation=10.0, scale=0.1, slant=5.0, shift=1.0, interpolation="cubic")
# Stronger than the bound against folds leaves it: about 1.3 pixels.
ELASTIC = Elastic(amplitude=2.0, sigma=5.0, interpolation="cubic")
RUNS = {
    "none": Run((), 20, 0.1, "1.6"),
    "affine": Run((AFFINE,), 40, 0.1, "1.1"),
    "elastic": Run((ELASTIC,), 120, 0.0, "0.7"),
    "affine+elastic": Run((AFFINE, ELASTIC), 120, 0.0, "-"),
}


class State(NamedTuple):
    """The weights and Adam's moments: running means of the gradients and of their squares."""

    weights: Weights
    first_moments: Weights
    second_moments: Weights
    step: jax.Array


def init_state(key: jax.Array) -> State:
    """Random weights, scaled after He et al. (2015), and moments of 0."""
    hidden_key, output_key = jax.random.split(key)
    weights = {
        "hidden": jax.random.normal(hidden_key, (PIXELS, HIDDEN)) * (2 / PIXELS) ** 0.5,
        "hidden bias": jnp.zeros(HIDDEN),
        "output": jax.random.normal(output_key, (HIDDEN, CLASSES)) * (1 / HIDDEN) ** 0.5,
        "output bias": jnp.zeros(CLASSES),
    }
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return State(weights, zeros, zeros, jnp.int32(0))


def unit_ink(glyphs: jax.Array) -> jax.Array:
    """Bytes as float32 in [0, 1]."""
    return glyphs.astype(jnp.float32) / 255


def logits(weights: Weights, glyphs: jax.Array) -> jax.Array:
    """The logits of each class, [N, 10], for glyphs float32 [N, 28, 28] in [0, 1]."""
    pixels = (glyphs.reshape(-1, PIXELS) - MEAN) / DEVIATION
    hidden = jax.nn.relu(pixels @ weights["hidden"] + weights["hidden bias"])
    return hidden @ weights["output"] + weights["output bias"]


def loss(weights: Weights, glyphs: jax.Array, labels: jax.Array) -> jax.Array:
    """The mean cross-entropy."""
    log_probs = jax.nn.log_softmax(logits(weights, glyphs))
    return -jnp.take_along_axis(log_probs, labels[:, None], axis=1).mean()


def update(state: State, grads: Weights, steps: jax.Array, decay: jax.Array) -> State:
    """One step of AdamW (Loshchilov and Hutter, 2019) of `steps`, with a cosine decay of the rate."""
    step = state.step + 1
    first = jax.tree.map(lambda mean, new: 0.9 * mean + 0.1 * new, state.first_moments, grads)
    second = jax.tree.map(lambda mean, new: 0.999 * mean + 0.001 * new**2, state.second_moments, grads)
    rate = RATE * (1 + jnp.cos(jnp.pi * step / steps)) / 2
    unbiased = jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)  # the means started from 0

    def moved(weight: jax.Array, mean: jax.Array, square: jax.Array) -> jax.Array:
        return weight - rate * (unbiased * mean / (jnp.sqrt(square) + 1e-8) + decay * weight)

    weights = jax.tree.map(moved, state.weights, first, second)
    return State(weights, first, second, step)


@jax.jit
def epoch(
    state: State,
    key: jax.Array,
    data: Data,
    transforms: tuple[Transform, ...],
    steps: jax.Array,
    decay: jax.Array,
) -> State:
    """All glyphs once, in random order, each transformed anew."""
    glyphs, labels = data
    order_key, warp_key = jax.random.split(key)
    batches = jax.random.permutation(order_key, len(labels)).reshape(-1, BATCH)

    def step(state: State, batch: tuple[jax.Array, jax.Array]) -> tuple[State, None]:
        rows, key = batch
        warped = augment.apply(key, transforms, unit_ink(glyphs[rows]))
        return update(state, jax.grad(loss)(state.weights, warped, labels[rows]), steps, decay), None

    state, _ = jax.lax.scan(step, state, (batches, jax.random.split(warp_key, len(batches))))
    return state


@jax.jit
def error(weights: Weights, data: Data) -> jax.Array:
    """The error on untransformed glyphs, %."""
    glyphs, labels = data
    return 100 * (logits(weights, unit_ink(glyphs)).argmax(axis=1) != labels).mean()


def train(key: jax.Array, data: Data, run: Run) -> Weights:
    """The weights at the run's end."""
    start_key, *keys = jax.random.split(key, run.epochs + 1)
    steps = jnp.float32(run.epochs * (len(data[1]) // BATCH))
    state = init_state(start_key)
    for key in keys:
        state = epoch(state, key, data, run.transforms, steps, jnp.float32(run.decay))
    return jax.block_until_ready(state.weights)


def read(split: str) -> Data:
    """MNIST's training or test digits, in the files' order."""
    folder = mnist_folder()
    if folder is None:
        raise ds.BankError(NO_MNIST)
    glyphs, labels = (ds.read_idx(path) for path in find_pair(folder, split, prefer="mnist")[:2])
    return jnp.asarray(glyphs), jnp.asarray(labels, jnp.int32)


def main() -> None:
    """Prints the table, and progress to stderr."""
    parser = argparse.ArgumentParser(description="Test error of a perceptron with and without augmentation.")
    parser.add_argument("--validate", action="store_true", help="hold out training images; don't test")
    parser.add_argument("--only", choices=RUNS, help="one row of the table")
    parser.add_argument("--epochs", type=int, help="instead of each run's own")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.epochs is not None and options.epochs < 1:
        parser.error("--epochs must be 1 or more")
    try:
        train_data = read("train")
        test_data = None if options.validate else read("test")
    except (OSError, ValueError) as problem:
        sys.exit(f"augmentation_ablation.py: {problem}")
    if test_data is None:
        glyphs, labels = train_data
        train_data = glyphs[:-HELD_OUT], labels[:-HELD_OUT]
        test_data = glyphs[-HELD_OUT:], labels[-HELD_OUT:]

    lines = []
    began = time.perf_counter()
    # One key a run, whichever of them are wanted.
    keys = jax.random.split(jax.random.key(options.seed), len(RUNS))
    for key, (name, run) in zip(keys, RUNS.items(), strict=True):
        if options.only in (None, name):
            run = run._replace(epochs=options.epochs or run.epochs)
            print(
                f"{name}: {run.epochs} epochs of {len(train_data[1]):,} glyphs", file=sys.stderr, flush=True
            )
            before = time.perf_counter()
            wrong = float(error(train(key, train_data, run), test_data))
            seconds = time.perf_counter() - before
            lines.append(f"{name:16}{wrong:15.2f}{run.published:>13}{run.epochs:8}{seconds:9.0f}")

    print(f"{'':16}{'held-out' if options.validate else 'test':>8} error %  published %  epochs  seconds")
    print(*lines, sep="\n")
    print(f"{time.perf_counter() - began:.0f} seconds in all, {jax.devices()[0].device_kind}")


if __name__ == "__main__":
    main()
