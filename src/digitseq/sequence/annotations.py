"""Boxes and masks, before and after line transforms, and which digits are still on the canvas."""

import jax
import jax.numpy as jnp

from .. import augment
from ..internal import pixels
from ..internal.pixels import HEIGHT
from ..internal.xla import map_in_chunks, materialize
from . import compositing
from .slots import Slots, front, in_order
from .spec import SequenceSpec


def drop_blank(slots: Slots) -> Slots:
    """The slots on the canvas whose glyph has ink, moved to the front."""
    return slots.compact(slots.shown & pixels.has_ink(slots.ink))


def after_line_transforms(
    line_keys: jax.Array,
    store: jax.Array,
    slots: Slots,
    masks: jax.Array | None,
    spec: SequenceSpec,
    within: jax.Array | None = None,
) -> tuple[Slots, jax.Array | None]:
    """The slots and masks of the finished line: those whose ink is left on it, with boxes of that ink.

    Args:
        line_keys: typed PRNG keys [B], those that the image is transformed with.
        store: float32 or uint8 [M, 28, 28].
        slots: from `layout.place`.
        masks: the untransformed line's visible ones, where they are wanted.
        spec: the layout.
        within: int32 [], the width of the lines, where they lie on wider canvases.

    Returns:
        The slots, and the masks that the spec asks for.
    """
    follow = augment.followed(spec.line_transforms)
    if follow or spec.masks == "amodal":
        boxes, masks = annotate_transformed(line_keys, store, slots, spec, within)
        if follow:
            slots = slots._replace(boxes=boxes).compact(pixels.has_ink(boxes))
    return slots, masks


def annotate_transformed(
    line_keys: jax.Array,
    store: jax.Array,
    slots: Slots,
    spec: SequenceSpec,
    within: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array | None]:
    """Boxes and masks of each digit on a canvas of its own, after the line transforms that labels follow.

    Args:
        line_keys, store, slots, spec, within: as for `after_line_transforms`.

    Returns:
        int32 [B, K, 4], all 0 where no ink is left; and the masks that the spec
        asks for: after such transforms, of the slots with ink only.
    """
    count, width = slots.digits.shape[1], spec.image_width
    follow = augment.followed(spec.line_transforms)

    def part(line_keys: jax.Array, slots: Slots) -> tuple[jax.Array, jax.Array | None]:
        layers = compositing.render_separately(store, slots, width)
        if follow:
            # The very keys of the image: it is the same transform.
            shared = jnp.repeat(jax.random.clone(line_keys), count, axis=0)
            flat = layers.reshape(-1, HEIGHT, width)
            moved = augment.run(shared, spec.line_transforms, (flat, None), labels=True, width=within)
            layers = moved.reshape(layers.shape)
        return materialize(annotate, layers)

    def annotate(layers: jax.Array) -> tuple[jax.Array, jax.Array | None]:
        boxes = pixels.ink_boxes(layers)
        kept = pixels.has_ink(boxes)
        if not spec.masks:
            return boxes, None
        if spec.masks == "amodal":
            return boxes, pixels.inked(in_order(front(kept), layers) if follow else layers)
        return boxes, instance_mask(layers, jnp.cumsum(kept, axis=1, dtype=jnp.int32))

    return map_in_chunks(part, count * HEIGHT * width, line_keys, slots)


def instance_mask(layers: jax.Array, names: jax.Array) -> jax.Array:
    """Visible masks of digits that were rendered separately.

    Args:
        layers: float32 [B, K, 28, W], from `render_separately`.
        names: int32 [B, K], what the mask calls each.

    Returns:
        int8 [B, 28, W], the name of the strongest ink (of the earlier slot
        where equal), 0 for background.
    """
    batch, _, height, width = layers.shape
    owners = jnp.argmax(layers, axis=1).reshape(batch, height * width)
    named = jnp.take_along_axis(names, owners, axis=1).reshape(batch, height, width)
    return jnp.where(pixels.inked(layers.max(axis=1)), named, 0).astype(jnp.int8)
