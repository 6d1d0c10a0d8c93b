"""What docs/performance.md advises, each piece of advice measured: how much faster than what it replaces.

Run: python benchmarks/tips.py [--rounds 15] [--only NAME ...]
On a CPU under Linux; ratios are medians over rounds in which both take turns.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scale import KEEP
from timing import in_turn, ratio

import digitseq as ds

SLOTS, WIDTH, BATCH = 5, 200, 256
SPEC = ds.SequenceSpec(image_width=WIDTH)
LABELS = ds.RandomDigits(min_length=SLOTS, max_length=SLOTS)
Runs = dict[str, Callable[[], Any]]


def lines(batch: int, spec: ds.SequenceSpec, slots: int = SLOTS) -> Callable[[], Any]:
    """A call that makes such a batch with all its labels, and waits for it."""
    rows = np.random.default_rng(0).integers(0, 10, (batch, slots)).astype(np.int32)
    key, bank, digits = jax.device_put((jax.random.key(0), ds.load_bank("builtin"), rows))
    return lambda: jax.block_until_ready(ds.sample_sequences(key, bank, digits, spec))


def table(runs: Runs, images: dict[str, int], rounds: int) -> None:
    """Prints milliseconds, images a second, and how many times the first one's speed that is."""
    seconds = in_turn(runs, rounds, warm=1)
    first = next(iter(seconds))
    for name, times in seconds.items():
        times_each = [time / images[name] for time in times]
        gain = ratio(times_each, [time / images[first] for time in seconds[first]])
        median = statistics.median(times)
        print(f"  {name:44}{median * 1e3:10.2f} ms{images[name] / median:12,.0f} images/s{gain:8.2f}")


def batch_size(rounds: int) -> None:
    """Calls of several sizes."""
    sizes = {f"batches of {size:,}": size for size in (1, 32, 256, 1024, 4096)}
    table({name: lines(size, SPEC) for name, size in sizes.items()}, sizes, rounds)


def width(rounds: int) -> None:
    """The same digits on canvases of several widths."""
    specs = {f"width {columns}": SPEC.replace(image_width=columns) for columns in (400, 200)}
    runs = {name: lines(BATCH, spec) for name, spec in specs.items()}
    table(runs, dict.fromkeys(runs, BATCH), rounds)


def dtype(rounds: int) -> None:
    """Batches of each dtype, alone."""
    runs = {
        name: lines(1024, SPEC.replace(dtype=name)) for name in ("float32", "bfloat16", "float16", "uint8")
    }
    table(runs, dict.fromkeys(runs, 1024), rounds)


def loss(weights: jax.Array, batch: ds.DigitSequence) -> jax.Array:
    """Of a linear reader of each slot's digit."""
    ink = batch.image.astype(jnp.float32) / (255 if batch.image.dtype == jnp.uint8 else 1)
    scores = jax.nn.log_softmax(jnp.einsum("bhw,hwkc->bkc", ink, weights))
    return -jnp.take_along_axis(scores, batch.digits[..., None], axis=-1).mean()


def step(rounds: int) -> None:
    """A training step that makes its images itself, beside one that is handed them."""
    weights, step = jnp.zeros((28, WIDTH, SLOTS, 10)), jnp.uint32(3)
    key, bank = jax.random.key(0), jax.device_put(ds.load_bank("builtin"))

    @jax.jit
    def handed(weights: jax.Array, batch: ds.DigitSequence) -> jax.Array:
        return weights - 0.01 * jax.grad(loss)(weights, batch)

    @jax.jit
    def inside(
        weights: jax.Array, key: jax.Array, bank: ds.DigitBank, spec: ds.SequenceSpec, step: jax.Array
    ) -> jax.Array:
        return handed(weights, ds.batch_at(key, step, bank, LABELS, spec, BATCH))

    runs: Runs = {}
    for name in ("float32", "uint8"):
        spec = SPEC.replace(dtype=name)
        made = jax.block_until_ready(ds.batch_at(key, 3, bank, LABELS, spec, BATCH))
        runs |= {
            f"batch_at, then the step, {name}": lambda spec=spec: handed(
                weights, ds.batch_at(key, step, bank, LABELS, spec, BATCH)
            ).block_until_ready(),
            f"batch_at in the step, {name}": lambda spec=spec: inside(
                weights, key, bank, spec, step
            ).block_until_ready(),
            f"the step alone, {name}": lambda made=made: handed(weights, made).block_until_ready(),
        }
    table(runs, dict.fromkeys(runs, BATCH), rounds)


