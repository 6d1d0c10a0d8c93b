"""Settings: all that the explorer's controls say, and what follows from them before anything is drawn."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from .. import vae
from ..augment import Transform, followed
from ..glyphs.bank import DigitBank
from ..glyphs.loading import load_bank
from ..glyphs.signs import with_signs
from ..glyphs.source_words import MODEL, is_model
from ..glyphs.variants import VariedBank, with_variants
from ..internal.pixels import HEIGHT
from ..io.colours import BLACK, WHITE
from ..io.contact_sheet import check_size
from ..labels.base import LabelSource
from ..labels.glyph_lists import GlyphLabels
from ..labels.sequences import FixedLabels
from ..sequence import preflight
from ..sequence.label_grammar import Labels, labels_of
from ..sequence.spec import Advance, Align, Baseline, Hand, Masks, SequenceSpec, Spacing
from ..sequence.spec_checks import check_spec

# The ends of the slider of gaps.
LEAST_GAP, GREATEST_GAP = -14, 20
MOST_LINES = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the explorer shows: a sheet of lines of one label.

    Attributes:
        labels: what is written, as SEQUENCE at the command line: "350", "random:3-8", "date".
        seed: from 0 to 2**32 - 1.
        lines: how many.
        columns: of the sheet.
        zoom: pixels of the sheet for one of the image's.
        bank: the word or path of a bank or a model.
        style: of a model: the correlation of the styles of a line's digits, 0 to 1.
        signs: whether the bank has signs, too.
        variants: whether digits are also written in ways that MNIST lacks.
        gaps: the least and the greatest, pixels.
        width: of the image, pixels; 0: wide enough for any gaps of the sliders.
        height: of the image, pixels; the digits' size follows it.
        spacing, advance, align, baseline, hand: as in `SequenceSpec`.
        glyph_transforms, line_transforms: likewise.
        boxes: whether they are drawn.
        masks: those that are tinted; None: none.
        ink, paper: the sheet's colours.
    """

    labels: str = "350"
    seed: int = 7
    lines: int = 4
    columns: int = 1
    zoom: int = 4
    bank: str = "builtin"
    style: float = 0.0
    signs: bool = False
    variants: bool = False
    gaps: tuple[int, int] = (0, 10)
    width: int = 0
    height: int = HEIGHT
    spacing: Spacing = "random"
    advance: Advance = "cell"
    align: Align = "center"
    baseline: Baseline = "cell"
    hand: Hand = "any"
    glyph_transforms: tuple[Transform, ...] = ()
    line_transforms: tuple[Transform, ...] = ()
    boxes: bool = False
    masks: Masks | None = None
    ink: str = WHITE
    paper: str = BLACK

    @functools.cached_property
    def source(self) -> Any:
        """The bank or the model; loaded once.

        Raises:
            ValueError: signs or variants of a model, or a style of a bank.
            BankError, FileNotFoundError, IdxError: what can't be loaded.
        """
        return _source(self.bank, self.signs, self.variants, self.style)

    @functools.cached_property
    def spec(self) -> SequenceSpec:
        """The layout.

        Raises:
            ValueError: labels that can't be read, which the width depends on.
        """
        return self._layout.replace(image_width=self.width or self._wide_enough())

    @functools.cached_property
    def written(self) -> Labels:
        """The source of the labels.

        Raises:
            ValueError: a word of another form, or one that no picture is drawn of.
        """
        found = labels_of(self.labels, self.source, name="labels")
        if isinstance(found, GlyphLabels):
            raise ValueError("addition: names the glyph of each digit, which pictures don't draw")
        return found

    @property
    def listed(self) -> bool:
        """Whether the labels are a list in its order, not random ones."""
        return isinstance(self.written, FixedLabels)

    def keys(self) -> tuple[jax.Array, jax.Array]:
        """The key of random labels and that of the images; of a list both are the seed's own."""
        key = jax.random.key(self.seed)
        if self.listed:
            return key, key
        label_key, image_key = jax.random.split(key)
        return label_key, image_key

    @functools.cached_property
    def rows(self) -> npt.NDArray[np.int32]:
        """The labels of the lines, int32 [lines, K], PAD (-1) after each row's last."""
        found = self.written
        if isinstance(found, FixedLabels):
            return np.asarray(found.digits)[np.arange(self.lines) % len(found.digits)]
        return np.asarray(_drawn(found, self.keys()[0], self.lines))

    def check(self) -> None:
        """Raises where the sheet can't be made, as `digitseq preview` would.

        Raises:
            ValueError: a number or a word that can't be used, or digits that may not fit the width.
            BankError: a digit that the bank lacks, or that no one writer has.
        """
        if not 1 <= self.lines <= MOST_LINES:
            raise ValueError(f"lines must be from 1 to {MOST_LINES}, got {self.lines}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must be from 0 to {2**32 - 1}, got {self.seed}")
        spec = self.spec
        check_spec(spec)
        size = (self.lines, spec.image_height, spec.image_width)
        check_size(size, columns=self.columns, scale=self.zoom, captions=False)
        slots = max(map(len, self.written.rows()))
        follow = followed(spec.line_transforms)
        preflight.check_memory(spec.image_width, slots, self.lines, follow=follow, height=spec.image_height)
        preflight.check_rows(self.source, self.written.rows(), spec, filled=False)
        if self.spacing == "even":  # which must fill the width with each of the very lines
            preflight.check_rows(self.source, FixedLabels(self.rows).rows(), spec)

    @property
    def _layout(self) -> SequenceSpec:
        return SequenceSpec(
            image_height=self.height,
            scale=self.height / HEIGHT,
            spacing_range=self.gaps,
            spacing=self.spacing,
            advance=self.advance,
            align=self.align,
            baseline=self.baseline,
            hand=self.hand,
            masks=self.masks or False,
            glyph_transforms=self.glyph_transforms,
            line_transforms=self.line_transforms,
        )

    def _wide_enough(self) -> int:
        """A width that doesn't change with the gaps, because each width is compiled anew.

        But for even gaps between cells, which must fill it.
        """
        slots = max(map(len, self.written.rows()))
        fills = self.spacing == "even" and self.advance == "cell"
        greatest = self.gaps[1] if fills else max(GREATEST_GAP, self.gaps[1])
        return preflight.auto_width(slots, (self.gaps[0], greatest), self._layout.cell)


@functools.partial(jax.jit, static_argnums=2)
def _drawn(labels: LabelSource, key: jax.Array, lines: int) -> jax.Array:
    """Random labels; compiled, since what they trace takes longer than a picture."""
    return jnp.asarray(labels.draw(key, lines))


@functools.lru_cache(maxsize=16)
def _source(bank: str, signs: bool, variants: bool, style: float) -> DigitBank | VariedBank | vae.Vae:
    if is_model(bank):
        if signs or variants:
            raise ValueError("signs and variants need a bank: a model draws its own digits alone")
        model = vae.pretrained() if bank == MODEL else vae.load(bank)
        return dataclasses.replace(model, style=jnp.float32(style))
    if style:
        raise ValueError("a style needs a model: the bank vae")
    found = with_signs(load_bank(bank)) if signs else load_bank(bank)
    return with_variants(found) if variants else found
