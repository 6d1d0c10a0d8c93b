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
from ..glyphs.signs import check_signs
from ..glyphs.splits import By
from ..glyphs.variant_words import check_plain
from ..io.colours import Colours
from ..labels.base import LabelSource
from ..sequence.serialization import spec_from_dict
from ..sequence.spec import SequenceSpec
from ..sequence.spec_checks import check_spec
from .checksums import checked_entry
from .formats import NAMES
from .names import FOLDER, GLYPHS, MANIFEST, SPLIT
from .recipe import COLOURS, LABELS, colours_from_plain, key_from_plain, labels_from_plain
from .storage import Storage, read, storage_of

TRANSFORMS = ("glyph_transforms", "line_transforms")
# The recipe's fields and their types.
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
# Most images of an export, and slots of a label.
MOST, MOST_SLOTS = 10**9, 10**6


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What an export holds.

    >>> import tempfile
    >>> labels = ds.FixedLabels(["350", "12"])
    >>> out = tempfile.mkdtemp()
    >>> manifest = ds.export(7, "builtin", labels, ds.SequenceSpec(image_width=120), out, format="npz")
    >>> manifest.count, manifest.recipe["format"], manifest == ds.Manifest.read(out)
    (2, 'npz', True)

    Attributes:
        recipe: what the export is a function of: version, format, count,
            shard_size, key, spec, labels and source, in JSON's types.
        shards: the files of each shard, name to SHA-256. A shard of many
            files has one under `sums` instead, which lists them as `sha256sum` does.
        others: the other files, alike.
        writers: the indices of the writers of its digits, sorted; None if the
            source does not know them.
    """

    recipe: dict[str, Any]
    shards: tuple[dict[str, str], ...]
    others: dict[str, str]
    writers: list[int] | None

    @classmethod
    def read(cls, out: str | os.PathLike[str]) -> "Manifest":
        """The manifest of the export in a folder, or at a URL.

        Raises:
            FileNotFoundError: there is no manifest.
            ValueError: it is damaged, or not digitseq's.
        """
        return manifest_in(storage_of(out), os.fspath(out))

    def to_json(self) -> str:
        """The text of the manifest's file."""
        fields = {"others": self.others, "writers": self.writers, "shards": list(self.shards)}
        whole = self.recipe | fields
        return json.dumps(whole | {"sum": _sum(whole)}, indent=1) + "\n"

    @property
    def count(self) -> int:
        """How many images the export has."""
        return int(self.recipe["count"])

    @property
    def format(self) -> str:
        """The name of the files' format."""
        return str(self.recipe["format"])

    @property
    def shard_size(self) -> int:
        """How many images a shard has."""
        return int(self.recipe["shard_size"])

    @property
    def key(self) -> jax.Array:
        """The run's key, typed."""
        return key_from_plain(self.recipe["key"])

    @property
    def spec(self) -> SequenceSpec:
        """The layout.

        Raises:
            ValueError: it has transforms of a class that is not digitseq's.
        """
        return spec_from_dict(self.recipe["spec"])

    @property
    def labels(self) -> LabelSource:
        """The label source.

        Raises:
            ValueError: its class is not digitseq's.
        """
        return labels_from_plain(self.recipe["labels"])

    @property
    def colours(self) -> Colours | None:
        """Of ink and paper, as the arguments `ink` and `paper` of `export`; None where images stay grey."""
        return colours_from_plain(self.recipe.get(COLOURS))

    def files(self) -> Iterator[tuple[str, str]]:
        """Each file's name and SHA-256, except for those that a file under `sums` lists."""
        for files in (*self.shards, self.others):
            yield from files.items()


def manifest_in(storage: Storage, out: str) -> Manifest:
    """The manifest of the export in a storage, checked; errors as of `Manifest.read`, naming `out`."""
    try:
        data = read(storage, MANIFEST)
    except FileNotFoundError:
        there = storage.top()
        what = "it is no finished export" if there else "there is no such folder, or it is empty"
        if FOLDER in there and SPLIT in storage.files(FOLDER):
            what = "it is the folder of a split; name one of its parts"
        elif "manifest.json" in there:
            what = "an earlier digitseq made it; verify it with that, or export it again"
        raise FileNotFoundError(f"{out} holds no {MANIFEST}: {what}") from None
    try:
        fields = json.loads(data)
        if fields.pop("sum") != _sum(fields):
            raise ValueError("it has changed: its sum is another")
        shards, others, writers = (fields.pop(name) for name in ("shards", "others", "writers"))
        manifest = Manifest(fields, tuple(shards), others, writers)
        _check(manifest)
        return manifest
    except Exception as error:  # malformed JSON raises errors of many kinds
        raise ValueError(f"{out}/{MANIFEST} is no manifest of digitseq's ({short(error)})") from None


def short(error: Exception) -> str:
    """An error as text of at most 300 characters."""
    text = repr(error)
    return text if len(text) <= 300 else f"{text[:300]}..."


def _sum(fields: dict[str, Any]) -> str:
    """The SHA-256, hex, of the manifest's fields without the sum itself."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _check(manifest: Manifest) -> None:
    """Raises an exception of any kind if no export can have written this manifest."""
    recipe = manifest.recipe
    for name, kind in KINDS_OF.items():
        _require(isinstance(recipe[name], kind) and not isinstance(recipe[name], bool), name)
    _require(1 <= manifest.count <= MOST and 1 <= manifest.shard_size <= MOST, "count, shard_size")
    _require(len(manifest.shards) == -(-manifest.count // manifest.shard_size), "shards")
    for name, digest in manifest.files():
        checked_entry(name, digest)
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
    # The classes of the user's own transforms are not known here; only `manifest.spec` needs them.
    known = {name: [item for item in recipe["spec"][name] if not _is_own(item)] for name in TRANSFORMS}
    check_spec(spec_from_dict(recipe["spec"] | known))
    _require(manifest.key.ndim == 0, "key")
    _require(COLOURS not in recipe or manifest.colours is not None, COLOURS)


def _check_source(source: dict[str, Any]) -> None:
    """The same for the recipe's source."""
    _require(isinstance(source["kind"], str), "kind")
    for name in ("name", "licence", "citation"):
        _require(isinstance(source.get(name, ""), str), name)
    _require(re.fullmatch("[0-9a-f]{64}", source["digest"]) is not None, "digest")
    if "signs" in source:
        check_signs(source["signs"])
    if "variants" in source:
        check_plain(source)
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
    return name not in KINDS or ("transform" in fields and _is_own(fields["transform"]))
