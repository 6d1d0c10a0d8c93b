"""The command line: `digitseq generate | preview | export | verify | normalize | explore | bank | vae`."""

from typing import Annotated

import typer

from .. import __version__
from . import bank, console, explore, export, generate, preview, scans, vae, verify

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
app.command("verify", epilog=verify.VERIFY_EPILOG)(verify.verify)
app.command("normalize")(scans.normalize)
app.command("explore", epilog=explore.EXPLORE_EPILOG)(explore.explore)
app.add_typer(bank.app, name="bank")
app.add_typer(vae.app, name="vae")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digitseq {__version__}")
        raise typer.Exit


@app.callback()
def digitseq(
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default="errors and warnings only",
            help="Say what is being done; -vv: more, and what JAX and others log.",
        ),
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Images of handwritten digit sequences, with exact labels.

    Paths are printed on stdout, all else on stderr. Exit codes: 0 done, 1 a
    failure, 2 bad input, 130 interrupted, 141 the reader of stdout went away.
    """
    console.set_verbosity(verbose)


def main() -> None:
    """Runs the command line; every error is one line on stderr and an exit code, every warning one line."""
    console.run(app)
