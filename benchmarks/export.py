"""Speed of exports, compared with only encoding and only writing as much; their memory; what own code saves.

Run: DIGITSEQ_MNIST=FOLDER python benchmarks/export.py [--folder FOLDER]
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
from PIL import Image
from timing import in_turn

import digitseq as ds
from digitseq.exporter import pool
from digitseq.exporter.formats import webdataset_format
from digitseq.internal.pixels import to_uint8
from digitseq.io import png

LABELS = ds.RandomDigits(min_length=5, max_length=5)
SPEC = ds.SequenceSpec(image_width=200)
WORKERS = 2
# Images and shard size by format.
SIZES = {"webdataset": (60_000, 1000), "npz": (200_000, 10_000), "idx": (200_000, 10_000)}


def encode(path: Path) -> float:
    """Seconds in which Pillow encodes the images in a file, at its default compression, as exports do."""
    made = np.load(path)
    begun = time.perf_counter()
    for image in made:
        Image.fromarray(image).save(io.BytesIO(), "png")
    return time.perf_counter() - begun


def write(path: Path) -> float:
    """Seconds in which as many bytes as the images have are written, in files as large as shards of `idx`."""
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
    """The first images of the export, uint8 [count, 28, W]."""
    bank = ds.load_bank("mnist")
    chunks = [
        to_uint8(np.asarray(ds.batch_at(jax.random.key(0), n, bank, LABELS, SPEC, 1000).image))
        for n in range(count // 1000)
    ]
    return np.concatenate(chunks)


def rate(
    format: str, folder: Path, count: int, size: int, spec: ds.SequenceSpec = SPEC
) -> tuple[float, float]:
    """Images a second of an export in two processes: in its second half, and including the start."""
    seen: list[tuple[float, int]] = []
    begun = time.perf_counter()
    ds.export(
        jax.random.key(0),
        ds.load_bank("mnist"),
        LABELS,
        spec,
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
    """The peak memory of an export's process, in MiB."""
    command = ["export", "random:3-6", folder / "out", "--bank", "mnist", "--format", format]
    command += ["--count", count, "--seed", 0]
    running = subprocess.Popen(
        [sys.executable, "-m", "digitseq", *map(str, command)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(running.pid, 0)
    assert status == 0, command
    shutil.rmtree(folder / "out")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Prints the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="to write in; default: the system's temporary folder")
    parser.add_argument("--rounds", type=int, default=5)
    # Memory first: the peak of a new process counts from that of the one that starts it.
    tables = {"memory": memory, "speed": speed, "parts": parts, "threads": threads}
    parser.add_argument("--only", nargs="+", choices=tables, default=list(tables))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for table in options.only:
            tables[table](Path(name), options.rounds)


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
                rows.setdefault(format, []).append(rate(format, folder, *SIZES[format]))
    print(f"\nimages a second of width 200 in {WORKERS} processes, medians of {rounds} rounds")
    print(f"{'':24}{'steady':>12}{'with start':>12}{'x Pillow':>10}")
    base = statistics.median(steady for steady, _ in rows["Pillow, only encoding"])
    for row, rates in rows.items():
        steady, whole = (statistics.median(column) for column in zip(*rates, strict=True))
        print(f"{row:24}{steady:12,.0f}{whole:12,.0f}{steady / base:10.2f}", flush=True)


def parts(folder: Path, rounds: int) -> None:
    """Prints what own code for tar members and IDX files takes, and what others' takes."""
    made, names = images(1000), ("000000123.json", "000000123.png", "000000123.txt")
    bodies = bytes(250), bytes(700), bytes(5)

    def by_tarfile() -> None:
        with tarfile.open(fileobj=io.BytesIO(), mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for _ in made:
                for name, body in zip(names, bodies, strict=True):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(body)
                    tar.addfile(entry, io.BytesIO(body))

    def by_us() -> None:
        for _ in made:
            b"".join(map(webdataset_format.archived, names, bodies))

    path = folder / "images-idx3-ubyte"
    ds.write_idx(path, made)
    tasks = {
        "PNG of an image": lambda: [png.encode(image) for image in made],
        "three tar members": by_us,
        "three tar members, by tarfile": by_tarfile,
        "IDX read": lambda: ds.read_idx(path),
    }
    with contextlib.suppress(ImportError):
        import idx2numpy

        tasks["IDX read, by idx2numpy"] = lambda: idx2numpy.convert_from_file(str(path))
    print("\nmicroseconds an image")
    for name, seconds in in_turn(tasks, rounds).items():
        print(f"{name:32}{statistics.median(seconds) / len(made) * 1e6:8.2f}", flush=True)


@contextlib.contextmanager
def all_threads() -> Iterator[None]:
    """Lets workers start JAX with threads for all cores."""
    before = pool.CODE
    pool.CODE = before.replace(
        "from digitseq.exporter.worker import main; main(start)",
        "from digitseq.exporter import worker; worker.take_one_thread = lambda: None; worker.main(start)",
    )
    assert before != pool.CODE
    try:
        yield
    finally:
        pool.CODE = before


def threads(folder: Path, rounds: int) -> None:
    """Prints how fast workers with one thread, and with threads for all cores, make transformed images."""
    count, spec = 6_000, SPEC.replace(glyph_transforms="strong", line_transforms="strong")
    settings = {"one thread a worker": contextlib.nullcontext, "threads for all cores": all_threads}
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in settings}
    for _ in range(rounds):
        for name, setting in settings.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with setting():
                steady, _ = rate("npz", folder, count, 250, spec)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            rows[name].append((steady, cpu / count * 1e6))
    print(f"\nstrong in {WORKERS} processes{'':8}images/s   CPU microseconds an image, with start")
    for name, rates in rows.items():
        steady, cpu = (statistics.median(column) for column in zip(*rates, strict=True))
        print(f"{name:24}{steady:12,.0f}{cpu:12.1f}", flush=True)


def memory(folder: Path, rounds: int) -> None:
    """Prints the peak memory of exports of few and of many images."""
    print("peak memory of one process, MiB")
    for format in ("webdataset", "npz", "idx"):
        few, many = (peak(format, count, folder) for count in (1_000, 100_000))
        print(f"{format:12} 1,000 images {few:7.0f}   100,000 images {many:7.0f}   ratio {many / few:.3f}")


if __name__ == "__main__":
    main()
