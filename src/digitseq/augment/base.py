"""Base classes of transforms: limits of parameters, printing, random numbers.

There are three families. `Geometric` transforms move ink and `Ink` transforms
change its values; both also change the annotations: a digit's box and mask are
those of the digit transformed by itself. `Page` transforms add what is not ink
(paper, noise, occlusion) and leave annotations as they are.
"""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.random_bits import fractions
from ..internal.shapes import Array, Float32, Int32, UInt32
from .hand_keys import HandKeys, Keys, halves, line_words, own_keys, words

# The width of a line image in pixels: a Python integer, or traced where the canvas has more columns.
Width = int | Int32[Array, ""]
# A parameter of a transform: a number, or a scalar of JAX's, which may be traced.
Parameter = float | jax.Array


class Transform:
    """A frozen pytree dataclass: numeric parameters are leaves, choices by name are static.

    >>> light = augment.Affine(rotation=5.0)
    >>> isinstance(light, augment.Transform), light.limits["rotation"]
    (True, (0, 180))
    >>> try:
    ...     augment.Affine(rotation=500.0).check()
    ... except ValueError as error:
    ...     print(error)
    Affine.rotation must be a number from 0 to 180, got 500.0

    Attributes:
        limits: for each parameter the least and the greatest value allowed.
        takes_width: whether this class supports lines that lie on the left of
            a wider, otherwise blank canvas, their width traced. Not inherited.
            `generate_numbers_sequence` then compiles for a few canvas widths
            instead of for each width.
    """

    limits: ClassVar[dict[str, tuple[float, float]]] = {}
    takes_width: ClassVar[bool] = False

    def check(self) -> None:
        """Checks the parameters, on the host: their values must be concrete.

        Raises:
            ValueError: a parameter outside its limits, or no number; the
                message names the transform, the parameter, value and limits.
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
        """The fields by name, concrete arrays and NumPy's numbers as Python's own; without a `bias` of 0."""
        known = {f.name: f for f in dataclasses.fields(self)}  # type: ignore[arg-type]
        fields = {name: to_python(getattr(self, name)) for name in known}
        # Recipes and data cards show this: as by versions that knew no bias.
        if isinstance(bias := fields.get("bias"), int | float) and bias == 0 == known["bias"].default:
            del fields["bias"]
        return fields

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.parameters().items())})"


class Change(Transform):
    """A transform of pixel values.

    Attributes:
        reads_neighbours: whether a pixel's new value depends on other pixels.
            The images are then materialised before, since XLA would otherwise
            recompute each pixel for every neighbour that reads it; False of
            classes that store the images themselves.
    """

    reads_neighbours: ClassVar[bool] = False

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, values in [0, 1], each transformed with its own key."""
        raise TypeError(f"{type(self).__name__} changes nothing")

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """`change` of the first `width` columns of wider canvases, of which the rest is discarded.

        A class with `takes_width` whose result depends on the width overrides this.
        """
        return self.change(images, keys)


class Ink(Change):
    """A transform of ink values, which also changes annotations.

    Attributes:
        reach: how many pixels it spreads ink, where a pixel's new value
            depends on none that are further away, nor on where in the image it
            is. Labels of lines are found faster by it (`windows`). None if
            that can't be said. Not inherited.
    """

    reach: ClassVar[int | None] = None


class Page(Change):
    """A transform of the whole page, which leaves annotations as they are."""


def to_python(value: Any) -> Any:
    """The value with concrete arrays and NumPy's numbers as Python's own, and lists as tuples."""
    if isinstance(value, tuple | list):
        return tuple(to_python(part) for part in value)
    if isinstance(value, np.generic | np.ndarray | jax.Array) and not isinstance(value, jax.core.Tracer):
        return value.tolist()
    return value


def uniform(keys: Keys, count: int, low: float = 0.0) -> Float32[Array, "{count} N"]:
    """So many uniform numbers in [low, 1) for each image, from its key."""
    return low + (1 - low) * fractions(random_words(keys, (count,), out_axes=1))


def as_float(width: Width) -> int | Float32[Array, ""]:
    """The width as a factor or divisor of float32 arrays."""
    return width if isinstance(width, int) else width.astype(jnp.float32)


def random_words(keys: Keys, shape: tuple[int, ...], out_axes: int = 0) -> UInt32[Array, "..."]:
    """Random uint32 of that shape for each key, the keys' axis first or where `out_axes` says.

    Inside `PerLine` those of a line are alike.
    """
    if isinstance(keys, HandKeys) and keys.jitter is not None:
        return jnp.moveaxis(line_words(keys, shape), 0, out_axes)
    return jnp.moveaxis(words(own_keys(keys), shape), 0, out_axes)


def random_halves(keys: Keys, count: int) -> UInt32[Array, "N _"]:
    """Random numbers from 0 to 2**16 - 1, twice `count` for each key: one hash gives two."""
    if isinstance(keys, HandKeys) and keys.jitter is not None:
        return line_words(keys, (count,), halved=True)
    return halves(words(own_keys(keys), (count,)))
