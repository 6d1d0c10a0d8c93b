"""Companion files: those that operating systems and notebooks leave in users' folders."""

from pathlib import Path

_NAMES = {
    # macOS
    ".ds_store",
    ".appledouble",
    ".fseventsd",
    ".spotlight-v100",
    ".temporaryitems",
    ".trashes",
    "__macosx",
    "icon\r",
    # Windows
    "$recycle.bin",
    "desktop.ini",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "system volume information",
    "thumbs.db",
    # Linux desktops, network disks, Jupyter
    ".directory",
    "@eadir",
    ".ipynb_checkpoints",
}
# Resource forks of macOS on other file systems; what NFS and FUSE keep of files removed while open.
_BEGINNINGS = ("._", ".nfs0", ".fuse_hidden")


def is_companion(name: str) -> bool:
    """Whether a file or folder of this name is a system's, not part of the data beside it.

    Args:
        name: the last part of a path.
    """
    return name.lower() in _NAMES or name.lower().startswith(_BEGINNINGS)


def files_below(folder: Path) -> list[str]:
    """The names of all files and links at any depth below a folder, relative to it, sorted; no companions."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(name.as_posix() for name in names if not any(map(is_companion, name.parts)))
