"""An order: an export whose arguments were checked, and how its files come to be."""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

import jax
import numpy as np

from ..glyphs.bank import DigitBank
from ..glyphs.source import Source, num_classes
from ..internal.validation import as_size
from ..labels.base import LabelSource, Row
from ..sequence.preflight import check_source
from ..sequence.spec import SequenceSpec
from ..version import __version__
from .data_card import write_card
from .engines import Engine, ray_or_error, run
from .formats import format_of
from .glyphs import digests
from .manifest import FOLDER, GLYPHS, NAME, Manifest, manifest_in
from .plan import Plan
from .recipe import recipe_of
from .resume import PLAN, is_done
from .shards import Job, Shown, Used, is_there, libraries, publish_text, receipt_of, receipts, summed
from .storage import STATE, Storage, absolute, storage_of

MOST_WORKERS = 1024
# As many as the names of files have places for.
MOST_SHARDS, MOST_IMAGES = 100_000, 10**9


class Order(NamedTuple):
    """What is to be exported, and by whom.

    Attributes:
        job: all that its bytes depend on, and where to.
        out: as it was given, for messages.
        engine, workers: as for `export`.
    """

    job: Job
    out: str
    engine: Engine
    workers: int


def order_of(
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
) -> Order:
    """The order that the arguments of `export` make; nothing is written yet.

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
    plan = Plan.of(key, source, labels, spec, count=count, shard_size=size, format=format)
    recipe = recipe_of(plan, __version__, licence, split)
    job = Job(plan, str(absolute(out)), json.dumps(recipe), libraries())
    return Order(job, os.fspath(out), engine, workers)


def _check_licence(licence: str | None) -> None:
    """Raises where the data card could not be written."""
    if licence is not None and not isinstance(licence, str):
        raise ValueError(f"licence must be text, got {licence!r}")
    try:
        (licence or "").encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"licence {licence!r} must be UTF-8 text; write it in a terminal that uses UTF-8"
        ) from None


def _check_classes(source: Source, labels: LabelSource) -> None:
    """Raises where the texts of labels would be wrong, as far as the labels say what they hold."""
    classes = num_classes(source)
    rows: list[Row] = getattr(labels, "rows", list)()
    most = max((digit for row in rows for choices in row for digit in choices), default=0)
    if most >= classes:
        raise ValueError(
            f"labels hold the digit {most}, but the source {type(source).__qualname__} has {classes} classes "
            f"(10 where it has no `num_classes`); give it a `num_classes` of at least {most + 1}"
        )


def carry_out(order: Order, progress: Callable[[int], None]) -> Manifest:
    """Writes what is missing of an export."""
    job, out = order.job, order.out
    recipe, storage = json.loads(job.recipe), storage_of(out)
    if not is_done(storage, recipe, out):
        storage.begin()
        with storage.held() as alone:
            if alone:  # what a process that was killed had begun to write
                storage.clear(f"{STATE}/work")
                storage.begin()
            # Another process may have been at work till now.
            if not is_done(storage, recipe, out):
                if PLAN not in storage.files(STATE):
                    publish_text(storage, PLAN, job.recipe, settle=True)
                _make(storage, order, progress)
            storage.clear(STATE)
    else:
        if STATE in storage.top():  # of a process that was killed when all was done
            storage.clear(STATE)
        progress(job.plan.count)
    return manifest_in(storage, out)


def _with_masks(spec: SequenceSpec, format: str) -> SequenceSpec:
    allowed = format_of(format).masks
    wanted = "visible" if spec.masks is True else spec.masks
    if wanted and wanted not in allowed:
        kinds = f"{' or '.join(allowed)} ones only" if allowed else "no masks"
        raise ValueError(f"spec.masks: the format {format} holds {kinds}, got {spec.masks!r}")
    return spec.replace(masks="amodal") if format == "coco" and not wanted else spec


def _make(storage: Storage, order: Order, progress: Callable[[int], None]) -> None:
    job, made = order.job, set[int]()
    plan = job.plan
    begun = receipts(storage, plan)
    # Those whose files don't match what their receipts say, and that are not re-rendered yet.
    damaged: set[int] = set()
    try:
        for shard in sorted(begun):
            (made if is_there(storage, job, shard) else damaged).add(shard)
        done = plan.images(made)
        progress(done)
        missing = [shard for shard in range(plan.shards) if shard not in made]
        with contextlib.closing(run(job, missing, order.engine, order.workers)) as running:
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
        (folder / FOLDER).mkdir()
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
