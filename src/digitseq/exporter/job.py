"""A job: all that a worker needs to render any shard of an export."""

import dataclasses
import functools
import hashlib
import importlib.metadata

from .plan import Plan


@dataclasses.dataclass(frozen=True)
class Job:
    """What a worker needs to render any shard.

    Attributes:
        plan: of the export.
        out: the absolute path or the URL to export to.
        recipe: JSON text of all that the export's bytes depend on, except for
        libraries: those that render and encode images, with their versions.
    """

    plan: Plan
    out: str
    recipe: str
    libraries: str

    @property
    def digest(self) -> str:
        """SHA-256, hex, of the recipe and the libraries.

        Completion records carry it, so that shards of another export, or of
        other libraries, in the same place are not taken for this one's.
        """
        return hashlib.sha256(f"{self.recipe}\n{self.libraries}".encode()).hexdigest()


@functools.cache
def libraries() -> str:
    """The libraries on which the bytes depend, with the versions installed here."""
    names = ("jax", "jaxlib", "numpy", "pillow")
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
