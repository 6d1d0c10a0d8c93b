"""The pipeline: sample glyphs, space them, place them, paint them; with exact labels."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy.typing as npt

from .. import augment
from ..glyphs.source import Source
from ..glyphs.source_words import as_source
from ..internal import keys
from ..internal.pixels import ink_as, unit_ink
from ..internal.settings import own_settings
from ..internal.shapes import Array, Int32, Integer, Key
from ..internal.sharding import RowSharding, by_rows, row_sharding_of
from ..internal.xla import map_in_chunks
from ..labels.digits import as_digits, narrowed
from . import annotations, baseline, compositing, layout, ligatures
from .glyph_sampling import sample_glyphs
from .record import DigitSequence, to_sequence
from .signs import labelled
from .spec import SequenceSpec, as_numbers
from .spec_checks import check_structure
from .stages import LINE, Draws

# A visible mask is an int8 that holds a slot + 1.
MAX_MASKED_SLOTS = 127


@own_settings
def sample_sequence(
    key: jax.Array | int, source: Source | str, digits: npt.ArrayLike, spec: SequenceSpec
) -> DigitSequence:
    """One image of a digit sequence, with its labels. Pure; runs compiled.

    No value raises, as nothing can inside `jit`; the labels describe what is on the canvas. A row ends before
    its first PAD, and before its first digit that the source does not serve; digits that don't fit the width
    at the least spacing are left out from the right. `check_spec` checks a spec's values, and
    `generate_numbers_sequence` all of its arguments.

    >>> ds.sample_sequence(7, "builtin", [3, 5, 0], ds.SequenceSpec(image_width=120)).offsets
    Array([13, 45, 79], dtype=int32)

    Args:
        key: a typed or raw PRNG key, or an integer seed.
        source: a `DigitBank`, anything with `draw`, or the name of one ("mnist", "builtin", "vae", a path).
        digits: integers [K], PAD (-1) after the last.
        spec: the layout.

    Raises:
        ValueError: shapes or words that can't be used, or more than 127 slots
            with visible masks.
    """
    return _sample_one(keys.as_key(key), as_source(source), as_digits(digits, 1), as_numbers(spec))


@own_settings
def sample_sequences(
    key: jax.Array | int, source: Source | str, digits: npt.ArrayLike, spec: SequenceSpec
) -> DigitSequence:
    """A batch of images: row b is `sample_sequence(fold_in(key, b), source, digits[b], spec)`.

    It is bit-exact, whatever the batch's size and however it is sharded, but for transformed pixels and
    ligatures, which are within 1e-5. Faster than `vmap` of `sample_sequence`, because work that no row needs
    is skipped. With a key type whose draws depend on the batch (`rbg`) the promise can't be kept.

    >>> ds.sample_sequences(7, "builtin", [[3, 5, 0], [7, 1, -1]], ds.SequenceSpec(image_width=120)).length
    Array([3, 2], dtype=int32)

    Args:
        key: a typed or raw PRNG key, or an integer seed.
        source: as for `sample_sequence`.
        digits: integers [B, K], PAD (-1) after the last of each row.
        spec: the layout.
    """
    rows = as_digits(digits, 2)
    return _sample_batch(keys.as_key(key), as_source(source), rows, as_numbers(spec), row_sharding_of(rows))


@functools.partial(jax.jit, static_argnums=4)
def _sample_batch(
    key: Key[Array, ""],
    source: Source,
    digits: Integer[Array, "B K"],
    spec: SequenceSpec,
    sharding: RowSharding | None,
) -> DigitSequence:
    def part(
        start: jax.Array, digits: jax.Array, key: jax.Array, source: Source, spec: SequenceSpec
    ) -> DigitSequence:
        row_keys = keys.numbered(key, start + jnp.arange(digits.shape[0], dtype=jnp.uint32))
        return render(row_keys, source, digits, spec, spec.image_width)

    batch: DigitSequence = by_rows(part, sharding, digits, key, source, spec)
    return batch


@jax.jit
def _sample_one(
    key: Key[Array, ""], source: Source, digits: Integer[Array, " K"], spec: SequenceSpec
) -> DigitSequence:
    batch = render(key[None], source, digits[None], spec, spec.image_width)
    return jax.tree.map(lambda leaf: leaf[0], batch)


def render(
    row_keys: Key[Array, " B"],
    source: Source,
    digits: Integer[Array, "B K"],
    spec: SequenceSpec,
    width: int | jax.Array,
    *,
    glyph_ids: Int32[Array, "B K"] | None = None,
) -> DigitSequence:
    """The pipeline on a batch, one key a row: glyphs, places, canvas, line transforms.

    Args:
        row_keys: typed PRNG keys, one a row.
        source: the glyphs come from it.
        digits: classes, PAD (-1) after each row's last.
        spec: the layout; its `image_width` is the canvas.
        width: of the part of the canvas, from its left edge, that the digits
            are laid out in. May be traced, so that lines of several widths share a program:
            line transforms that can (`augment.takes_width`) then end at this width, too.
        glyph_ids: the bank's glyphs to take, -1 (or None throughout) for any of the digit.

    Returns:
        The batch, with the masks that the spec asks for.

    Raises:
        ValueError: shapes that int32 places or int8 masks can't hold.
        BankError: the spec asks for one writer a line and the source knows none.
    """
    check_shapes(digits.shape, spec)

    def part(row_keys: jax.Array, digits: jax.Array, glyph_ids: jax.Array | None) -> DigitSequence:
        return _render(row_keys, source, digits, spec, width, glyph_ids)

    if not (spec.glyph_transforms or spec.line_transforms):
        return part(row_keys, digits, glyph_ids)
    # From glyphs to labels some rows at a time: what lies between stays in a CPU's cache.
    pixels = max(digits.shape[1] * spec.cell**2, spec.image_height * spec.image_width)
    batch: DigitSequence = map_in_chunks(part, pixels, row_keys, digits, glyph_ids)
    return batch


def _render(
    row_keys: Key[Array, " B"],
    source: Source,
    digits: Integer[Array, "B K"],
    spec: SequenceSpec,
    width: int | jax.Array,
    glyph_ids: Int32[Array, "B K"] | None,
) -> DigitSequence:
    """`render` of some rows, all at once."""
    draws = Draws.of(row_keys, digits.shape[1])
    store, slots = sample_glyphs(draws, source, narrowed(digits), spec, glyph_ids)
    if spec.baseline == "ink":
        slots = baseline.stand(draws, source, slots, spec)
    slots = layout.place(draws, store, slots, spec, width)
    if spec.glyph_transforms:
        # Without them a glyph that is blank in the bank stays a label, with an empty box.
        slots = annotations.drop_blank(slots)
    within = width if isinstance(width, jax.Array) and augment.takes_width(spec.line_transforms) else None
    visible = spec.masks in (True, "visible") and not augment.followed(spec.line_transforms)
    # Of the image's dtype at once, if no transform wants floats: bytes that stay bytes take two thirds of the
    # time that they take by way of floats (benchmarks/workarounds.py).
    in_the_end = functools.partial(ink_as, dtype=spec.dtype)
    form = unit_ink if spec.line_transforms else in_the_end
    # Masks of moved or changed ink are made after it is: annotations and image then use the same line keys.
    image, masks = compositing.paint(store, slots, spec, masks=visible, form=form)
    if spec.ligatures is not None:
        image = ligatures.join(draws, source, store, slots, spec, image, form)
    named = labelled(source, slots.digits, spec.unlabelled)
    line_keys = draws.keys(LINE)
    found = annotations.measure(line_keys, slots, spec, within)
    line = line_keys, store, slots, masks, named, spec, within, found
    slots, masks = annotations.after_line_transforms(*line)
    if spec.line_transforms:
        image = in_the_end(augment.apply_to_batch(line_keys, spec.line_transforms, image, within, found))
    return to_sequence(image, slots, masks)


def check_shapes(shape: tuple[int, ...], spec: SequenceSpec) -> None:
    """Raises on shapes that int32 places or int8 masks can't hold; shapes are known while tracing."""
    check_structure(spec)
    slots = shape[1]
    if slots * (spec.image_width + spec.cell) >= 2**31:
        raise ValueError(f"{slots} digits on {spec.image_width} columns are too many for int32")
    if spec.masks in (True, "visible") and slots > MAX_MASKED_SLOTS:
        raise ValueError(f"visible masks hold at most {MAX_MASKED_SLOTS} digits, got {slots} slots")
    if spec.masks == "amodal" and math.prod(shape) * spec.image_height * spec.image_width >= 2**31:
        raise ValueError(f"amodal masks of {list(shape)} digits are too many for int32; ask for fewer rows")
