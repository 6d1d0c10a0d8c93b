"""The files that operating systems and notebooks leave in users' folders."""

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
# Resource forks of macOS on foreign disks; what NFS and FUSE keep of files that were removed while open.
_BEGINNINGS = ("._", ".nfs0", ".fuse_hidden")


def is_companion(name: str) -> bool:
    """Whether a file or folder of this name belongs to a system, not to the data beside it.

    Args:
        name: the last part of a path.
    """
    return name.lower() in _NAMES or name.lower().startswith(_BEGINNINGS)
