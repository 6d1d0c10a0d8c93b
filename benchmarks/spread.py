"""Runs a benchmark several times, each in a process of its own; prints median and range of each number.

Run: python benchmarks/spread.py [--runs 5] batch.py [its options]
"""

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.])")


def merged(lines: tuple[str, ...]) -> str:
    """One line of several runs: a number that differs is its median, and the lowest and highest in brackets.

    Raises:
        ValueError: the lines differ in more than their numbers.
    """
    words = {re.sub(r"\s+", " ", NUMBER.sub("#", line)) for line in lines}
    if len(words) > 1:
        raise ValueError(f"runs differ in more than numbers: {sorted(words)}")
    columns = zip(*(NUMBER.findall(line) for line in lines), strict=True)
    return NUMBER.sub(lambda _: cell(next(columns)), lines[0])


def cell(texts: tuple[str, ...]) -> str:
    """The median of numbers, and their range, written with as many decimal places as the first of them."""
    if len(set(texts)) == 1:
        return texts[0]
    places = len(texts[0].partition(".")[2])
    numbers = [float(text.replace(",", "")) for text in texts]
    median, low, high = (
        f"{one:,.{places}f}" for one in (statistics.median(numbers), min(numbers), max(numbers))
    )
    return f"{median} [{low}..{high}]"


def main() -> None:
    """Prints what the benchmark prints, once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("script")
    parser.add_argument("options", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    command = [sys.executable, str(Path(__file__).parent / given.script), *given.options]
    outputs = [
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for _ in range(given.runs)
    ]
    print(f"medians of {given.runs} runs [lowest..highest]")
    for lines in zip(*outputs, strict=True):
        print(merged(lines))


if __name__ == "__main__":
    main()
