"""Whole processes, in wall and CPU seconds: the command line from a cold and a warm cache, and the import.

Run: python benchmarks/startup.py [--rounds 7]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

GENERATE = ["-m", "digitseq", "generate", "350", "0", "10", "120", "--seed", "7"]


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """The wall and the CPU seconds of a process that `run` awaits."""
    start, before = time.perf_counter(), os.times()
    run()
    wall, after = time.perf_counter() - start, os.times()
    return wall, sum(after[2:4]) - sum(before[2:4])


def main() -> None:
    """Prints medians, each with what it is beyond `import jax`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        # Modules are compiled once, as where they are installed.
        byte_code = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode")}

        def run(*arguments: str, cache: str = "warm") -> None:
            environment = os.environ | {"DIGITSEQ_CACHE": str(Path(folder) / cache), **byte_code}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            command = [sys.executable, *arguments]
            subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)

        def cold() -> None:
            shutil.rmtree(Path(folder) / "cold", ignore_errors=True)
            run(*GENERATE, cache="cold")

        run(*GENERATE)
        runs = {
            "import jax": lambda: run("-c", "import jax, jax.numpy"),
            "import digitseq": lambda: run("-c", "import digitseq"),
            "generate, cold cache": cold,
            "generate, warm cache": lambda: run(*GENERATE),
        }
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, start in runs.items():
                seconds[name].append(timed(start))
    print(f"medians over {rounds} rounds{'wall':>9}{'CPU':>7}{'beyond import jax: wall':>26}{'CPU':>7}")
    import_jax = seconds["import jax"]
    for name, times in seconds.items():
        both = [statistics.median(kind) for kind in zip(*times, strict=True)]
        more = [(ours[0] - jax[0], ours[1] - jax[1]) for ours, jax in zip(times, import_jax, strict=True)]
        beyond = [statistics.median(kind) for kind in zip(*more, strict=True)]
        print(f"{name:22}{both[0]:9.2f}{both[1]:7.2f}{beyond[0]:26.2f}{beyond[1]:7.2f}")


if __name__ == "__main__":
    main()
