"""Label source: given sequences, and which glyphs to write them with."""

import dataclasses
from typing import Any

from ..internal.pytrees import register_pytree
from ..internal.shapes import HostArray, Integer
from .sequences import FixedLabels


@register_pytree
@dataclasses.dataclass(frozen=True, eq=False)
class GlyphLabels(FixedLabels):
    """Given sequences, in order, and the glyphs that they are written with.

    Attributes:
        digits: int32 [M, K], as for `FixedLabels`.
        glyph_ids: int32 [M, K], the row of `bank.glyphs` that each digit has in
            a run (`batch_at`, `Dataset`, exports), -1 for any glyph of it. A leaf.
    """

    glyph_ids: Any = None

    def taken(self, places: Integer[HostArray, " N"]) -> FixedLabels:
        """Raises ValueError: a part of a list is for a part of a bank, which lacks the others' glyphs."""
        raise ValueError(f"{type(self).__name__} name the glyphs of a whole bank, so they can't be split")

    def check(self) -> None:
        """Raises ValueError on digits that can't be used, or another order than the given."""
        super().check()
        if self.order != "given":
            raise ValueError(f"GlyphLabels.order must be 'given', got {self.order!r}")
