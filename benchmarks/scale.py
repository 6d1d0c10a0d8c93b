"""Speed, compile time and peak memory over batches and widths: does each grow linearly with the pixels?

Run: python benchmarks/scale.py [--preset strong] [--keep] [--batches 1 32 1024] [--widths 100 200 1000]
Linux. A line has a digit per 40 columns. Each cell is a process of its own, so that its memory is its own.
Cells that would take more than half of the free memory, or too long, are left out and named. `--keep` has the
allocator keep what is freed (glibc), where it otherwise asks the system for each large array anew.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

import digitseq as ds

BATCHES, WIDTHS = (1, 32, 1024, 65536), (100, 200, 1000, 10000)
COLUMNS = 40
# Bytes per pixel that a cell is expected to take, image included, by which it is left out.
EXPECTED = 6
# Lines with a preset's transforms: the most pixels that are made in some seconds.
MOST_TRANSFORMED = 2**25
SECONDS = 1.0
# What is more than this many times a smaller cell's, for each pixel, is marked; and a compilation's time.
MARKED, MARKED_COMPILING = 1.25, 2
# Peaks below so many MiB are not compared: the system counts memory in larger pieces than they are.
SOME = 10
KEEP = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
}
TITLES = ["batch", "width", "images/s", "ns", "peak", "bytes", "results", "scratch", "faults", "compiling, s"]


def cell(batch: int, width: int, preset: str) -> dict[str, float]:
    """What a batch with its labels takes, measured in this process; memory in MiB."""
    spec = ds.SequenceSpec(image_width=width)
    if preset:
        spec = spec.replace(glyph_transforms=preset, line_transforms=preset)
    rows = np.random.default_rng(0).integers(0, 10, (batch, max(1, width // COLUMNS))).astype(np.int32)
    numbers = jax.tree.map(np.asarray, spec)
    arguments = jax.device_put((jax.random.key(0), ds.load_bank("builtin"), rows, numbers))
    function = jax.jit(lambda *operands: ds.sample_sequences(*operands))
    started = time.process_time()
    program = function.lower(*arguments).compile()
    compiling = time.process_time() - started
    known = program.memory_analysis()

    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    jax.block_until_ready(program(*arguments))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    jax.block_until_ready(program(*arguments))
    faults, seconds = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, []
    while len(seconds) < 3 or (sum(seconds) < SECONDS and len(seconds) < 100):
        begun = time.perf_counter()
        jax.block_until_ready(program(*arguments))
        seconds.append(time.perf_counter() - begun)
    return {
        "images/s": batch / statistics.median(seconds),
        "ns": statistics.median(seconds) * 1e9 / (batch * width * 28),
        "peak": peak / 2**20,
        "bytes": peak / (batch * width * 28),
        "results": known.output_size_in_bytes / 2**20,
        "scratch": known.temp_size_in_bytes / 2**20,
        "faults": (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / len(seconds),
        "compiling, s": compiling,
    }


def too_large(batch: int, width: int, preset: str) -> str:
    """Why a cell is left out; empty where it isn't."""
    pixels = batch * width * 28
    if EXPECTED * pixels > os.sysconf("SC_AVPHYS_PAGES") * resource.getpagesize() / 2:
        return f"left out: its images alone take {4 * pixels / 2**30:.1f} GiB"
    if preset and pixels > MOST_TRANSFORMED:
        return f"left out: {pixels / 1e6:,.0f} million pixels with transforms"
    return ""


def main(batches: list[int], widths: list[int], preset: str, keep: bool) -> None:
    """Prints the table: a line for each cell, and what is more than in the next smaller batch or width."""
    print(
        f"{preset or 'plain'} lines with labels, a digit per {COLUMNS} columns. ns and bytes are per pixel."
    )
    print("MiB: the peak beyond what the process had, the results in it, what XLA says it needs besides.")
    print("Faults: pages that the system handed out in a call")
    print("".join(f"{title:>13}" for title in TITLES))
    found: dict[tuple[int, int], dict[str, float]] = {}
    for batch in batches:
        for width in widths:
            if why := too_large(batch, width, preset):
                print(f"{batch:13,}{width:13,}  {why}")
                continue
            command = [sys.executable, __file__, "--cell", str(batch), str(width), "--preset", preset]
            environment = os.environ | (KEEP if keep else {})
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            made: dict[str, Any] = json.loads(done.stdout)
            found[batch, width] = made
            numbers = (f"{made[title]:13,.{0 if made[title] >= 100 else 2}f}" for title in TITLES[2:])
            smaller = [(batch, _before(widths, width)), (_before(batches, batch), width)]
            marks = _marks(made, [found[place] for place in smaller if place in found])
            print(f"{batch:13,}{width:13,}", *numbers, marks, sep="", flush=True)


def _before(values: list[int], value: int) -> int:
    """The next smaller of the values; 0 if there is none."""
    return max((other for other in values if other < value), default=0)


def _marks(made: dict[str, float], smaller: list[dict[str, float]]) -> str:
    """What is more for each pixel, or takes longer to compile, than in the smaller cells."""
    limits = {"ns": MARKED, "bytes": MARKED, "compiling, s": MARKED_COMPILING}
    if made["peak"] < SOME:
        del limits["bytes"]
    more = [name for name, most in limits.items() if any(made[name] > most * near[name] for near in smaller)]
    return f"  more {', '.join(more)}" if more else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--preset", default="", help="of both kinds of transforms")
    parser.add_argument("--keep", action="store_true", help="freed memory")
    parser.add_argument("--cell", type=int, nargs=2, metavar=("BATCH", "WIDTH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        print(json.dumps(cell(*options.cell, options.preset)))
    else:
        main(options.batches, options.widths, options.preset, options.keep)
