"""Dataset: a run's images by their numbers, for loaders that ask for them one by one."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from .glyphs.source import Source
from .internal.settings import own_settings
from .labels.base import LabelSource, listed_size
from .sequence.preflight import check_source
from .sequence.run import Run, images_at, resolved
from .sequence.spec import SequenceSpec
from .stream import MOST_IMAGES

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

    >>> images = ds.Dataset(7, "builtin", ds.FixedLabels(["350", "12"]), ds.SequenceSpec(image_width=120))
    >>> len(images), images[1]["image"].shape
    (2, (28, 120))

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
        glyph_source, label_source = resolved(source, labels)
        self.size = listed_size("size", size, label_source, MOST_IMAGES)
        check_source(glyph_source, label_source, spec, min(CHUNK, self.size))
        self._run = Run.of(key, glyph_source, label_source, spec).on_host()

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
            made = jax.device_get(images_at(self._on_device, padded))
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
    def _on_device(self) -> Run:
        return jax.device_put(self._run)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_on_device"}

    def __repr__(self) -> str:
        return f"<Dataset of {self.size} images>"