def labels(rounds: int) -> None:
    """What is not used is not computed, inside `jit`."""
    spec = SPEC.replace(glyph_transforms="strong", line_transforms="strong")
    image = jax.jit(lambda *operands: ds.sample_sequences(*operands).image)
    rows = np.random.default_rng(0).integers(0, 10, (BATCH, SLOTS)).astype(np.int32)
    operands = jax.device_put((jax.random.key(0), ds.load_bank("builtin"), rows))
    runs = {
        "strong, all labels": lines(BATCH, spec),
        "strong, the image alone": lambda: image(*operands, spec).block_until_ready(),
    }
    table(runs, dict.fromkeys(runs, BATCH), max(rounds // 3, 3))


def waiting(rounds: int) -> None:
    """What a call takes, timed without waiting for its result and with."""
    rows = np.random.default_rng(0).integers(0, 10, (4096, SLOTS)).astype(np.int32)
    key, bank, digits = jax.device_put((jax.random.key(0), ds.load_bank("builtin"), rows))
    started, done = [], []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        batch = ds.sample_sequences(key, bank, digits, SPEC)
        started.append(time.perf_counter() - begun)
        jax.block_until_ready(batch)
        done.append(time.perf_counter() - begun)
    for name, times in (
        ("the call returned after", started[1:]),
        ("its batch of 4,096 was there after", done[1:]),
    ):
        print(f"  {name:44}{statistics.median(times) * 1e3:10.2f} ms")


def compiling(_: int) -> None:
    """What a call takes whose spec, or shape, no call had before."""
    cases = {
        "warm": lines(BATCH, SPEC),
        "other gaps (a leaf of the spec)": lines(BATCH, SPEC.replace(spacing_range=(1, 4))),
        "one more column (a static field)": lines(BATCH, SPEC.replace(image_width=WIDTH + 1)),
        "one more slot (a shape)": lines(BATCH, SPEC, SLOTS + 1),
    }
    cases["warm"]()
    for name, call in cases.items():
        begun = time.perf_counter()
        call()
        print(f"  {name:44}{(time.perf_counter() - begun) * 1e3:10.2f} ms")


def allocator(rounds: int) -> None:
    """Large batches where the allocator asks the system for each anew, and where it keeps what is freed."""
    for name, keep in ("as the system has it", {}), ("memory kept (MALLOC_...)", KEEP):
        print(f"  {name}", flush=True)
        command = [sys.executable, __file__, "--rounds", str(rounds), "--only", "large"]
        subprocess.run(command, check=True, env=os.environ | keep)


def large(rounds: int) -> None:
    """A batch whose images take less than 32 MiB, which glibc keeps, and one of more; two fills."""
    sizes = {f"batches of {size:,}": size for size in (1024, 4096)}
    runs = {name: lines(size, SPEC) for name, size in sizes.items()}
    fill = jax.jit(lambda value: jnp.full((4096, 28, WIDTH), value))
    over = jax.jit(lambda old, value: jnp.full_like(old, value), donate_argnums=0, keep_unused=True)
    kept = [fill(np.float32(0))]

    def refill() -> None:
        kept[0] = over(kept[0], np.float32(1)).block_until_ready()

    runs["a plain fill of 4,096"] = lambda: fill(np.float32(1)).block_until_ready()
    runs["a plain fill of a donated 4,096"] = refill
    table(runs, sizes | dict.fromkeys(list(runs)[2:], 4096), rounds)


def processes(_: int) -> None:
    """An export by one process and by two, their start included."""
    count = 40_000
    for workers in 1, 2:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            bank = ds.load_bank("builtin")
            ds.export(0, bank, LABELS, SPEC, folder, count=count, format="webdataset", workers=workers)
            seconds = time.perf_counter() - begun
        name = f"{count:,} images, workers={workers}"
        print(f"  {name:44}{seconds:10.1f} s {count / seconds:12,.0f} images/s")


TIPS = (batch_size, step, dtype, width, labels, waiting, compiling, allocator, processes)
NAMES = {tip.__name__: tip for tip in (*TIPS, large)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[tip.__name__ for tip in TIPS])
    options = parser.parse_args()
    for name in options.only:
        if name != "large":
            print(f"{name}: {(NAMES[name].__doc__ or '').strip()}", flush=True)
        NAMES[name](options.rounds)
