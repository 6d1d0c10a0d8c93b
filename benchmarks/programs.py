"""What a compiled program starts, counted in its text."""

import dataclasses
import re
from collections.abc import Callable

# Operations that start no kernel: names for what is there already, and control, which is followed.
FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "opt-barrier"}


@dataclasses.dataclass
class Counts:
    """What a compiled program starts, as far as its text tells.

    Attributes:
        kernels: those in the text, and
        launches: those that one call starts, loops as often as they run where the compiler knows that.
        waits: conditionals, and loops of unknown length, for which a GPU's host awaits a value.
    """

    kernels: int = 0
    launches: int = 0
    waits: int = 0

    def add(self, other: "Counts", times: int = 1) -> None:
        """Adds those of a computation that runs so many times."""
        self.kernels += other.kernels
        self.launches += times * other.launches
        self.waits += times * other.waits


def counts_of(text: str, branch: Callable[..., Counts] = max) -> Counts:
    """Counts what the entry computation of HLO text, and all that it calls, starts.

    Args:
        text: of a compiled program.
        branch: which branch of a conditional is taken: that which starts most, `max`, or least, `min`.
    """
    parts = dict(re.findall(r"^(?:ENTRY )?%?(\S+) \(.*?\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL))
    entry = re.search(r"^ENTRY %?(\S+)", text, re.MULTILINE)
    assert entry is not None

    def of(name: str) -> Counts:
        counts = Counts()
        for line in parts[name].splitlines():
            found = re.match(r"\s*(?:ROOT )?\S+ = (?:\(.*?\)|\S+) ([a-z][a-z0-9-]*)\(", line)
            if found is None or found[1] in FREE or found[1].endswith("-done"):
                continue
            if found[1] == "while":
                trips = re.search(r'known_trip_count":\{"n":"(\d+)"', line)
                counts.add(of(_named("body", line)), int(trips[1]) if trips else 1)
                counts.waits += trips is None
            elif found[1] == "conditional":
                counts.add(branch(map(of, _branches(line)), key=lambda taken: taken.launches))
                counts.waits += 1
            elif found[1] == "call":
                counts.add(of(_named("to_apply", line)))
            else:
                counts.add(Counts(1, 1))
        return counts

    return of(entry[1])


def _named(role: str, line: str) -> str:
    found = re.search(rf"{role}=%?([\w.\-]+)", line)
    assert found is not None, line
    return found[1]


def _branches(line: str) -> list[str]:
    found = re.search(r"branch_computations=\{(.*?)\}", line)
    if found is None:
        return [_named(f"{answer}_computation", line) for answer in ("true", "false")]
    return [name.strip().lstrip("%") for name in found[1].split(",")]
