"""What MkDocs does beyond its plugins: files from outside docs/, and a check of every public name.

`mkdocs build --strict` fails on each warning that is logged here; tests/test_site.py asks the same functions.
"""

import ast
import importlib
import inspect
import logging
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent
# The modules whose names are public.
PUBLIC = ("digitseq", "digitseq.augment", "digitseq.ctc", "digitseq.scans", "digitseq.vae")
# The pages of docs/api, in the order of mkdocs.yml's nav.
PAGES = ("images", "spec", "banks", "labels", "augment", "training", "ctc", "exports", "scans", "vae")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
DIRECTIVE = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
log = logging.getLogger("mkdocs.hooks.digitseq")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """The page's text, with the files that it includes, links to code, and the list of all names."""
    source = DOCS / page.file.src_uri
    included = re.match(r'--8<-- "(.+)"\s*$', markdown)
    if included:
        source, markdown = ROOT / included[1], (ROOT / included[1]).read_text()
    for mark, content in (("<!-- all names -->", name_list), ("<!-- all commands -->", command_list)):
        if mark in markdown:
            markdown = markdown.replace(mark, content())
    return with_links(markdown, source.parent, DOCS / Path(page.file.src_uri).parent, config["repo_url"])


def with_links(markdown: str, folder: Path, page_folder: Path, repository: str) -> str:
    """The text with links relative to `folder` made relative to `page_folder`, or links to the repository.

    A link to what is not there stays as it is, so that MkDocs reports it.
    """

    def link(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(folder / found[1]))
        anchor = found[2] or ""
        if not target.exists():
            return found[0]
        if target.is_relative_to(DOCS):
            return f"]({os.path.relpath(target, page_folder)}{anchor})"
        if target.name in ("CONTRIBUTING.md", "CHANGELOG.md"):
            return f"]({os.path.relpath(DOCS / target.name.lower(), page_folder)}{anchor})"
        kind = "tree" if target.is_dir() else "blob"
        return f"]({repository}/{kind}/main/{target.relative_to(ROOT)}{anchor})"

    return LINK.sub(link, markdown)


def on_pre_build(**_: Any) -> None:
    """Warns of each public name without a docstring, an example or a page."""
    for fault in faults():
        log.warning(fault)


def public_names() -> list[str]:
    """The full names of all that is public, such as "digitseq.ctc.decode"; of several the first."""
    names = [f"{module}.{name}" for module in PUBLIC for name in importlib.import_module(module).__all__]
    first: dict[int, str] = {}
    for name in names:
        first.setdefault(id(resolve(name)), name)
    return list(first.values())


def directives() -> dict[str, str]:
    """The API page, relative to docs/api, that documents each name."""
    pages = [DOCS / "api" / f"{page}.md" for page in PAGES]
    return {name: page.name for page in pages for name in DIRECTIVE.findall(page.read_text())}


def faults() -> Iterator[str]:
    """What is wrong with the documentation of public names, a sentence each."""
    pages = directives()
    names = public_names()
    for name in names:
        if name not in pages:
            yield f"{name} stands on no page of docs/api"
        found = resolve(name)
        if callable(found) and ">>> " not in doc_of(name):
            yield f"{name} has no docstring with an example"
        elif not doc_of(name):
            yield f"{name} has no docstring"
        for member in undocumented(found):
            yield f"{name}.{member} has no docstring"
    for name in pages.keys() - set(names):
        yield f"docs/api/{pages[name]} documents {name}, which is not public"


def undocumented(kind: Any) -> list[str]:
    """The public methods and properties that a class defines itself, without a docstring."""
    own = vars(kind).items() if isinstance(kind, type) else ()
    return [
        name
        for name, member in own
        if not name.startswith("_")
        and (isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member))
        and not member.__doc__
    ]


def doc_of(name: str) -> str:
    """The docstring of a full name; of a constant, the string after its assignment."""
    found = resolve(name)
    if callable(found):
        return inspect.getdoc(found) or ""
    module, _, last = name.rpartition(".")
    source = Path(importlib.import_module(module).__file__ or "")
    files = source.parent.glob("*.py") if source.name == "__init__.py" else [source]
    for body in (ast.parse(file.read_text()).body for file in files):
        for statement, after in pairwise(body):
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            if [getattr(target, "id", "") for target in targets] == [last] and isinstance(after, ast.Expr):
                return str(ast.literal_eval(after.value))
    return ""


def resolve(name: str) -> Any:
    """The object of a full name."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def name_list() -> str:
    """All public names as a Markdown list, a section a page, each with its first line."""
    lines: list[str] = []
    last = ""
    for name, page in directives().items():
        if page != last:
            title = (DOCS / "api" / page).read_text().partition("\n")[0].removeprefix("# ")
            lines += ["", f"## [{title}]({page})", ""]
        last = page
        first = doc_of(name).partition("\n\n")[0].replace("\n", " ")
        short = name.removeprefix("digitseq.") if name.count(".") > 1 else name.replace("digitseq.", "ds.")
        lines.append(f"- [`{short}`]({page}#{name}){': ' + first if first else ''}")
    return "\n".join(lines)


def command_list() -> str:
    """What `--help` of each command says, a section each."""
    from typer.testing import CliRunner

    from digitseq.cli import app

    groups = [("", app), *((f"{group.name} ", group.typer_instance) for group in app.registered_groups)]
    names = [""]
    for group, sub in groups:
        names += [group + (one.name or one.callback.__name__) for one in sub.registered_commands]
    sections = []
    for name in names:
        said = CliRunner(env={"COLUMNS": "98"}).invoke(app, [*name.split(), "--help"], prog_name="digitseq")
        sections.append(f"## {f'digitseq {name}'.strip()}\n\n```text\n{said.output.strip()}\n```\n")
    return "\n".join(sections)
