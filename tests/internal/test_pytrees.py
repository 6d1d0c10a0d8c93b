"""Records as pytrees: none is taken for another."""

import dataclasses
import itertools

import jax
import pytest

import digitseq as ds
from digitseq.augment.serialization import KINDS
from digitseq.augment.wrapper import Wrapper

TRANSFORMS = [kind() for kind in KINDS.values() if not issubclass(kind, Wrapper)]


@ds.register_pytree
@dataclasses.dataclass(frozen=True)
class Pair:
    left: object
    name: str = dataclasses.field(metadata={"static": True})
    right: object = 2


@ds.register_pytree
@dataclasses.dataclass(frozen=True)
class Other(Pair):
    pass


def test_no_two_transforms_have_the_same_structure():
    for one, other in itertools.combinations(TRANSFORMS, 2):
        assert jax.tree.structure((one,)) != jax.tree.structure((other,))


def test_structures_are_the_classs_and_the_static_fields():
    structure = jax.tree.structure(Pair(1, "a"))
    assert structure == jax.tree.structure(Pair(5, "a", 7))
    assert structure != jax.tree.structure(Pair(1, "b"))
    assert structure != jax.tree.structure(Other(1, "a"))
    assert structure != jax.tree.structure(Pair((1,), "a"))


@pytest.mark.parametrize("record", [Pair(1, "a"), ds.SequenceSpec(image_width=90), *TRANSFORMS], ids=repr)
def test_records_come_back_from_their_leaves(record):
    paths, structure = jax.tree_util.tree_flatten_with_path(record)
    leaves = [leaf for _, leaf in paths]
    assert leaves == jax.tree.leaves(record)
    back = jax.tree.unflatten(structure, leaves)
    assert type(back) is type(record)
    assert vars(back) == vars(record)
    for path, leaf in paths:
        assert eval(f"back{jax.tree_util.keystr(path)}", {"back": back}) == leaf


@pytest.mark.parametrize("wrong", [int, Pair(1, "a"), None], ids=repr)
def test_only_dataclasses_are_registered(wrong):
    with pytest.raises(ValueError, match="register_pytree takes a dataclass, got"):
        ds.register_pytree(wrong)


def test_a_class_is_registered_once():
    with pytest.raises(ValueError, match="Duplicate"):
        ds.register_pytree(Pair)
