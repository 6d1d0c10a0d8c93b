"""Images a second in batches, random numbers included, beside NumPy, numba and a plain fill.

Run: python benchmarks/batch.py [--batch 1024] [--rounds 60]
or, on a GPU: python benchmarks/batch.py --device-only --batch 65536 [--rounds 10] [--calls 4]
or, without one: python benchmarks/batch.py --device-only --batch 65536 --lower cuda
"""

import argparse
import statistics

import device
import jax
import jax.numpy as jnp
import numpy as np
from baselines import Loop, numba_batch
from timing import in_turn, ratio

import digitseq as ds

SLOTS, WIDTH = 5, 200
SPECS = {
    "": ds.SequenceSpec(image_width=WIDTH),
    ", ink gaps": ds.SequenceSpec(image_width=WIDTH, advance="ink"),
    ", masks": ds.SequenceSpec(image_width=WIDTH, masks=True),
    ", overlapping": ds.SequenceSpec(image_width=WIDTH, spacing_range=(-10, 0)),
    ", tight": ds.SequenceSpec(image_width=WIDTH, spacing_range=(0, 30)),
}


@jax.jit
def pixels(key, bank, digits, spec):
    """The images, and the masks where the spec asks: XLA drops what only other labels need."""
    s = ds.sample_sequences(key, bank, digits, spec)
    return s.image, s.masks


def main() -> None:
    """Prints the table that the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rounds", type=int, help="60; on a device alone 10")
    parser.add_argument("--device-only", action="store_true", help="no baselines, but kernels and bandwidth")
    parser.add_argument("--calls", type=int, default=4, help="in a row, on a device alone")
    parser.add_argument("--lower", metavar="PLATFORM", help="count for a device that is not there")
    options = parser.parse_args()
    if options.lower:
        device.lower(options.batch, options.lower)
    elif options.device_only:
        device.main(options.batch, options.rounds or 10, options.calls)
    else:
        compare(options.batch, options.rounds or 60)


def compare(batch: int, rounds: int) -> None:
    """Prints the table beside NumPy, numba and a plain fill."""
    bank = ds.load_bank("mnist")
    rows = np.random.default_rng(0).integers(0, 10, (batch, SLOTS)).astype(np.int32)
    digits, key = jnp.asarray(rows), jax.random.key(0)
    fill = jax.jit(lambda value: jnp.full((batch, 28, WIDTH), value))
    grey = jnp.float32(0.5)

    runs = {"plain fill": lambda: fill(grey).block_until_ready()}
    for name, spec in SPECS.items():
        runs[f"images{name}"] = lambda spec=spec: jax.block_until_ready(pixels(key, bank, digits, spec))
    runs["images and all labels"] = lambda: jax.block_until_ready(
        ds.sample_sequences(key, bank, digits, SPECS[""])
    )
    loop, copy = Loop(bank), numba_batch(bank)
    runs["numba kernel"] = lambda: copy(rows, WIDTH)
    runs["NumPy loop"] = lambda: loop.batch(rows, WIDTH)
    seconds = in_turn(runs, rounds)

    print(f"{jax.devices()[0].device_kind}, {batch} images of {SLOTS} digits, width {WIDTH}, ", end="")
    print(f"medians over {rounds} rounds")
    against = ["NumPy loop", "numba kernel", "plain fill"]
    print(f"{'':24}{'ms':>8}{'images/s':>11}{'GB/s':>7}", *(f"{'x ' + name:>15}" for name in against))
    for name, times in seconds.items():
        median = statistics.median(times)
        rate = batch / median
        ratios = (f"{ratio(times, seconds[other]):>15.2f}" for other in against)
        print(f"{name:24}{median * 1e3:8.2f}{rate:11,.0f}{rate * 28 * WIDTH * 4 / 1e9:7.2f}", *ratios)


if __name__ == "__main__":
    main()
