"""Completion records: which shards of an unfinished export are done, and with which files and glyphs.

A record is published after the files of its shard. A shard without a valid
one, or whose files are not as its record says, is rendered again.
"""

import json
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..glyphs.source import has_store
from .checksums import checked_entry, wrong_files
from .job import Job
from .names import STATE
from .plan import Plan
from .storage import Storage, read, write_text


class CompletionRecord(NamedTuple):
    """What is known of a finished shard.

    Attributes:
        files: the SHA-256 of each of its files, by name.
        glyphs: bool [N], which of the bank's glyphs it shows; N is 0 for other sources.
    """

    files: dict[str, str]
    glyphs: npt.NDArray[np.bool_]


def no_glyphs(plan: Plan) -> npt.NDArray[np.bool_]:
    """False for each glyph of the bank; empty for other sources."""
    return np.zeros(plan.source.glyphs.shape[0] if has_store(plan.source) else 0, bool)


def write_record(storage: Storage, job: Job, shard: int, record: CompletionRecord) -> None:
    """Publishes a shard's completion record."""
    glyphs = np.packbits(record.glyphs).tobytes().hex()
    fields = {"job": job.digest, "files": record.files, "glyphs": glyphs}
    write_text(storage, _name(job.plan, shard), json.dumps(fields))


def read_record(storage: Storage, job: Job, shard: int) -> CompletionRecord:
    """A shard's completion record.

    Raises:
        OSError: there is none, or it belongs to another export.
        ValueError: it is damaged, or of another version of digitseq.
    """
    name = _name(job.plan, shard)
    data = read(storage, name)
    count = no_glyphs(job.plan).size
    try:
        fields = json.loads(data)
        owner, packed = fields["job"], np.frombuffer(bytes.fromhex(fields["glyphs"]), np.uint8)
        files = dict(checked_entry(file, digest) for file, digest in fields["files"].items())
        if packed.size != -(-count // 8):
            raise ValueError("another number of glyphs")
    except Exception as error:  # malformed JSON raises errors of many kinds
        raise ValueError(f"{name} is no completion record ({error!r})") from None
    if owner != job.digest:
        raise OSError(f"shard {job.plan.name(shard)} was overwritten by another export to the same place")
    return CompletionRecord(files, np.unpackbits(packed, count=count).astype(bool))


def recorded_shards(storage: Storage, plan: Plan) -> set[int]:
    """The numbers of the shards that have a completion record, valid or not."""
    found = set(storage.files(STATE))
    return {shard for shard in range(plan.shards) if _name(plan, shard) in found}


def is_complete(storage: Storage, job: Job, shard: int) -> bool:
    """Whether a shard has a valid completion record, and its files are as it says."""
    try:
        return not list(wrong_files(storage, read_record(storage, job, shard).files.items()))
    except (OSError, ValueError):
        return False


def _name(plan: Plan, shard: int) -> str:
    return f"{STATE}/{plan.name(shard)}.json"
