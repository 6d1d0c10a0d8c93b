"""Rows divided among the devices of a mesh: each device makes its own, and none asks another."""

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from . import keys

# A mesh (of devices, or while tracing an abstract one), and those of its axes along which rows are divided.
RowSharding = tuple[Any, tuple[str, ...]]


def row_sharding_of(array: Any) -> RowSharding | None:
    """The mesh and axes along which an array's first axis is divided; None where it is whole.

    Of an array that is traced they are known where the mesh's axes are
    explicit; axes that are manual (inside `shard_map`) divide nothing more.
    """
    sharding = _sharding_of(array)
    if not isinstance(sharding, NamedSharding) or not len(sharding.spec):
        return None
    first = sharding.spec[0]
    if first is None or first is PartitionSpec.UNCONSTRAINED:
        return None
    return sharding.mesh, _names(first)


def by_rows(function: Callable[..., Any], sharding: RowSharding | None, rows: Any, *whole: Any) -> Any:
    """`function(start, rows, *whole)`, each device with the rows that lie on it.

    Args:
        function: of `start`, uint32 [], the number of the first of its rows
            among all; its rows; and the rest. Its results have as many rows.
        sharding: from `row_sharding_of`; None: all rows at once.
        rows: a tree of arrays whose first axes are the rows.
        whole: trees of arrays that each device has whole; typed keys may be among them.
    """
    if sharding is None:
        # Divided along other axes than the rows: there is nothing to share out.
        rows, whole = jax.tree.map(lambda leaf: _moved(leaf, None, PartitionSpec()), (rows, whole))
        return function(np.uint32(0), rows, *whole)
    mesh, axes = sharding
    leaves, structure = jax.tree.flatten(whole)
    words, rebuild = zip(*map(_as_words, leaves), strict=True)

    def part(rows: Any, *words: jax.Array) -> Any:
        own = jax.tree.leaves(rows)[0].shape[0]
        start = jax.lax.axis_index(axes).astype(jnp.uint32) * np.uint32(own)
        built = [make(leaf) for make, leaf in zip(rebuild, words, strict=True)]
        return function(start, rows, *jax.tree.unflatten(structure, built))

    by_row = PartitionSpec(axes)
    given = (by_row, *[PartitionSpec()] * len(words))
    rows = jax.tree.map(lambda leaf: _moved(leaf, mesh, by_row), rows)
    sent = [_moved(leaf, mesh, PartitionSpec()) for leaf in words]
    return shard_map(part, mesh, given, by_row)(rows, *sent)


def shard_map(function: Any, mesh: Any, given: Any, made: PartitionSpec) -> Any:
    """`jax.shard_map`, by the name and the options that this JAX has for it."""
    if hasattr(jax, "shard_map"):
        return jax.shard_map(function, mesh=mesh, in_specs=given, out_specs=made, check_vma=False)
    from jax.experimental.shard_map import shard_map

    return shard_map(function, mesh=mesh, in_specs=given, out_specs=made, check_rep=False)


def without_mesh() -> contextlib.AbstractContextManager[Any]:
    """A context in which the mesh that the caller has set (`jax.set_mesh`) holds for nothing."""
    if not hasattr(jax, "set_mesh"):
        return contextlib.nullcontext()
    empty: contextlib.AbstractContextManager[Any] = jax.set_mesh(Mesh(np.empty((), object), ()))
    return empty


def divisor(mesh: Mesh, axes: tuple[str, ...]) -> int:
    """How many parts the rows are divided into."""
    return int(np.prod([mesh.shape[name] for name in axes]))


def _sharding_of(array: Any) -> Any:
    if isinstance(array, jax.core.Tracer):
        return getattr(array.aval, "sharding", None)
    return getattr(array, "sharding", None)


def _moved(leaf: Any, mesh: Any, spec: PartitionSpec) -> Any:
    """The array divided as the spec says along axes that are explicit: of these its type must tell."""
    sharding = _sharding_of(leaf)
    known = isinstance(sharding, NamedSharding)
    mesh = sharding.mesh if mesh is None and known else mesh
    explicit = _explicit_axes(mesh)
    told = PartitionSpec(*(tuple(name for name in _names(part) if name in explicit) for part in spec))
    if not explicit or (known and sharding.mesh == mesh and sharding.spec == told):
        return leaf
    return jax.sharding.reshard(leaf, NamedSharding(mesh, told))


def _names(part: str | tuple[str, ...]) -> tuple[str, ...]:
    """The axes of one entry of a `PartitionSpec`, which is a name or several."""
    return (part,) if isinstance(part, str) else tuple(part)


def _explicit_axes(mesh: Any) -> set[str]:
    """The names of the mesh's axes of which arrays' types tell whether they are divided along them."""
    kind = getattr(getattr(jax.sharding, "AxisType", None), "Explicit", None)
    types = getattr(mesh, "axis_types", None) or ()
    return {name for name, own in zip(getattr(mesh, "axis_names", ()), types, strict=False) if own == kind}


def _as_words(leaf: Any) -> tuple[Any, Callable[[Any], Any]]:
    """What may cross into `shard_map` in every JAX, and how to make the leaf of it again."""
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        words, implementation = keys.words_of(leaf)
        return words, lambda words: keys.from_words(words, implementation)
    return leaf, lambda same: same
