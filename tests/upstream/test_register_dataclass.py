"""JAX compares the structures of two registered dataclasses as equal, though their classes differ.

Needs JAX alone (and pytest); `python tests/upstream/test_register_dataclass.py` prints a report:

- `jax.tree.structure(Add(1.0)) == jax.tree.structure(Subtract(1.0))` is true, where both classes come
  from `jax.tree_util.register_dataclass`; the hashes differ, which equal objects' must not.
- So the cache of a jitted function, which is a hash table, finds the entry of another class where two
  hashes fall into one bucket: it runs what was compiled for that class, and the result is wrong.

Seen with JAX 0.10 to 0.12, and not with 0.5. The same classes registered by `register_pytree_with_keys`
are told apart.
"""

import dataclasses

import jax
import pytest


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Add:
    number: object


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Subtract:
    number: object


def structures():
    return jax.tree.structure(Add(1.0)), jax.tree.structure(Subtract(1.0))


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="not looked into before JAX 0.10")
def test_structures_of_two_registered_dataclasses_compare_equal():
    one, other = structures()
    assert one == other, (
        "JAX now tells registered dataclasses apart. Once that is in the lowest version that pyproject.toml "
        "allows, `digitseq.internal.pytrees.register_pytree` can call `jax.tree_util.register_dataclass`."
    )


def wrong_results(classes=100):
    """(class, result) for those of so many classes for which one jitted function ran another's program."""

    @jax.jit
    def add(record):
        return record.number + record.place

    found = []
    for place in range(classes):
        kind = dataclasses.make_dataclass(f"Add{place}", ["number"], namespace={"place": place})
        jax.tree_util.register_dataclass(kind, data_fields=["number"], meta_fields=[])
        found.append((place, float(add(kind(0.0)))))
    return [(place, result) for place, result in found if result != place]


if __name__ == "__main__":
    one, other = structures()
    print(
        f"jax {jax.__version__}: {one} == {other}: {one == other}; equal hashes: {hash(one) == hash(other)}"
    )
    wrong = wrong_results()
    print(f"{len(wrong)} of 100 classes got another's result, as (number, result): {wrong[:5]}")
