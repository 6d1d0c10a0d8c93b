"""Images a second in batches, random numbers included, beside NumPy, numba and a plain fill.

Run: python benchmarks/batch.py [--batch 1024] [--rounds 60] [--device-only]
`--device-only` leaves the CPU baselines out: for a GPU with a large batch.
"""

import argparse
import statistics

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
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--device-only", action="store_true")
    options = parser.parse_args()

    bank = ds.load_bank("mnist")
    rows = np.random.default_rng(0).integers(0, 10, (options.batch, SLOTS)).astype(np.int32)
    digits, key = jnp.asarray(rows), jax.random.key(0)
    fill = jax.jit(lambda value: jnp.full((options.batch, 28, WIDTH), value))
    grey = jnp.float32(0.5)

    runs = {"plain fill": lambda: fill(grey).block_until_ready()}
    for name, spec in SPECS.items():
        runs[f"images{name}"] = lambda spec=spec: jax.block_until_ready(pixels(key, bank, digits, spec))
    runs["images and all labels"] = lambda: jax.block_until_ready(
        ds.sample_sequences(key, bank, digits, SPECS[""])
    )
    if not options.device_only:
        loop, copy = Loop(bank), numba_batch(bank)
        runs["numba kernel"] = lambda: copy(rows, WIDTH)
        runs["NumPy loop"] = lambda: loop.batch(rows, WIDTH)
    seconds = in_turn(runs, options.rounds)

    print(
        f"{jax.devices()[0].device_kind}, {options.batch} images of {SLOTS} digits, width {WIDTH}, ", end=""
    )
    print(f"medians over {options.rounds} rounds")
    against = [name for name in ("NumPy loop", "numba kernel", "plain fill") if name in seconds]
    print(f"{'':24}{'ms':>8}{'images/s':>11}{'GB/s':>7}", *(f"{'x ' + name:>15}" for name in against))
    for name, times in seconds.items():
        median = statistics.median(times)
        rate = options.batch / median
        ratios = (f"{ratio(times, seconds[other]):>15.2f}" for other in against)
        print(f"{name:24}{median * 1e3:8.2f}{rate:11,.0f}{rate * 28 * WIDTH * 4 / 1e9:7.2f}", *ratios)


if __name__ == "__main__":
    main()
