"""CPU seconds of each program's first call: tracing, lowering, XLA. Each is in a process of its own.

Run: python benchmarks/compile.py [--rounds 3] [--batch 1024] [--only plain,strong]
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import digitseq as ds
from digitseq import augment

SLOTS, WIDTH = 5, 200
DOCUMENTS = ("form", "cheque")
STEPS = ("trace", "lower", "compile")
SINGLE = "one call"
LABELS = ", labels"


def program(name: str, batch: int) -> tuple[Callable[..., object], tuple[object, ...]]:
    """The function that is compiled for a row of the table, and its arguments."""
    kind = name.removesuffix(LABELS)
    bank, key = ds.load_bank("mnist"), jax.random.key(0)
    digits = jnp.asarray(np.random.default_rng(0).integers(0, 10, (batch, SLOTS)).astype(np.int32))
    spec = ds.SequenceSpec(image_width=WIDTH)
    if kind in DOCUMENTS:
        bank, labels, spec = ds.document(kind, bank)
        digits = labels.draw(key, batch)
    elif kind != "plain":
        glyphs, lines = augment.preset(kind)
        spec = spec.replace(glyph_transforms=glyphs, line_transforms=lines)

    def images(*given: object) -> object:
        return ds.sample_sequences(*given).image

    def images_and_labels(*given: object) -> object:
        return ds.sample_sequences(*given)

    return images_and_labels if name.endswith(LABELS) else images, (key, bank, digits, spec)


def steps_of(name: str, batch: int) -> list[float]:
    """CPU seconds of each of STEPS, of all threads."""
    function, arguments = program(name, batch)
    jax.jit(lambda one: one + 1).lower(1.0).compile()  # what the first program of a process takes
    times = [time.process_time()]
    traced = jax.jit(function).trace(*arguments)
    times.append(time.process_time())
    lowered = traced.lower()
    times.append(time.process_time())
    lowered.compile()
    times.append(time.process_time())
    return [after - before for before, after in itertools.pairwise(times)]


def single() -> list[float]:
    """CPU seconds that the first `generate_numbers_sequence` takes beyond the second."""
    bank, times = ds.load_bank("mnist"), [time.process_time()]
    for _ in range(2):
        ds.generate_numbers_sequence([3, 5, 0, 1, 2], (0, 10), WIDTH, key=7, bank=bank)
        times.append(time.process_time())
    return [times[1] - times[0] - (times[2] - times[1])]


def main() -> None:
    """Prints the table."""
    kinds = ("plain", *augment.PRESETS)
    names = [name for kind in kinds for name in (kind, kind + LABELS)] + [SINGLE]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--only", help="rows of the table, with commas between them (a kind is two rows)")
    parser.add_argument("--measure", choices=names, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Nothing is read from a folder of compiled programs, whatever the environment says.
    jax.config.update("jax_enable_compilation_cache", False)
    if options.measure is not None:
        found = single() if options.measure == SINGLE else steps_of(options.measure, options.batch)
        print(json.dumps(found))
        return
    wanted = names if options.only is None else options.only.split(",")
    print(f"{jax.devices()[0].device_kind}, batches of {options.batch}, CPU s, medians over {options.rounds}")
    print(f"{'':20}", *(f"{step:>8}" for step in (*STEPS, "all")))
    for name in names:
        if name not in wanted and name.removesuffix(LABELS) not in wanted:
            continue
        command = [sys.executable, __file__, "--batch", str(options.batch), "--measure", name]
        rounds = [
            json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for _ in range(options.rounds)
        ]
        steps = [statistics.median(step) for step in zip(*rounds, strict=True)]
        shown = [f"{seconds:8.2f}" for seconds in steps] if len(steps) > 1 else [" " * 8] * len(STEPS)
        print(f"{name:20}", *shown, f"{statistics.median(map(sum, rounds)):8.2f}", flush=True)


if __name__ == "__main__":
    main()
