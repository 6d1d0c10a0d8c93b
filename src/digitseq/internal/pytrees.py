"""Dataclasses as pytrees that JAX tells apart, and their registration where they are unpickled."""

import contextlib
import dataclasses
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeVar

import jax
import numpy as np

Record = TypeVar("Record", bound=type)


def register_pytree(kind: Record) -> Record:
    """Registers a dataclass as a JAX pytree and returns it; a decorator for your own sources and transforms.

    Fields are leaves (arrays, numbers, or trees of them), but for those with
    `metadata={"static": True}`, which must be hashable: they are part of the
    tree's structure, so that `jit` compiles for each of their values.

    >>> @ds.register_pytree
    ... @dataclasses.dataclass(frozen=True)
    ... class Sevens:
    ...     length: int = dataclasses.field(default=3, metadata={"static": True})
    ...
    ...     def draw(self, key, batch_size):
    ...         return jax.numpy.full((batch_size, self.length), 7, jax.numpy.int32)
    >>> jax.tree.structure(Sevens(3)) == jax.tree.structure(Sevens(4))
    False

    Use it instead of `jax.tree_util.register_dataclass`: from a version after
    0.5 up to 0.12 at least, JAX compares as equal the structures of any two
    classes registered there that have equally many leaves and the same static
    values; only their hashes differ. In a few of a hundred processes these
    collide, and a jitted function runs for one class what was compiled for
    another (`tests/upstream/test_register_dataclass.py` reproduces it).

    Args:
        kind: a dataclass.

    Raises:
        ValueError: no dataclass, or a class that is registered already.
    """
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise ValueError(
            f"register_pytree takes a dataclass, got {kind!r}: decorate it with @dataclass first"
        )
    fields = dataclasses.fields(kind)
    static = tuple(field.name for field in fields if field.metadata.get("static", False))
    leaves = tuple(field.name for field in fields if field.name not in static)
    _register(kind, leaves, static)
    return kind


def _register(kind: type, leaves: tuple[str, ...], static: tuple[str, ...]) -> None:
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


class Node(NamedTuple):
    """A class that is registered as a pytree, and how to register it in another process.

    Attributes:
        kind: the class.
        how: a dataclass by its fields, or by the methods that JAX's decorators
            call; "unknown": by functions that are JAX's alone to know.
        leaves: the fields that are leaves.
    """

    kind: type
    how: Literal["fields", "methods", "keyed methods", "unknown"]
    leaves: tuple[str, ...] = ()


def nodes(tree: Any) -> tuple[Node, ...]:
    """The classes in a tree that users have registered, each once.

    A pickle that carries a class itself (cloudpickle's, of a class that is
    defined in a script or a notebook) does not carry its registration: send
    these along, and `renew` them before the tree is used.
    """
    return tuple({node.kind: node for node in _nodes(tree)}.values())


def _nodes(tree: Any) -> Iterator[Node]:
    parts = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda part: part is not tree)[0]
    if any(part is tree for _, part in parts):
        return  # it is a leaf
    kind = type(tree)
    if kind.__module__.partition(".")[0] not in ("builtins", "collections", "digitseq", "jax"):
        named = [getattr(path[0], "name", None) for path, _ in parts]
        yield _node(kind, named)
    for _, part in parts:
        yield from _nodes(part)


def _node(kind: type, named: list[Any]) -> Node:
    if hasattr(kind, "tree_unflatten"):
        if hasattr(kind, "tree_flatten_with_keys"):
            return Node(kind, "keyed methods")
        if hasattr(kind, "tree_flatten"):
            return Node(kind, "methods")
    if dataclasses.is_dataclass(kind) and set(named) <= {field.name for field in dataclasses.fields(kind)}:
        return Node(kind, "fields", tuple(named))
    return Node(kind, "unknown")


def unknown_to_others(found: Iterable[Node]) -> list[str]:
    """The names of those classes that no other process can register, since no module of its own does."""
    return [
        node.kind.__qualname__
        for node in found
        if node.how == "unknown"
        and not issubclass(node.kind, tuple)  # JAX knows named tuples by themselves
        and (
            node.kind.__module__ == "__main__"
            or not hasattr(sys.modules.get(node.kind.__module__), node.kind.__qualname__)
        )
    ]


def renew(found: Iterable[Node]) -> None:
    """Registers those classes that are not registered yet, as they were where `nodes` found them."""
    for kind, how, leaves in found:
        with contextlib.suppress(ValueError):  # it is registered
            if how == "methods":
                jax.tree_util.register_pytree_node_class(kind)
            elif how == "keyed methods":
                jax.tree_util.register_pytree_with_keys_class(kind)
            elif how == "fields":
                fields = [field.name for field in dataclasses.fields(kind) if field.init]
                _register(kind, leaves, tuple(name for name in fields if name not in leaves))


def as_arrays(tree: Any) -> Any:
    """The tree, its numbers as arrays of fixed types, so that their Python types compile nothing anew."""
    return jax.tree.map(lambda leaf: leaf if isinstance(leaf, jax.Array) else np.asarray(leaf), tree)
