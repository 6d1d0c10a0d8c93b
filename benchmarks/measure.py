"""Times functions in turn, so that all of them see the machine's moods alike."""

import gc
import statistics
import time
from collections.abc import Callable


def in_turn(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, A B C A B C ..., after one call each that is not counted."""
    for function in functions.values():
        function()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    gc.disable()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    gc.enable()
    return seconds


def ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times faster ours is: the median over the rounds of their time by ours."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
