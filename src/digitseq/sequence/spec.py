"""SequenceSpec: the layout of a sequence, and the dtype of its images."""

import dataclasses
from typing import Any, Literal, Self

import jax
import numpy as np

from .. import augment
from ..augment.base import to_python
from ..internal.pixels import CELL, HEIGHT
from ..internal.pytrees import register_pytree
from ..internal.validation import as_integer

Spacing = Literal["random", "even", "hand"]
Align = Literal["left", "center", "right", "random"]
Advance = Literal["cell", "ink", "outline"]
Baseline = Literal["cell", "ink"]
Masks = Literal["visible", "amodal"]
Hand = Literal["any", "one-writer"]
Sampling = Literal["iid", "epoch"]
Dtype = Literal["float32", "bfloat16", "float16", "uint8"]

# Places on a canvas, and a batch of one, are counted in int32.
MAX_WIDTH = (2**31 - 1) // HEIGHT
MAX_HEIGHT = 4096
USUAL = {
    "image_height": HEIGHT,
    "scale": 1,
    "sampling": "iid",
    "baseline": "cell",
    "baseline_jitter": 0,
    "ligatures": None,
    "unlabelled": "",
    "dtype": "float32",
}
CHAINS: dict[str, Literal["glyph", "line"]] = {"glyph_transforms": "glyph", "line_transforms": "line"}


