"""The process around a command: arguments, output streams, log, and the exit code of every error."""

import codecs
import contextlib
import logging
import os
import re
import select
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import jax
import typer

from ..internal.settings import own_settings
from ..internal.validation import nearest
from ..io import atomic
from ..version import __version__
from . import notices

log = logging.getLogger("digitseq")

# Typer's usage errors are Click's, which newer versions of Typer bring along
# under another name.
UsageError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
# The exit code of a program that SIGPIPE ended.
READER_GONE = 141
# A line may quote a file that somebody else wrote.
LONGEST_LINE = 2000
ESCAPED = "digitseq.escaped"


class Interrupted(Exception):
    """An interrupt, and how to resume. (Typer drops the message of a `KeyboardInterrupt`.)"""


def run(app: typer.Typer) -> NoReturn:
    """Runs a command line; every error is one line on stderr and an exit code, every warning one line."""
    _open_streams()
    warnings.showwarning = notices.shown_by(_say)
    out = sys.stdout
    code, message = _ended(app, [with_home(argument) for argument in sys.argv[1:]])
    try:
        out.flush()
    except BrokenPipeError:
        code, message = READER_GONE, ""
    except OSError as error:
        _discard(out)
        code, message = 1, f"stdout can't be written: {error}"
    if code == READER_GONE:
        _discard(out)
    if message:
        _say(message)
    sys.exit(code)


def set_verbosity(verbose: int) -> None:
    """Sends the log to stderr: digitseq's own from -v on, all of it and other libraries' at -vv."""
    others = logging.DEBUG if verbose > 1 else logging.WARNING
    logging.basicConfig(level=others, format="%(name)s: %(message)s", stream=sys.stderr)
    # A command reports its own failure, in one line.
    log.setLevel([logging.ERROR, logging.INFO, logging.DEBUG][min(verbose, 2)])


def with_home(argument: str) -> str:
    """The argument with `~` as the user's home, also after an option's `=`, where no shell expands it."""
    option, value = re.fullmatch(r"(--[\w-]+=)?(.*)", argument, re.DOTALL).groups()  # type: ignore[union-attr]
    return (option or "") + atomic.with_home(value)


def _ended(app: typer.Typer, arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command line, and the message for stderr."""
    out = sys.stdout
    try:
        code = own_settings(app)(arguments, prog_name="digitseq", standalone_mode=False)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            return 2, ""
        # Typer passes on what Pydantic puts before a validator's words.
        return 2, _with_nearest(error.format_message().replace(": Value error, ", ": "))
    except (typer.Abort, KeyboardInterrupt):
        return 130, "interrupted"
    except Interrupted as error:
        return 130, str(error)
    except SystemExit as error:
        # Typer raises this for a broken pipe, whichever pipe it is.
        if isinstance(error.__context__, BrokenPipeError):
            return (READER_GONE, "") if _has_no_reader(out) else (1, "a pipe to another process broke")
        return (error.code if isinstance(error.code, int) else 1), ""
    except (ValueError, FileNotFoundError) as error:
        log.debug("bad input", exc_info=True)
        return 2, str(error) or type(error).__name__
    except (OSError, ImportError, MemoryError, FloatingPointError) as error:
        log.debug("failed", exc_info=True)
        return 1, str(error) or type(error).__name__
    except Exception as error:
        return 1, _unexpected(error)
    # Newer versions of Typer return this for an interrupt.
    return code or 0, "interrupted" if code == 130 else ""


def _unexpected(error: Exception) -> str:
    """The message for an error that no command expects."""
    if said := _jax_said(error):
        log.debug("failed", exc_info=True)
        return said
    log.info("unexpected", exc_info=True)
    how = "above" if log.isEnabledFor(logging.INFO) else "that `digitseq -v ...` shows"
    return (
        f"unexpected {type(error).__name__}: {error}; please report it with the traceback {how} "
        f"(digitseq {__version__}, jax {jax.__version__})"
    )


def _jax_said(error: Exception) -> str:
    """The message for an error of JAX's: no such device, out of memory; empty for other errors."""
    if isinstance(error, jax.errors.JaxRuntimeError):
        kind = "out of memory" if "RESOURCE_EXHAUSTED" in str(error) else "JAX failed"
        return f"{kind}: {(str(error).splitlines() or [''])[0]}"
    if platforms := os.environ.get("JAX_PLATFORMS"):
        try:
            jax.devices()
        except Exception as reason:
            why = re.sub(r" \(set JAX_PLATFORMS=.*", "", str(reason)).rstrip(".") or "no such device"
            return (
                f"JAX_PLATFORMS is {platforms!r}, which JAX can't use on this machine ({why}); "
                f"unset it, or set JAX_PLATFORMS=cpu"
            )
    return ""


def _with_nearest(message: str) -> str:
    """The message of a usage error, with the nearest choice where a word is none of the choices."""
    if found := re.search(r"'([^']*)' is not one of (.*)", message, re.DOTALL):
        return message.rstrip(".") + nearest(found[1], re.findall(r"'([^']*)'", found[2]))
    return message


def _open_streams() -> None:
    """Opens streams that the caller closed, and has characters that an encoding lacks escaped."""
    # Else a file that is written could get the descriptor 1 or 2, and libraries would print into it.
    with contextlib.suppress(OSError):
        while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(lowest)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream := getattr(sys, name), "reconfigure"):
            stream.reconfigure(errors=ESCAPED)


def _escaped(error: UnicodeError) -> tuple[bytes | str, int]:
    """A codecs error handler: a file name's own bytes where Python could not decode them, else escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    try:
        return error.object[error.start : error.end].encode("ascii", "surrogateescape"), error.end
    except UnicodeEncodeError:
        return codecs.backslashreplace_errors(error)


codecs.register_error(ESCAPED, _escaped)


def _has_no_reader(stream: Any) -> bool:
    """Whether nobody reads what is written to a stream any more; True where the system does not tell."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):
        return True


def _discard(stream: Any) -> None:
    """Redirects a stream to the null device, so that flushing it at exit raises nothing."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _say(message: str) -> None:
    """Prints one line on stderr: control characters that a message quotes are escaped, long ones cut."""
    line = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in " ".join(message.split())
    )
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} ... {line[-LONGEST_LINE // 2 :]}"
    with contextlib.suppress(OSError):
        print(f"digitseq: {line}", file=sys.stderr, flush=True)
