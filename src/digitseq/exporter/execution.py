"""A request: an export whose arguments are checked, and how it is carried out."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

import jax
import numpy as np
import numpy.typing as npt

from ..glyphs.source import Source, has_store, num_classes
from ..internal.validation import as_size
from ..io.colours import BLACK, WHITE, colours_of
from ..labels.base import LabelSource, Row
from ..sequence.preflight import check_source
from ..sequence.spec import SequenceSpec
from ..version import __version__
from .checksums import sums_below
from .completion import is_complete, no_glyphs, read_record, recorded_shards
from .data_card import write_card
from .engines import Engine, ray_or_error, run
from .formats import format_of
from .glyph_digests import digests
from .job import Job, libraries
from .manifest import Manifest, manifest_in
from .names import FOLDER, GLYPHS, MANIFEST, PLAN, SHEET, STATE, STATE_SHEET, WORK
from .plan import Plan
from .recipe import recipe_of
from .resume import is_finished
from .storage import Storage, absolute, storage_of, write_text

MOST_WORKERS = 1024
# The digits in the names of shards and images.
MOST_SHARDS, MOST_IMAGES = 100_000, 10**9


class Request(NamedTuple):
    """What is to be exported, where to, and by whom.

    Attributes:
        job: all that the export's bytes depend on, and the absolute destination.
        out: the destination as given, for messages.
        engine, workers: as for `export`.
    """

    job: Job
    out: str
    engine: Engine
    workers: int


def request_of(
    key: jax.Array | int,
    source: Source,
    labels: LabelSource,
    spec: SequenceSpec,
    out: str | os.PathLike[str],
    *,
    count: int,
    format: str,
    shard_size: int = 1000,
    workers: int = 1,
    engine: Engine = "local",
    licence: str | None = None,
    split: Mapping[str, Any] | None = None,
    ink: str = WHITE,
    paper: str = BLACK,
) -> Request:
    """Checks the arguments of `export`; writes nothing.

    Args:
        split: for the manifest, of which bank the source is a part.

    Raises:
        ValueError, BankError, ImportError: arguments that can't be used.
    """
    count, size = as_size("count", count, MOST_IMAGES), as_size("shard_size", shard_size, MOST_IMAGES)
    if count > size * MOST_SHARDS:
        raise ValueError(f"shard_size {size} makes more than {MOST_SHARDS} shards of {count} images")
    workers = as_size("workers", workers, MOST_WORKERS)
    if engine not in get_args(Engine):
        raise ValueError(f"engine must be one of {get_args(Engine)}, got {engine!r}")
    if engine == "ray":
        ray_or_error()
    _check_licence(licence)
    spec = _with_masks(spec, format)
    check_source(source, labels, spec, 1)
    _check_classes(source, labels)
    colours = colours_of(ink, paper)
    if colours is not None and not colours.grey and format_of(format).grey:
        raise ValueError(
            f"{colours}: the format {format} stores grey images only; name greys, such as ink black on paper "
            "white, or another format, such as png"
        )
    plan = Plan.of(key, source, labels, spec, count=count, shard_size=size, format=format, colours=colours)
    recipe = recipe_of(plan, __version__, licence, split)
    job = Job(plan, str(absolute(out)), json.dumps(recipe), libraries())
    return Request(job, os.fspath(out), engine, workers)


def _check_licence(licence: str | None) -> None:
    """Raises if the licence can't be written to the data card."""
    if licence is not None and not isinstance(licence, str):
        raise ValueError(f"licence must be text, got {licence!r}")
    try:
        (licence or "").encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"licence {licence!r} must be UTF-8 text; write it in a terminal that uses UTF-8"
        ) from None


def _check_classes(source: Source, labels: LabelSource) -> None:
    """Raises if labels that list their digits have one that the source's classes lack."""
    classes = num_classes(source)
    rows: list[Row] = getattr(labels, "rows", list)()
    most = max((digit for row in rows for choices in row for digit in choices), default=0)
    if most >= classes:
        raise ValueError(
            f"labels hold the digit {most}, but the source {type(source).__qualname__} has {classes} classes "
            f"(10 where it has no `num_classes`); give it a `num_classes` of at least {most + 1}"
        )


