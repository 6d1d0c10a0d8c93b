"""Data sets on disk: resumable, and byte-identical on any engine."""

from .driver import export
from .manifest import Manifest

__all__ = ["Manifest", "export"]