def _static(default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"static": True})


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SequenceSpec:
    """How a sequence becomes an image. A pytree: numbers are leaves, structure is static.

    Changing `spacing_range` or a transform's parameter never recompiles, and
    they may be traced. The constructor checks nothing, since JAX calls it with
    tracers; `check_spec` does.

    >>> spec = ds.SequenceSpec(image_width=120, spacing_range=(-2, 6), align="left")
    >>> spec.replace(masks="amodal").masks
    'amodal'

    Attributes:
        image_width: W, pixels. Static.
        image_height: H, pixels, at least 28 and as high as a cell, whose
            middle is the canvas's. Static.
        scale: of the glyphs: their cells have round(28 * scale) pixels a side,
            bicubically interpolated once all glyph transforms are done (in one
            with the last, if that moves ink). A Python number. Static.
        spacing_range: (min, max), both ends included: the gap between
            neighbours in pixels, integers from -14. Leaves.
        spacing: "random", every gap vector that fits equally likely;
            "even", all gaps equal: the largest in the range that fits, with
            leftover columns where `align` says (`generate_numbers_sequence`
            refuses a width that even gaps between cells don't fill); or
            "hand", as "random" within a range of the line's own, from the
            lesser to the greater of two uniform integers of `spacing_range`
            (from the range's least where the line's own doesn't fit). Static.
        align: where leftover columns go. "left" puts the digits at the left
            edge; "center" halves them, an odd one to the right; "right";
            "random" draws the left part uniformly. Static.
        advance: "cell" measures gaps between the cells; "ink"
            between the ink of neighbours, so that 0 means touching columns;
            "outline" between their ink row by row, so that a 4 tucks under a 7:
            the least distance across, of ink in the same row or in adjoining
            ones (between columns where no rows adjoin). Columns of ink overlap
            by no more than half of the narrower neighbour, however negative
            the gap and whatever the outlines. Static.
        baseline: "cell", each digit stands where its cell has it (MNIST's
            have their centre of mass in the middle); "ink", with the bottom of its ink on
            row `top + round(24 * scale)`: moved by whole rows, and no further than
            the canvas. Signs (`with_signs`) keep their place in the cell. Static.
        baseline_jitter: the standard deviation, in pixels, of each digit's
            distance from that baseline: normal, rounded. A leaf.
        ligatures: the probability that a thin stroke joins two neighbours,
            from outline to outline, where that takes it at most 12 * scale columns
            across and none is a sign. It is drawn before the line transforms, and
            belongs to no box and no mask. A leaf; None: no ligatures.
        unlabelled: those of the source's `symbols` that are drawn, take room and
            follow all that moves ink, but have no label: they stand in no
            `digits`, `offsets`, `glyph_ids`, box or mask, and `length` does not
            count them. What they cover in a visible mask is 0. Static.
        glyph_transforms: applied to each glyph, in this order, before it is
            placed: records of `digitseq.augment`, or the name of a preset or
            of a `.json` file. Their parameters are leaves. Boxes, ink gaps and
            masks are those of the transformed ink, so page transforms (noise,
            paper) are refused here.
        line_transforms: applied to the whole canvas then, in this order:
            records of `digitseq.augment`, or a name. Boxes and masks are
            those after the transforms that move or change ink.
        hand: "any", each glyph by any writer; "one-writer", all glyphs of a
            line by one writer, sampled uniformly from those who have all its
            digits (a bank with `writers` only). Static.
        sampling: "iid", each slot's glyph uniform over those of its class; "epoch",
            each of a class once before any twice. Only in runs (`batch_at`,
            `Dataset`, exports) of labels in a given order, where slots can be
            counted: of M sequences with m slots of a class, e of them before a
            slot of image i, this is turn t = (i // M) * m + e (modulo 2**32),
            and has, of the class's N glyphs, the one at place t mod N of the
            key's permutation t // N. Slots off the canvas count too. Static.
        masks: "visible", one map of which digit is on top; "amodal", a map of
            all ink for each digit; False, none; True is "visible". Static.
        dtype: of the images: "float32", "bfloat16" or "float16", 1 being full
            ink, rounded from float32 in the end; or "uint8", 255 being full ink,
            as files hold it. Labels don't depend on it. Each of the 256 values
            of a glyph stays distinct in all of them. Static.
    """

    image_width: int = _static(200)
    image_height: int = _static(HEIGHT)
    scale: float = _static(1.0)
    spacing_range: tuple[Any, Any] = (0, 10)
    spacing: Spacing = _static("random")
    align: Align = _static("center")
    advance: Advance = _static("cell")
    glyph_transforms: tuple[Any, ...] = ()
    line_transforms: tuple[Any, ...] = ()
    masks: Masks | bool = _static(False)
    hand: Hand = _static("any")
    sampling: Sampling = _static("iid")
    baseline: Baseline = _static("cell")
    baseline_jitter: Any = 0.0
    ligatures: Any = None
    unlabelled: str = _static("")
    dtype: Dtype = _static("float32")

    def __post_init__(self) -> None:
        # A chain given by name. JAX, which builds records from tracers, never passes text here.
        for name, of in CHAINS.items():
            if isinstance(chain := getattr(self, name), str):
                object.__setattr__(self, name, tuple(augment.as_chain(chain, of)))

    @property
    def cell(self) -> int:
        """The pixels along a side of a cell on the canvas."""
        return round(CELL * self.scale)

    @property
    def top(self) -> int:
        """The canvas row of the cells' uppermost pixels."""
        return (self.image_height - self.cell) // 2

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def __repr__(self) -> str:
        fields = {f.name: to_python(getattr(self, f.name)) for f in dataclasses.fields(self)}
        # Data cards show this: as by versions that knew no other.
        shown = (f"{name}={value!r}" for name, value in fields.items() if USUAL.get(name) != value)
        return f"SequenceSpec({', '.join(shown)})"


def as_numbers(spec: SequenceSpec) -> SequenceSpec:
    """The spec with its numbers as NumPy's int32 and float32, so that their Python types don't recompile.

    Raises:
        ValueError: a bound of `spacing_range` that is not an integer.
    """
    low, high = (
        bound
        if isinstance(bound, jax.Array)
        else np.int32(np.clip(as_integer("spacing_range", bound), -(2**31), 2**31 - 1))
        for bound in spec.spacing_range
    )
    floats = {name: getattr(spec, name) for name in (*CHAINS, "baseline_jitter", "ligatures")}
    floats = jax.tree.map(
        lambda number: number if isinstance(number, jax.Array) else np.float32(number), floats
    )
    return spec.replace(spacing_range=(low, high), **floats)
