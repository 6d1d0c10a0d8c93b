"""One shard: made aside, summed, moved to its place, and then its receipt, without which it is made again."""

import base64
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..glyphs.bank import DigitBank
from ..internal.pixels import HEIGHT
from .formats import format_of
from .manifest import SUMS, listed, listing, sha256_of
from .plan import Chunk, Plan
from .storage import STATE, Storage, made_files, read, storage_of

# A shard of more files has its own list of their sums.
MOST_FILES = 10
# Images on the contact sheet.
SHOWN = 24


@dataclasses.dataclass(frozen=True)
class Job:
    """What a worker needs to make any shard.

    Attributes:
        plan: of the export.
        out: where to.
        recipe: JSON text of all that its bytes depend on, but for
        libraries: those that make and write images, with their versions.
    """

    plan: Plan
    out: str
    recipe: str
    libraries: str

    @property
    def digest(self) -> str:
        """Receipts bear it: what another export, or other libraries, left in the same place is not taken."""
        return hashlib.sha256(f"{self.recipe}\n{self.libraries}".encode()).hexdigest()


@functools.cache
def libraries() -> str:
    """What bytes depend on beside the recipe."""
    names = ("jax", "jaxlib", "numpy", "pillow")
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


def make_shard(job: Job, shard: int) -> int:
    """Makes a shard and its receipt; how many images it has."""
    if (found := libraries()) != job.libraries:
        raise OSError(f"a worker has {found}, but the export was begun with {job.libraries}")
    plan, storage = job.plan, storage_of(job.out)
    first, stop = plan.bounds(shard)
    used, shown = Used(plan), Shown(plan)
    with storage.workspace() as folder:
        try:
            chunks = shown.noted(used.noted(plan.chunks(first, stop)))
            format_of(plan.format).write(folder, plan.name(shard), plan, chunks)
        except (ValueError, OSError):
            raise
        except Exception as error:  # the errors of writing that are the formats' libraries' own
            raise OSError(f"{plan.format}, shard {plan.name(shard)}: {error}") from error
        files = summed(folder, plan.name(shard))
        storage.publish(folder)
    receipt = {"of": job.digest, "files": files} | used.to_plain() | shown.to_plain()
    publish_text(storage, _receipt(plan, shard), json.dumps(receipt))
    return stop - first


def publish_text(storage: Storage, name: str, text: str, *, settle: bool = False) -> None:
    """Writes a file, whole or not at all."""
    with storage.workspace() as folder:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        storage.publish(folder, settle=settle)


def summed(folder: Path, name: str) -> dict[str, str]:
    """The SHA-256 of each file in a folder; of many, that of a list of them, which is written."""
    sums = {}
    for file in made_files(folder):
        sums[file] = _sum_of(folder / file)
    public = {file: digest for file, digest in sums.items() if not file.startswith(f"{STATE}/")}
    if len(public) <= MOST_FILES:
        return sums
    (folder / SUMS).mkdir(parents=True)
    (folder / SUMS / f"{name}.sha256").write_text(listing(public), newline="\n")
    own = {f"{SUMS}/{name}.sha256": _sum_of(folder / SUMS / f"{name}.sha256")}
    return own | {file: digest for file, digest in sums.items() if file not in public}


def _sum_of(path: Path) -> str:
    with open(path, "rb") as file:
        return sha256_of(file)


def receipt_of(storage: Storage, job: Job, shard: int) -> dict[str, Any]:
    """A shard's receipt.

    Raises:
        OSError, ValueError: there is none, or a damaged one, or another export's.
    """
    fields: dict[str, Any] = json.loads(read(storage, _receipt(job.plan, shard)))
    if fields["of"] != job.digest:
        raise OSError(f"shard {job.plan.name(shard)} was overwritten by another export to the same place")
    return fields


def receipts(storage: Storage, plan: Plan) -> set[int]:
    """The numbers of the shards that have a receipt, whatever it says."""
    found = set(storage.files(STATE))
    return {shard for shard in range(plan.shards) if _receipt(plan, shard) in found}


def is_there(storage: Storage, job: Job, shard: int) -> bool:
    """Whether a shard and its receipt are there, sound."""
    try:
        return not list(wrong_files(storage, receipt_of(storage, job, shard)["files"].items()))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def wrong_files(storage: Storage, sums: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with files, a line each."""
    for name, digest in sums:
        try:
            with storage.open(name) as file:
                found = sha256_of(file)
        except FileNotFoundError:
            yield f"{name} is missing"
            continue
        except (OSError, ValueError) as error:
            yield f"{name} can't be read ({error})"
            continue
        if found != digest:
            yield f"{name} has changed (SHA-256 {found[:16]}..., not {digest[:16]}...)"
        elif name.startswith(f"{SUMS}/"):
            yield from wrong_files(storage, listed(read(storage, name).decode()).items())


def _receipt(plan: Plan, shard: int) -> str:
    return f"{STATE}/{plan.name(shard)}.json"


class Used:
    """Which glyphs of a bank were used."""

    def __init__(self, plan: Plan) -> None:
        count = plan.source.glyphs.shape[0] if isinstance(plan.source, DigitBank) else 0
        self.rows = np.zeros(count, bool)

    def noted(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The chunks, of which it takes notice."""
        for chunk in chunks:
            if self.rows.size:
                glyph_ids = chunk.fields["glyph_ids"]
                self.rows[glyph_ids[glyph_ids >= 0]] = True
            yield chunk

    def to_plain(self) -> dict[str, str]:
        """As JSON's types."""
        return {"glyphs": _packed(np.packbits(self.rows))}

    def add(self, fields: dict[str, Any]) -> None:
        """Takes in what `to_plain` wrote."""
        self.rows |= np.unpackbits(_unpacked(fields["glyphs"]), count=self.rows.size).astype(bool)


class Shown:
    """The export's first images, for its contact sheet, kept as they are made: nothing is made twice."""

    def __init__(self, plan: Plan) -> None:
        self.images = np.zeros((0, HEIGHT, plan.spec.image_width), np.uint8)
        self.texts: list[str] = []

    def noted(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The chunks, of which it keeps what is to be shown."""
        for chunk in chunks:
            if (count := SHOWN - chunk.first) > 0:
                self.images = np.concatenate([self.images, chunk.fields["image"][:count]])
                self.texts += chunk.texts()[:count].tolist()
            yield chunk

    def to_plain(self) -> dict[str, Any]:
        """As JSON's types."""
        return {"shown": {"texts": self.texts, "images": _packed(self.images)}} if self.texts else {}

    def add(self, fields: dict[str, Any]) -> None:
        """Takes in what `to_plain` wrote."""
        if "shown" in fields:
            more = _unpacked(fields["shown"]["images"]).reshape(-1, *self.images.shape[1:])
            self.images = np.concatenate([self.images, more])
            self.texts += fields["shown"]["texts"]


def _packed(values: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes())).decode()


def _unpacked(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
