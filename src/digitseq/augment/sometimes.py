"""Sometimes: a transform applied with a probability."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Bool, Float32, Key
from .base import Parameter, Transform, Width, uniform
from .resample import Boxes, Places, Size


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sometimes(Transform):
    """Applies a transform to each image with probability p, independently.

    Attributes:
        p: from 0 to 1.
        transform: the other transform, of any family; annotations change with
            it where it is applied.
    """

    p: Parameter
    transform: Any

    limits: ClassVar = {"p": (0, 1)}
    takes_width: ClassVar = True

    def check(self) -> None:
        """Checks p and the inner transform.

        Raises:
            ValueError: a parameter that can't be used.
        """
        super().check()
        if not isinstance(self.transform, Transform):
            raise ValueError(f"Sometimes.transform must be a transform, got {self.transform!r}")
        self.transform.check()

    @property
    def interpolation(self) -> str:
        """The inner transform's interpolation."""
        return str(self.transform.interpolation)

    def draw(self, keys: Key[Array, " N"], size: Size) -> tuple[Any, Bool[Array, "N 1"]]:
        """The inner transform's map, and for which images it is applied."""
        happens, inner = self._toss(keys)
        return self.transform.draw(inner, size), happens[:, None]

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """The inner transform's places, or the places themselves for images to which it is not applied."""
        inner, happens = drawn
        pulled = self.transform.pull(inner, places, size)
        y, x = (jnp.where(happens, new, old) for new, old in zip(pulled, places, strict=True))
        return y, x

    def push(self, drawn: Any, boxes: Boxes, size: Size) -> Boxes | None:
        """The inner transform's boxes, or the boxes themselves for images to which it is not applied."""
        inner, happens = drawn
        pushed: Boxes | None = self.transform.push(inner, boxes, size)
        return None if pushed is None else jnp.where(happens, pushed, boxes)

    def change(self, images: Float32[Array, "N H W"], keys: Key[Array, " N"]) -> Float32[Array, "N H W"]:
        """The images, transformed with probability p."""
        happens, inner = self._toss(keys)
        return jnp.where(happens[:, None, None], self.transform.change(images, inner), images)

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Key[Array, " N"], width: Width
    ) -> Float32[Array, "N H W"]:
        """`change` on a canvas that is wider than the lines."""
        happens, inner = self._toss(keys)
        changed = self.transform.change_within(images, inner, width)
        return jnp.where(happens[:, None, None], changed, images)

    def _toss(self, keys: Key[Array, " N"]) -> tuple[Bool[Array, " N"], Key[Array, " N"]]:
        """For which images it is applied, and the keys for the inner transform."""
        own, inner = jax.vmap(lambda key: tuple(jax.random.split(key)))(keys)
        return uniform(own, 1)[0] < self.p, inner


def nested(transform: Any) -> list[Any]:
    """The transform, the one inside it where it is a `Sometimes`, and so on."""
    found = [transform]
    while isinstance(found[-1], Sometimes):
        found.append(found[-1].transform)
    return found


def innermost(transform: Any) -> Any:
    """The transform itself, or the one inside all `Sometimes` around it."""
    return nested(transform)[-1]
