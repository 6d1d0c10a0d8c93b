"""The stream: batches that are a function of a key and a step, on one device or a mesh of them."""

import collections
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .glyphs.source import Source
from .internal import keys
from .internal.settings import own_settings
from .internal.sharding import RowSharding, divisor
from .internal.validation import as_integer, as_size
from .labels.base import LabelSource
from .sequence.preflight import check_source
from .sequence.record import DigitSequence
from .sequence.run import Run, batch_of, resolved
from .sequence.spec import SequenceSpec

# Images of a run are counted by what a key folds in.
MOST_IMAGES = 2**32
MAX_BATCH = 2**24
Axes = str | Sequence[str]


@own_settings
def batch_at(
    key: jax.Array | int,
    step: int | jax.Array,
    source: Source | str,
    labels: LabelSource | str,
    spec: SequenceSpec,
    batch_size: int,
    *,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
) -> DigitSequence:
    """Batch `step` of the run that `key` names. Pure; runs compiled, also inside a jitted step or a scan.

    Row b is image i = step * batch_size + b of the run: with
    `label_key, image_key = jax.random.split(key)` it is
    `sample_sequence(fold_in(image_key, i), source, digits, spec)`, where
    `digits` is `labels.draw(fold_in(label_key, i), 1)[0]`, or `labels.draw_at(fold_in(label_key, i), i)`
    where the labels have that. So no image depends on
    the batch, the step or the device that made it, but for the number, modulo
    2**32, that counts it; transformed pixels, and a model's, within 1e-5.

    >>> batch = ds.batch_at(7, 0, "builtin", "random:3", ds.SequenceSpec(image_width=120), 2)
    >>> batch.image.shape, batch.digits.shape
    ((2, 28, 120), (2, 3))

    Args:
        key: a typed or raw PRNG key, or an integer seed: the run.
        step: from 0; may be traced.
        source: a `DigitBank`, anything with `draw`, or the name of one.
        labels: what to write: `RandomDigits`, anything with such a `draw`, or text such as "random:3-8".
        spec: the layout.
        batch_size: B. Static.
        mesh: where given, each device makes the rows that lie on it, and
            none asks another.
        axes: of the mesh, along which the rows are divided; None takes the
            first.

    Raises:
        ValueError: shapes or words that can't be used, or rows that can't be
            divided evenly.
    """
    size = as_size("batch_size", batch_size, MAX_BATCH)
    number = step if isinstance(step, jax.Array) else np.uint32(as_integer("step", step) % MOST_IMAGES)
    return batch_of(Run.of(key, source, labels, spec), number, size, sharding=_row_sharding(size, mesh, axes))


@own_settings
def batches(
    key: jax.Array | int,
    source: Source | str,
    labels: LabelSource | str,
    spec: SequenceSpec,
    batch_size: int,
    *,
    start: int = 0,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
    prefetch: int = 2,
) -> Iterator[DigitSequence]:
    """`batch_at` of step `start`, `start` + 1, and so on, prefetched.

    The whole state of a run is the next step's number: to resume from a
    checkpoint, start at the step at which it was saved.

    >>> stream = ds.batches(7, "builtin", "random:3", ds.SequenceSpec(image_width=120), 2, start=17)
    >>> batch = next(stream)  # that of step 17
    >>> batch.image.shape
    (2, 28, 120)

    Args:
        key, source, labels, spec, batch_size: as for `batch_at`.
        start: the first step.
        mesh: where given, the rows lie on its devices; also one that spans
            several processes of `jax.distributed`, of which each calls this
            with the same arguments.
        axes: as for `batch_at`.
        prefetch: how many batches are computed ahead of the one in use.

    Raises:
        ValueError: arguments that can't be used, before the first batch: also
            labels that may not fit the width.
        BankError: digits that the source can't draw.
        OverflowError: the run has no more than 2**32 images.
    """
    size = as_size("batch_size", batch_size, MAX_BATCH)
    first, ahead = as_integer("start", start), as_integer("prefetch", prefetch)
    if not 0 <= first <= MOST_IMAGES // size:
        raise ValueError(f"start must be from 0 to {MOST_IMAGES // size}, got {start}")
    if not 0 <= ahead <= 1000:
        raise ValueError(f"prefetch must be from 0 to 1000, got {prefetch}")
    sharding = _row_sharding(size, mesh, axes)
    glyph_source, label_source = resolved(source, labels)
    local = size if mesh is None else -(-size * len(mesh.local_devices) // mesh.size)
    check_source(glyph_source, label_source, spec, local)
    run = Run.of(key, glyph_source, label_source, spec)
    # Once, not with every batch.
    run = jax.device_put(run) if sharding is None else _everywhere(run, sharding[0])
    return _Batches(run, size, first, sharding, ahead)


class _Batches(Iterator[DigitSequence]):
    """Iterates `batch_at`.

    Not a generator: an error in one would end it, and a training with it, in
    silence. Here the next `next` tries the same step again.
    """

    def __init__(self, run: Run, size: int, first: int, sharding: RowSharding | None, ahead: int) -> None:
        self._run, self._size, self._sharding = run, size, sharding
        self._step, self._stop, self._ahead = first, MOST_IMAGES // size, ahead
        self._made: collections.deque[DigitSequence] = collections.deque()
        self._lock, self._closed = threading.Lock(), False

    @own_settings
    def _make(self, step: int) -> DigitSequence:
        return batch_of(self._run, np.uint32(step), self._size, sharding=self._sharding)

    def __next__(self) -> DigitSequence:
        with self._lock:
            if self._closed:
                raise StopIteration
            while len(self._made) <= self._ahead and self._step < self._stop:
                # JAX only begins the work here; it continues while its results wait.
                self._made.append(self._make(self._step))
                self._step += 1
            if not self._made:
                raise OverflowError(f"a run has {MOST_IMAGES} images; use another key for more")
            return self._made.popleft()

    def close(self) -> None:
        """Ends the iteration and releases the batches that are ready."""
        with self._lock:
            self._closed = True
            self._made.clear()


def _everywhere(tree: Any, mesh: Mesh) -> Any:
    """The tree's arrays, whole on every device of the mesh, in whichever process it is."""
    sharding = NamedSharding(mesh, PartitionSpec())

    def copied(leaf: Any) -> Any:
        if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            words, implementation = keys.words_of(leaf)
            return keys.from_words(copied(words), implementation)
        host = np.asarray(leaf)
        host = host.astype(jax.dtypes.canonicalize_dtype(host.dtype))
        return jax.make_array_from_callback(host.shape, sharding, lambda part: host[part])

    return jax.tree.map(copied, tree)


def _row_sharding(size: int, mesh: Mesh | None, axes: Axes | None) -> RowSharding | None:
    """The mesh and those of its axes along which so many rows are divided.

    Raises:
        ValueError: axes that are not the mesh's, or rows they don't divide evenly.
    """
    if mesh is None:
        if axes is not None:
            raise ValueError(f"axes are those of a mesh, and there is none, got {axes!r}")
        return None
    names = mesh.axis_names[:1] if axes is None else (axes,) if isinstance(axes, str) else axes
    if not isinstance(names, tuple | list) or not names or len({*names}) < len(names):
        raise ValueError(f"axes must be different ones of the mesh's {mesh.axis_names}, got {axes!r}")
    if set(names) - set(mesh.axis_names):
        raise ValueError(f"axes must be some of the mesh's {mesh.axis_names}, got {axes!r}")
    if size % (devices := divisor(mesh, tuple(names))):
        raise ValueError(
            f"batch_size {size} can't be divided evenly among the {devices} devices along {names}"
        )
    return mesh, tuple(names)
