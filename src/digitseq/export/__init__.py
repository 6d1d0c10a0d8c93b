"""export: images with labels as files, whole or to be gone on with, the same bytes whoever makes them."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import jax
import numpy as np

from ..bank import DigitBank
from ..checks import as_size
from ..drawing import Source
from ..fits import check_source
from ..labels import LabelSource
from ..settings import own_settings
from ..spec import SequenceSpec
from ..version import __version__
from .card import CARD, SHEET, write_card
from .check import disjoint, verify
from .engines import Engine, ray_or_error, run
from .formats import format_of
from .glyphs import digests
from .manifest import GLYPHS, NAME, SUMS, Manifest, manifest_in
from .plan import Plan
from .recipe import recipe_of
from .shards import Job, Shown, Used, is_there, libraries, publish_text, receipt_of, receipts, summed
from .storage import STATE, Storage, read, storage_of

__all__ = ["Manifest", "disjoint", "export", "verify"]

PLAN = f"{STATE}/plan.json"
MOST_WORKERS = 1024
# As many as the names of files have places for.
MOST_SHARDS, MOST_IMAGES = 100_000, 10**9
# What stands in the folder of an export.
OURS = {STATE, NAME, GLYPHS, SUMS, CARD, SHEET, "data"}


@own_settings
def export(
    key: jax.Array,
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
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Writes the first images of a run to files, with a manifest and a data card.

    Image i is that of `batch_at`: its content depends on the key and i alone,
    and the files' bytes on `key`, `source`, `labels`, `spec`, `count`,
    `format`, `shard_size` and `licence` alone. They are made on CPUs. A call that was broken off, however
    abruptly, goes on when it is made again; one that is finished is left as
    it is.

    Args:
        key: a typed or raw PRNG key: the run.
        source: a `DigitBank`, or anything with `draw`.
        labels: what to write.
        spec: the layout. "coco" adds amodal masks to it where it has none.
        out: a new folder, or a URL that fsspec knows, such as s3://bucket/folder.
        count: how many images, up to 10**9.
        format: "png", "webdataset", "parquet", "array_record", "lmdb",
            "coco", "yolo", "idx" or "npz".
        shard_size: how many images a shard has; of a multiple of 500 none is
            made in vain. A shard's labels lie in memory while it is written.
        workers: processes on this machine. They import the calling script
            only for classes that it defines, a label source say: then what the
            script runs must stand under `if __name__ == "__main__":`.
        engine: "local", or "ray": tasks of the cluster that `ray.init()`
            finds, of which each node must reach `out`.
        licence: of the digits, for the manifest; None takes what digitseq
            knows of MNIST and of what was made from it.
        progress: called with the number of images that are there.

    Raises:
        ValueError: arguments that can't be used, or an `out` that holds
            something else, which stays as it is.
        BankError: digits that the source can't draw.
        ImportError: a package is missing, naming the extra.
        BlockingIOError: another process is at work there.
        RuntimeError: worker processes can't import a class of the script's or
            notebook's, or this process was forked after JAX had started.
        OSError: what could not be written, or a worker process that died; the
            same call resumes.
        KeyboardInterrupt: with how many images are there.
    """
    count, size = as_size("count", count, MOST_IMAGES), as_size("shard_size", shard_size, MOST_IMAGES)
    if count > size * MOST_SHARDS:
        raise ValueError(f"shard_size {size} makes more than {MOST_SHARDS} shards of {count} images")
    workers = as_size("workers", workers, MOST_WORKERS)
    if engine not in get_args(Engine):
        raise ValueError(f"engine must be one of {get_args(Engine)}, got {engine!r}")
    if engine == "ray":
        ray_or_error()
    spec = _with_masks(spec, format)
    check_source(source, labels, spec, 1)
    plan = Plan.of(key, source, labels, spec, count=count, shard_size=size, format=format)
    job = Job(plan, str(_absolute(out)), json.dumps(recipe_of(plan, __version__, licence)), libraries())
    recipe = json.loads(job.recipe)
    storage, progress = storage_of(out), progress or (lambda done: None)
    if not _is_done(storage, recipe, os.fspath(out)):
        storage.begin()
        with storage.held() as alone:
            if alone:  # what a process that was killed had begun to write
                storage.clear(f"{STATE}/work")
                storage.begin()
            # Another process may have been at work till now.
            if not _is_done(storage, recipe, os.fspath(out)):
                if PLAN not in storage.files(STATE):
                    publish_text(storage, PLAN, job.recipe, settle=True)
                _make(storage, job, engine, workers, progress)
            storage.clear(STATE)
    else:
        if STATE in storage.top():  # of a process that was killed when all was done
            storage.clear(STATE)
        progress(count)
    return manifest_in(storage, os.fspath(out))


