"""Dataset: a run's images by their numbers, for loaders that ask for them one by one."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from .glyphs.source import Source
from .glyphs.source_words import as_source
from .internal import pytrees
from .internal.keys import as_key
from .internal.settings import own_settings
from .labels.base import LabelSource, listed_size
from .sequence.label_words import as_labels
from .sequence.preflight import check_source
from .sequence.spec import SequenceSpec, as_numbers
from .stream import MOST_IMAGES, images_of

# Images are made so many at a time at most.
CHUNK = 256
Example = dict[str, npt.NDArray[Any]]


class Dataset:
    """The first images of a run: a Grain data source, or a map-style data set for PyTorch's `DataLoader`.

    Image i is that of `batch_at`, whatever is asked for beside it (transformed
    pixels, and a model's, within 1e-5). It pickles:
    start worker processes by "spawn" (PyTorch: `multiprocessing_context="spawn"`),
    since JAX does not survive a fork. In a process that was forked after JAX had
    started, examples raise a RuntimeError that says so.

    Args:
        key: a typed or raw PRNG key, or an integer seed: the run.
        source: a `DigitBank`, anything with `draw`, or the name of one.
        labels: what to write, or text such as "random:3-8".
        spec: the layout.
        size: how many images there are; None: as many as a list has sequences.

    Raises:
        ValueError: arguments that can't be used, labels that may not fit.
        BankError: digits that the source can't draw.
    """

    @own_settings
    def __init__(
        self,
        key: jax.Array | int,
        source: Source | str,
        labels: LabelSource | str,
        spec: SequenceSpec,
        size: int | None = None,
    ) -> None:
        drawer: Source = as_source(source)
        written = as_labels(labels, drawer)
        self.size = listed_size("size", size, written, MOST_IMAGES)
        check_source(drawer, written, spec, min(CHUNK, self.size))
        key = as_key(key)
        self._key = np.asarray(jax.random.key_data(key)), str(jax.random.key_impl(key))
        self._host = jax.tree.map(np.asarray, (drawer, written, as_numbers(spec)))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> Example:
        """Image `number`, from 0: its fields as NumPy arrays, by name; masks where the spec asks."""
        return self.__getitems__([number])[0]

    @own_settings
    def __getitems__(self, numbers: Sequence[int]) -> list[Example]:
        """Several at once, which is faster; PyTorch asks for its batches so."""
        wanted = [self._checked(number) for number in numbers]
        examples: list[Example] = []
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            # A few sizes of compiled programs, whatever is asked for.
            padded = np.zeros(1 << (len(part) - 1).bit_length(), np.uint32)
            padded[: len(part)] = part
            made = jax.device_get(_images(*self._device, padded, self._key[1]))
            fields = {name: leaf for name, leaf in vars(made).items() if leaf is not None}
            examples += [
                {name: np.array(leaf[row]) for name, leaf in fields.items()} for row in range(len(part))
            ]
        return examples

    def _checked(self, number: int) -> int:
        place = operator.index(number)
        if not -self.size <= place < self.size:
            raise IndexError(f"image {place} of {self.size}")
        return place % self.size

    @functools.cached_property
    def _device(self) -> Any:
        return jax.device_put((self._key[0], *self._host))

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name != "_device"}
        return state | {"nodes": pytrees.nodes(self._host)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        pytrees.renew(state.pop("nodes"))
        vars(self).update(state)

    def __repr__(self) -> str:
        return f"<Dataset of {self.size} images>"


@functools.partial(jax.jit, static_argnums=5)
def _images(
    words: jax.Array,
    source: Source,
    labels: LabelSource,
    spec: SequenceSpec,
    numbers: jax.Array,
    implementation: str,
) -> Any:
    key = jax.random.wrap_key_data(words, impl=implementation)
    return images_of(key, numbers, source, labels, spec)
