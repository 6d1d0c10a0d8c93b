"""Plan: all that an export's files depend on, and its images, rendered in chunks of one fixed size."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from ..glyphs.source import Source, has_store, num_classes, symbols_of
from ..internal.pixels import CELL
from ..internal.settings import own_settings
from ..internal.sharding import without_mesh
from ..io.colours import Colours
from ..labels.base import LabelSource
from ..labels.text import text_of
from ..sequence.run import Run, batch_of
from ..sequence.spec import USUAL, SequenceSpec

# Sizes of a chunk: each divides 1,000, the usual size of a shard. The first is
# for images that are rendered as fast as they are written; of slower ones, a
# shard that is no multiple of it would render too many that it does not hold.
CHUNKS = (500, 250, 125, 50, 25, 10, 5, 1)
# Pixels of all images, or of all masks where that is more, of one chunk.
PIXELS = 2**24


class Example(NamedTuple):
    """One image with its labels, in Python's own types.

    Attributes:
        number: i, from 0.
        image: uint8 [H, W], in colour [H, W, 3].
        text: the digits' symbols, such as `0042`, or `12-3-40` where they have none.
        digits: left to right.
        boxes: (x0, y0, x1, y1) of each, half-open pixels.
        glyph_ids: of each, its row in the bank, or -1.
        writer: or -1.
        masks: as the spec asks; of what a detector's files hold, a list, one a digit.
    """

    number: int
    image: npt.NDArray[np.uint8]
    text: str
    digits: list[int]
    boxes: list[list[int]]
    glyph_ids: list[int]
    writer: int
    masks: npt.NDArray[Any] | list[npt.NDArray[Any]] | None


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Successive images of an export, on the host.

    Attributes:
        first: the number of the first.
        fields: those of `DigitSequence`, by name, the image as uint8.
        symbols: what the classes are called; "" where text has numbers with dashes between them.
    """

    first: int
    fields: dict[str, npt.NDArray[Any]]
    symbols: str

    def __len__(self) -> int:
        return len(self.fields["image"])

    def texts(self) -> npt.NDArray[np.str_]:
        """The text of each."""
        digits = self.fields["digits"]
        if not self.symbols:
            return np.array([example.text for example in self.examples()])
        # The last, for PAD, is what NumPy's texts end in.
        codes = np.array([*map(ord, self.symbols), 0], np.uint32)
        return np.ascontiguousarray(codes[digits]).view(f"U{digits.shape[1]}")[:, 0]

    def examples(self) -> Iterator[Example]:
        """One by one."""
        names = ("digits", "length", "boxes", "glyph_ids", "writer")
        rows = zip(*(self.fields[name].tolist() for name in names), strict=True)
        masks = self.fields.get("masks")
        for row, (digits, length, boxes, glyph_ids, writer) in enumerate(rows):
            used = digits[:length]
            yield Example(
                self.first + row,
                self.fields["image"][row],
                text_of(used, self.symbols),
                used,
                boxes[:length],
                glyph_ids[:length],
                writer,
                None if masks is None else masks[row],
            )


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an export's images depend on. It pickles.

    Attributes:
        run: the images are its first, with host arrays.
        count: how many images.
        shard_size: how many a shard; the last may have fewer.
        format: the name of it.
        colours: of ink and paper; None where images stay grey.
    """

    run: Run
    count: int
    shard_size: int
    format: str
    colours: Colours | None = None

    @classmethod
    @own_settings
    def of(
        cls,
        key: Any,
        source: Any,
        labels: Any,
        spec: SequenceSpec,
        *,
        count: int,
        shard_size: int,
        format: str,
        colours: Colours | None = None,
    ) -> "Plan":
        """With everything moved to the host. The spec's dtype is dropped: files hold uint8."""
        spec = spec.replace(dtype=USUAL["dtype"])
        return cls(Run.of(key, source, labels, spec).on_host(), count, shard_size, format, colours)

    @property
    def source(self) -> Source:
        """Where the glyphs come from."""
        return self.run.source

    @property
    def labels(self) -> LabelSource:
        """What is written."""
        return self.run.labels

    @property
    def spec(self) -> SequenceSpec:
        """The layout."""
        return self.run.spec

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return -(-self.count // self.shard_size)

    @property
    def classes(self) -> int:
        """How many classes of digits there are."""
        return num_classes(self.source)

    @property
    def class_names(self) -> list[str]:
        """What each class is called: its symbol, or its number."""
        return list(symbols_of(self.source)) or [str(digit) for digit in range(self.classes)]

    @property
    def channels(self) -> int:
        """Of an image: 3 in colour, else 1."""
        return 1 if self.colours is None or self.colours.grey else 3

    def bounds(self, shard: int) -> tuple[int, int]:
        """The numbers of a shard's first image and of the one after its last."""
        return shard * self.shard_size, min(self.count, (shard + 1) * self.shard_size)

    def images(self, shards: Iterable[int]) -> int:
        """How many images these shards have."""
        return sum(stop - first for first, stop in map(self.bounds, shards))

    def name(self, shard: int) -> str:
        """Of a shard, as its files bear it."""
        return f"{shard:05}"

    @functools.cached_property
    def chunk_size(self) -> int:
        """Images per chunk: a function of source, layout and labels alone."""
        spec = self.spec
        slots = jax.eval_shape(Run.digits, self.run, np.zeros(1, np.uint32)).shape[1]
        pixels = spec.image_height * spec.image_width * (slots if spec.masks == "amodal" else 1)
        transformed = spec.glyph_transforms or spec.line_transforms or spec.cell != CELL
        plain = has_store(self.source) and not transformed
        return next((size for size in CHUNKS[not plain :] if size * pixels <= PIXELS), 1)

    def chunks(self, first: int, stop: int) -> Iterator[Chunk]:
        """The images from number `first` up to `stop`.

        A chunk begins at a multiple of its size whatever is asked for, so that
        each image is rendered at the same place of the same compiled program:
        then transformed pixels are rounded alike.
        """
        size = self.chunk_size
        start = first // size * size
        ahead = self._made(start, size)
        for begin in range(start, stop, size):
            # The next one is rendered while this one is written.
            made, ahead = ahead, self._made(begin + size, size) if begin + size < stop else None
            low, high = max(first - begin, 0), min(stop - begin, size)
            # `jax.device_get` would copy what lies in this machine's memory already.
            fields = {name: np.asarray(leaf) for name, leaf in vars(made).items() if leaf is not None}
            used = {name: leaf[low:high] for name, leaf in fields.items()}
            self._check_classes(used["digits"])
            if self.colours is not None:
                used["image"] = self.colours.apply(used["image"])
            yield Chunk(begin + low, used, symbols_of(self.source))

    def _check_classes(self, digits: npt.NDArray[np.int32]) -> None:
        """Raises where texts would be wrong: 10 would read as 1 and 0."""
        if digits.size and (most := int(digits.max())) >= self.classes:
            known = (
                "" if hasattr(self.source, "num_classes") else ", as which one without `num_classes` counts"
            )
            raise ValueError(
                f"labels hold the digit {most}, but the source has {self.classes} classes{known}; give "
                f"the source a `num_classes` of at least {most + 1}"
            )

    @own_settings
    def _made(self, begin: int, size: int) -> Any:
        # Without the caller's mesh, which workers don't have.
        with without_mesh():
            return batch_of(self._on_device, np.uint32(begin // size), size)

    @functools.cached_property
    def _on_device(self) -> Run:
        of_bytes = dataclasses.replace(self.run, spec=self.spec.replace(dtype="uint8"))
        return jax.device_put(of_bytes, jax.local_devices(backend="cpu")[0])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_on_device"}
