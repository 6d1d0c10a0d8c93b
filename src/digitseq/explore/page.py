"""What the page looks like: HTML around the controls, the picture, the code and the command."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..io import png
from .drawing import Sheet

# The controls of each group, in their order.
AUGMENTATION = "Augmentation"
GROUPS = {
    "Labels": ("labels", "text", "length", "seed"),
    "Digits": ("bank", "signs", "variants", "style"),
    "Layout": ("gaps", "spacing", "advance", "align", "baseline", "hand", "width", "height"),
    AUGMENTATION: ("preset", "digits", "line", "alike", "sometimes"),
    "Picture": ("boxes", "masks", "colours", "lines", "columns", "zoom"),
}
# Transforms whose knobs are in sight at once; those of more open one by one.
MOST_OPEN = 4
# On a narrow screen the picture stays in sight above the controls, and the code comes after them.
STYLE = """<style>
.digitseq { display: grid; grid-template-columns: minmax(17rem, 24rem) minmax(0, 1fr); gap: 1.5rem; }
.digitseq-result { position: sticky; top: 1rem; align-self: start; min-width: 0; }
.digitseq-result img { max-width: 100%; height: auto; }
.digitseq-result p { opacity: 0.75; overflow-wrap: anywhere; margin: 0.3rem 0; }
.digitseq-result pre { white-space: pre; overflow-x: auto; }
.digitseq summary { cursor: pointer; font-weight: 600; padding: 0.3rem 0; }
.digitseq details details { padding-left: 0.6rem; }
.digitseq details details summary { font-weight: 400; padding: 0.1rem 0; }
.digitseq-control { padding: 0.1rem 0 0.1rem 0.6rem; }
@media (max-width: 50rem) {
  .digitseq { display: flex; flex-direction: column; gap: 0; }
  .digitseq-result { display: contents; }
  .digitseq-picture { position: sticky; top: 0; z-index: 1; background: var(--background, Canvas); }
  .digitseq-picture img { padding-right: 2.5rem; }  /* marimo's menu */
  .digitseq-picture img { max-height: 45vh; }
  .digitseq-code { order: 3; min-width: 0; }
  .digitseq-controls { order: 2; }
}
</style>"""


def layout(left: str, right: str) -> str:
    """The page: the controls' HTML, and beside or above them the result's."""
    return (
        f"{STYLE}<div class='digitseq'><div class='digitseq-controls'>{left}</div>"
        f"<div class='digitseq-result'>{right}</div></div>"
    )


def controls(form: Mapping[str, Any], knobs: Sequence[tuple[str, Iterable[Any]]]) -> str:
    """All controls in their groups, as HTML.

    Args:
        form: the controls by name; each has its HTML in `text`.
        knobs: those of each transform, by its title.
    """
    return "".join(
        group(name, [form[one] for one in names], knobs if name == AUGMENTATION else ())
        for name, names in GROUPS.items()
    )


def group(name: str, own: Iterable[Any], parts: Sequence[tuple[str, Iterable[Any]]] = ()) -> str:
    """Controls that open and close together, as HTML.

    Args:
        name: of the group.
        own: its controls, each with its HTML in `text`.
        parts: groups within, by their names.
    """
    inside = [f"<div class='digitseq-control'>{control.text}</div>" for control in own]
    for title, within in parts:
        held = "".join(f"<div class='digitseq-control'>{control.text}</div>" for control in within)
        state = " open" if len(parts) <= MOST_OPEN else ""
        inside.append(f"<details{state}><summary>{html.escape(title)}</summary>{held}</details>")
    return f"<details open><summary>{html.escape(name)}</summary>{''.join(inside)}</details>"


def result(sheet: Sheet, code: str, command: str) -> str:
    """The sheet as an image and the labels of its lines, then the HTML of the code and the command."""
    data = base64.b64encode(png.encode(sheet.pixels)).decode()
    texts = html.escape(", ".join(sheet.texts))
    return (
        f"<div class='digitseq-picture'><img id='digitseq-picture' alt='Lines that read {texts}' "
        f"src='data:image/png;base64,{data}'><p>labels: {texts}</p></div>"
        f"<div class='digitseq-code'><div id='digitseq-python'>{code}</div>"
        f"<div id='digitseq-command'>{command}</div></div>"
    )


def fenced(text: str, language: str) -> str:
    """Text as a block of Markdown."""
    return f"````{language}\n{text}\n````"


def refusal(error: Exception) -> str:
    """What stands in the picture's place where there is none."""
    said = html.escape(str(error))
    return f"<div class='digitseq-picture'><p id='digitseq-refusal' role='alert'>{said}</p></div>"
