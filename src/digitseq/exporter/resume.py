"""What is at an export's destination: nothing, an unfinished or finished export, or something else."""

import json
import os
from typing import Any

import jax

from .manifest import manifest_in
from .names import CARD, FOLDER, MANIFEST, PLAN, SPLIT, STATE
from .recipe import COLOURS, key_from_plain
from .storage import Storage, read, storage_of

# The names at the root of an export.
OWN_NAMES = {STATE, FOLDER, CARD, "data"}


def recorded_key(out: str | os.PathLike[str]) -> jax.Array | None:
    """The key of the export, unfinished or finished, or of the split in `out`; None if there is none.

    Raises:
        ValueError: a manifest that can't be read.
    """
    storage = storage_of(out)
    there = {*storage.files(STATE), *storage.files(FOLDER)} if storage.top() else set()
    if MANIFEST in there:
        return manifest_in(storage, os.fspath(out)).key
    for name in (SPLIT, PLAN):
        if name in there:
            return key_from_plain(read_plan(storage, name, os.fspath(out))["key"])
    return None


def read_plan(storage: Storage, name: str, out: str) -> dict[str, Any]:
    """The fields of the JSON file that records how an export or a split was begun.

    Raises:
        ValueError: it can't be read.
    """
    data = read(storage, name)
    try:
        fields = json.loads(data)
        key_from_plain(fields["key"])
        return dict(fields)
    except Exception:  # malformed JSON raises errors of many kinds
        raise ValueError(f"out: {out}/{name} can't be read; remove {out}") from None


def is_finished(storage: Storage, recipe: dict[str, Any], out: str) -> bool:
    """Whether this export is finished; False if it is unfinished, or nothing is there.

    Raises:
        ValueError: another export, or something else, is there.
    """
    there = set(storage.top())
    state = {name.split("/")[1] for name in storage.files(STATE)} if STATE in there else set()
    if FOLDER in there and MANIFEST in storage.files(FOLDER):
        found, finished = manifest_in(storage, out).recipe, True
    elif "plan.json" in state and there <= OWN_NAMES:
        found, finished = read_plan(storage, PLAN, out), False
    elif there <= {STATE} and state <= {"lock", "work"}:
        return False
    else:
        others = sorted(there - OWN_NAMES) or sorted(there)
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise ValueError(f"out: {out} holds other things ({shown}); name a folder that is new or empty")
    if other := [name for name in (*recipe, COLOURS) if found.get(name) != recipe.get(name)]:
        raise ValueError(
            f"out: {out} holds {'an' if finished else 'the beginning of an'} export with another "
            f"{', '.join(other)}; name another folder, or remove it"
        )
    return finished
