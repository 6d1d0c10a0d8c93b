"""What all transforms share: their parameters' limits, how they print, their random numbers.

There are three families. What is `Geometric` moves ink and what is `Ink`
changes it, and the labels follow: a digit's box and mask are those of the digit
alone, so transformed. What is `Page` is no ink (paper, noise, a thumb on the
lens), and labels know nothing of it.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..internal.random_bits import fractions

# Of a line, in pixels; traced where the canvas has more columns.
Width = int | jax.Array


class Transform:
    """A frozen pytree dataclass: parameters are leaves, choices of words are static.

    Attributes:
        limits: of each parameter, the least and the greatest value allowed.
        takes_width: whether this very class, not one that it inherits from,
            says that it can transform lines that lie on the left of a wider,
            otherwise blank canvas, their width traced. `generate_numbers_sequence`
            then compiles for a few widths of canvas, and else for each width.
    """

    limits: ClassVar[dict[str, tuple[float, float]]] = {}
    takes_width: ClassVar[bool] = False

    def check(self) -> None:
        """Raises on parameters that can't be used (host side).

        Raises:
            ValueError: naming the transform, the parameter, its value and its limits.
        """
        for name, (low, high) in self.limits.items():
            value = getattr(self, name)
            single = isinstance(value, np.generic | np.ndarray | jax.Array) and value.ndim == 0
            number = value.item() if single else value
            wrong = isinstance(number, bool) or not isinstance(number, int | float)
            if wrong or not low <= number <= high:
                kind = type(self).__name__
                raise ValueError(f"{kind}.{name} must be a number from {low:g} to {high:g}, got {value!r}")

    def parameters(self) -> dict[str, Any]:
        """The fields by name, concrete numbers as Python's own."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.parameters().items())})"


class Change(Transform):
    """A transform of what each pixel holds.

    Attributes:
        looks_around: whether a pixel depends on those next to it.
    """

    looks_around: ClassVar[bool] = False

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """The images float32 [N, H, W] in [0, 1], changed, each with its key, [N]."""
        raise TypeError(f"{type(self).__name__} changes nothing")

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """`change` of the first `width` columns; those beyond are blank, and what they become is not seen.

        To be overridden, where `takes_width`, by what depends on the width.
        """
        return self.change(images, keys)


class Ink(Change):
    """A transform of ink, whose labels follow."""


class Page(Change):
    """A transform of all that is seen, which leaves the labels alone."""


def plain(value: Any) -> Any:
    """Concrete numbers as Python's own, so that they print as the code that makes them."""
    if isinstance(value, tuple | list):
        return tuple(plain(part) for part in value)
    if isinstance(value, np.generic | np.ndarray | jax.Array) and not isinstance(value, jax.core.Tracer):
        return value.tolist()
    return value


def uniform(keys: jax.Array, count: int, low: float = 0.0) -> jax.Array:
    """Uniform float32 [count, N] in [low, 1), from one key an image, [N]."""
    return low + (1 - low) * fractions(words(keys, (count,), out_axes=1))


def by_pixel(
    draw: Callable[[jax.Array, tuple[int, ...]], jax.Array],
    keys: jax.Array,
    shape: tuple[int, int],
    width: Width,
) -> jax.Array:
    """Random numbers for each pixel, [N, H, W], the same in the first `width` columns whatever their number.

    Args:
        draw: of a key and a shape; number i, counted row by row, must depend on
            the key and i alone, as `jax.random`'s do with threefry keys.
        keys: [N].
        shape: (H, W).
        width: at most W.
    """
    if isinstance(width, int):
        return jax.vmap(lambda key: draw(key, shape))(keys)
    height, columns = shape
    rows, x = np.arange(height, dtype=np.int32)[:, None], np.arange(columns, dtype=np.int32)[None, :]
    places = jnp.asarray(rows) * width + jnp.asarray(x)

    def cut(drawn: jax.Array) -> jax.Array:
        return drawn.at[:, places].get(mode="clip")

    def nothing(drawn: jax.Array) -> jax.Array:
        return jnp.zeros((len(keys), height, columns), drawn.dtype)

    # A conditional's operands are stored: else a CPU hashes within the gather, which is slower by far.
    return lax.cond(width > 0, cut, nothing, jax.vmap(lambda key: draw(key, (height * columns,)))(keys))


def as_float(width: Width) -> int | jax.Array:
    """The width, to be multiplied by or divided by."""
    return width if isinstance(width, int) else width.astype(jnp.float32)


def words(keys: jax.Array, shape: tuple[int, ...], out_axes: int = 0) -> jax.Array:
    """Random uint32 of that shape for each key [N], the keys' axis first or where `out_axes` says."""
    return jax.vmap(lambda key: jax.random.bits(key, shape, jnp.uint32), out_axes=out_axes)(keys)
