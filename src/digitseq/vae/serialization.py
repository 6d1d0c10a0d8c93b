"""Trees of arrays in NumPy's .npz files, with a JSON header; nothing in them is executed."""

import json
import os
from typing import Any

import jax
import numpy as np

from ..io import atomic
from ..io.npz import DAMAGE as DAMAGE
from ..io.npz import read_npz

HEADER = "header"
SCALE = ".scale"
STEPS = 127
Arrays = dict[str, Any]


def names(tree: Any) -> dict[str, Any]:
    """The leaves by their paths in the tree: {"encoder.0.weights": ...}."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {".".join(_word(key) for key in path): leaf for path, leaf in leaves}


def _word(key: Any) -> str:
    """A dictionary's key, a sequence's index or a record's field."""
    found = (getattr(key, kind, None) for kind in ("key", "idx", "name"))
    return next(str(word) for word in found if word is not None)


def write(path: str | os.PathLike[str], header: dict[str, Any], tree: Any, *, compact: bool = False) -> None:
    """Writes the tree's arrays to a temporary file, which is renamed atomically; deterministic bytes.

    Args:
        path: of the file.
        header: values that JSON can hold.
        tree: a pytree of arrays.
        compact: store matrices as 8-bit integers, one scale a column, which
            is off by at most 1 / 254 of the column's largest weight.
    """
    arrays: Arrays = {HEADER: np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)}
    for name, leaf in names(tree).items():
        values = np.asarray(leaf)
        if compact and values.ndim == 2:
            scale = np.maximum(np.abs(values).max(axis=0), np.finfo(np.float32).tiny) / np.float32(STEPS)
            arrays[name + SCALE] = scale
            values = np.rint(values / scale).astype(np.int8)
        arrays[name] = values
    with atomic.replacing(atomic.home_path(path)) as file:
        np.savez(file, **arrays)


def read(path: str | os.PathLike[str], kind: str, version: int) -> tuple[dict[str, Any], Arrays]:
    """The header and the arrays by name.

    Raises:
        ValueError: no such archive, of another kind or a newer version, or damaged.
        FileNotFoundError: there is none.
    """
    name = os.fspath(path)
    try:
        arrays: Arrays = dict(read_npz(atomic.home_path(path)))
        header = json.loads(arrays.pop(HEADER).tobytes())
        found = header["kind"], int(header["version"])
        for key in [key for key in arrays if key.endswith(SCALE)]:
            whole, scale = key.removesuffix(SCALE), arrays.pop(key)
            if arrays[whole].ndim != 2 or scale.shape != arrays[whole].shape[1:]:
                raise ValueError(f"{key} is {list(scale.shape)}, of {list(arrays[whole].shape)}")
            arrays[whole] = arrays[whole].astype(np.float32) * scale
    except FileNotFoundError:
        raise
    except DAMAGE as error:
        raise ValueError(f"{name} is no sound {kind} of digitseq's ({error})") from None
    if found[0] != kind or not 1 <= found[1] <= version:
        raise ValueError(
            f"{name} holds a {found[0]!r} of version {found[1]}; wanted a {kind!r} up to {version}"
        )
    return header, arrays


def fill(template: Any, arrays: Arrays, source: str | os.PathLike[str]) -> Any:
    """The arrays as a tree of the template's structure.

    Raises:
        ValueError: an array that is missing, left over, or of another shape or dtype.
    """
    wanted = names(template)
    if wanted.keys() != arrays.keys():
        odd = sorted(wanted.keys() ^ arrays.keys())
        raise ValueError(f"{os.fspath(source)}: arrays missing or left over: {', '.join(odd[:3])}")
    for name, leaf in wanted.items():
        found = arrays[name]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            raise ValueError(
                f"{os.fspath(source)}: {name} is {found.dtype} {list(found.shape)}, "
                f"wanted {leaf.dtype} {list(leaf.shape)}"
            )
        if not np.isfinite(found).all():
            raise ValueError(f"{os.fspath(source)}: {name} holds numbers that are not finite")
    with jax.ensure_compile_time_eval():
        ordered = [jax.numpy.asarray(arrays[name]) for name in wanted]
    return jax.tree.unflatten(jax.tree.structure(template), ordered)
