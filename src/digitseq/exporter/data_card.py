"""The data card: a README.md that describes an export for people, and its contact sheet."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..io import png
from ..io.contact_sheet import contact_sheet
from .formats import Format, format_of
from .names import CARD, SHEET
from .plan import Plan
from .recipe import BANK, VARIED

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    '<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>\n'
)
# Images on the contact sheet.
SHOWN, COLUMNS = 24, 3
CARD_TEXT = """\
{header}# {count:,} images of handwritten digit sequences

![The first images]({sheet})

| | |
|---|---|
{table}
`__digitseq__/manifest.json` records everything that the export was made from, and the SHA-256 of each file.
{glyphs}`digitseq verify .` checks the export (`--bank` and `--writers` name digits that digitseq does not
know; `--sample 0` needs none).

## Load

In this folder:

```python
{load}```
{note}
## Reproduce

```python
{source}
made = ds.Manifest.read(".")
ds.export(
    made.key, source, labels, made.spec, "again", count=made.count, format=made.format,
    shard_size=made.shard_size, licence=made.recipe["source"].get("licence"),{look}
)
```

## With Hugging Face's `datasets`

{hub}"""
GLYPHS_TEXT = """\
`__digitseq__/glyphs.txt` lists the glyphs that the images show, each by the first 32 hex digits of the
SHA-256 of its 784 bytes.
"""
HUB_TEXT = """\
In this folder:

```python
from pathlib import Path
from datasets import load_dataset

rows = load_dataset(str(Path.cwd()), split="train")
```

For two exports in folders called `train` and `test`, `load_dataset` of their parent folder returns both.
"""


def write_sheet(path: Path, plan: Plan) -> None:
    """Renders the export's first images and writes them as a contact sheet, SVG."""
    chunks = list(plan.chunks(0, min(SHOWN, plan.count)))
    images = np.concatenate([chunk.fields["image"] for chunk in chunks])
    texts = [text for chunk in chunks for text in chunk.texts().tolist()]
    picture = contact_sheet(images, columns=COLUMNS, captions=texts)
    data = base64.b64encode(png.encode(picture)).decode()
    svg = SVG.format(width=picture.shape[1], height=picture.shape[0], data=data)
    path.write_text(svg, newline="\n")


def write_card(folder: Path, plan: Plan, recipe: dict[str, Any], writers: list[int] | None) -> None:
    """Writes README.md into a folder."""
    (folder / CARD).write_text(_text(plan, recipe, writers), encoding="utf-8", newline="\n")


def _text(plan: Plan, recipe: dict[str, Any], writers: list[int] | None) -> str:
    form, source = format_of(plan.format), recipe["source"]
    rows = _rows(plan, recipe, writers)
    load = form.load
    if plan.channels == 3:  # WebDataset's is the one code that says how it decodes
        load = load.replace('"l8"', '"rgb8"').replace("uint8 [28, W]", "uint8 [28, W, 3]")
    return CARD_TEXT.format(
        header=header_of(plan.format, {"train": "."}),
        count=plan.count,
        sheet=SHEET,
        table="".join(f"| {left} | {right.replace('|', '&#124;')} |\n" for left, right in rows),
        glyphs=GLYPHS_TEXT if source["kind"] in (BANK, VARIED) else "",
        load=load.replace("LAST", plan.name(plan.shards - 1)).replace("OUT", "."),
        note=form.note,
        look="" if plan.colours is None else "\n    ink=made.colours.ink, paper=made.colours.paper,",
        source=_source_code(source, recipe["labels"], bool(writers)),
        hub=hub_of(form),
    )


