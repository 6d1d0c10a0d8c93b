"""Run: a key, a source, labels and a spec, from which image i is a function of its number alone."""

import dataclasses
import functools
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from ..glyphs.source import Source
from ..glyphs.source_words import as_source
from ..internal import keys, pytrees
from ..internal.pytrees import as_arrays, register_pytree
from ..internal.shapes import Array, Int32, Integer, Key, UInt32
from ..internal.sharding import RowSharding, by_rows
from ..labels.base import LabelSource, static
from .epochs import Turns, glyphs_of, turns_of
from .label_grammar import as_labels
from .pipeline import render
from .record import DigitSequence
from .spec import SequenceSpec, as_numbers


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """What the images of a run depend on. A pytree of plain arrays, which pickles and crosses every boundary.

    With `label_key, image_key = jax.random.split(key)`, image i is
    `sample_sequence(fold_in(image_key, i), source, digits, spec)`, where
    `digits` is `labels.draw(fold_in(label_key, i), 1)[0]`, or
    `labels.draw_at(fold_in(label_key, i), i)` where the labels have that.

    Attributes:
        words: the key's raw words, uint32.
        implementation: the name of the key's implementation. Static.
        source, labels, spec: as for `batch_at`, their words resolved.
        turns: how glyphs are counted where they are drawn without replacement; else None.
    """

    words: Any
    source: Source
    labels: LabelSource
    spec: SequenceSpec
    turns: Turns | None = None
    implementation: str = static(keys.THREEFRY)

    @classmethod
    def of(cls, key: Any, source: Any, labels: Any, spec: SequenceSpec) -> Self:
        """The run that arguments as users give them make.

        Raises:
            ValueError, BankError, FileNotFoundError: a key, words or numbers that can't be used.
        """
        words, implementation = keys.words_of(key)
        glyph_source, label_source = resolved(source, labels)
        return cls(
            words=words,
            source=glyph_source,
            labels=as_arrays(label_source),
            spec=as_numbers(spec),
            turns=turns_of(glyph_source, label_source, spec),
            implementation=implementation,
        )

    @property
    def key(self) -> Key[Array, ""]:
        """The typed key."""
        return keys.from_words(self.words, self.implementation)

    def digits(self, numbers: UInt32[Array, " B"]) -> Int32[Array, "B K"]:
        """The labels of the images with these numbers."""
        return labels_at(self.key, self.labels, numbers)

    def images(self, numbers: UInt32[Array, " B"]) -> DigitSequence:
        """The images with these numbers."""
        row_keys = keys.numbered(jax.random.split(self.key)[1], numbers)
        digits = self.digits(numbers)
        chosen = glyphs_of(self.key, self.source, self.labels, self.turns, numbers, digits)
        return render(row_keys, self.source, digits, self.spec, self.spec.image_width, glyph_ids=chosen)

    def on_host(self) -> Self:
        """The same with NumPy arrays for leaves, which pickle."""
        return jax.tree.map(np.asarray, self)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"nodes": self.nodes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        pytrees.renew(state.pop("nodes"))
        vars(self).update(state)

    @property
    def nodes(self) -> tuple[pytrees.Node, ...]:
        """The classes of the user's own that it holds."""
        return pytrees.nodes((self.source, self.labels, self.spec))


def resolved(source: Any, labels: Any) -> tuple[Source, LabelSource]:
    """The source and the labels themselves, where they were given by names.

    Raises:
        ValueError, BankError, FileNotFoundError: names of nothing that can be used.
    """
    glyph_source: Source = as_source(source)
    return glyph_source, as_labels(labels, glyph_source)


def labels_at(key: Key[Array, ""], labels: LabelSource, numbers: UInt32[Array, " B"]) -> Int32[Array, "B K"]:
    """The labels alone of the images of a run with these numbers."""
    at = getattr(labels, "draw_at", lambda key, number: labels.draw(key, 1)[0])
    label_keys = keys.numbered(jax.random.split(key)[0], numbers)
    return jnp.asarray(jax.vmap(at)(label_keys, numbers))


@functools.partial(jax.jit, static_argnames=("size", "sharding"))
def batch_of(
    run: Run,
    step: Integer[Array, ""] | np.uint32,
    size: int,
    *,
    sharding: RowSharding | None = None,
) -> DigitSequence:
    """The images of a run from number step * size on, `size` of them, compiled.

    Args:
        run: whose images.
        step: an integer []; numbers are counted modulo 2**32.
        size: B. Static.
        sharding: the mesh and those of its axes along which they are divided. Static.
    """
    first = jnp.asarray(step).astype(jnp.uint32) * np.uint32(size)
    numbers = first + jnp.arange(size, dtype=jnp.uint32)

    def part(_: jax.Array, numbers: jax.Array, run: Run) -> DigitSequence:
        return run.images(numbers)

    batch: DigitSequence = by_rows(part, sharding, numbers, run)
    return batch


@jax.jit
def images_at(run: Run, numbers: UInt32[Array, " B"]) -> DigitSequence:
    """The images of a run with these numbers, compiled."""
    return run.images(numbers)
