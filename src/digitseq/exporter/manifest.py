"""Manifest: what an export holds, how it was made, and the SHA-256 of each of its files."""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any, get_args

import jax

from ..augment.serialization import KINDS
from ..glyphs.splits import By
from ..labels.base import LabelSource
from ..sequence.spec import SequenceSpec, check_spec, spec_from_dict
from .formats import NAMES
from .recipe import LABELS, key_from_plain, labels_from_plain
from .storage import Storage, read, storage_of

# Readers that look through a folder for data (Hugging Face's `datasets`, pyarrow, Spark) pass over
# folders whose names begin so, and would take these files for data elsewhere.
FOLDER = "__digitseq__"
NAME = f"{FOLDER}/manifest.json"
GLYPHS = f"{FOLDER}/glyphs.txt"
SUMS = f"{FOLDER}/sums"
# What was split, and how, in the folder above the parts.
SPLIT = f"{FOLDER}/split.json"
TRANSFORMS = ("glyph_transforms", "line_transforms")
# Of the recipe's fields, the types.
KINDS_OF: dict[str, type] = {
    "digitseq": str,
    "format": str,
    "count": int,
    "shard_size": int,
    "key": dict,
    "spec": dict,
    "labels": dict,
    "source": dict,
}
# Images of an export, and slots of a label.
MOST, MOST_SLOTS = 10**9, 10**6


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What an export holds.

    Attributes:
        recipe: what all of it is a function of: version, format, count,
            shard_size, key, spec, labels and source; JSON's types.
        shards: of each shard its files, name to SHA-256. A shard of many
            files has one, under `sums`, that lists them as `sha256sum` does.
        others: the other files, alike.
        writers: who wrote the digits that it shows, sorted; None where the
            source does not know.
    """

    recipe: dict[str, Any]
    shards: tuple[dict[str, str], ...]
    others: dict[str, str]
    writers: list[int] | None

    @classmethod
    def read(cls, out: str | os.PathLike[str]) -> "Manifest":
        """That of the export in a folder, or under a URL.

        Raises:
            FileNotFoundError: there is no manifest.
            ValueError: it is none of digitseq's.
        """
        return manifest_in(storage_of(out), os.fspath(out))

    def to_json(self) -> str:
        """As the file has it."""
        fields = {"others": self.others, "writers": self.writers, "shards": list(self.shards)}
        whole = self.recipe | fields
        return json.dumps(whole | {"sum": _sum(whole)}, indent=1) + "\n"

    @property
    def count(self) -> int:
        """How many images there are."""
        return int(self.recipe["count"])

    @property
    def format(self) -> str:
        """Of the files."""
        return str(self.recipe["format"])

    @property
    def shard_size(self) -> int:
        """How many images a shard has."""
        return int(self.recipe["shard_size"])

    @property
    def key(self) -> jax.Array:
        """The run's, typed."""
        return key_from_plain(self.recipe["key"])

    @property
    def spec(self) -> SequenceSpec:
        """The layout; ValueError where it has transforms whose class is not digitseq's."""
        return spec_from_dict(self.recipe["spec"])

    @property
    def labels(self) -> LabelSource:
        """What was written; ValueError where its class is not digitseq's."""
        return labels_from_plain(self.recipe["labels"])

    def files(self) -> Iterator[tuple[str, str]]:
        """Each file's name and SHA-256, but for those that a file under `sums` lists."""
        for files in (*self.shards, self.others):
            yield from files.items()


def manifest_in(storage: Storage, out: str) -> Manifest:
    """The manifest of the export there."""
    try:
        data = read(storage, NAME)
    except FileNotFoundError:
        there = storage.top()
        what = "it is no finished export" if there else "there is no such folder, or it is empty"
        if FOLDER in there and SPLIT in storage.files(FOLDER):
            what = "it is the folder of a split; name one of its parts"
        elif "manifest.json" in there:
            what = "an earlier digitseq made it; verify it with that, or export it again"
        raise FileNotFoundError(f"{out} holds no {NAME}: {what}") from None
    try:
        fields = json.loads(data)
        if fields.pop("sum") != _sum(fields):
            raise ValueError("it has changed: its sum is another")
        shards, others, writers = (fields.pop(name) for name in ("shards", "others", "writers"))
        manifest = Manifest(fields, tuple(shards), others, writers)
        _check(manifest)
        return manifest
    except Exception as error:  # whatever a stranger's JSON makes of the parsers
        raise ValueError(f"{out}/{NAME} is no manifest of digitseq's ({short(error)})") from None


