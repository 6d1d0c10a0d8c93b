"""The download of MNIST, an explicit act; the only module that touches the network."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from . import files
from .errors import FetchError
from .mnist import FILES, MIRRORS, fetched_folder, is_genuine

log = logging.getLogger("digitseq")


class Progress(Protocol):
    """What shows the progress of one file, with `total` bytes; tqdm's shape."""

    total: int

    def update(self, size: int, /) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


def fetch_mnist(
    folder: Path | None = None,
    *,
    mirrors: Sequence[str] = MIRRORS,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> Path:
    """Downloads MNIST's four files (11 MB) and returns the folder they are in.

    A file that is there and genuine is left alone, so a broken download goes
    on with the files that are missing. Each is checked against the SHA-256 of
    its decompressed contents, then renamed into place: two processes at once
    do no harm. A mirror that fails, in whatever way, is followed by the next.

    Args:
        folder: where to; None is the user's cache folder, where
            `load_bank()` finds it.
        mirrors: addresses of folders, tried in turn.
        progress: told how far each file is.
        timeout: seconds a mirror may stay silent.

    Raises:
        FetchError: no mirror served a genuine file; says what each one did.
        ImportError: the extra `fetch` is not installed.
    """
    downloader = _downloader(progress, timeout)
    folder = fetched_folder() if folder is None else Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        target = folder / f"{name}.gz"
        if is_genuine(target, name) or is_genuine(folder / name, name):
            log.info("%s is there already", target)
            continue
        _fetch_file(name, target, mirrors, downloader)
    return folder


def _fetch_file(name: str, target: Path, mirrors: Sequence[str], downloader: Any) -> None:
    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}.gz"
        try:
            with files.replacing(target) as file:
                downloader(url, _Capped(file, FILES[name][0]), None)
                file.flush()
                if not is_genuine(Path(file.name), name):
                    raise FetchError(f"{file.tell()} bytes that are not MNIST's {name}")
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            log.warning("%s: %s", url, error)
            failures.append(f"{url}: {error}")
            if downloader.progressbar:
                downloader.progressbar.close()
        else:
            log.info("fetched %s from %s", target, url)
            return
    raise FetchError(f"no mirror has {name}: " + "; ".join(failures))


def _downloader(progress: Progress | None, timeout: float) -> Any:
    try:
        import pooch
    except ImportError as error:
        raise ImportError("downloading needs the extra `fetch`: pip install 'digitseq[fetch]'") from error
    return pooch.HTTPDownloader(progressbar=progress or False, timeout=timeout)


class _Capped:
    """A file that takes no more bytes than the genuine contents have, whatever the server sends."""

    def __init__(self, file: Any, most: int) -> None:
        self._file = file
        self._left = most

    def write(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise FetchError("more bytes than the genuine file has")
        self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
