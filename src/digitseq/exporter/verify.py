"""verify: whether an export is what its manifest says."""

import itertools
import os
from collections.abc import Iterator

import numpy as np

from ..glyphs.bank import DigitBank, bank_digest
from ..glyphs.source import Source, has_store
from ..glyphs.source_words import as_source
from ..internal.settings import own_settings
from ..labels.base import LabelSource
from .checksums import parse_listing, wrong_files
from .formats import format_of
from .glyph_digests import digests
from .manifest import Manifest, manifest_in, short
from .names import GLYPHS, MANIFEST, STATE, SUMS
from .plan import Example, Plan
from .recipe import plan_of, recreate_part
from .storage import Storage, read, storage_of

# The sample is taken from at most this many shards.
SAMPLED_SHARDS = 4


@own_settings
def verify(
    out: str | os.PathLike[str],
    source: Source | str | None = None,
    *,
    labels: LabelSource | None = None,
    sample: int = 32,
) -> list[str]:
    """What is wrong with an export, one line each; empty if it is as it should be.

    >>> import pathlib, tempfile
    >>> out, spec = tempfile.mkdtemp(), ds.SequenceSpec(image_width=120)
    >>> manifest = ds.export(7, "builtin", "random:3", spec, out, count=20, format="png")
    >>> ds.verify(out, "builtin")
    []
    >>> next(pathlib.Path(out).glob("data/**/*.png")).unlink()
    >>> len(ds.verify(out))
    1

    Args:
        out: the folder or URL.
        source: what it was rendered from; a sample of its images is re-rendered
            and must be bit-exact. None checks the files' hashes only.
        labels: the label source, if its class is not digitseq's.
        sample: how many images to re-render.

    Raises:
        FileNotFoundError: no finished export is there.
        ValueError: a manifest that can't be read, or another source.
    """
    source = None if source is None else as_source(source)
    if sample < 0:
        raise ValueError(f"sample must be 0 or more, got {sample}")
    storage = storage_of(out)
    manifest = manifest_in(storage, os.fspath(out))
    split = manifest.recipe["source"].get("split")
    if split and isinstance(source, DigitBank) and bank_digest(source) == split["of"]["digest"]:
        source = recreate_part(split, source)
    problems = list(wrong_files(storage, manifest.files()))
    if not problems:
        problems += _added(storage, manifest)
    if source is not None and not problems:
        problems += _different(storage, manifest, plan_of(manifest.recipe, source, labels), sample)
    return problems


def summary(manifest: Manifest, sample: int) -> str:
    """One line that says what `verify` has checked, if it found nothing wrong."""
    sizes = _sampled(manifest.count, manifest.shard_size, sample)
    images = (
        f"{sum(len(numbers) for numbers in sizes.values()):,} re-rendered, identical"
        if sample
        else "none re-rendered"
    )
    shards = len(manifest.shards)
    return f"{manifest.count:,} images in {shards:,} shard{'s' * (shards > 1)}: all hashes match, {images}"


def _sampled(count: int, shard_size: int, sample: int) -> dict[int, set[int]]:
    """The numbers of the sample's images, by shard; deterministic."""
    random = np.random.default_rng(0)
    shards = sorted(random.permutation(-(-count // shard_size))[:SAMPLED_SHARDS].tolist())
    wanted = {}
    for shard in shards:
        numbers = np.arange(shard * shard_size, min(count, (shard + 1) * shard_size))
        wanted[shard] = set(random.permutation(numbers)[: -(-sample // len(shards))].tolist())
    return wanted


def _different(storage: Storage, manifest: Manifest, plan: Plan, sample: int) -> Iterator[str]:
    """Which images of a sample, re-rendered, differ from those in the files."""
    form = format_of(plan.format)
    listed = set(read(storage, GLYPHS).decode().split())
    for shard, wanted in _sampled(plan.count, plan.shard_size, sample).items():
        first, stop = plan.bounds(shard)
        names = [name for name in _files(storage, manifest, shard) if name.startswith("data/")]
        numbers, found = [], {}
        try:
            with storage.local(names) as folder:
                for example in form.read(folder, plan.name(shard), first):
                    numbers.append(example.number)
                    if example.number in wanted:
                        found[example.number] = example
        except Exception as error:  # the readers of damaged files raise errors of many kinds
            yield f"shard {plan.name(shard)} can't be read ({short(error)})"
            continue
        if sorted(numbers) != list(range(first, stop)):
            yield f"shard {plan.name(shard)} holds other images than {first} to {stop - 1}"
            continue
        for made in _rendered(plan, sorted(wanted)):
            number = made.number
            if wrong := _unlike(form.stored(made) if form.stored else made, found[number]):
                where = f"image {number}, shard {plan.name(shard)}"
                yield f"{where}: its {wrong} differs from what {MANIFEST} makes"
            if has_store(plan.source):
                rows = np.isin(np.arange(plan.source.glyphs.shape[0]), made.glyph_ids)
                if missing := set(digests(plan.source, rows)) - listed:
                    yield f"image {number} shows a glyph that {GLYPHS} lacks: {missing.pop()}"


def _rendered(plan: Plan, numbers: list[int]) -> Iterator[Example]:
    """The images of these numbers, which are sorted; each chunk is rendered once."""
    for _, group in itertools.groupby(numbers, key=lambda number: number // plan.chunk_size):
        of_one = list(group)
        for chunk in plan.chunks(of_one[0], of_one[-1] + 1):
            yield from (example for example in chunk.examples() if example.number in of_one)


def _files(storage: Storage, manifest: Manifest, shard: int) -> Iterator[str]:
    """The names of a shard's files, and of those of the whole export."""
    for name in (*manifest.shards[shard], *manifest.others):
        if name.startswith(f"{SUMS}/"):
            yield from parse_listing(read(storage, name).decode())
        else:
            yield name


def _unlike(made: Example, found: Example) -> str | None:
    """The first field in which two examples differ; None if they are equal."""
    for name, value in made._asdict().items():
        if not np.array_equal(value, getattr(found, name)):
            return name
    return None


def _added(storage: Storage, manifest: Manifest) -> Iterator[str]:
    """One line for each file that is not the export's, but that a reader might take for its own."""
    own = {MANIFEST, *(name for name, _ in manifest.files())}
    for shard in range(len(manifest.shards)):
        own.update(_files(storage, manifest, shard))
    for name in storage.files():
        # Readers leave locks and caches beside the data, and a killed process its state.
        if (
            name not in own
            and not name.endswith(("/lock.mdb", ".cache"))
            and not name.startswith(f"{STATE}/")
        ):
            yield f"{name} is not of the export"