def run_export(request: Request, progress: Callable[[int], None]) -> Manifest:
    """Renders what is missing of an export, and returns its manifest."""
    job, out = request.job, request.out
    recipe, storage = json.loads(job.recipe), storage_of(out)
    if is_finished(storage, recipe, out):
        if STATE in storage.top():  # left by a process that was killed after the last file
            storage.remove(STATE)
        progress(job.plan.count)
        return manifest_in(storage, out)
    storage.create()
    with storage.locked() as exclusive:
        if exclusive:  # temporary files of a process that was killed
            storage.remove(WORK)
            storage.create()
        # Another process may have finished it before the lock was free.
        if not is_finished(storage, recipe, out):
            if PLAN not in storage.files(STATE):
                write_text(storage, PLAN, job.recipe, durable=True)
            _render(storage, request, progress)
        storage.remove(STATE)
    return manifest_in(storage, out)


def _with_masks(spec: SequenceSpec, format: str) -> SequenceSpec:
    known = format_of(format)
    allowed = known.masks
    wanted = "visible" if spec.masks is True else spec.masks
    if wanted and wanted not in allowed:
        kinds = f"{' or '.join(allowed)} ones only" if allowed else "no masks"
        raise ValueError(f"spec.masks: the format {format} holds {kinds}, got {spec.masks!r}")
    return spec if wanted else spec.replace(masks=known.default_masks)


def _render(storage: Storage, request: Request, progress: Callable[[int], None]) -> None:
    """Renders the shards that are missing or damaged, then the files of the whole export."""
    job, complete = request.job, set[int]()
    plan = job.plan
    recorded = recorded_shards(storage, plan)
    # Shards with a record whose files don't match it, until they are rendered again.
    damaged: set[int] = set()
    try:
        for shard in sorted(recorded):
            (complete if is_complete(storage, job, shard) else damaged).add(shard)
        done = plan.images(complete)
        progress(done)
        missing = [shard for shard in range(plan.shards) if shard not in complete]
        with contextlib.closing(run(job, missing, request.engine, request.workers)) as running:
            for shard in running if missing else ():
                complete.add(shard)
                done += plan.images([shard])
                progress(done)
        _finish(storage, job)
    except KeyboardInterrupt:
        # Shards that were finished, but not yet reported, count too.
        now = recorded_shards(storage, plan)
        repaired = {shard for shard in now & damaged - complete if is_complete(storage, job, shard)}
        raise KeyboardInterrupt(
            f"interrupted; {plan.images(now - damaged | complete | repaired)} of {plan.count} images are "
            "there, and the same command resumes"
        ) from None


def _finish(storage: Storage, job: Job) -> None:
    """Writes the files of the whole export, the manifest last."""
    plan, recipe = job.plan, json.loads(job.recipe)
    used, shards = no_glyphs(plan), []
    for shard in range(plan.shards):
        record = read_record(storage, job, shard)
        used |= record.glyphs
        shards.append({n: digest for n, digest in record.files.items() if not n.startswith(f"{STATE}/")})
    glyphs, writers = _shown(plan, used)
    names = [n for n in storage.files(STATE) if not n.endswith(".json") and not n.startswith(f"{WORK}/")]
    with storage.workspace() as folder, storage.local(names) as state:
        if (finish := format_of(plan.format).finish) is not None:
            finish(folder, plan, state / STATE)
        (folder / FOLDER).mkdir()
        shutil.copyfile(state / STATE_SHEET, folder / SHEET)
        text = "".join(f"{digest}\n" for digest in glyphs)
        (folder / GLYPHS).write_text(text, newline="\n")
        write_card(folder, plan, recipe, writers)
        others = sums_below(folder, "others")
        storage.publish(folder)
    manifest = Manifest(recipe, tuple(shards), others, writers)
    write_text(storage, MANIFEST, manifest.to_json(), durable=True)


def _shown(plan: Plan, used: npt.NDArray[np.bool_]) -> tuple[list[str], list[int] | None]:
    """The digests of the bank's glyphs that are used, and their writers, if those are known."""
    source = plan.source
    if not has_store(source):
        return [], None
    writers = getattr(source, "writers", None)
    known = None if writers is None else np.unique(np.asarray(writers)[used]).tolist()
    return digests(source, used), known
