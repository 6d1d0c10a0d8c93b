"""What a source can draw and a width can hold: the checks of the fronts, before anything is made."""

import math
import os
from collections.abc import Iterable

import numpy as np

from .. import augment
from ..errors import BankError
from ..glyphs.source import Source, has_store, serves, writer_index_of
from ..internal.pixels import CELL, HEIGHT
from ..internal.xla import CPU_PIXELS
from ..labels.base import LabelSource, Row
from ..labels.digits import as_digits
from .pipeline import check_shapes
from .signs import named_classes
from .spacing import MIN_SPACING, check_spacing_range
from .spec import SequenceSpec
from .spec_checks import check_spec

AUTO = "auto"


def auto_width(slots: int, spacing_range: tuple[int, int], cell: int = CELL) -> int:
    """The columns that so many digits take with the widest gaps: every draw fits them.

    Cells are counted, which no ink is wider than.
    """
    return slots * cell + (slots - 1) * max(spacing_range[1], MIN_SPACING)


def check_source(source: Source, labels: LabelSource, spec: SequenceSpec, batch: int) -> None:
    """Raises where a batch of so many images with such labels can't be made.

    Raises:
        ValueError: values that can't be used, labels that may not fit the
            width, or a batch that is too large for memory.
        BankError: digits that the source can't draw, or no one writer has.
    """
    for name, record in (("source", source), ("labels", labels)):
        if isinstance(record, type) or not callable(getattr(record, "draw", None)):
            raise ValueError(f"{name} must have `draw`, as the contract of {name} says, got {record!r}")
    check_spec(spec)
    getattr(labels, "check", lambda: None)()
    rows: list[Row] = getattr(labels, "rows", list)()
    # Even gaps need not fill the width here: `align` says where leftover columns go.
    check_rows(source, rows, spec, filled=False)
    slots = max((len(row) for row in rows), default=1)
    check_shapes((batch, slots), spec)
    follow = augment.followed(spec.line_transforms)
    check_memory(spec.image_width, slots, batch, follow=follow, height=spec.image_height)


def check_rows(source: Source, rows: Iterable[Row], spec: SequenceSpec, *, filled: bool = True) -> None:
    """Raises where the source lacks a digit of the rows, or one may not fit the width, or not fill it."""
    rows = list(rows)
    used = sorted({digit for row in rows for choices in row for digit in choices})
    require_digits(source, used)
    named_classes(source, spec.unlabelled)  # raises where the source lacks one of them
    require_writer(source, [sorted({digit for choices in row for digit in choices}) for row in rows], spec)
    sizes = {digit: possible_sizes(source, digit, spec) for digit in used}
    spacing_range = check_spacing_range(spec.spacing_range)
    together: dict[tuple[int, ...], list[int]] = {}
    different: dict[tuple[tuple[int, ...], ...], list[list[int]]] = {}
    for row in rows:
        slots = []
        for choices in row:
            named = tuple(choices)
            if named not in together:
                together[named] = sorted({size for digit in choices for size in sizes[digit]})
            slots.append(together[named])
        different[tuple(map(tuple, slots))] = slots
    for slots in different.values():
        check_fits(slots, spec, spacing_range, spec.image_width, filled=filled)


def require_writer(source: Source, rows: Iterable[list[int]], spec: SequenceSpec) -> None:
    """Raises BankError where the spec asks for one writer a line and none has all digits of a row."""
    if spec.hand != "one-writer":
        return
    has = np.diff(np.asarray(writer_index_of(source).runs), axis=1) > 0
    for digits in rows:
        if not has[digits].all(axis=0).any():
            raise BankError(
                f"hand='one-writer': no writer of this bank has all of the digits {digits} of a line"
            )


