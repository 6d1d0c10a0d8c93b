"""Transforms around other transforms."""

from typing import Any

from .base import Transform


class Wrapper(Transform):
    """A transform around another, of any family.

    Attributes:
        transform: the other.
    """

    transform: Any

    def check(self) -> None:
        """Checks the parameters and the inner transform.

        Raises:
            ValueError: a parameter that can't be used.
        """
        super().check()
        if not isinstance(self.transform, Transform):
            raise ValueError(f"{type(self).__name__}.transform must be a transform, got {self.transform!r}")
        self.transform.check()

    @property
    def interpolation(self) -> str:
        """The inner transform's interpolation."""
        return str(self.transform.interpolation)


def nested(transform: Any) -> list[Any]:
    """The transform, the one inside it where it is a `Wrapper`, and so on."""
    found = [transform]
    while isinstance(found[-1], Wrapper):
        found.append(found[-1].transform)
    return found


def innermost(transform: Any) -> Any:
    """The transform itself, or the one inside all wrappers around it."""
    return nested(transform)[-1]