def _rows(plan: Plan, recipe: dict[str, Any], writers: list[int] | None) -> list[tuple[str, str]]:
    """The rows of the card's table."""
    source = recipe["source"]
    name = source.get("name", "unknown to digitseq")
    if "split" in source:
        split = source["split"]
        name = f"part {split['part'] + 1} of {split['of'].get('name', 'a bank unknown to digitseq')}, "
        name += f"split by {split['by']}"
    if signs := (source["split"]["of"] if "split" in source else source).get("signs"):
        name += f", with the signs `{signs}` that digitseq draws"
    if "variants" in source:
        name += f", with the variants {', '.join(source['variants'])} that digitseq draws"
    return [
        (
            "images",
            f"{plan.count:,}, {plan.colours or 'grey'}, {plan.spec.image_height} pixels high and "
            f"{plan.spec.image_width} wide",
        ),
        ("files", f"{plan.format}, {plan.shards:,} shards of {plan.shard_size:,} images"),
        ("labels", f"`{_shortened(recipe['labels'])}`"),
        ("layout", f"`{plan.spec!r}`"),
        ("source of the digits", f"{source['kind']}: {name}; digest `{source['digest'][:16]}...`"),
        *([("writers", f"{len(writers):,}")] if writers else []),
        (
            "licence of the digits",
            source.get("licence", "unknown; check with the source of your glyphs"),
        ),
        *([("citation", source["citation"])] if "citation" in source else []),
        ("made by", f"digitseq {recipe['digitseq']}"),
    ]


def header_of(format: str, parts: Mapping[str, str]) -> str:
    """The YAML header of a README.md, from which `load_dataset` learns where the data are.

    Args:
        format: of the files.
        parts: the folder of each split's export, by the split's name.
    """
    pattern = format_of(format).hub
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name, folder in parts.items():
        # A pattern that matches nothing, so that it takes no other file for data.
        path = pattern or f"nothing, because load_dataset has no format {format} - README.md has the code"
        prefix = "" if folder == "." or not pattern else f"{folder}/"
        lines += [f"  - split: {name}", f'    path: "{prefix}{path}"']
    return "\n".join([*lines, "---", ""])


def hub_of(form: Format) -> str:
    """What a data card says about `load_dataset`."""
    if not form.hub:
        return "`load_dataset` has no format for these files, and raises an error: use the code above.\n"
    return HUB_TEXT


def _shortened(labels: dict[str, Any]) -> str:
    """A label source as the code that creates it, cut after 300 characters."""
    fields = ", ".join(f"{name}={value!r}" for name, value in labels.items() if name != "type")
    text = f"{labels['type']}({fields})"
    return text if len(text) <= 300 else f"{text[:300]}..."


def _load_bank(source: dict[str, Any], with_writers: bool) -> str:
    """The code that loads a bank, and adds its signs and variants."""
    signs = f", {source['signs']!r})" if "signs" in source else ""
    shares = {name: tuple(pair) for name, pair in source.get("variants", {}).items()}
    variants = f", {shares}, each={source['each']})" if shares else ""
    rest = f"){signs}{variants}"
    rest = f', writers="QMNIST"{rest}  # the folder of its labels' if with_writers else rest
    before = f"{'ds.with_variants(' if variants else ''}{'ds.with_signs(' if signs else ''}"
    return f'{before}ds.load_bank("{source["name"]}"{rest}'


def _source_code(source: dict[str, Any], labels: dict[str, Any], with_writers: bool) -> str:
    """The code that creates `source` and `labels`, as far as digitseq knows their origin."""
    lines = ["import digitseq as ds"]
    if source.get("name") == "vae":
        lines = ["import dataclasses", "import numpy as np", *lines, "from digitseq import vae"]
        code = f"source = dataclasses.replace(vae.pretrained(), style=np.float32({source['style']}))"
    elif "name" in source:
        code = f"source = {_load_bank(source, with_writers)}"
    elif "split" in source and "name" in source["split"]["of"]:
        split = source["split"]
        lines += ["import jax", "import numpy as np"]
        words, implementation = split["key"]["words"], split["key"]["implementation"]
        code = (
            f"whole = {_load_bank(split['of'], with_writers)}\n"
            f'key = jax.random.wrap_key_data(np.array({words}, np.uint32), impl="{implementation}")\n'
            f'source = ds.split_bank(whole, {split["fractions"]}, key, by="{split["by"]}")[{split["part"]}]'
        )
    else:
        code = f"source = ...  # the {source['kind']} with the digest above, which digitseq does not know"
    own = f"labels = ...  # your own {labels['type']}"
    lines += ["", code, own if "digest" in labels else 'labels = ds.Manifest.read(".").labels']
    return "\n".join(lines)
