"""fetch_mnist: the download of MNIST. Only this module and `io.web` access the network."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import BankError, FetchError
from ..io import atomic
from ..io.user_cache import CACHE_ENVIRONMENT
from ..io.web import FAILURES, Progress, download, reason_of
from .mnist import ENVIRONMENT, FILES, MIRRORS, fetched_folder, is_genuine
from .pairs import pairs_in, split_of

log = logging.getLogger("digitseq")

INSTEAD = (
    f"name another --mirror, set {ENVIRONMENT} to a folder that holds the files, or draw from the "
    f"digits that digitseq brings (--bank builtin)"
)


def fetch_mnist(
    folder: str | os.PathLike[str] | None = None,
    *,
    mirrors: Sequence[str] = MIRRORS,
    progress: Progress | None = None,
    timeout: float = 30.0,
    force: bool = False,
) -> Path:
    """Downloads MNIST's four files (11 MB) where they are missing, and returns their folder.

    A genuine file is kept, so an interrupted download resumes with the missing
    files. Each file is checked against the SHA-256 of its decompressed contents
    and renamed atomically, so several processes may do this at once. Where a
    mirror fails in any way, the next is tried.

    Args:
        folder: the destination; None is the user's cache folder, where
            `load_bank()` finds it. In any other folder, files that are not
            MNIST's are kept: Fashion-MNIST's and KMNIST's have the same names.
        mirrors: addresses of folders, http or https, tried in turn.
        progress: called with the progress of each file.
        timeout: seconds a mirror may stay silent.
        force: whether to replace files with MNIST's names that are not MNIST's.

    Raises:
        FetchError: no mirror served a genuine file; the message has each
            mirror's failure.
        BankError: the folder holds other digits, among which MNIST would not
            be found or which it would replace.
        ValueError: there is no cache folder, and `folder` is not given.
    """
    place, own = _place(folder)
    missing = [name for name in FILES if not _is_there(place, name)]
    if not own:
        _refuse_other_digits(place, missing, force=force)
    place.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if name in missing:
            _fetch_file(name, place / f"{name}.gz", mirrors, progress, timeout)
            # `load_bank` would prefer the uncompressed file.
            (place / name).unlink(missing_ok=True)
        else:
            log.info("%s is in %s already", name, place)
    return place


def _place(folder: str | os.PathLike[str] | None) -> tuple[Path, bool]:
    """The destination, and whether it is digitseq's own folder.

    Raises:
        ValueError: there is no cache folder, and no other is given.
    """
    fetched = fetched_folder()
    if folder is None:
        if fetched is None:
            raise ValueError(
                f"no home folder, so there is no cache to put MNIST in: name a folder with --to, "
                f"or set {CACHE_ENVIRONMENT} to one"
            )
        return fetched, True
    place = atomic.home_path(folder)
    return place, fetched is not None and place.resolve() == fetched.resolve()


def _is_there(folder: Path, name: str) -> bool:
    """Whether the file that `load_bank` would read, uncompressed before compressed, is genuine."""
    plain = folder / name
    return is_genuine(plain if plain.exists() else folder / f"{name}.gz", name)


def _refuse_other_digits(folder: Path, missing: Sequence[str], *, force: bool) -> None:
    """Raises BankError where other digits would be replaced without `force`, or would hide MNIST."""
    if folder.exists() and not folder.is_dir():
        raise BankError(f"{folder} is a file; name a folder with --to")
    for name in missing:
        for path in (folder / name, folder / f"{name}.gz"):
            if not force and os.path.lexists(path) and not is_genuine(path, name):
                raise BankError(
                    f"{path} is there and is not MNIST's (Fashion-MNIST and KMNIST have files of the same "
                    f"names); name another folder with --to, or replace it by --force"
                )
    others = [pair for pair in pairs_in(folder) if pair.images.name.removesuffix(".gz") not in FILES]
    if clash := [pair.images for pair in others if split_of(pair.words) is not None]:
        raise BankError(
            f"{folder} holds other digits ({clash[0].name}), beside which MNIST would not be found; "
            f"name another folder with --to"
        )


def _fetch_file(
    name: str, target: Path, mirrors: Sequence[str], progress: Progress | None, timeout: float
) -> None:
    """Downloads one file from the first mirror that serves it.

    Raises:
        FetchError: none does.
    """
    failures: dict[str, list[str]] = {}
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}.gz"
        try:
            with atomic.replacing(target) as file:
                download(url, file, FILES[name][0], progress, timeout)
                file.flush()
                if not is_genuine(Path(file.name), name):
                    raise FetchError(f"{file.tell()} bytes that are not MNIST's {name}")
        except FAILURES as error:
            log.warning("%s: %r", url, error)
            failures.setdefault(reason_of(error), []).append(mirror)
        else:
            log.info("fetched %s from %s", target, url)
            return
    said = "; ".join(f"{', '.join(given)}: {reason}" for reason, given in failures.items())
    raise FetchError(f"no mirror has {name}.gz ({said or 'none was named'}); {INSTEAD}")
