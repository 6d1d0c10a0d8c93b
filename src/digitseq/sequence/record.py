"""DigitSequence: an image of digits with its labels."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from ..internal.pytrees import register_pytree
from ..internal.shapes import Array, Bool, Float, Int8, Int32, UInt8
from ..labels.digits import PAD
from .slots import Slots


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DigitSequence:
    """An image of digits and its labels; every leaf gains a leading B in a batch.

    >>> ds.sample_sequence(7, "builtin", [3, 5, 0], ds.SequenceSpec(image_width=120))
    <DigitSequence, image [28, 120], digits [3]>

    Attributes:
        image: float32 [H, W] in [0, 1], 0 background, 1 ink, [row, column];
            or of the spec's `dtype`: bfloat16, float16, or uint8 (255 ink), as
            in an export.
        digits: int32 [K], the digits on the canvas, left to right, then PAD
            (-1). A digit whose ink a transform removed, or moved off the
            canvas, is left out, and later ones take its slot.
        length: int32 [], how many digits are on the canvas.
        offsets: int32 [K], x of each cell's left edge, pixels, before line
            transforms; negative where a cell's blank margin hangs over the
            edge (`advance` "ink" or "outline"); -1 past `length`.
        boxes: int32 [K, 4], (x0, y0, x1, y1) of each digit's own ink on the
            canvas, half-open pixels, covered by other ink or not; -1 past
            `length`. Without transforms a glyph that is blank in the bank
            has an empty box, x0 = x1.
        glyph_ids: int32 [K], rows of `bank.glyphs`; -1 past `length` and for
            glyphs that come from no bank.
        masks: "visible": int8 [H, W], slot + 1 of the digit whose ink is
            strongest at the pixel (the earlier where equal), 0 background.
            "amodal": bool [K, H, W], where each digit has ink, covered by
            others or not. None unless the spec asks.
        writer: int32 [], the number of the writer of all the digits where the
            spec has `hand="one-writer"`; else -1.
    """

    image: Float[Array, "*B H W"] | UInt8[Array, "*B H W"]
    digits: Int32[Array, "*B K"]
    length: Int32[Array, "*B"]
    offsets: Int32[Array, "*B K"]
    boxes: Int32[Array, "*B K 4"]
    glyph_ids: Int32[Array, "*B K"]
    masks: Int8[Array, "*B H W"] | Bool[Array, "*B K H W"] | None
    writer: Int32[Array, "*B"]

    def _repr_png_(self) -> bytes:
        """The picture that a notebook shows: the image, or a batch as a sheet."""
        from ..io import contact_sheet, png  # here, because Pillow must not load with the core

        image = self.image if self.image.ndim == 2 else self.image[: contact_sheet.MOST]
        return png.encode(contact_sheet.contact_sheet(np.asarray(image)))

    def __repr__(self) -> str:
        return f"<DigitSequence, image {list(self.image.shape)}, digits {list(self.digits.shape)}>"


def to_sequence(
    image: Float[Array, "B H W"] | UInt8[Array, "B H W"],
    slots: Slots,
    masks: Int8[Array, "B H W"] | Bool[Array, "B K H W"] | None,
) -> DigitSequence:
    """The record of a batch, with PAD or -1 in all slots past a row's length."""
    shown = slots.shown
    return DigitSequence(
        image=image,
        digits=jnp.where(shown, slots.digits, PAD),
        length=slots.lengths,
        offsets=jnp.where(shown, slots.offsets, -1),
        boxes=jnp.where(shown[..., None], slots.boxes, -1),
        glyph_ids=jnp.where(shown, slots.glyph_ids, -1),
        masks=masks,
        writer=slots.writers,
    )
