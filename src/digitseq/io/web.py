"""One file from a web server, by the standard library alone."""

import contextlib
import http.client
import urllib.error
import urllib.request
from http.client import HTTPMessage
from typing import IO, Any, Protocol

from ..errors import FetchError
from ..version import __version__

CHUNK = 1 << 14
# What urllib raises: sockets' errors, addresses that are none, and servers that don't speak HTTP.
FAILURES = (OSError, ValueError, http.client.HTTPException)
LONGEST_REASON = 120


class Progress(Protocol):
    """What shows the progress of one file, with `total` bytes; tqdm's shape."""

    total: int

    def update(self, size: int, /) -> Any: ...
    def close(self) -> Any: ...


def download(url: str, file: IO[bytes], most: int, progress: Progress | None, timeout: float) -> None:
    """Writes what a server sends under an address, http or https, to an open file.

    Proxies are those of the environment, as everywhere in urllib.

    Args:
        url: the address; it may lead to others, of http or https.
        file: open for writing.
        most: bytes to take at most, whatever the server sends.
        progress: told of each chunk, and closed, however it ends.
        timeout: seconds the server may stay silent.

    Raises:
        FetchError: more bytes than `most`.
        OSError, ValueError, http.client.HTTPException: see `FAILURES`.
    """
    request = urllib.request.Request(url, headers={"User-Agent": f"digitseq/{__version__}"})
    with contextlib.ExitStack() as stack:
        answer = stack.enter_context(_opener().open(request, timeout=timeout))
        if progress is not None:
            stack.callback(progress.close)
            length = answer.headers.get("Content-Length", "")
            progress.total = int(length) if length.isdecimal() else most
        while chunk := answer.read(CHUNK):
            most -= len(chunk)
            if most < 0:
                raise FetchError("more bytes than the genuine file has")
            file.write(chunk)
            if progress is not None:
                progress.update(len(chunk))


def reason_of(error: BaseException) -> str:
    """Why a download failed, in a few words on one line."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        text = f"{error.code} {error.reason}"
    elif isinstance(error, urllib.error.URLError):
        reason: Any = error.reason
        text = getattr(reason, "strerror", None) or str(reason)
    else:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]}..."


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections without reading what comes with them, which may be endless."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https, directly or through a proxy, and nothing else: no file, no ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
