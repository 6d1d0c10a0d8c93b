"""Plan: all that an export's images depend on, and the images, made in chunks of one fixed size."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from ..glyphs.bank import DigitBank
from ..glyphs.construction import aligned
from ..glyphs.source import Source
from ..internal import pytrees
from ..internal.keys import as_key
from ..internal.pixels import HEIGHT
from ..internal.settings import own_settings
from ..internal.sharding import without_mesh
from ..labels.base import LabelSource
from ..sequence.glyph_sampling import num_classes
from ..sequence.pipeline import DigitSequence
from ..sequence.spec import SequenceSpec, as_numbers
from ..stream import images_of

# Sizes of a chunk: shards of whole thousands are made of whole chunks. The first
# is for images that take no longer to make than to write; of others a shard that
# is no multiple of it would make too many in vain.
CHUNKS = (500, 250, 125, 50, 25, 10, 5, 1)
# Pixels of all images, or of all masks where that is more, of one chunk.
PIXELS = 2**24


class Example(NamedTuple):
    """One image with its labels, in Python's own types.

    Attributes:
        number: i, from 0.
        image: uint8 [28, W].
        text: the digits as text, `0042`, or `12-3-40` where the source has more than ten classes.
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
        dashed: whether text has dashes between the digits.
    """

    first: int
    fields: dict[str, npt.NDArray[Any]]
    dashed: bool

    def __len__(self) -> int:
        return len(self.fields["image"])

    def texts(self) -> npt.NDArray[np.str_]:
        """The text of each."""
        digits = self.fields["digits"]
        if self.dashed:
            return np.array([example.text for example in self.examples()])
        letters = np.where(digits < 0, 0, digits + ord("0")).astype(np.uint8)
        return np.ascontiguousarray(letters).view(f"S{digits.shape[1]}")[:, 0].astype(np.str_)

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
                ("-" if self.dashed else "").join(map(str, used)),
                used,
                boxes[:length],
                glyph_ids[:length],
                writer,
                None if masks is None else masks[row],
            )


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the images depend on, as host arrays, so that it pickles.

    Attributes:
        words: the key's, uint32.
        implementation: the key's.
        source, labels, spec: as for `batch_at`.
        count: how many images.
        shard_size: how many a shard; the last may have fewer.
        format: the name of it.
    """

    words: npt.NDArray[np.uint32]
    implementation: str
    source: Source
    labels: LabelSource
    spec: SequenceSpec
    count: int
    shard_size: int
    format: str

    @classmethod
    @own_settings
    def of(
        cls,
        key: jax.Array,
        source: Source,
        labels: LabelSource,
        spec: SequenceSpec,
        *,
        count: int,
        shard_size: int,
        format: str,
    ) -> "Plan":
        """With everything moved to the host."""
        key = as_key(key)
        words, implementation = np.asarray(jax.random.key_data(key)), str(jax.random.key_impl(key))
        source, labels, spec = jax.tree.map(np.asarray, (source, labels, as_numbers(spec)))
        return cls(words, implementation, source, labels, spec, count, shard_size, format)

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return -(-self.count // self.shard_size)

    @property
    def classes(self) -> int:
        """How many classes of digits there are."""
        return num_classes(self.source)

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
        """How many images are made at a time: a function of source, layout and labels alone."""
        key = jax.eval_shape(lambda: jax.random.key(0))
        slots = jax.eval_shape(lambda key: self.labels.draw(key, 1), key).shape[1]
        pixels = HEIGHT * self.spec.image_width * (slots if self.spec.masks == "amodal" else 1)
        plain = isinstance(self.source, DigitBank) and not (
            self.spec.glyph_transforms or self.spec.line_transforms
        )
        return next((size for size in CHUNKS[not plain :] if size * pixels <= PIXELS), 1)

    def chunks(self, first: int, stop: int) -> Iterator[Chunk]:
        """The images from number `first` up to `stop`.

        A chunk begins at a multiple of its size whatever is asked for, so that
        each image is made at the same place of the same compiled program:
        transformed pixels are rounded alike then.
        """
        size = self.chunk_size
        start = first // size * size
        ahead = self._made(start, size)
        for begin in range(start, stop, size):
            # The next is in the making while this one is written.
            made, ahead = ahead, self._made(begin + size, size) if begin + size < stop else None
            low, high = max(first - begin, 0), min(stop - begin, size)
            # `jax.device_get` would copy what lies in this machine's memory already.
            fields = {name: np.asarray(leaf) for name, leaf in vars(made).items() if leaf is not None}
            used = {name: leaf[low:high] for name, leaf in fields.items()}
            self._check_classes(used["digits"])
            yield Chunk(begin + low, used, self.classes > 10)

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
        # Workers don't have what the caller has set.
        with without_mesh():
            return _chunk(*self._device, np.uint32(begin), self.implementation, size)

    @functools.cached_property
    def _device(self) -> Any:
        cpu = jax.local_devices(backend="cpu")[0]
        return jax.device_put((self.words, self.source, self.labels, self.spec), cpu)

    @property
    def nodes(self) -> tuple[pytrees.Node, ...]:
        """The classes of the user's own that it holds."""
        return pytrees.nodes((self.source, self.labels, self.spec))

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name != "_device"}
        return state | {"nodes": self.nodes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        pytrees.renew(state.pop("nodes"))
        source = jax.tree.map(
            lambda leaf: aligned(leaf) if isinstance(leaf, np.ndarray) else leaf, state["source"]
        )
        vars(self).update(state | {"source": source})


@functools.partial(jax.jit, static_argnums=(5, 6))
def _chunk(
    words: jax.Array,
    source: Source,
    labels: LabelSource,
    spec: SequenceSpec,
    first: jax.Array,
    implementation: str,
    size: int,
) -> DigitSequence:
    key = jax.random.wrap_key_data(words, impl=implementation)
    numbers = first + jnp.arange(size, dtype=jnp.uint32)
    return images_of(key, numbers, source, labels, spec, grey=True)
