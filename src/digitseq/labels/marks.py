"""Label source: the sequences of another, with signs between, before and after their digits."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..internal.keys import folded, numbered
from ..internal.pytrees import register_pytree
from ..internal.random_bits import fractions
from ..internal.settings import own_settings
from ..internal.shapes import Array, Bool, Float32, HostArray, Int32, OneKey
from ..internal.validation import as_size
from .base import LabelSource, Row, static
from .digits import PAD
from .forms import classes_of, compact

# What a row's key folds in for its marks; the digits are drawn with the key itself.
MARKS = 1
# Stray marks of a line, at most, which bounds the slots of its row.
MOST_STRAY = 4


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class WithMarks:
    """The digits of a label source, with signs where people write them: 12.345,- for 12345.

    With `SequenceSpec(unlabelled=...)` the signs are drawn but not labelled, as
    on cheques, whose amounts have full stops and dashes that no list of amounts
    tells of. Each line takes, independently, a separator for its thousands, a
    text before and a text after its digits, each with its probability and then
    by its weight; and each gap between digits without a separator a stray mark,
    the `most_stray` leftmost of which are kept. Where no mark comes, the row is
    the source's. The defaults are what was counted on cheques.

    >>> bank = ds.with_signs("builtin", ".,-'/=#$")
    >>> labels = ds.WithMarks(labels=ds.FixedLabels(["12345"]), symbols=bank.symbols, separated=1.0)
    >>> ds.text(labels.draw(jax.random.key(3), 2), bank)
    ['12.345.-', '12.345']

    Attributes:
        labels: the source of the digits, whose classes are the first of `symbols`.
        symbols: the alphabet, one character a class, as `bank.symbols`. Static.
        separated: the probability that a line's thousands are separated. A leaf, as all numbers here.
        separators: one character each. Static.
        separator_weights: how often each is taken, relative to the others.
        stray: the probability of a stray mark in a gap, one of the separators by their weights.
        most_stray: how many there may be in a line, 0 to 4. Static.
        led: the probability of a text before the digits.
        before: those texts, of any characters of `symbols`. Static.
        before_weights: how often each is taken.
        trailed: the probability of a text after the digits.
        after: those texts. Static.
        after_weights: how often each is taken.
    """

    labels: LabelSource
    symbols: str = static("0123456789.,-/:+='#$%()")
    separated: float | jax.Array = 0.55
    separators: str = static(".,'-")
    separator_weights: tuple[float | jax.Array, ...] = (0.72, 0.18, 0.05, 0.05)
    stray: float | jax.Array = 0.02
    most_stray: int = static(1)
    led: float | jax.Array = 0.15
    before: tuple[str, ...] = static(("-", "=", "$", "#"))
    before_weights: tuple[float | jax.Array, ...] = (0.3, 0.3, 0.25, 0.15)
    trailed: float | jax.Array = 0.5
    after: tuple[str, ...] = static((".", "-", "=", ".-", ",", "--", "/", "#"))
    after_weights: tuple[float | jax.Array, ...] = (0.31, 0.21, 0.15, 0.12, 0.08, 0.07, 0.02, 0.04)

    @own_settings
    def draw(self, key: OneKey, batch_size: int) -> Int32[Array, "{batch_size} _"]:
        """Draws a batch of labels.

        Args:
            key: a PRNG key.
            batch_size: B, a Python integer.

        Returns:
            Classes, PAD (-1) after each row's last; row b is a function of the
            key and b alone, and its digits are the source's row b.
        """
        digits = self.labels.draw(key, batch_size)
        mark_keys = folded(numbered(key, jnp.arange(batch_size, dtype=jnp.uint32)), MARKS)
        return jnp.asarray(jax.vmap(self._marked)(mark_keys, digits))

    @property
    def draw_at(self) -> Callable[[OneKey, Any], Int32[Array, " _"]]:
        """A function of a key and a number: the label of that image of a run, where the source is a list.

        Raises:
            AttributeError: the source has no order.
        """
        listed = self.labels.draw_at  # type: ignore[attr-defined]

        def draw_at(key: OneKey, number: Any) -> Int32[Array, " _"]:
            return self._marked(jax.random.fold_in(key, MARKS), listed(key, number))

        return draw_at

    @property
    def size(self) -> int | None:
        """How many images use each of the source's labels once; None where it is no list in its order."""
        return getattr(self.labels, "size", None)

    def _marked(self, key: OneKey, digits: Int32[Array, " K"]) -> Int32[Array, " _"]:
        """One row, from its digits."""
        slots = digits.shape[0]
        length = jnp.argmax(jnp.append(digits == PAD, True)).astype(jnp.int32)
        bits = jax.random.bits(key, (6 + 2 * slots,), jnp.uint32)
        drawn = fractions(bits)
        place = jnp.arange(slots, dtype=jnp.int32)
        inner = (place > 0) & (place < length)
        separates = inner & ((length - place) % 3 == 0) & (drawn[0] < self.separated)
        strays = inner & ~separates & (drawn[6 : 6 + slots] < self.stray)
        strays &= jnp.cumsum(strays, dtype=jnp.int32) <= self.most_stray
        marks = digits
        if self.separators:
            separators = jnp.asarray(self._classes(self.separators, "separators"))
            one = separators[_weighed(drawn[1], self.separator_weights)]
            stray = separators[jax.vmap(_weighed, (0, None))(drawn[6 + slots :], self.separator_weights)]
            marks = jnp.where(separates, one, stray)
        before, leads = self._text(self.before, "before", self.before_weights, drawn[2:4], self.led)
        after, trails = self._text(self.after, "after", self.after_weights, drawn[4:6], self.trailed)
        pairs, kept = (
            jnp.stack([marks, digits], axis=1),
            jnp.stack([separates | strays, place < length], axis=1),
        )
        row = jnp.concatenate([before, pairs.reshape(-1), after])
        keep = jnp.concatenate([leads & (length > 0), kept.reshape(-1), trails & (length > 0)])
        return compact(row, keep, self._slots(slots))

    def _text(
        self, texts: tuple[str, ...], name: str, weights: Any, drawn: Float32[Array, "2"], share: Any
    ) -> tuple[Int32[Array, " T"], Bool[Array, " T"]]:
        """The classes of one of the texts, and which of their slots it takes; none where none comes."""
        longest = max(map(len, texts), default=0)
        classes = np.zeros((max(len(texts), 1), longest), np.int32)
        for row, text in enumerate(texts):
            classes[row, : len(text)] = self._classes(text, name)
        lengths = np.array([len(text) for text in texts] or [0], np.int32)
        chosen = _weighed(drawn[0], weights) if texts else jnp.int32(0)
        taken = jnp.arange(longest, dtype=jnp.int32) < jnp.asarray(lengths)[chosen]
        return jnp.asarray(classes)[chosen], taken & (drawn[1] < share)

    def _slots(self, digits: int) -> int:
        """The slots of a row of so many digits with all marks that it may have."""
        strays = min(self.most_stray, max(digits - 1, 0))
        separators = max(digits - 1, 0) // 3 if self.separators else 0
        return (
            digits + separators + strays + sum(max(map(len, t), default=0) for t in (self.before, self.after))
        )

    def _classes(self, text: str, name: str) -> Int32[HostArray, " N"]:
        return classes_of(text, self.symbols, f"WithMarks.{name}")

    def check(self) -> None:
        """Raises ValueError on parameters that can't be used; the message names the field."""
        for name in ("separated", "stray", "led", "trailed"):
            value = getattr(self, name)
            if not isinstance(value, float | int | np.number | np.ndarray | jax.Array) or not 0 <= value <= 1:
                raise ValueError(f"WithMarks.{name} must be from 0 to 1, got {value!r}")
        as_size("WithMarks.most_stray", self.most_stray + 1, MOST_STRAY + 1)
        for name, weights in (
            ("separators", self.separator_weights),
            ("before", self.before_weights),
            ("after", self.after_weights),
        ):
            texts = getattr(self, name)
            if not all(isinstance(text, str) and text for text in texts):
                raise ValueError(f"WithMarks.{name} must be texts, none of them empty, got {texts!r}")
            numbers = np.asarray(weights, np.float64)
            if (
                numbers.shape != (len(texts),)
                or not (numbers >= 0).all()
                or (texts and not numbers.sum() > 0)
            ):
                raise ValueError(
                    f"WithMarks: {name} {texts!r} want as many weights of 0 or more, not all of them 0, "
                    f"got {weights!r}"
                )
            self._classes("".join(texts), name)
        if not self.separators and (self.stray or self.separated):
            raise ValueError("WithMarks.separators is empty: set separated and stray to 0 for none")
        if hasattr(self.labels, "glyph_ids"):
            # A run takes them from the labels that it is given, slot by slot.
            raise ValueError(
                f"WithMarks.labels must not name each digit's glyph, got {type(self.labels).__name__}: put "
                f"marks around FixedLabels(labels.digits)"
            )
        getattr(self.labels, "check", lambda: None)()

    def rows(self) -> list[Row]:
        """The classes that may stand in each slot, with all marks that the source's rows may have."""
        strays = self._classes(self.separators, "separators").tolist()
        made = []
        for row in getattr(self.labels, "rows", list)():
            before = self._ends(self.before, "before", self.led)
            after = self._ends(self.after, "after", self.trailed)
            made += [[*before, *between, *after] for between in self._between(row, strays)]
        return made

    def _between(self, row: Row, strays: list[int]) -> list[Row]:
        """The row with all its separators, and with its stray marks in each gap that they may begin at.

        A mark keeps its neighbours from overlapping, so where it stands decides the width. Gaps between
        the same choices, with and without a separator near, are alike.
        """
        separated = {p for p in range(1, len(row)) if (len(row) - p) % 3 == 0 and self.separated}
        free = [p for p in range(1, len(row)) if p not in separated]
        count = min(self.most_stray, len(free)) if self.stray else 0
        kinds = {(tuple(row[p - 1]), tuple(row[p])): n for n, p in enumerate(free)}
        found = []
        for first in kinds.values() if count else [0]:
            marked = separated | {free[(first + k) % len(free)] for k in range(count)}
            pieces = ([strays, choices] if p in marked else [choices] for p, choices in enumerate(row))
            found.append([slot for piece in pieces for slot in piece])
        return found

    def _ends(self, texts: tuple[str, ...], name: str, share: Any) -> Row:
        """The classes of each slot of a text before or after the digits."""
        if not share or not texts:
            return []
        longest = max(map(len, texts))
        return [[int(c) for t in texts for c in self._classes(t[k : k + 1], name)] for k in range(longest)]


def _weighed(drawn: Float32[Array, ""], weights: Any) -> Int32[Array, ""]:
    """The place of a weight, with a probability in proportion to it, by a uniform number."""
    sums = jnp.cumsum(jnp.stack([jnp.asarray(weight, jnp.float32) for weight in weights]))
    # No place whose weight is 0, also where rounding makes the product the sum of all.
    return jnp.minimum(
        jnp.sum(sums <= drawn * sums[-1], dtype=jnp.int32), jnp.sum(sums < sums[-1], dtype=jnp.int32)
    )
