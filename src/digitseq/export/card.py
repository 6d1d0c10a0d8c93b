"""The data card: what an export is, for people, with a contact sheet."""

from pathlib import Path
from typing import Any

import numpy as np

from .. import png
from ..sheet import sheet
from .formats import format_of
from .plan import Plan
from .shards import Shown

CARD, SHEET = "README.md", "sheet.png"
COLUMNS = 3
GLYPHS = """\
`glyphs.txt` names the glyphs that they show,
each by the first 32 hex digits of the SHA-256 of its 784 bytes. """


def write_card(
    folder: Path, plan: Plan, recipe: dict[str, Any], writers: list[int] | None, shown: Shown
) -> None:
    """Writes README.md and the sheet that it shows."""
    images = np.asarray(shown.images / 255, np.float32)
    png.save(folder / SHEET, sheet(images, columns=COLUMNS, captions=shown.texts))
    (folder / CARD).write_text(_text(plan, recipe, writers), encoding="utf-8", newline="\n")


def _text(plan: Plan, recipe: dict[str, Any], writers: list[int] | None) -> str:
    source = recipe["source"]
    labels, form = recipe["labels"], format_of(plan.format)
    name = source.get("name", "not one that digitseq knows")
    rows = [
        ("images", f"{plan.count:,}, grey, 28 pixels high and {plan.spec.image_width} wide"),
        ("files", f"{plan.format}, {plan.shards:,} shards of {plan.shard_size:,} images"),
        ("labels", f"`{_shown(labels)}`"),
        ("layout", f"`{plan.spec!r}`"),
        ("digits drawn from", f"a {source['kind']}: {name}; digest `{source['digest'][:16]}...`"),
        *([("writers", f"{len(writers):,}")] if writers else []),
        (
            "licence of the digits",
            source.get("licence", "not known to digitseq: ask whom you have them from"),
        ),
        *([("cite", source["citation"])] if "citation" in source else []),
        ("made by", f"digitseq {recipe['digitseq']}"),
    ]
    table = "".join(f"| {left} | {right.replace('|', '&#124;')} |\n" for left, right in rows)
    header = f"---\n{form.card}---\n" if form.card else ""
    load = form.load.replace("LAST", plan.name(plan.shards - 1)).replace("OUT", ".")
    glyphs = GLYPHS if source["kind"] == "bank" else ""
    return f"""{header}# {plan.count:,} images of handwritten digit sequences

![The first of them]({SHEET})

| | |
|---|---|
{table}
`manifest.json` tells all that they were made from, and the SHA-256 of each file. {glyphs}`digitseq verify .`
checks them all (`--bank` and `--writers` name digits that it does not know; with `--sample 0` it needs none).

## To load them

In this folder, with

```python
{load}```

## To make them again

```python
{_again(source, labels, bool(writers))}
made = ds.Manifest.read(".")
ds.export(
    made.key, source, labels, made.spec, "again", count=made.count, format=made.format,
    shard_size=made.shard_size, licence=made.recipe["source"].get("licence"),
)
```
"""


def _shown(labels: dict[str, Any]) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in labels.items() if name != "type")
    text = f"{labels['type']}({fields})"
    return text if len(text) <= 300 else f"{text[:300]}..."


def _again(source: dict[str, Any], labels: dict[str, Any], written: bool) -> str:
    """Code for the source and the labels, as far as digitseq knows where they came from."""
    lines = ["import digitseq as ds"]
    if source.get("name") == "vae":
        lines = ["import dataclasses", "import numpy as np", *lines, "from digitseq import vae"]
        drawn = f"dataclasses.replace(vae.pretrained(), style=np.float32({source['style']}))"
    elif "name" in source:
        by = ', writers="QMNIST")  # the folder of its labels' if written else ")"
        drawn = f'ds.load_bank("{source["name"]}"{by}'
    else:
        drawn = f"...  # the {source['kind']} with the digest above, which digitseq does not know"
    own = "digest" in labels
    return "\n".join(
        [
            *lines,
            "",
            f"source = {drawn}",
            f"labels = ...  # your own {labels['type']}" if own else 'labels = ds.Manifest.read(".").labels',
        ]
    )
