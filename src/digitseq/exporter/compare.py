"""What two exports share: glyphs, writers, keys and texts."""

import functools
import os
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..internal.keys import from_words
from ..internal.settings import own_settings
from ..labels.base import LabelSource
from ..labels.digits import PAD
from ..sequence.run import labels_at
from .checksums import wrong_files
from .manifest import Manifest, manifest_in
from .names import GLYPHS
from .recipe import BANK, VARIED
from .storage import read, storage_of

# How many texts of each are compared at most, and sampled at a time.
MOST_TEXTS, CHUNK = 1_000_000, 1000


class Shared(NamedTuple):
    """What two exports share, one line each.

    Attributes:
        problems: what makes one unfit for testing what was trained on the other.
        notes: what may be chance, or intended.
    """

    problems: list[str]
    notes: list[str]


def disjoint(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> list[str]:
    """What a training and a test export must not share, one line each; empty if they share none of it.

    They must share no glyph, no writer if both know theirs, and no key: one
    key gives both the same texts and layouts, image by image. Glyphs are
    compared by their pixels, so the exports may come from different banks.
    Texts that both have by chance are allowed.

    >>> import tempfile
    >>> train, test = ds.split_bank("builtin", (0.8, 0.2), 0)
    >>> spec, folders = ds.SequenceSpec(image_width=120), [tempfile.mkdtemp(), tempfile.mkdtemp()]
    >>> for key, bank, folder in zip((1, 2), (train, test), folders):
    ...     manifest = ds.export(key, bank, "random:3", spec, folder, count=10, format="npz")
    >>> ds.disjoint(*folders)
    []

    Raises:
        FileNotFoundError: no finished export is there.
        ValueError: an export is damaged, or its digits come from no bank.
    """
    return shared(a, b).problems


@own_settings
def shared(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Shared:
    """What two exports share: the problems that `disjoint` names, and notes about glyphs and texts.

    Raises:
        FileNotFoundError, ValueError: as `disjoint`.
    """
    both = f"{os.fspath(a)} and {os.fspath(b)}"
    (ours, own), (theirs, other) = (_shown(out) for out in (a, b))
    problems = []
    if glyphs := sorted(ours & theirs):
        problems.append(f"{both} share {len(glyphs)} glyphs, {glyphs[0]} for one")
    if writers := sorted(set(own.writers or ()) & set(other.writers or ())):
        named = ", ".join(map(str, writers[:5])) + (", ..." if len(writers) > 5 else "")
        problems.append(f"{both} share {len(writers)} writers ({named})")
    if own.recipe["key"] == other.recipe["key"]:
        problems.append(
            f"{both} share their key{_seed(own.recipe['key'])}, so that image by image their labels and "
            "layouts are sampled alike; export one of them with another seed"
        )
    apart = [] if glyphs else [f"{both} share no glyph"]
    return Shared(problems, apart + _same_texts(a, own, b, other))


def _seed(key: dict[str, Any]) -> str:
    words = key["words"]
    return f" (seed {words[1]})" if len(words) == 2 and not words[0] else ""


def _shown(out: str | os.PathLike[str]) -> tuple[set[str], Manifest]:
    """The glyphs that an export shows, and its manifest."""
    storage = storage_of(out)
    manifest = manifest_in(storage, os.fspath(out))
    kind = manifest.recipe["source"]["kind"]
    if kind not in (BANK, VARIED):
        raise ValueError(f"{os.fspath(out)}: its digits come from a {kind}, not from a bank's glyphs")
    if wrong := list(wrong_files(storage, [(GLYPHS, manifest.others[GLYPHS])])):
        raise ValueError(f"{os.fspath(out)}: {wrong[0]}")
    return set(read(storage, GLYPHS).decode().split()), manifest


def _same_texts(a: Any, own: Manifest, b: Any, other: Manifest) -> list[str]:
    """A line with the number of the first's images whose text the second has too."""
    try:
        ours, theirs = _texts(own), _texts(other)
    except ValueError as error:
        return [f"texts were not compared ({error})"]
    found = set(theirs)
    many = sum(text in found for text in ours)
    alike = sum(mine == its for mine, its in zip(ours, theirs, strict=False))
    part = f" (of the first {MOST_TEXTS:,} of each)" if max(own.count, other.count) > MOST_TEXTS else ""
    if not many:
        return [f"no text of {os.fspath(a)} is in {os.fspath(b)}{part}"]
    return [
        f"{many:,} of {len(ours):,} texts of {os.fspath(a)} are in {os.fspath(b)} too, {alike:,} of them in "
        f"the image of the same number{part}"
    ]


def _texts(manifest: Manifest) -> list[bytes]:
    """The digits of each image, as bytes that are equal if and only if the digits are.

    Raises:
        ValueError: the labels' class is not digitseq's.
    """
    key, count = manifest.recipe["key"], min(manifest.count, MOST_TEXTS)
    cpu = jax.local_devices(backend="cpu")[0]
    words = np.asarray(key["words"], np.uint32)
    given = jax.device_put((words, jax.tree.map(np.asarray, manifest.labels)), cpu)
    texts: list[bytes] = []
    for first in range(0, count, CHUNK):
        rows: npt.NDArray[np.int32] = np.asarray(_sampled(*given, np.uint32(first), key["implementation"]))
        texts += [row[row > PAD].tobytes() for row in rows[: count - first]]
    return texts


@functools.partial(jax.jit, static_argnums=3)
def _sampled(words: jax.Array, labels: LabelSource, first: jax.Array, implementation: str) -> jax.Array:
    return labels_at(from_words(words, implementation), labels, first + jnp.arange(CHUNK, dtype=jnp.uint32))
