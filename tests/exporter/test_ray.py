"""The engine Ray, and classes that a script or a notebook defines: their registration goes with them."""

import subprocess
import sys

import jax
import pytest
import skipped

import digitseq as ds
from digitseq import augment
from digitseq.internal import pytrees

LIMIT = 120
CLASSES = '''
import dataclasses
from typing import Any
import jax, jax.numpy as jnp
from digitseq import augment; from digitseq.internal import pytrees
from digitseq.augment.base import Change


@pytrees.register_pytree
@dataclasses.dataclass(frozen=True)
class Sevens:
    digit: Any = 7
    many: int = dataclasses.field(default=3, metadata={"static": True})

    def draw(self, key, batch_size):
        return jnp.full((batch_size, self.many), self.digit, jnp.int32)


@dataclasses.dataclass(frozen=True)
class Fade(Change):
    to: Any = 0.5

    def change(self, images, keys):
        return images * self.to


jax.tree_util.register_dataclass(Fade, data_fields=["to"], meta_fields=[])


@jax.tree_util.register_pytree_node_class
class Bars:
    """A source without glyphs of a bank."""
    num_classes = 10

    def __init__(self, ink=1.0):
        self.ink = ink

    def draw(self, key, digits):
        glyphs = jnp.zeros((len(digits), 28, 28)).at[:, 4:24, 10:18].set(self.ink)
        return glyphs, jnp.full(len(digits), -1, jnp.int32)

    def tree_flatten(self):
        return (self.ink,), None

    @classmethod
    def tree_unflatten(cls, _, leaves):
        return cls(*leaves)


class Odd(Sevens):
    pass


jax.tree_util.register_pytree_node(Odd, lambda odd: ((odd.digit,), None), lambda _, leaves: Odd(*leaves))
SPEC = dict(image_width=100)
'''
# As in a notebook: what it defines is in no file.
CLUSTER = (
    CLASSES
    + """
import digitseq as ds, ray
from pathlib import Path

def export(out, engine, bank, labels, spec):
    return ds.export(jax.random.key(0), bank, labels, spec, out, count=60, format="npz", shard_size=20,
                     engine=engine)

bank = ds.load_bank("builtin")
cases = {
    "labels": (bank, Sevens(), ds.SequenceSpec()),
    "source": (Bars(), ds.RandomDigits(min_length=2, max_length=3), ds.SequenceSpec()),
    "transforms": (bank, Sevens(3), ds.SequenceSpec(
        glyph_transforms=(augment.Sometimes(0.5, Fade(0.25)),), line_transforms=(Fade(0.5),))),
}
ray.init(log_to_driver=False, num_cpus=2)
for name, case in cases.items():
    export(f"local/{name}", "local", *case)
    export(f"ray/{name}", "ray", *case)
    print(name)
try:
    export("odd", "ray", bank, Odd(), ds.SequenceSpec())
except ValueError as error:
    print(error)
data = ds.Dataset(jax.random.key(0), bank, Sevens(), ds.SequenceSpec(glyph_transforms=(Fade(0.5),)), 9)
print(ray.get(ray.remote(lambda data: data[3]).remote(data))["digits"].tolist())
"""
)


@pytest.fixture
def classes():
    """The classes of such a script, registered."""
    found = {"__name__": "__main__"}
    exec(CLASSES, found)
    return found


def test_what_is_registered_is_found_however_it_was(classes):
    sevens, fade, bars, odd = (classes[name] for name in ("Sevens", "Fade", "Bars", "Odd"))
    spec = ds.SequenceSpec(glyph_transforms=(augment.Sometimes(0.5, fade(0.25)), fade(1)))
    tree = {"spec": [spec, None], "labels": sevens(), "source": (bars(), odd(3))}
    found = {node.kind: node for node in pytrees.nodes(tree)}
    assert found == {
        sevens: (sevens, "fields", ("digit",)),
        fade: (fade, "fields", ("to",)),
        bars: (bars, "methods", ()),
        odd: (odd, "unknown", ()),
    }
    assert pytrees.unknown_to_others(found.values()) == ["Odd"]


def test_renewed_classes_are_as_they_were(classes, monkeypatch):
    """Those of another process are the same source, unregistered."""
    sevens, fade, bars = (classes[name] for name in ("Sevens", "Fade", "Bars"))
    with monkeypatch.context() as patched:
        patched.setattr(pytrees, "register_pytree", lambda kind: kind)
        for name in "register_dataclass", "register_pytree_node_class", "register_pytree_node":
            patched.setattr(jax.tree_util, name, lambda kind, *_, **__: kind)
        other = {"__name__": "__main__"}
        exec(CLASSES, other)
    for record, leaves in (sevens(8), [8]), (fade(0.25), [0.25]), (bars(0.5), [0.5]):
        kind = other[type(record).__name__]
        copy = kind(*leaves)
        assert jax.tree.leaves(copy) == [copy]
        (node,) = pytrees.nodes(record)
        for _ in range(2):  # tasks of one worker each renew it
            pytrees.renew([node._replace(kind=kind)])
        assert jax.tree.leaves(copy) == leaves
        back = jax.tree.map(lambda leaf: leaf, copy)
        assert type(back) is kind
        assert vars(back) == vars(copy)


def test_an_export_with_transforms_of_ones_own_ends_well(classes, bank, tmp_path):
    """Its manifest is read again, though no module that is at hand has the class."""
    fade = classes["Fade"](0.5)
    spec = ds.SequenceSpec(image_width=90, line_transforms=(augment.Sometimes(0.5, fade), augment.Invert()))
    made = ds.export(
        jax.random.key(0), bank, classes["Sevens"](), spec, tmp_path / "out", count=3, format="npz"
    )
    assert made.count == 3
    assert ds.verify(tmp_path / "out") == []
    with pytest.raises(ValueError, match="Fade"):
        _ = made.spec


@pytest.mark.slow
def test_classes_of_a_notebook_reach_a_cluster(tmp_path):
    skipped.needed("ray")
    done = subprocess.run(
        [sys.executable, "-"],
        input=CLUSTER,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *cases, refusal, digits = done.stdout.splitlines()
    assert cases == ["labels", "source", "transforms"]
    assert refusal.startswith("engine 'ray': Odd can't be registered as a pytree")
    assert digits == "[7, 7, 7]"
    for case in cases:
        whole, other = tmp_path / "local" / case, tmp_path / "ray" / case
        assert (whole / "__digitseq__" / "manifest.json").read_bytes() == (
            other / "__digitseq__" / "manifest.json"
        ).read_bytes()
        assert ds.Manifest.read(other).count == 60
