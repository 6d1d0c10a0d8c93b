"""export_splits: an export for each part of a split; no two parts share a glyph, or a writer."""

import contextlib
import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..errors import BankError
from ..glyphs.bank import DigitBank
from ..glyphs.source import Source
from ..glyphs.source_words import as_source
from ..glyphs.splits import By, split_bank
from ..glyphs.variants import VariedBank
from ..internal.keys import as_key
from ..internal.settings import own_settings
from ..labels.base import LabelSource, listed_size
from ..labels.sequences import FixedLabels
from ..sequence.label_grammar import as_labels
from ..sequence.spec import SequenceSpec
from .data_card import header_of
from .execution import MOST_IMAGES, Request, request_of, run_export
from .formats import format_of
from .manifest import Manifest
from .names import CARD, FOLDER, SPLIT, STATE
from .recipe import described, key_to_plain
from .resume import read_plan
from .storage import Storage, storage_of, write_text


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of a split.

    Attributes:
        key, source, labels, count: as for `export`.
        split: for its manifest, how the part is derived from the whole bank.
    """

    key: jax.Array
    source: Source
    labels: LabelSource
    count: int
    split: dict[str, Any] | None


@own_settings
def export_splits(
    key: jax.Array | int,
    source: Source | str,
    labels: LabelSource | str,
    spec: SequenceSpec,
    out: str | os.PathLike[str],
    fractions: Mapping[str, float],
    *,
    count: int | None = None,
    format: str,
    by: By = "glyph",
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> dict[str, Manifest]:
    """Exports each part of a split bank: `out`/train, `out`/val and so on; returns their manifests.

    The parts share no glyph (`by="writer"`: no writer), and each has a key of
    its own. A list with an order is divided too. An interrupted call resumes
    when it is repeated. For "yolo" a data.yaml in `out` names all parts.

    >>> import tempfile
    >>> out, spec = tempfile.mkdtemp(), ds.SequenceSpec(image_width=120)
    >>> parts = {"train": 0.8, "val": 0.2}
    >>> manifests = ds.export_splits(7, "builtin", "random:3", spec, out, parts, count=20, format="npz")
    >>> {name: manifest.count for name, manifest in manifests.items()}
    {'train': 16, 'val': 4}

    Args:
        key: of the split; split again, of each part.
        source: a bank, which `split_bank` divides; any other source serves all parts.
        fractions: the fraction of each part, by its name; they add up to 1.
        labels, spec, out, count, format, progress: as for `export`; `count` and `progress` are of all parts.
        by: "glyph" or "writer", as for `split_bank`.
        options: the remaining options of `export`.

    Raises:
        ValueError: fractions or names that can't be used, or another split in
            `out`. What `export` raises is raised before anything is written.
    """
    glyph_source: Source = as_source(source)
    label_source = as_labels(labels, glyph_source)
    total = listed_size("count", count, label_source, MOST_IMAGES)
    typed = as_key(key)
    parts = parts_of(typed, glyph_source, label_source, fractions, total, by)
    requests = {
        name: _request_of(part, spec, _below(out, name), format, options) for name, part in parts.items()
    }
    record = {
        "key": key_to_plain(typed),
        "fractions": [[name, share] for name, share in fractions.items()],
        "by": by,
        "count": total,
        "format": format,
    }
    storage, advance = storage_of(out), progress or (lambda done: None)
    with _reserved(storage, record, os.fspath(out)):
        made = dict(_exported(requests, advance))
        _describe(storage, requests)
    return made


def parts_of(
    key: jax.Array, source: Source, labels: LabelSource, fractions: Mapping[str, float], count: int, by: By
) -> dict[str, Part]:
    """The parts of a split, by name.

    Raises:
        ValueError: fractions or names that can't be used, or a part without an image.
        BankError: a part without a glyph, writers that are not known, or a bank with variants.
    """
    _check(fractions)
    names, shares = list(fractions), list(fractions.values())
    split_key, *keys = jax.random.split(key, len(names) + 1)
    list_key = jax.random.fold_in(jax.random.clone(split_key), 1)
    if isinstance(source, VariedBank):
        raise BankError(f"parts of {source!r} would share glyphs: split its bank, export part by part")
    if isinstance(source, DigitBank):
        sources: list[Source] = list(split_bank(source, shares, split_key, by=by))
        how = {"key": key_to_plain(split_key), "fractions": shares, "by": by, "of": described(source)}
        parts_of_bank: list[dict[str, Any] | None] = [how | {"part": n} for n in range(len(names))]
    elif by != "glyph":
        raise BankError(f"by={by!r} needs a bank that knows its writers, got {source!r}")
    else:
        sources, parts_of_bank = [source] * len(names), [None] * len(names)
    ends = [*np.round(np.cumsum([0.0, *shares[:-1]]) * count).astype(int).tolist(), count]
    parts = {}
    for n, name in enumerate(names):
        size = ends[n + 1] - ends[n]
        if size < 1:
            raise ValueError(f"count {count} leaves no image for {name}={shares[n]:g}")
        parts[name] = Part(
            keys[n], sources[n], _part_of(labels, list_key, ends[n], size), size, parts_of_bank[n]
        )
    return parts


def _check(fractions: Mapping[str, float]) -> None:
    if not isinstance(fractions, Mapping) or len(fractions) < 2:
        raise ValueError(
            f"fractions must name two parts or more, as {{'train': 0.9, 'val': 0.1}}, got {fractions!r}"
        )
    for name in fractions:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
            raise ValueError(f"fractions: a part's name must be letters, digits and _, got {name!r}")
    shares = list(fractions.values())
    known = all(isinstance(share, int | float) and 0 < share < 1 for share in shares)
    if not known or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"fractions must be between 0 and 1 and add up to 1, got {dict(fractions)!r}")


def _part_of(labels: LabelSource, key: jax.Array, first: int, count: int) -> LabelSource:
    """Of a list with an order, a random sample of `count` sequences, in its order; else the labels.

    Lists are often sorted, so a part from the end would differ from one from the beginning.
    """
    if not isinstance(labels, FixedLabels) or labels.order != "given":
        return labels
    number = len(labels.digits)
    shuffled = np.asarray(jax.random.permutation(jax.random.clone(key), number))
    chosen = np.sort(shuffled[(first + np.arange(min(count, number))) % number])
    return labels.taken(chosen)


def _request_of(
    part: Part, spec: SequenceSpec, out: str | Path, format: str, options: Mapping[str, Any]
) -> Request:
    """The request of a part's export."""
    run = part.key, part.source, part.labels, spec
    return request_of(*run, out, count=part.count, format=format, split=part.split, **options)


