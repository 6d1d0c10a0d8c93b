"""Rendering one shard: into a temporary folder, hashed, published, and recorded as complete."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from .checksums import sums_below
from .completion import CompletionRecord, no_glyphs, write_record
from .formats import format_of
from .job import Job, libraries
from .plan import Chunk
from .storage import storage_of


def make_shard(job: Job, shard: int) -> int:
    """Renders and publishes a shard, then its completion record; returns how many images it has.

    Raises:
        OSError: what could not be written, or other versions of the libraries than the export's.
    """
    if (found := libraries()) != job.libraries:
        raise OSError(f"a worker has {found}, but the export was begun with {job.libraries}")
    plan, storage = job.plan, storage_of(job.out)
    first, stop = plan.bounds(shard)
    glyphs = no_glyphs(plan)
    with storage.workspace() as folder:
        try:
            chunks = _noting_glyphs(plan.chunks(first, stop), glyphs)
            format_of(plan.format).write(folder, plan.name(shard), plan, chunks)
        except (ValueError, OSError):
            raise
        except Exception as error:  # the formats' libraries raise errors of their own kinds
            raise OSError(f"{plan.format}, shard {plan.name(shard)}: {error}") from error
        files = sums_below(folder, plan.name(shard))
        storage.publish(folder)
    write_record(storage, job, shard, CompletionRecord(files, glyphs))
    return stop - first


def _noting_glyphs(chunks: Iterable[Chunk], used: npt.NDArray[np.bool_]) -> Iterator[Chunk]:
    """The chunks as they are; sets `used` at the glyphs that they show."""
    for chunk in chunks:
        if used.size:
            glyph_ids = chunk.fields["glyph_ids"]
            used[glyph_ids[glyph_ids >= 0]] = True
        yield chunk
