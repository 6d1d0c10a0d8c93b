"""digitseq explore: a page to play with, and the code and command of each picture."""

from typing import Annotated

import typer

from ..explore import server
from ..glyphs.source_words import as_source
from . import common, sources

EXPLORE_EPILOG = """\b
Examples:
  digitseq explore                                 opens the page in your browser
  digitseq explore --no-browser --port 8000        prints its address only
  digitseq explore --bank mine                     with your own digits
"""


def explore(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Of the loopback address, 127.0.0.1.", show_default="a free one"),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
    bank: sources.SourceOption = None,
) -> None:
    """Open a page with sliders and menus for all that changes a picture.

    Beside the picture stand the Python code and the command line that make
    just it. The page's address, which is printed, is for this machine and for
    those who know it; Ctrl-C ends it. Needs the extra `explore`.
    """
    server.require()
    if bank is not None:
        as_source(bank)  # what can't be loaded is said here, not on the page
    server.serve(port, bank=bank, browser=browser, ready=common.show_path)