def _with_masks(spec: SequenceSpec, format: str) -> SequenceSpec:
    allowed = format_of(format).masks
    wanted = "visible" if spec.masks is True else spec.masks
    if wanted and wanted not in allowed:
        kinds = f"{' or '.join(allowed)} ones only" if allowed else "no masks"
        raise ValueError(f"spec.masks: the format {format} holds {kinds}, got {spec.masks!r}")
    return spec.replace(masks="amodal") if format == "coco" and not wanted else spec


def _absolute(out: str | os.PathLike[str]) -> str | Path:
    return out if isinstance(out, str) and "://" in out else Path(out).absolute()


def _is_done(storage: Storage, recipe: dict[str, Any], out: str) -> bool:
    """Whether this export is finished there; False where it is begun, or nothing is there.

    Raises:
        ValueError: another export, or something else, is there.
    """
    there = set(storage.top())
    state = {name.split("/")[1] for name in storage.files(STATE)} if STATE in there else set()
    if NAME in there:
        found, done = manifest_in(storage, out).recipe, True
    elif "plan.json" in state and there <= OURS:
        try:
            found, done = dict(json.loads(read(storage, PLAN))), False
        except (ValueError, TypeError):
            raise ValueError(f"out: {out}/{PLAN} can't be read; remove {out}") from None
    elif there <= {STATE} and state <= {"lock", "work"}:
        return False
    else:
        others = sorted(there - OURS) or sorted(there)
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise ValueError(f"out: {out} holds other things ({shown}); name a folder that is new or empty")
    if other := [name for name in recipe if found.get(name) != recipe[name]]:
        raise ValueError(
            f"out: {out} holds {'an' if done else 'the beginning of an'} export with another "
            f"{', '.join(other)}; name another folder, or remove it"
        )
    return done


def _make(storage: Storage, job: Job, engine: Engine, workers: int, progress: Callable[[int], None]) -> None:
    plan, made = job.plan, set[int]()
    begun = receipts(storage, plan)
    # Those whose files don't match what their receipts say, and that are not re-rendered yet.
    damaged: set[int] = set()
    try:
        for shard in sorted(begun):
            (made if is_there(storage, job, shard) else damaged).add(shard)
        done = plan.images(made)
        progress(done)
        missing = [shard for shard in range(plan.shards) if shard not in made]
        with contextlib.closing(run(job, missing, engine, workers)) as running:
            for shard in running if missing else ():
                made.add(shard)
                done += plan.images([shard])
                progress(done)
        _finish(storage, job)
    except KeyboardInterrupt:
        # Shards that were finished, but not yet reported, count too.
        there = receipts(storage, plan)
        sound = {shard for shard in there & damaged - made if is_there(storage, job, shard)}
        raise KeyboardInterrupt(
            f"interrupted; {plan.images(there - damaged | made | sound)} of {plan.count} images are there, "
            "and the same command resumes"
        ) from None


def _finish(storage: Storage, job: Job) -> None:
    """What belongs to all shards; the manifest last of all."""
    plan, recipe = job.plan, json.loads(job.recipe)
    used, shown, shards = Used(plan), Shown(plan), []
    for shard in range(plan.shards):
        receipt = receipt_of(storage, job, shard)
        used.add(receipt)
        shown.add(receipt)
        shards.append({n: digest for n, digest in receipt["files"].items() if not n.startswith(f"{STATE}/")})
    glyphs, writers = _drawn_from(plan, used)
    with storage.workspace() as folder:
        finish = format_of(plan.format).finish
        if finish is not None:
            left = [n for n in storage.files(STATE) if not n.endswith(".json") and "/work/" not in n]
            with storage.local(left) as state:
                finish(folder, plan, state / STATE)
        text = "".join(f"{digest}\n" for digest in glyphs)
        (folder / GLYPHS).write_text(text, newline="\n")
        write_card(folder, plan, recipe, writers, shown)
        others = summed(folder, "others")
        storage.publish(folder)
    manifest = Manifest(recipe, tuple(shards), others, writers)
    publish_text(storage, NAME, manifest.to_json(), settle=True)


def _drawn_from(plan: Plan, used: Used) -> tuple[list[str], list[int] | None]:
    """The digests of the glyphs that were used, and their writers, where those are known."""
    bank = plan.source
    if not isinstance(bank, DigitBank):
        return [], None
    writers = None if bank.writers is None else np.unique(np.asarray(bank.writers)[used.rows]).tolist()
    return digests(bank, used.rows), writers