def short(error: Exception) -> str:
    """What an error says, on one line of no great length."""
    text = repr(error)
    return text if len(text) <= 300 else f"{text[:300]}..."


def _sum(fields: dict[str, Any]) -> str:
    """Of all else in the file."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _check(manifest: Manifest) -> None:
    """Raises an exception of any kind on what no export has written."""
    recipe = manifest.recipe
    for name, kind in KINDS_OF.items():
        _require(isinstance(recipe[name], kind) and not isinstance(recipe[name], bool), name)
    _require(1 <= manifest.count <= MOST and 1 <= manifest.shard_size <= MOST, "count, shard_size")
    _require(len(manifest.shards) == -(-manifest.count // manifest.shard_size), "shards")
    for name, digest in manifest.files():
        checked(name, digest)
    _require(GLYPHS in manifest.others, "glyphs")
    _check_source(recipe["source"])
    writers = manifest.writers
    _require(
        writers is None or (type(writers) is list and all(type(one) is int for one in writers)), "writers"
    )
    _require(isinstance(recipe["labels"]["type"], str) and manifest.format in NAMES, "labels, format")
    if recipe["labels"]["type"] in LABELS:
        _require(recipe["labels"].get("slots", 1) <= MOST_SLOTS, "slots")
        manifest.labels.check()  # type: ignore[attr-defined]
    # Transforms of the user's own are in no module that is at hand here; `manifest.spec` asks for them.
    known = {name: [item for item in recipe["spec"][name] if not _is_own(item)] for name in TRANSFORMS}
    check_spec(spec_from_dict(recipe["spec"] | known))
    _require(manifest.key.ndim == 0, "key")


def _check_source(source: dict[str, Any]) -> None:
    """The same, of what the digits were drawn from."""
    _require(isinstance(source["kind"], str), "kind")
    for name in ("name", "licence", "citation"):
        _require(isinstance(source.get(name, ""), str), name)
    _require(re.fullmatch("[0-9a-f]{64}", source["digest"]) is not None, "digest")
    if source["kind"] == "model":
        _require(0 <= source["style"] <= 1, "style")
    if "split" in source:
        split = source["split"]
        _require(0 <= split["part"] < len(split["fractions"]) and split["by"] in get_args(By), "split")
        _require(key_from_plain(split["key"]).ndim == 0, "split")
        _check_source(split["of"])


def _require(condition: bool, name: str) -> None:
    if not condition:
        raise ValueError(f"no export has such {name}")


def _is_own(item: dict[str, Any]) -> bool:
    ((name, fields),) = item.items()
    return name not in KINDS or (name == "Sometimes" and _is_own(fields["transform"]))


def checked(name: str, digest: str) -> tuple[str, str]:
    """A file's name and sum, where the name leads to nothing outside the export's folder.

    Raises:
        ValueError: it may, or the sum is none.
    """
    parts = name.split("/")
    if "\\" in name or ":" in name or not all(parts) or {".", ".."} & set(parts):
        raise ValueError(f"{name!r} is no name of a file in an export")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"{digest!r} is no SHA-256")
    return name, digest


def sha256_of(file: Any) -> str:
    """The SHA-256 of an open file, from its beginning."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def listing(sums: dict[str, str]) -> str:
    """Files' sums as `sha256sum` writes them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def listed(text: str) -> dict[str, str]:
    """And back."""
    rows = (line.partition("  ") for line in text.splitlines())
    return dict(checked(name, digest) for digest, _, name in rows)
