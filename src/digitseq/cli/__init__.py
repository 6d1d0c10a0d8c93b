"""The command line: `digitseq generate | preview | export | verify | bank | vae`."""

import logging
import sys
import warnings
from typing import Annotated, Any

import typer

from .. import __version__
from . import bank, common, export, generate, preview, vae

# Typer's usage errors are Click's, which newer versions of Typer bring along
# under another name.
UsageError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="digitseq",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("generate", epilog=generate.EPILOG, context_settings=generate.SETTINGS)(generate.generate)
app.command("preview", epilog=preview.EPILOG, context_settings=generate.SETTINGS)(preview.preview)
app.command("export", epilog=export.EXPORT_EPILOG)(export.export)
app.command("verify", epilog=export.VERIFY_EPILOG)(export.verify)
app.add_typer(bank.app, name="bank")
app.add_typer(vae.app, name="vae")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digitseq {__version__}")
        raise typer.Exit


@app.callback()
def digitseq(
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more (-vv: everything).")
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Images of handwritten digit sequences, with exact labels.

    Paths are printed on stdout, all else on stderr. Exit codes: 0 done, 1 a
    failure, 2 bad input, 130 interrupted.
    """
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    logging.basicConfig(level=level, format="%(name)s: %(message)s", stream=sys.stderr)
    if not verbose:
        # What a command can't get over it says itself, in one line.
        logging.getLogger("digitseq").setLevel(logging.ERROR)


def main() -> None:
    """Runs the command line; every error is one line on stderr and an exit code, every warning one line."""
    warnings.showwarning = lambda message, *_: print(
        f"digitseq: {' '.join(str(message).split())}", file=sys.stderr
    )
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            sys.exit(2)
        _fail(2, error.format_message())
    except (typer.Abort, KeyboardInterrupt):
        _fail(130, "interrupted")
    except common.Interrupted as error:
        _fail(130, str(error))
    except (ValueError, FileNotFoundError) as error:
        _fail(2, str(error))
    except (OSError, ImportError, MemoryError, FloatingPointError) as error:
        _fail(1, str(error) or type(error).__name__)
    # What newer versions of Typer make of an interrupt.
    if code == 130:
        _fail(130, "interrupted")
    sys.exit(code or 0)


def _fail(code: int, message: str) -> None:
    print(f"digitseq: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
