"""Data sets on disk: resumable, and byte-identical whoever makes them."""

from .driver import export
from .manifest import Manifest

__all__ = ["Manifest", "export"]
