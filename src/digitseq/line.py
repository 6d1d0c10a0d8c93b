"""The finished line: which digits are left on it, and labels that follow its transforms."""

import jax
import jax.numpy as jnp

from . import augment, canvas
from .bank import HEIGHT
from .spec import SequenceSpec
from .stage import in_chunks, stage


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
        slots: `rows`, `ink`, `offsets` and `shown`, as for `canvas.columns`.
        spec: the layout.
        within: the width of the lines, where they lie on wider canvases.

    Returns:
        int32 [B, K, 4], 0 where no ink is left; and the masks that the spec
        asks for; after such transforms, of the slots with ink only.
    """
    count, width = slots[0].shape[1], spec.image_width
    follow = augment.followed(spec.line_transforms)

    def part(keys: jax.Array, slots: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array | None]:
        alone = canvas.alone(store, slots, width)
        if follow:
            # The very keys of the image: it is the same transform.
            shared = jnp.repeat(jax.random.clone(keys), count, axis=0)
            flat = alone.reshape(-1, HEIGHT, width)
            moved = augment.run(shared, spec.line_transforms, (flat, None), labels=True, width=within)
            alone = moved.reshape(alone.shape)
        return stage(labels, alone)

    def labels(alone: jax.Array) -> tuple[jax.Array, jax.Array | None]:
        boxes = canvas.ink_boxes(alone)
        kept = canvas.has_ink(boxes)
        if not spec.masks:
            return boxes, None
        if spec.masks == "amodal":
            return boxes, canvas.inked(kept_first(kept, alone)[1] if follow else alone)
        return boxes, canvas.strongest(alone, jnp.cumsum(kept, axis=1, dtype=jnp.int32))

    return in_chunks(part, count * HEIGHT * width, keys, slots)
