"""Whether an export is what its manifest says, and whether two share a glyph or a writer."""

import itertools
import os
from collections.abc import Iterator

import numpy as np

from ..bank import DigitBank
from ..drawing import Source
from ..labels import LabelSource
from ..settings import own_settings
from .formats import format_of
from .glyphs import digests
from .manifest import GLYPHS, NAME, SUMS, Manifest, listed, manifest_in
from .plan import Example, Plan
from .recipe import plan_of
from .shards import wrong_files
from .storage import Storage, read, storage_of

# From so many shards at most the sample is taken.
SHARDS = 4


@own_settings
def verify(
    out: str | os.PathLike[str],
    source: Source | None = None,
    *,
    labels: LabelSource | None = None,
    sample: int = 32,
) -> list[str]:
    """What is wrong with an export, a line each; nothing where all is as it should be.

    Args:
        out: the folder or URL.
        source: what it was made from; a sample of its images is made again
            and compared, all to the bit. None checks the files' sums only.
        labels: what was written, where its class is not digitseq's.
        sample: how many images to make again.

    Raises:
        FileNotFoundError: no finished export is there.
        ValueError: a manifest that can't be read, or another source.
    """
    if sample < 0:
        raise ValueError(f"sample must be 0 or more, got {sample}")
    storage = storage_of(out)
    manifest = manifest_in(storage, os.fspath(out))
    problems = list(wrong_files(storage, manifest.files()))
    if not problems:
        problems += _added(storage, manifest)
    if source is not None and not problems:
        problems += _different(storage, manifest, plan_of(manifest.recipe, source, labels), sample)
    return problems


def disjoint(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> list[str]:
    """What two exports have in common, a line each; nothing where they share no glyph and no writer.

    Glyphs are compared by what they show, so the exports may come from
    different banks. Writers are compared where both exports know them.

    Raises:
        FileNotFoundError: no finished export is there.
        ValueError: one that is damaged, or whose digits come from no bank.
    """
    (ours, our_writers), (theirs, their_writers) = (_shown(out) for out in (a, b))
    problems = []
    if both := sorted(ours & theirs):
        problems.append(f"{os.fspath(a)} and {os.fspath(b)} share {len(both)} glyphs, {both[0]} for one")
    if (
        our_writers is not None
        and their_writers is not None
        and (both_writers := our_writers & their_writers)
    ):
        named = ", ".join(map(str, sorted(both_writers)[:5]))
        more = ", ..." if len(both_writers) > 5 else ""
        problems.append(
            f"{os.fspath(a)} and {os.fspath(b)} share {len(both_writers)} writers ({named}{more})"
        )
    return problems


def _shown(out: str | os.PathLike[str]) -> tuple[set[str], set[int] | None]:
    """The glyphs and writers that an export shows."""
    storage = storage_of(out)
    manifest = manifest_in(storage, os.fspath(out))
    kind = manifest.recipe["source"]["kind"]
    if kind != "bank":
        raise ValueError(f"{os.fspath(out)}: its digits come from a {kind}, not from a bank's glyphs")
    if wrong := list(wrong_files(storage, [(GLYPHS, manifest.others[GLYPHS])])):
        raise ValueError(f"{os.fspath(out)}: {wrong[0]}")
    writers = None if manifest.writers is None else set(manifest.writers)
    return set(read(storage, GLYPHS).decode().split()), writers


def _different(storage: Storage, manifest: Manifest, plan: Plan, sample: int) -> Iterator[str]:
    """Which images of a sample, made again, are not those in the files."""
    form = format_of(plan.format)
    random = np.random.default_rng(0)
    shards = sorted(random.permutation(plan.shards)[:SHARDS].tolist())
    shown = set(read(storage, GLYPHS).decode().split())
    for shard in shards:
        first, stop = plan.bounds(shard)
        wanted = set(random.permutation(np.arange(first, stop))[: -(-sample // len(shards))].tolist())
        names = [name for name in _files(storage, manifest, shard) if name.startswith("data/")]
        numbers, found = [], {}
        with storage.local(names) as folder:
            for example in form.read(folder, plan.name(shard), first):
                numbers.append(example.number)
                if example.number in wanted:
                    found[example.number] = example
        if sorted(numbers) != list(range(first, stop)):
            yield f"shard {plan.name(shard)} holds other images than {first} to {stop - 1}"
            continue
        for made in _made(plan, sorted(wanted)):
            number = made.number
            if wrong := _unlike(form.held(made) if form.held else made, found[number]):
                yield f"image {number}, shard {plan.name(shard)}: its {wrong} differs from what {NAME} makes"
            if isinstance(plan.source, DigitBank):
                rows = np.isin(np.arange(plan.source.glyphs.shape[0]), made.glyph_ids)
                if missing := set(digests(plan.source, rows)) - shown:
                    yield f"image {number} shows a glyph that {GLYPHS} lacks: {missing.pop()}"


def _made(plan: Plan, numbers: list[int]) -> Iterator[Example]:
    """The images of these numbers, sorted, each chunk of them made once."""
    for _, group in itertools.groupby(numbers, key=lambda number: number // plan.chunk_size):
        of_one = list(group)
        for chunk in plan.chunks(of_one[0], of_one[-1] + 1):
            yield from (example for example in chunk.examples() if example.number in of_one)


def _files(storage: Storage, manifest: Manifest, shard: int) -> Iterator[str]:
    for name in (*manifest.shards[shard], *manifest.others):
        if name.startswith(f"{SUMS}/"):
            yield from listed(read(storage, name).decode())
        else:
            yield name


def _unlike(made: Example, found: Example) -> str | None:
    """The first field in which they differ."""
    for name, value in made._asdict().items():
        if not np.array_equal(value, getattr(found, name)):
            return name
    return None


def _added(storage: Storage, manifest: Manifest) -> Iterator[str]:
    """Files among the data that a reader might take for the export's."""
    own = {NAME, *(name for name, _ in manifest.files())}
    for shard in range(len(manifest.shards)):
        own.update(_files(storage, manifest, shard))
    for name in storage.files("data"):
        # Readers leave locks and caches beside what they read.
        if name not in own and not name.endswith(("/lock.mdb", ".cache")):
            yield f"{name} is not of the export"
