"""The data card: what an export is, for people, with a contact sheet."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..io import png
from ..io.contact_sheet import contact_sheet
from .formats import Format, format_of
from .manifest import FOLDER
from .plan import Plan
from .shards import Shown

# The sheet is no picture of the set: loaders of pictures pass over such a folder, and over such a file.
CARD, SHEET = "README.md", f"{FOLDER}/sheet.svg"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    '<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>\n'
)
COLUMNS = 3
GLYPHS = """\
`__digitseq__/glyphs.txt` names the glyphs that they show,
each by the first 32 hex digits of the SHA-256 of its 784 bytes. """


def write_card(
    folder: Path, plan: Plan, recipe: dict[str, Any], writers: list[int] | None, shown: Shown
) -> None:
    """Writes README.md and the sheet that it shows."""
    images = np.asarray(shown.images / 255, np.float32)
    picture = contact_sheet(images, columns=COLUMNS, captions=shown.texts)
    data = base64.b64encode(png.encode(picture)).decode()
    svg = SVG.format(width=picture.shape[1], height=picture.shape[0], data=data)
    (folder / SHEET).write_text(svg, newline="\n")
    (folder / CARD).write_text(_text(plan, recipe, writers), encoding="utf-8", newline="\n")


def _text(plan: Plan, recipe: dict[str, Any], writers: list[int] | None) -> str:
    source = recipe["source"]
    labels, form = recipe["labels"], format_of(plan.format)
    name = source.get("name", "not one that digitseq knows")
    if "split" in source:
        split = source["split"]
        name = f"part {split['part'] + 1} of {split['of'].get('name', 'one that digitseq does not know')}, "
        name += f"split by {split['by']}"
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
    load = form.load.replace("LAST", plan.name(plan.shards - 1)).replace("OUT", ".")
    glyphs = GLYPHS if source["kind"] == "bank" else ""
    return f"""{header_of(plan.format, {"train": "."})}# {plan.count:,} images of handwritten digit sequences

![The first of them]({SHEET})

| | |
|---|---|
{table}
`__digitseq__/manifest.json` tells all that they were made from, and the SHA-256 of each file.
{glyphs}`digitseq verify .`
checks them all (`--bank` and `--writers` name digits that it does not know; with `--sample 0` it needs none).

## To load them

In this folder, with

```python
{load}```
{form.note}
## To make them again

```python
{_again(source, labels, bool(writers))}
made = ds.Manifest.read(".")
ds.export(
    made.key, source, labels, made.spec, "again", count=made.count, format=made.format,
    shard_size=made.shard_size, licence=made.recipe["source"].get("licence"),
)
```

## With Hugging Face's `datasets`

{hub_of(form)}"""


def _bank(name: str, written: bool) -> str:
    return f'ds.load_bank("{name}"' + (', writers="QMNIST")  # the folder of its labels' if written else ")")


def header_of(format: str, parts: Mapping[str, str]) -> str:
    """The head of a README.md, from which `load_dataset` learns what the data are.

    Args:
        format: of the files.
        parts: of each split, by its name, its export's folder.
    """
    pattern = format_of(format).hub
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name, folder in parts.items():
        # Of what it can't read it must take nothing for the data.
        path = pattern or f"nothing, because load_dataset has no format {format} - README.md has the code"
        prefix = "" if folder == "." or not pattern else f"{folder}/"
        lines += [f"  - split: {name}", f'    path: "{prefix}{path}"']
    return "\n".join([*lines, "---", ""])


def hub_of(form: Format) -> str:
    """What a data card says of `load_dataset`."""
    if not form.hub:
        return "`load_dataset` has no format for these files, and says so: use the code above.\n"
    return """\
In this folder, with

```python
from pathlib import Path
from datasets import load_dataset

rows = load_dataset(str(Path.cwd()), split="train")
```

Of two exports in folders called `train` and `test`, `load_dataset` of the folder above them gives both.
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
        drawn = _bank(source["name"], written)
    elif "split" in source and "name" in source["split"]["of"]:
        split = source["split"]
        lines += ["import jax", "import numpy as np"]
        words, implementation = split["key"]["words"], split["key"]["implementation"]
        key = f'jax.random.wrap_key_data(np.array({words}, np.uint32), impl="{implementation}")'
        whole = _bank(split["of"]["name"], written)
        drawn = f"whole = {whole}\nkey = {key}\n"
        drawn += (
            f'source = ds.split_bank(whole, {split["fractions"]}, key, by="{split["by"]}")[{split["part"]}]'
        )
    else:
        drawn = f"...  # the {source['kind']} with the digest above, which digitseq does not know"
    own = "digest" in labels
    return "\n".join(
        [
            *lines,
            "",
            drawn if "\n" in drawn else f"source = {drawn}",
            f"labels = ...  # your own {labels['type']}" if own else 'labels = ds.Manifest.read(".").labels',
        ]
    )
