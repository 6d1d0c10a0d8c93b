"""What stands where an export is to be written: nothing, its beginning, all of it, or something else."""

import json
import os
from typing import Any

import jax

from .data_card import CARD
from .manifest import FOLDER, NAME, SPLIT, manifest_in
from .recipe import key_from_plain
from .storage import STATE, Storage, read, storage_of

PLAN = f"{STATE}/plan.json"
# What stands in the folder of an export.
OURS = {STATE, FOLDER, CARD, "data"}


def recorded_key(out: str | os.PathLike[str]) -> jax.Array | None:
    """The key of the export, begun or finished, or of the split that is there; None where there is none.

    Raises:
        ValueError: a manifest that can't be read.
    """
    storage = storage_of(out)
    there = {*storage.files(STATE), *storage.files(FOLDER)} if storage.top() else set()
    if NAME in there:
        return manifest_in(storage, os.fspath(out)).key
    for name in (SPLIT, PLAN):
        if name in there:
            return key_from_plain(fields_in(storage, name, os.fspath(out))["key"])
    return None


def fields_in(storage: Storage, name: str, out: str) -> dict[str, Any]:
    """The fields of a file of JSON that tells how an export or a split was begun.

    Raises:
        ValueError: it can't be read.
    """
    data = read(storage, name)
    try:
        fields = json.loads(data)
        key_from_plain(fields["key"])
        return dict(fields)
    except Exception:  # whatever a stranger's JSON makes of the parsers
        raise ValueError(f"out: {out}/{name} can't be read; remove {out}") from None


def is_done(storage: Storage, recipe: dict[str, Any], out: str) -> bool:
    """Whether this export is finished there; False where it is begun, or nothing is there.

    Raises:
        ValueError: another export, or something else, is there.
    """
    there = set(storage.top())
    state = {name.split("/")[1] for name in storage.files(STATE)} if STATE in there else set()
    if FOLDER in there and NAME in storage.files(FOLDER):
        found, done = manifest_in(storage, out).recipe, True
    elif "plan.json" in state and there <= OURS:
        found, done = fields_in(storage, PLAN, out), False
    elif there <= {STATE} and state <= {"lock", "work"}:
        return False
    else:
        others = sorted(there - OURS) or sorted(there)
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise ValueError(f"out: {out} holds other things ({shown}); name a folder that is new or empty")
    if other := [name for name in recipe if found.get(name) != recipe[name]]:
        raise ValueError(
            f"out: {out} holds {'an' if done else 'the beginning of an'} export with another "
            f"{', '.join(other)}; name another folder, or remove it"
        )
    return done
