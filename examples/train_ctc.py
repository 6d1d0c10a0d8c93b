"""Teach a small network to read handwritten numbers, from images that are made while it trains.

Run: pip install '.[train]' && python examples/train_ctc.py
It takes up to five minutes on two cores. The digits are MNIST's where they are found
(`digitseq bank fetch`), else the built-in ones, which `--bank builtin` asks for.
"""

import time
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import optax
import typer

import digitseq as ds
from digitseq import augment, ctc

BATCH = 64
# What is written: three to six digits a line.
LABELS = ds.RandomDigits(min_length=3, max_length=6)
# How: digits overlap a little or stand apart, and each is rotated, scaled and slanted at random.
GLYPH_TRANSFORMS, _ = augment.preset("light")
SPEC = ds.SequenceSpec(
    image_width=176, spacing_range=(-4, 8), align="random", glyph_transforms=GLYPH_TRANSFORMS
)
# The network gives one output for each frame, which is this many columns of the image.
STRIDE = 4

Params = dict[str, jax.Array]


def init_params(key: jax.Array) -> Params:
    """Random weights (He et al., 2015) and zero biases; convolution kernels are [height, width, in, out]."""
    shapes = {
        "conv1": (3, 3, 1, 16),
        "conv2": (3, 3, 16, 32),
        "columns": (1, 1, 7 * 32, 128),  # all seven rows of a frame at once
        "context": (1, 5, 128, 128),  # a frame and two neighbours to either side: 20 columns
        "output": (1, 1, 128, ctc.BLANK + 1),  # ten digits, and CTC's blank
    }
    params = {}
    for layer_key, (name, shape) in zip(jax.random.split(key, len(shapes)), shapes.items(), strict=True):
        params[name] = jax.random.normal(layer_key, shape) * np.sqrt(2 / np.prod(shape[:-1]))
        params[f"{name}_bias"] = jnp.zeros(shape[-1])
    return params


def conv(params: Params, name: str, x: jax.Array, stride: int = 1) -> jax.Array:
    """A convolution over [batch, rows, columns, channels]."""
    dimensions = ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(x, params[name], (stride, stride), "SAME", dimension_numbers=dimensions)
    return y + params[f"{name}_bias"]


def forward(params: Params, images: jax.Array) -> jax.Array:
    """Images float32 [B, 28, W] to the logits of each frame, float32 [B, W / 4, 11]."""
    x = jax.nn.relu(conv(params, "conv1", images[..., None], stride=2))  # [B, 14, W / 2, 16]
    x = jax.nn.relu(conv(params, "conv2", x, stride=2))  # [B, 7, W / 4, 32]
    batch, rows, frames, channels = x.shape
    x = x.transpose(0, 2, 1, 3).reshape(batch, 1, frames, rows * channels)
    x = jax.nn.relu(conv(params, "columns", x))
    x = x + jax.nn.relu(conv(params, "context", x))
    return conv(params, "output", x)[:, 0]


def loss_fn(params: Params, batch: ds.DigitSequence) -> jax.Array:
    """CTC: minus the log-probability of the digits, over all ways to spread them over the frames."""
    logits = forward(params, batch.image)
    labels, label_paddings = ctc.labels_and_paddings(batch.digits)
    no_padding = jnp.zeros(logits.shape[:2])  # every frame counts
    return optax.ctc_loss(logits, no_padding, labels, label_paddings, blank_id=ctc.BLANK).mean()


def sequences_right(params: Params, bank: ds.DigitBank, count: int = 500) -> int:
    """How many of `count` lines of the bank's digits are read without a fault."""
    batch = ds.batch_at(2026, 0, bank, LABELS, SPEC.replace(glyph_transforms=()), count)
    readings = ctc.decode(jax.jit(forward)(params, batch.image))
    rows = zip(np.asarray(readings), np.asarray(batch.digits), strict=True)
    return sum(ctc.edit_distance(read, written) == 0 for read, written in rows)


def main(
    bank: Annotated[str | None, typer.Option(help="mnist, builtin, or a folder of IDX files.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Batches to learn from.")] = 4000,
) -> None:
    """Trains the network and says how many numbers it reads right."""
    split_key, init_key, stream_key = jax.random.split(jax.random.key(0), 3)
    # A tenth of the digits is held out: the network never sees them while it learns.
    train_bank, test_bank = ds.split_bank(ds.load_bank(bank), (0.9, 0.1), split_key)
    ctc.check(LABELS, SPEC, STRIDE)  # are there enough frames for the longest label?
    optimizer = optax.adam(optax.cosine_decay_schedule(2e-3, steps))
    params = init_params(init_key)
    opt_state = optimizer.init(params)

    # The step makes its own batch. Bank and spec are arguments: a bank that the function
    # captured would be compiled in as a constant.
    @jax.jit
    def train_step(params, opt_state, step, bank, spec):
        batch = ds.batch_at(stream_key, step, bank, LABELS, spec, BATCH)
        loss, grads = jax.value_and_grad(loss_fn)(params, batch)
        updates, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, loss

    start = time.monotonic()
    for step in range(steps):
        params, opt_state, loss = train_step(params, opt_state, step, train_bank, SPEC)
        if (step + 1) % 500 == 0 or step + 1 == steps:
            right = sequences_right(params, test_bank)
            seconds = time.monotonic() - start
            print(f"step {step + 1}: loss {loss:.3f}, {right} of 500 held-out lines right, {seconds:.0f} s")


if __name__ == "__main__":
    typer.run(main)