def require_digits(source: Source, digits: list[int]) -> None:
    """Raises where the source can't draw one of the digits.

    Raises:
        ValueError: a digit outside the source's classes.
        BankError: a digit the bank has no glyph of.
    """
    if has_store(source):
        counts = np.asarray(source.counts).tolist()
        for digit in digits:
            if not 0 <= digit < len(counts):
                raise ValueError(f"digits: {digit} is out of range, this bank has 0..{len(counts) - 1}")
            if not counts[digit]:
                raise BankError(f"the bank has no glyph of digit {digit}")
        return
    if not digits:
        return
    known = np.asarray(serves(source, as_digits(digits, 1)))
    if not known.all():
        raise ValueError(f"digits: {digits[int(known.argmin())]} is not among those of {source!r}")


def possible_sizes(source: Source, digit: int, spec: SequenceSpec) -> list[int]:
    """The pixels that a digit may take, over all its glyphs: its cell, or each width of ink."""
    if spec.advance == "cell":
        return [spec.cell]
    if spec.glyph_transforms or spec.cell != CELL or not has_store(source):
        return list(range(spec.cell + 1))
    start, count = int(np.asarray(source.starts)[digit]), int(np.asarray(source.counts)[digit])
    # A bank with variants has glyphs of the digit elsewhere, too.
    rows = getattr(source, "rows_of", lambda _: slice(start, start + count))(digit)
    run = np.asarray(source.ink)[rows]
    widths: list[int] = np.unique(run[:, 2] - run[:, 0]).tolist()
    return widths


def check_fits(
    sizes: list[list[int]],
    spec: SequenceSpec,
    spacing_range: tuple[int, int],
    width: int,
    *,
    filled: bool = True,
) -> None:
    """Raises where the digits may not fit the width, whichever glyphs are drawn.

    Args:
        sizes: of each digit, from `possible_sizes`.
        spec: the layout, but for
        spacing_range: its range and
        width: its width.
        filled: even gaps between cells must fill it.

    Raises:
        ValueError: stating the smallest width that works, or, for even
            spacing of cells, the nearest.
    """
    low, high = spacing_range
    gaps = len(sizes) - 1
    least = least_width(sizes, low)
    if width < least:
        raise ValueError(
            f"image_width {width} is too small for {len(sizes)} digits with gaps of at least {low}: "
            f"the smallest width that {'works' if spec.advance == 'cell' else 'always works'} is {least}"
        )
    if filled and spec.spacing == "even" and spec.advance == "cell" and gaps:
        gap = (width - spec.cell * len(sizes)) / gaps
        if gap != int(gap) or gap > high:
            near = {min(max(rounded, low), high) for rounded in (math.floor(gap), math.ceil(gap))}
            widths = " or ".join(str(spec.cell * len(sizes) + g * gaps) for g in sorted(near))
            raise ValueError(
                f"image_width {width} can't be filled by {len(sizes)} digits with even gaps of {low} "
                f"to {high} pixels; the nearest that works: {widths}"
            )


def least_width(sizes: list[list[int]], low: int) -> int:
    """The columns that always suffice for digits of possible sizes with gaps of at least `low`."""
    if len(sizes[0]) == 1 and all(own == sizes[0] for own in sizes):  # cells
        size = sizes[0][0]
        return len(sizes) * size + (len(sizes) - 1) * max(low, -(size // 2))
    # The most that glyphs up to here can take, by the size of the last.
    most = {size: size for size in sizes[0]}
    for following in sizes[1:]:
        most = {
            size: size + max(taken + max(low, -(min(last, size) // 2)) for last, taken in most.items())
            for size in following
        }
    return max(most.values())


def check_memory(
    width: int, slots: int, batch: int = 1, *, follow: bool = False, height: int = HEIGHT
) -> None:
    """Raises where the canvases, a copy and the working tables exceed the machine's memory.

    Labels that follow line transforms take a canvas for each digit of some
    rows at a time, and what lies between the stages that it goes through.

    Raises:
        ValueError: saying what it takes and what there is.
    """
    needed = 4 * width * (2 * height + 4 * slots) * batch
    if follow:
        needed += 8 * 4 * max(CPU_PIXELS, slots * height * width)
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return
    if needed > there:
        raise ValueError(
            f"image_width {width} is too large for memory: it takes about {needed / 2**30:.1f} GiB, "
            f"this machine has {there / 2**30:.1f}"
        )
