"""The command line as a process: `python -m digitseq`, and the script that is installed."""

import gc


def main() -> None:
    """Runs the command line, as `cli.main`."""
    # What importing JAX made lives as long as the process. Searching it for garbage, now and at the exit,
    # takes a third of a warm start (`generate, warm cache` of benchmarks/startup.py).
    gc.freeze()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
