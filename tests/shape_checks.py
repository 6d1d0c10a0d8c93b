"""What checks arrays' shapes in the tests: beartype, through an import hook of jaxtyping's.

To be imported before digitseq. Only annotations that name an array's shape are looked at: whether wrong
arguments of other types raise digitseq's own errors is what other tests ask. Records' constructors are not
checked, as JAX and users build them from tracers, NumPy arrays and placeholders. Without jaxtyping or
beartype nothing is checked, and `CHECKED` is false.
"""

import inspect
import sys
import typing

try:
    import beartype
    import jaxtyping
except ImportError:
    CHECKED = False
else:
    CHECKED = True

PACKAGES = ("digitseq.augment", "digitseq.ctc", "digitseq.labels", "digitseq.sequence")


def check_arrays(function):
    """The function, checked by beartype where its annotations name shapes of arrays."""
    given = function.__annotations__.items()
    hints = {name: hint if names_shape(hint) else typing.Any for name, hint in given}
    if function.__name__ == "__init__" or all(hint is typing.Any for hint in hints.values()):
        return function
    function.__annotations__ = hints
    return beartype.beartype(function)


def names_shape(hint):
    """Whether a shape is named in an annotation, at any depth."""
    if inspect.isclass(hint) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(names_shape(part) for part in typing.get_args(hint))


if CHECKED:
    assert "digitseq" not in sys.modules, "shape_checks must be imported before digitseq"
    jaxtyping.install_import_hook(list(PACKAGES), f"{__name__}.check_arrays")
