"""Dataclasses as pytrees that JAX tells apart."""

import dataclasses
from typing import Any, TypeVar

import jax

Record = TypeVar("Record", bound=type)


def register(kind: Record) -> Record:
    """Registers a dataclass as a pytree: its fields are leaves, but for those marked static.

    In place of `jax.tree_util.register_dataclass`, because from some version
    after 0.5 to 0.12 at least JAX holds the structures of any two classes
    registered there to be equal if they have as many leaves and the same
    static fields. Only their hashes differ. So in a few of a hundred processes
    a jitted function takes for one transform what was compiled for another.
    """
    fields = dataclasses.fields(kind)
    static = tuple(field.name for field in fields if field.metadata.get("static", False))
    leaves = tuple(field.name for field in fields if field.name not in static)
    keys = tuple(map(jax.tree_util.GetAttrKey, leaves))

    def flatten(record: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple([getattr(record, name) for name in leaves]), tuple(
            [getattr(record, name) for name in static]
        )

    def flatten_with_keys(record: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        values, rest = flatten(record)
        return tuple(zip(keys, values, strict=True)), rest

    def unflatten(rest: tuple[Any, ...], values: Any) -> Any:
        return kind(**dict(zip(leaves, values, strict=True)), **dict(zip(static, rest, strict=True)))

    jax.tree_util.register_pytree_with_keys(kind, flatten_with_keys, unflatten, flatten)
    return kind
