"""How fast exports are written, beside only encoding and only writing as much, and what memory they take.

Run: DIGITSEQ_MNIST=FOLDER python benchmarks/export.py [--folder FOLDER]
"""

import argparse
import io
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np
from PIL import Image

import digitseq as ds
from digitseq.io import png

LABELS = ds.RandomDigits(min_length=5, max_length=5)
SPEC = ds.SequenceSpec(image_width=200)
WORKERS = 2
# Images and shard size by format.
SIZES = {"webdataset": (60_000, 1000), "npz": (200_000, 10_000), "idx": (200_000, 10_000)}


def encode(path: Path) -> float:
    """Seconds that Pillow takes for the images in a file, at the level that it takes unasked, as exports."""
    made = np.load(path)
    begun = time.perf_counter()
    for image in made:
        Image.fromarray(image).save(io.BytesIO(), "png")
    return time.perf_counter() - begun


def write(path: Path) -> float:
    """Seconds that writing as many bytes as images have takes, a file for each shard of `idx`."""
    count, size = SIZES["idx"]
    part = np.full((500, 28, SPEC.image_width), 7, np.uint8)
    begun = time.perf_counter()
    for shard in range(count // size // WORKERS):
        with open(path.with_suffix(f".{shard}"), "wb") as file:
            for _ in range(size // len(part)):
                file.write(part.data)
    seconds = time.perf_counter() - begun
    for shard in range(count // size // WORKERS):
        path.with_suffix(f".{shard}").unlink()
    return seconds


def images(count: int) -> np.ndarray:
    """The first images of the export."""
    bank = ds.load_bank("mnist")
    chunks = [
        png.to_uint8(np.asarray(ds.batch_at(jax.random.key(0), n, bank, LABELS, SPEC, 1000).image))
        for n in range(count // 1000)
    ]
    return np.concatenate(chunks)


def rate(format: str, folder: Path) -> tuple[float, float]:
    """Images a second of an export in two processes: in its second half, and in all."""
    count, size = SIZES[format]
    seen: list[tuple[float, int]] = []
    begun = time.perf_counter()
    ds.export(
        jax.random.key(0),
        ds.load_bank("mnist"),
        LABELS,
        SPEC,
        folder / "out",
        count=count,
        format=format,
        shard_size=size,
        workers=WORKERS,
        progress=lambda done: seen.append((time.perf_counter(), done)),
    )
    whole = time.perf_counter() - begun
    shutil.rmtree(folder / "out")
    (start, before), (end, after) = seen[len(seen) // 2], seen[-1]
    return (after - before) / (end - start), count / whole


def peak(format: str, count: int, folder: Path) -> float:
    """MiB that the process of an export takes at most."""
    command = [
        "export",
        "random:3-6",
        folder / "out",
        "--bank",
        "mnist",
        "--format",
        format,
        "--count",
        count,
    ]
    running = subprocess.Popen(
        [sys.executable, "-m", "digitseq", *map(str, command)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(running.pid, 0)
    assert status == 0, command
    shutil.rmtree(folder / "out")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Prints a table of speeds, and one of memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="to write in; without it the system's for such things")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=["speed", "memory"], default=["speed", "memory"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if "speed" in options.only:
            speed(Path(name), options.rounds)
        if "memory" in options.only:
            memory(Path(name))


def speed(folder: Path, rounds: int) -> None:
    """Prints a table of images a second."""
    made, rows = images(10_000), dict[str, list[tuple[float, float]]]()
    halves = [folder / f"{n}.npy" for n in range(WORKERS)]
    for path, half in zip(halves, np.split(made, WORKERS), strict=True):
        np.save(path, half)
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        pool.map(encode, halves, chunksize=1)
        for _ in range(rounds):
            for name, task, count in (
                ("Pillow, only encoding", encode, len(made)),
                ("only writing", write, SIZES["idx"][0]),
            ):
                only = count / max(pool.map(task, halves, chunksize=1))
                rows.setdefault(name, []).append((only, only))
            for format in SIZES:
                rows.setdefault(format, []).append(rate(format, folder))
    print(f"images a second of width 200 in {WORKERS} processes, medians of {rounds} rounds")
    print(f"{'':24}{'steady':>12}{'with start':>12}{'x Pillow':>10}")
    base = statistics.median(steady for steady, _ in rows["Pillow, only encoding"])
    for row, rates in rows.items():
        steady, whole = (statistics.median(column) for column in zip(*rates, strict=True))
        print(f"{row:24}{steady:12,.0f}{whole:12,.0f}{steady / base:10.2f}", flush=True)


def memory(folder: Path) -> None:
    """Prints what few and many images take."""
    print("\npeak memory of one process, MiB")
    for format in ("webdataset", "npz"):
        few, many = (peak(format, count, folder) for count in (1_000, 100_000))
        print(f"{format:12} 1,000 images {few:7.0f}   100,000 images {many:7.0f}   ratio {many / few:.3f}")


if __name__ == "__main__":
    main()
