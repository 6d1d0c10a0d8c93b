"""The finished line: which digits are left on it, and labels that follow its transforms."""

import jax
import jax.numpy as jnp

from .. import augment
from ..internal import pixels
from ..internal.pixels import HEIGHT, inked
from ..internal.xla import in_chunks, stage
from . import compositing
from .spec import SequenceSpec


def kept_first(kept: jax.Array, *slots: jax.Array) -> tuple[jax.Array, ...]:
    """How many slots are kept, int32 [B], and arrays [B, K, ...] with those in front, in their order."""
    order = jnp.argsort(~kept, axis=1, stable=True)

    def ordered(values: jax.Array) -> jax.Array:
        places = order.reshape(*order.shape, *[1] * (values.ndim - 2))
        return jnp.take_along_axis(values, places, axis=1)

    return kept.sum(axis=1, dtype=jnp.int32), *(ordered(values) for values in slots)


def followed(
    keys: jax.Array,
    store: jax.Array,
    slots: tuple[jax.Array, ...],
    spec: SequenceSpec,
    within: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array | None]:
    """Boxes and masks of each digit alone on its canvas, after the line transforms that labels follow.

    Args:
        keys: typed PRNG keys [B], those that the image is transformed with.
        store: float32 or uint8 [M, 28, 28].
        slots: `rows`, `ink`, `offsets` and `shown`, as for `compositing.columns`.
        spec: the layout.
        within: the width of the lines, where they lie on wider canvases.

    Returns:
        int32 [B, K, 4], 0 where no ink is left; and the masks that the spec
        asks for; after such transforms, of the slots with ink only.
    """
    count, width = slots[0].shape[1], spec.image_width
    follow = augment.followed(spec.line_transforms)

    def part(keys: jax.Array, slots: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array | None]:
        alone = compositing.alone(store, slots, width)
        if follow:
            # The very keys of the image: it is the same transform.
            shared = jnp.repeat(jax.random.clone(keys), count, axis=0)
            flat = alone.reshape(-1, HEIGHT, width)
            moved = augment.run(shared, spec.line_transforms, (flat, None), labels=True, width=within)
            alone = moved.reshape(alone.shape)
        return stage(labels, alone)

    def labels(alone: jax.Array) -> tuple[jax.Array, jax.Array | None]:
        boxes = pixels.ink_boxes(alone)
        kept = pixels.has_ink(boxes)
        if not spec.masks:
            return boxes, None
        if spec.masks == "amodal":
            return boxes, pixels.inked(kept_first(kept, alone)[1] if follow else alone)
        return boxes, strongest(alone, jnp.cumsum(kept, axis=1, dtype=jnp.int32))

    return in_chunks(part, count * HEIGHT * width, keys, slots)


def boxes(ink: jax.Array, offsets: jax.Array, shown: jax.Array) -> jax.Array:
    """Each digit's ink box on the canvas; -1 where the slot is not shown.

    Args:
        ink: int32 [B, K, 4], in the cell.
        offsets: int32 [B, K].
        shown: bool [B, K].

    Returns:
        int32 [B, K, 4], (x0, y0, x1, y1), half-open.
    """
    shift = jnp.stack([offsets, jnp.zeros_like(offsets)] * 2, axis=-1)
    return jnp.where(shown[..., None], ink + shift, -1)


def strongest(layers: jax.Array, names: jax.Array) -> jax.Array:
    """Masks of the digits by the ink of each alone.

    Args:
        layers: float32 [B, K, 28, W], from `alone`.
        names: int32 [B, K], what the mask calls each.

    Returns:
        int8 [B, 28, W], the name of the strongest ink (of the earlier slot
        where equal), 0 for background.
    """
    batch, _, height, width = layers.shape
    owners = jnp.argmax(layers, axis=1).reshape(batch, height * width)
    named = jnp.take_along_axis(names, owners, axis=1).reshape(batch, height, width)
    return jnp.where(inked(layers.max(axis=1)), named, 0).astype(jnp.int8)
