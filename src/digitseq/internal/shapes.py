"""Shapes and dtypes in annotations, as jaxtyping writes them: `Float32[Array, "N H W"]`.

They are read by people and by mypy, and checked in the tests, where an import
hook of jaxtyping's has beartype look at every call (`tests/conftest.py`).
jaxtyping is not among digitseq's dependencies: unless it was loaded before,
each annotation means its array type alone.

A name stands for one size throughout a call, `#N` for N or 1, `{count}` for
the argument `count`, and `...` for any number of axes.
"""

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from jax import Array as Array

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Float32 as Float32
    from jaxtyping import Int8 as Int8
    from jaxtyping import Int32 as Int32
    from jaxtyping import Integer as Integer
    from jaxtyping import Key as Key
    from jaxtyping import Shaped as Shaped
    from jaxtyping import UInt8 as UInt8
    from jaxtyping import UInt32 as UInt32
else:

    class _AnyShape:
        def __class_getitem__(cls, array_and_shape: tuple[Any, str]) -> Any:
            return array_and_shape[0]

    Bool = Float = Float32 = Int8 = Int32 = Integer = Key = Shaped = UInt8 = UInt32 = _AnyShape

if TYPE_CHECKING:
    HostArray = np.ndarray[Any, Any]
else:
    HostArray = np.ndarray

# One key, typed or raw.
OneKey = Key[Array, ""] | UInt32[Array, "2"]