def _below(out: str | os.PathLike[str], name: str) -> str | Path:
    return f"{out.rstrip('/')}/{name}" if isinstance(out, str) and "://" in out else Path(out) / name


def _exported(
    requests: Mapping[str, Request], progress: Callable[[int], None]
) -> Iterator[tuple[str, Manifest]]:
    before = 0
    for name, request in requests.items():
        start = before
        try:
            yield name, run_export(request, lambda done, start=start: progress(start + done))  # type: ignore[misc]
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(f"{name}: {error or 'interrupted'}") from None
        before += request.job.plan.count


@contextlib.contextmanager
def _reserved(storage: Storage, record: dict[str, Any], out: str) -> Iterator[None]:
    """Reserves the folder above the parts for this split.

    Raises:
        ValueError: another split, or something else, is there.
    """
    there = set(storage.top())
    known = FOLDER in there and SPLIT in storage.files(FOLDER)
    if known:
        found = read_plan(storage, SPLIT, out)
        if other := [name for name in record if found.get(name) != record[name]]:
            raise ValueError(f"out: {out} holds a split with other {', '.join(other)}; name another folder")
    elif other := sorted(there - {STATE}):
        raise ValueError(f"out: {out} holds other things ({other[0]}); name a folder that is new or empty")
    storage.create()
    with storage.locked():
        if not known:
            write_text(storage, SPLIT, json.dumps(record, indent=1) + "\n")
        yield
        storage.remove(STATE)


def _describe(storage: Storage, requests: Mapping[str, Request]) -> None:
    """Writes a README.md, from which `load_dataset` learns the parts, and YOLO's data.yaml."""
    plan = next(iter(requests.values())).job.plan
    there, texts = storage.top(), {}
    rows = "".join(
        f"| [{name}]({name}) | {request.job.plan.count:,} |\n" for name, request in requests.items()
    )
    texts[CARD] = (
        f"{header_of(plan.format, {name: name for name in requests})}# Handwritten digit sequences, split\n\n"
        f"| part | images |\n|---|---|\n{rows}\nEach part is an export of its own, with its own key; "
        "`digitseq verify PART --disjoint-from OTHER` compares two. The README.md of each has the code that "
        "loads it.\n"
    )
    if format_of(plan.format).hub:
        texts[CARD] += "`datasets.load_dataset` of this folder returns all parts.\n"
    if plan.format == "yolo":
        from .formats.yolo_format import data_yaml

        texts["data.yaml"] = data_yaml({name: f"{name}/data/images" for name in requests}, plan.class_names)
        texts[CARD] += '`data.yaml` names all parts: `YOLO("yolo11n.yaml").train(data="data.yaml")`.\n'
    for name, text in texts.items():
        if name not in there:
            write_text(storage, name, text)
