"""Batches on one device: images a second, the share of a plain fill's bandwidth, kernels, transfers.

`python benchmarks/batch.py --device-only --batch 65536` prints it. Where JAX has no GPU,
`--device-only --lower cuda` lowers the same programs for one and counts what can be counted without it.
"""

import math
import re
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from programs import counts_of
from timing import in_turn, ratio

import digitseq as ds

SLOTS, WIDTH = 5, 200
PLAIN = ds.SequenceSpec(image_width=WIDTH)
STRONG = PLAIN.replace(glyph_transforms="strong", line_transforms="strong")
SPECS = {"plain": PLAIN, "strong": STRONG}
FILL = "plain fill"
HOST = re.compile(r"= \S+ (?:infeed|outfeed|send|recv)\(|custom_call_target=\"[^\"]*callback")


@jax.jit
def images(key: jax.Array, bank: ds.DigitBank, digits: jax.Array, spec: ds.SequenceSpec) -> Any:
    """The images only: XLA drops what only labels need."""
    return ds.sample_sequences(key, bank, digits, spec).image


@jax.jit
def with_labels(key: jax.Array, bank: ds.DigitBank, digits: jax.Array, spec: ds.SequenceSpec) -> Any:
    """The images and all of their labels but masks."""
    return ds.sample_sequences(key, bank, digits, spec)


def _bytes(tree: Any) -> int:
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _arguments(batch: int) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """The jitted functions and their arguments, on the device."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the built-in digits stand in for MNIST's
        bank = ds.load_bank()
    digits = np.random.default_rng(0).integers(0, 10, (batch, SLOTS)).astype(np.int32)
    fill = jax.jit(lambda value: jnp.full((batch, 28, WIDTH), value))
    jobs: dict[str, tuple[Any, tuple[Any, ...]]] = {FILL: (fill, (np.float32(0.5),))}
    for name, spec in SPECS.items():
        spec = jax.tree.map(np.asarray, spec)
        jobs[name] = images, (jax.random.key(0), bank, digits, spec)
        jobs[f"{name}, labels"] = with_labels, jobs[name][1]
    return {name: (function, jax.device_put(arguments)) for name, (function, arguments) in jobs.items()}


def main(batch: int, rounds: int, calls: int) -> None:
    """Prints the table of the default device.

    Raises:
        RuntimeError: a program talks to the host, or a call moved an array there.
    """
    programs: dict[str, Callable[[], Any]] = {}
    counts, written = {}, {}
    for name, (function, arguments) in _arguments(batch).items():
        compiled = function.lower(*arguments).compile()
        text = compiled.as_text()
        if found := HOST.search(text):
            raise RuntimeError(f"{name}: {found[0]} talks to the host")
        counts[name] = counts_of(text)
        programs[name] = lambda compiled=compiled, arguments=arguments: compiled(*arguments)
        written[name] = _bytes(jax.eval_shape(function, *arguments))

    def several(program: Callable[[], Any], times: int) -> None:
        for _ in range(times):
            made = program()
        jax.block_until_ready(made)

    runs = {}
    for name, program in programs.items():
        runs[name, 1] = lambda program=program: several(program, 1)
        runs[name, calls] = lambda program=program: several(program, calls)
    with jax.transfer_guard("disallow"):
        seconds = in_turn(runs, rounds, warm=1)
    print(
        f"{jax.devices()[0].device_kind}, JAX {jax.__version__}, {batch} images of {SLOTS} digits, ", end=""
    )
    print(f"width {WIDTH}, medians over {rounds} rounds; no transfer to or from the host")
    print(f"{'':16}{'ms':>9}{f'of {calls}':>9}{'images/s':>13}{'GB/s':>8}{'x fill':>8}", end="")
    print(f"{'kernels':>9}{'started':>9}{'waits':>7}")
    for name, count in counts.items():
        alone = statistics.median(seconds[name, 1])
        times = [time / calls for time in seconds[name, calls]]
        median = statistics.median(times)
        fill = [time / calls for time in seconds[FILL, calls]]
        share = ratio(times, fill) * written[name] / written[FILL]
        print(f"{name:16}{alone * 1e3:9.3f}{median * 1e3:9.3f}{batch / median:13,.0f}", end="")
        print(f"{written[name] / median / 1e9:8.1f}{share:8.3f}", end="")
        print(f"{count.kernels:9}{count.launches:9}{count.waits:7}")


def lower(batch: int, platform: str) -> None:
    """Prints what can be counted without the device, of programs lowered for it and compiled for a CPU.

    Branches for other platforms are gone, so loops and conditionals are the platform's own. How operations
    are fused into kernels is the CPU's way.
    """
    print(f"lowered for {platform} and not run: compiled for a CPU, batch {batch}")
    print(f"{'':16}{'kernels':>9}{'started':>9}{'waits':>7}")
    unchecked = [export.DisabledSafetyCheck.platform()]
    for name, (function, arguments) in _arguments(batch).items():
        exported = export.export(function, platforms=[platform], disabled_checks=unchecked)(*arguments)
        text = jax.jit(exported.call).lower(*arguments).compile().as_text()
        if found := HOST.search(text):
            raise RuntimeError(f"{name}: {found[0]} talks to the host")
        count = counts_of(text)
        print(f"{name:16}{count.kernels:9}{count.launches:9}{count.waits:7}")
