"""Downloading one file over HTTP, with the standard library only."""

import contextlib
import http.client
import urllib.error
import urllib.request
from http.client import HTTPMessage
from typing import IO, Any, Protocol

from ..errors import FetchError
from ..version import __version__

CHUNK = 1 << 14
# The errors of urllib: of sockets, of malformed URLs, and of servers that don't speak HTTP.
FAILURES = (OSError, ValueError, http.client.HTTPException)
LONGEST_REASON = 120


class Progress(Protocol):
    """A progress bar of one file of `total` bytes, with tqdm's interface."""

    total: int

    def update(self, size: int, /) -> Any: ...
    def close(self) -> Any: ...


def download(url: str, file: IO[bytes], most: int, progress: Progress | None, timeout: float) -> None:
    """Downloads a URL, http or https, into an open file.

    Proxies are taken from the environment, as by all of urllib.

    Args:
        url: redirections to other http or https URLs are followed.
        file: open for writing.
        most: the most bytes to take, whatever the server sends.
        progress: updated after each chunk, and closed in any case.
        timeout: seconds that the server may stay silent.

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
    """Follows redirections without reading their bodies, which may be endless."""

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
    """An opener for http and https, directly or through a proxy, and for no other scheme."""
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
