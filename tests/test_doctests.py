"""Examples in docstrings give what they say; every public name has one, and a page."""

import doctest
import importlib
import inspect
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow
from docs import hooks

import digitseq as ds
from digitseq import augment, ctc, scans, vae

SOURCE = Path(ds.__file__).parent
MODULES = [
    ".".join(("digitseq", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text()
]
# As docs/api/index.md says that examples begin.
IMPORTED = {
    "ds": ds,
    "augment": augment,
    "ctc": ctc,
    "scans": scans,
    "vae": vae,
    "np": np,
    "jax": jax,
    "jnp": jnp,
}
# Those that compile most.
SLOW = {"digitseq.vae.training", "digitseq.exporter.compare", "digitseq.exporter.splits"}


@pytest.mark.parametrize("name", [*sorted({*MODULES} - SLOW), *slow(*sorted(SLOW))])
def test_examples(name):
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs=IMPORTED, optionflags=doctest.ELLIPSIS)
    assert found.attempted
    assert not found.failed


def test_all_examples_of_public_names_are_run():
    """None stands where `doctest.testmod` doesn't look."""
    finder = doctest.DocTestFinder()
    seen = {
        test.docstring
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        if test.examples
    }
    for name in hooks.public_names():
        if inspect.isroutine(found := hooks.resolve(name)) or inspect.isclass(found):
            assert found.__doc__ in seen, name


def test_every_public_name_has_an_example_and_a_page():
    names = hooks.public_names()
    assert len(names) > 110
    assert names[0] == "digitseq.AdditionPairs"
    assert list(hooks.faults()) == []


def test_what_is_undocumented_is_found(monkeypatch):
    def bare():
        pass

    monkeypatch.setattr(ds, "bare", bare, raising=False)
    monkeypatch.setattr(ds, "__all__", [*ds.__all__, "bare"])
    assert list(hooks.faults()) == [
        "digitseq.bare stands on no page of docs/api",
        "digitseq.bare has no docstring with an example",
    ]
