"""A transform that happens by chance."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..internal.pytrees import register_pytree
from .base import Transform, Width, uniform
from .resample import Places, Size


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sometimes(Transform):
    """Does what another transform does, for each image with probability p.

    Attributes:
        p: from 0 to 1.
        transform: any other; the labels follow it as they would alone.
    """

    p: float | jax.Array
    transform: Any

    limits: ClassVar = {"p": (0, 1)}
    takes_width: ClassVar = True

    def check(self) -> None:
        """As of every transform, and of the one inside."""
        super().check()
        if not isinstance(self.transform, Transform):
            raise ValueError(f"Sometimes.transform must be a transform, got {self.transform!r}")
        self.transform.check()

    @property
    def interpolation(self) -> str:
        """That of the transform inside."""
        return str(self.transform.interpolation)

    def draw(self, keys: jax.Array, size: Size) -> Any:
        """What the transform inside draws, and whether it happens, [N, 1]."""
        happens, inner = self._toss(keys)
        return self.transform.draw(inner, size), happens[:, None]

    def pull(self, drawn: Any, places: Places, size: Size) -> Places:
        """Where it does not happen the places stay."""
        inner, happens = drawn
        pulled = self.transform.pull(inner, places, size)
        y, x = (jnp.where(happens, new, old) for new, old in zip(pulled, places, strict=True))
        return y, x

    def change(self, images: jax.Array, keys: jax.Array) -> jax.Array:
        """Where it does not happen the image stays."""
        happens, inner = self._toss(keys)
        return jnp.where(happens[:, None, None], self.transform.change(images, inner), images)

    def change_within(self, images: jax.Array, keys: jax.Array, width: Width) -> jax.Array:
        """The same on a canvas that is wider than the lines."""
        happens, inner = self._toss(keys)
        changed = self.transform.change_within(images, inner, width)
        return jnp.where(happens[:, None, None], changed, images)

    def _toss(self, keys: jax.Array) -> tuple[jax.Array, jax.Array]:
        own, inner = jax.vmap(lambda key: tuple(jax.random.split(key)))(keys)
        return uniform(own, 1)[0] < self.p, inner


def nested(transform: Any) -> list[Any]:
    """The transform, the one in it that sometimes happens, and so on."""
    found = [transform]
    while isinstance(found[-1], Sometimes):
        found.append(found[-1].transform)
    return found


def innermost(transform: Any) -> Any:
    """The transform itself, or the one that sometimes happens."""
    return nested(transform)[-1]
