"""The server of the explorer's page: marimo, on the loopback address alone."""

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path

from ..errors import extra

HOST = "127.0.0.1"
NOTEBOOK = Path(__file__).with_name("notebook.py")
# Seconds that marimo may take to start, and between two looks at whether it has.
PATIENCE, PAUSE = 120.0, 0.1


def serve(
    port: int | None, *, bank: str | None = None, browser: bool = True, ready: Callable[[str], None] = print
) -> None:
    """Serves the page until it is interrupted or terminated.

    The page is for those who know its address: it holds a random token, which
    marimo asks for, since other users of a machine reach its loopback address
    too. Nothing is asked of the network: marimo is told not to look for updates,
    and its page's fonts and scripts are its own.

    Args:
        port: of the loopback address; None takes a free one.
        bank: the first of the page's menu of banks.
        browser: whether to open the page in the user's browser.
        ready: is called with the page's address once it is served.

    Raises:
        ImportError: marimo is not installed; names the extra.
        OSError: the port is taken, or marimo ended by itself.
    """
    require()
    port = _free_port(port)
    token = secrets.token_urlsafe(16)
    with subprocess.Popen(
        command(port, bank),
        stdin=subprocess.PIPE,
        env=os.environ | {"MARIMO_SKIP_UPDATE_CHECK": "1"},
        text=True,
    ) as server:
        before = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            _hand_over(server, token)
            _wait_until_served(server, port)
            address = f"http://{HOST}:{port}/?access_token={token}"
            ready(address)
            if browser:
                webbrowser.open(address)
            code = server.wait()
        except KeyboardInterrupt:
            return
        finally:
            server.terminate()
            signal.signal(signal.SIGTERM, before)
    if code not in (0, -signal.SIGTERM, -signal.SIGINT):
        raise OSError(f"marimo ended with exit code {code}")


def require() -> None:
    """Raises ImportError where marimo is not installed, naming the extra."""
    if importlib.util.find_spec("marimo") is None:
        raise ImportError(f"digitseq explore needs marimo, which comes with {extra('explore')}")


def command(port: int, bank: str | None) -> list[str]:
    """The command line of marimo's server, which reads the page's token from its standard input."""
    marimo = [sys.executable, "-m", "marimo", "--quiet", "--yes", "run", str(NOTEBOOK)]
    options = ["--host", HOST, "--port", str(port), "--headless", "--no-sandbox", "--token"]
    options += ["--token-password-file", "-"]
    return [*marimo, *options, *(["--", "--bank", bank] if bank is not None else [])]


def _free_port(port: int | None) -> int:
    """The port, or a free one; raises OSError where it is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # a port that a server left a moment ago is free there
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            raise OSError(f"--port {port} of {HOST} can't be had ({error.strerror})") from None
        found: int = probe.getsockname()[1]
    return found


def _hand_over(server: "subprocess.Popen[str]", token: str) -> None:
    """Writes the token to the server's standard input, so that no list of processes shows it."""
    with contextlib.suppress(BrokenPipeError), server.stdin or contextlib.nullcontext() as to:
        if to is not None:
            to.write(token)


def _wait_until_served(server: "subprocess.Popen[str]", port: int) -> None:
    """Returns when the port answers.

    Raises:
        OSError: the server ended, or is not there in time.
    """
    for _ in range(int(PATIENCE / PAUSE)):
        if server.poll() is not None:
            raise OSError(f"marimo ended with exit code {server.returncode}")
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(PAUSE)
    server.terminate()
    raise OSError(f"marimo was not there after {PATIENCE:g} s")
