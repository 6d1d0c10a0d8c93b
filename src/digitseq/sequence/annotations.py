"""Boxes and masks, before and after line transforms, and which digits are still on the canvas."""

import jax
import jax.numpy as jnp

from .. import augment
from ..internal import pixels
from ..internal.shapes import Array, Bool, Float32, Int8, Int32, Key
from ..internal.xla import map_in_chunks, materialize
from . import compositing
from .slots import Slots, Store, front, in_order
from .spec import SequenceSpec

# Visible masks, or a mask for each digit.
Masks = Int8[Array, "B H W"] | Bool[Array, "B K H W"]


def drop_blank(slots: Slots) -> Slots:
    """The slots on the canvas whose glyph has ink, moved to the front."""
    return slots.compact(slots.shown & pixels.has_ink(slots.ink))


def measure(
    line_keys: Key[Array, " B"], slots: Slots, spec: SequenceSpec, within: Int32[Array, ""] | None
) -> augment.Fits:
    """What line transforms have to know of where the digits lie; None where they ask for nothing."""
    return augment.measure(line_keys, spec.line_transforms, slots.boxes, slots.shown, _size(spec, within))


def _size(spec: SequenceSpec, within: Int32[Array, ""] | None) -> tuple[int, int]:
    height, width = spec.image_height, spec.image_width
    return (height, width) if within is None else augment.Padded(height, within, width)


def after_line_transforms(
    line_keys: Key[Array, " B"],
    store: Store,
    slots: Slots,
    masks: Int8[Array, "B H W"] | None,
    named: Bool[Array, "B K"] | None,
    spec: SequenceSpec,
    within: Int32[Array, ""] | None = None,
    found: augment.Fits = None,
) -> tuple[Slots, Masks | None]:
    """The slots and masks of the finished line: those with labels whose ink is left on it, with boxes of it.

    Args:
        line_keys: typed PRNG keys, those that the image is transformed with.
        store: the glyphs.
        slots: from `layout.place`.
        masks: the untransformed line's visible ones, where they are wanted.
        named: which slots have labels; None: all.
        spec: the layout.
        within: the width of the lines, where they lie on wider canvases.
        found: from `augment.measure`, of the lines.

    Returns:
        The slots, and the masks that the spec asks for.
    """
    follow = augment.followed(spec.line_transforms)
    if follow or spec.masks == "amodal":
        boxes = None if spec.masks else _in_windows(line_keys, store, slots, named, spec, within, found)
        if boxes is None:
            boxes, masks = annotate_transformed(line_keys, store, slots, named, spec, within, found)
        if follow:
            kept = pixels.has_ink(boxes)
            return slots._replace(boxes=boxes).compact(kept if named is None else kept & named), masks
    elif masks is not None and named is not None:
        masks = _renamed(masks, slots.shown & named)
    return slots if named is None else slots.compact(slots.shown & named), masks


def _renamed(masks: Int8[Array, "B H W"], named: Bool[Array, "B K"]) -> Int8[Array, "B H W"]:
    """Visible masks in which only slots with labels are counted, and what others cover is 0."""
    names = jnp.where(named, jnp.cumsum(named, axis=1, dtype=jnp.int32), 0)
    names = jnp.pad(names, ((0, 0), (1, 0))).astype(jnp.int8)
    flat = jnp.take_along_axis(names, masks.reshape(len(masks), -1).astype(jnp.int32), axis=1)
    return flat.reshape(masks.shape)


def _in_windows(
    line_keys: Key[Array, " B"],
    store: Store,
    slots: Slots,
    named: Bool[Array, "B K"] | None,
    spec: SequenceSpec,
    within: Int32[Array, ""] | None,
    found: augment.Fits,
) -> Int32[Array, "B K 4"] | None:
    """The boxes of `annotate_transformed` where windows can find them, else None."""
    top = jnp.full(slots.rows.size, spec.top, jnp.int32)
    digits = augment.Digits(
        rows=slots.rows.reshape(-1),
        left=slots.offsets.reshape(-1),
        top=top if slots.drops is None else top + slots.drops.reshape(-1),
        boxes=slots.boxes.reshape(-1, 4),
        shown=(slots.shown if named is None else slots.shown & named).reshape(-1),
    )
    size = _size(spec, within)
    boxes = augment.boxes_in_windows(line_keys, spec.line_transforms, store, digits, size, found)
    return None if boxes is None else boxes.reshape(slots.boxes.shape)


def annotate_transformed(
    line_keys: Key[Array, " B"],
    store: Store,
    slots: Slots,
    named: Bool[Array, "B K"] | None,
    spec: SequenceSpec,
    within: Int32[Array, ""] | None = None,
    found: augment.Fits = None,
) -> tuple[Int32[Array, "B K 4"], Masks | None]:
    """Boxes and masks of each digit on a canvas of its own, after the line transforms that labels follow.

    Args:
        line_keys, store, slots, named, spec, within: as for `after_line_transforms`.

    Returns:
        Boxes, all 0 where no ink is left; and the masks that the spec
        asks for: of the slots with labels, after such transforms with ink, only.
    """
    count, height, width = slots.digits.shape[1], spec.image_height, spec.image_width
    follow = augment.followed(spec.line_transforms)

    def part(
        line_keys: jax.Array, slots: Slots, named: jax.Array | None, found: augment.Fits
    ) -> tuple[jax.Array, jax.Array | None]:
        layers = compositing.render_separately(store, slots, spec)
        if follow:
            # The very keys of the image: it is the same transform.
            shared = jnp.repeat(jax.random.clone(line_keys), count, axis=0)
            flat = layers.reshape(-1, height, width)
            fits = jax.tree.map(lambda fit: jnp.repeat(fit, count, axis=0), found)
            chain = spec.line_transforms
            moved = augment.run(shared, chain, (flat, None), labels=True, width=within, found=fits)
            layers = moved.reshape(layers.shape)
        return materialize(annotate, layers, named)

    def annotate(layers: jax.Array, named: jax.Array | None) -> tuple[jax.Array, jax.Array | None]:
        boxes = pixels.ink_boxes(layers)
        if not spec.masks:
            return boxes, None
        kept = pixels.has_ink(boxes) if named is None else pixels.has_ink(boxes) & named
        if spec.masks == "amodal":
            if named is not None:
                layers = jnp.where(named[..., None, None], layers, 0.0)
            order = kept if follow else named
            return boxes, pixels.inked(layers if order is None else in_order(front(order), layers))
        names = jnp.cumsum(kept, axis=1, dtype=jnp.int32)
        return boxes, instance_mask(layers, names if named is None else jnp.where(kept, names, 0))

    return map_in_chunks(part, count * height * width, line_keys, slots, named, found)


def instance_mask(layers: Float32[Array, "B K H W"], names: Int32[Array, "B K"]) -> Int8[Array, "B H W"]:
    """Visible masks of digits that were rendered separately.

    Args:
        layers: from `render_separately`.
        names: each digit's value in the mask.

    Returns:
        The name of the strongest ink (of the earlier slot where equal), 0 for
        background.
    """
    batch, _, height, width = layers.shape
    owners = jnp.argmax(layers, axis=1).reshape(batch, height * width)
    named = jnp.take_along_axis(names, owners, axis=1).reshape(batch, height, width)
    return jnp.where(pixels.inked(layers.max(axis=1)), named, 0).astype(jnp.int8)
