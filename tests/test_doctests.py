"""Examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import digitseq as ds

SOURCE = Path(ds.__file__).parent
MODULES = [
    ".".join(("digitseq", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"ds": ds}, optionflags=doctest.ELLIPSIS)
    assert found.attempted
    assert not found.failed


def test_the_public_helpers_show_an_example():
    for function in (ds.contact_sheet, ds.register_pytree):
        assert ">>> " in function.__doc__
