"""Whole processes: the command line from a cold and a warm cache, and the import.

Run: python benchmarks/startup.py [--rounds 7]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import in_turn

GENERATE = ["-m", "digitseq", "generate", "350", "0", "10", "120", "--seed", "7"]


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
        seconds = in_turn(
            {
                "import jax": lambda: run("-c", "import jax, jax.numpy"),
                "import digitseq": lambda: run("-c", "import digitseq"),
                "generate, cold cache": cold,
                "generate, warm cache": lambda: run(*GENERATE),
            },
            rounds,
            warm=0,
        )
    import_jax = seconds["import jax"]
    for name, times in seconds.items():
        beyond = statistics.median(a - b for a, b in zip(times, import_jax, strict=True))
        print(f"{name:22} median {statistics.median(times):5.2f} s, beyond import jax {beyond:5.2f} s")


if __name__ == "__main__":
    main()
