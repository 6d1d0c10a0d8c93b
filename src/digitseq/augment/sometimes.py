"""Sometimes: a transform applied with a probability."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Bool, Float32
from .base import Parameter, Width, uniform
from .hand_keys import Keys, split_keys
from .resample import Boxes, Places, Size
from .wrapper import Wrapper


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sometimes(Wrapper):
    """Applies a transform to each image with probability p, independently.

    >>> blurred = augment.Sometimes(0.5, augment.Invert())
    >>> images = augment.apply(7, [blurred], np.zeros((100, 28, 28), np.float32))
    >>> int(images.max(axis=(1, 2)).sum())  # of 100
    49

    Attributes:
        p: from 0 to 1.
        transform: the other transform, of any family; annotations change with
            it where it is applied.
    """

    p: Parameter
    transform: Any

    limits: ClassVar = {"p": (0, 1)}
    takes_width: ClassVar = True

    def draw(self, keys: Keys, size: Size) -> tuple[Any, Bool[Array, "N 1"]]:
        """The inner transform's map, and for which images it is applied."""
        happens, inner = self._toss(keys)
        return self.transform.draw(inner, size), happens[:, None]

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """The inner transform's places, or the places themselves for images to which it is not applied."""
        inner, happens = drawn
        pulled = self.transform.pull(inner, places, size)
        y, x = (
            old if new is old else jnp.where(happens, new, old)
            for new, old in zip(pulled, places, strict=True)
        )
        return y, x

    def push(self, drawn: Any, boxes: Boxes, size: Size) -> Boxes | None:
        """The inner transform's boxes, or the boxes themselves for images to which it is not applied."""
        inner, happens = drawn
        pushed: Boxes | None = self.transform.push(inner, boxes, size)
        return None if pushed is None else jnp.where(happens, pushed, boxes)

    def change(self, images: Float32[Array, "N H W"], keys: Keys) -> Float32[Array, "N H W"]:
        """The images, transformed with probability p."""
        happens, inner = self._toss(keys)
        return jnp.where(happens[:, None, None], self.transform.change(images, inner), images)

    def change_within(
        self, images: Float32[Array, "N H W"], keys: Keys, width: Width
    ) -> Float32[Array, "N H W"]:
        """`change` on a canvas that is wider than the lines."""
        happens, inner = self._toss(keys)
        changed = self.transform.change_within(images, inner, width)
        return jnp.where(happens[:, None, None], changed, images)

    def _toss(self, keys: Keys) -> tuple[Bool[Array, " N"], Keys]:
        """For which images it is applied, and the keys for the inner transform."""
        own, inner = split_keys(keys)
        return uniform(own, 1)[0] < self.p, inner
