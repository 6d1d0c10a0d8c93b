"""A line at the end of a run that says which tests were not run, and how to have them run.

A reason of the form "MNIST: set DIGITSEQ_MNIST to its folder" is counted
under its subject; tests that are skipped for other reasons are only counted.
A module that is skipped as a whole counts as one.
"""

import collections
from types import ModuleType

import pytest

HOW_TO_RUN_SLOW = "-m 'slow or not slow'"
COUNT = "digitseq slow tests"
NO_MNIST = "MNIST: set DIGITSEQ_MNIST to its folder"
ALL = "pip install -e '.[dev-all]'"
OF_ALL = ("datasets", "grain", "marimo", "playwright", "pycocotools.coco", "ray", "supervision", "webdataset")
REMEDIES = dict.fromkeys(OF_ALL, ALL) | {"torch": "pip install torch"}


def needed(name: str) -> ModuleType:
    """The module of that name; where it isn't installed, skips the test and says what installs it."""
    remedy = REMEDIES.get(name, "pip install -e '.[dev]'")
    return pytest.importorskip(name, reason=f"{name.partition('.')[0]}: {remedy}")


def sentence(slow: int, reasons: list[str]) -> str:
    """The counts of slow tests and of each reason, as one line; empty where nothing was skipped."""
    subjects: dict[str, collections.Counter[str]] = {}
    others = 0
    for reason in reasons:
        subject, colon, remedy = reason.partition(": ")
        if colon:
            subjects.setdefault(remedy, collections.Counter())[subject] += 1
        else:
            others += 1
    parts = [f"{slow} slow tests were not run: {HOW_TO_RUN_SLOW}"] if slow else []
    for remedy, counts in sorted(subjects.items()):
        counted = ", ".join(f"{count} of {subject}" for subject, count in sorted(counts.items()))
        parts.append(f"{counted} skipped: {remedy}")
    if others:
        parts.append(f"{others} skipped for other reasons: -rs lists them")
    return "; ".join(parts)


class Skipped:
    """The plugin; under xdist each worker collects all tests and hands its count to the controller."""

    def __init__(self) -> None:
        self.slow = 0

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        # Those of -m: -k and --deselect leave out others, too.
        if all(item.get_closest_marker("slow") for item in items):
            self.slow += len(items)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[COUNT] = self.slow

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node) -> None:
        self.slow = max(self.slow, getattr(node, "workeroutput", {}).get(COUNT, 0))

    def pytest_terminal_summary(self, terminalreporter) -> None:
        # The third of a skip's longrepr, after path and line, is "Skipped: reason".
        reports = [report for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
        reasons = [str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports]
        if line := sentence(self.slow, reasons):
            terminalreporter.write_line(line, yellow=True)
