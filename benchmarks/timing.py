"""Times functions in turn, so that all of them see the machine's moods alike."""

import gc
import statistics
import time
from collections.abc import Callable


def in_turn(
    functions: dict[str, Callable[[], object]], rounds: int, *, warm: int = 2
) -> dict[str, list[float]]:
    """Seconds of a call of each function in each round, A B C A B C ...

    `warm` calls before the timed ones warm the caches and let the threads of the
    function before go to sleep: some libraries' spin for a while and take a
    core from whatever comes next. One call a round is timed, none is left out.
    """
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    gc.disable()
    for _ in range(rounds):
        for name, function in functions.items():
            for _ in range(warm):
                function()
            seconds[name].append(_timed(function))
    gc.enable()
    return seconds


def _timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times faster ours is: the median over the rounds of their time by ours."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
