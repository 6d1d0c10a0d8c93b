"""generate_numbers_sequence: NumPy in, NumPy out, with every check that can be made beforehand."""

import functools
from collections.abc import Iterable
from typing import Any, Literal

import jax
import numpy as np
import numpy.typing as npt

from .augment import takes_width
from .glyphs.source import Source, symbols_of
from .glyphs.source_words import as_source
from .internal import keys
from .internal.settings import own_settings
from .internal.symbols import DIGITS
from .internal.validation import as_integer, as_size
from .internal.xla import ONE_THREAD
from .labels.digits import PAD
from .labels.text import parse_sequence
from .sequence.pipeline import render
from .sequence.preflight import (
    AUTO,
    auto_width,
    check_fits,
    check_memory,
    possible_sizes,
    require_digits,
    require_writer,
)
from .sequence.spacing import check_spacing_range
from .sequence.spec import MAX_WIDTH, SequenceSpec, as_numbers
from .sequence.spec_checks import check_spec

# Slots and columns are padded to the next of a few sizes, so that calls with
# all sorts of lengths and widths share a few compiled programs.
LEAST_SLOTS = 8
LEAST_COLUMNS = 256
COLUMN_STEP = 4096
# Columns up to which `Elastic` can count in int32.
MOST_PADDED = 2**16
# Specs that were checked, which are remembered by their identity: they don't change.
MOST_SPECS = 8
# Widths whose own programs are kept, where there must be some: each takes a CPU
# some 10 MiB and 200 of the 65,530 pieces of memory that Linux gives a process.
MOST_WIDTHS = 32
# Sizes of calls whose checks are remembered, some 200 bytes each.
MOST_PLANS = 1024
DEFAULT_SPEC = SequenceSpec()


@own_settings
def generate_numbers_sequence(
    digits: Iterable[int] | str,
    spacing_range: tuple[int, int],
    image_width: int | Literal["auto"],
    *,
    key: jax.Array | int | None = None,
    bank: Source | str | None = None,
    spec: SequenceSpec | None = None,
) -> npt.NDArray[np.float32]:
    """An image of the digits side by side, each drawn at random from its class.

    >>> image = ds.generate_numbers_sequence([3, 5, 0], (0, 10), 120, key=7, bank="builtin")
    >>> image.shape, image.dtype, float(image.min())
    ((28, 120), dtype('float32'), 0.0)

    Args:
        digits: what to write, left to right: a list, tuple, range, integer
            array of NumPy or JAX, one-dimensional, or a string of the bank's
            symbols, such as `350` or, where the bank has signs, `12/05/2024`;
            `12-3` are the classes 12 and 3, unless the hyphen is a symbol.
        spacing_range: (min, max), integers from -14, both ends included:
            pixels between neighbouring digits. Gaps are independent and
            uniform over the range where every draw fits the width; else every
            combination of gaps that fits is equally likely.
        image_width: columns of the image. What the digits leave is split
            evenly between left and right, unless `spec` says otherwise.
            "auto" is as many as the digits' cells and the widest gaps take.
        key: a JAX PRNG key, or an integer seed from 0 to 2**32 - 1, which
            means `jax.random.key(seed)`. None draws fresh entropy.
        bank: where the glyphs come from: a bank, a model, or the name of one
            ("mnist", "builtin", "vae", a path); None takes `load_bank()`, once.
        spec: gives all other settings; the arguments win over its own. Its
            `dtype` must be "float32", as the image is.

    Returns:
        A new, writable, C-contiguous float32 array [28, image_width] (or of
            the spec's `image_height`) in
        [0, 1], 0 black background, 1 white ink. The same image as that of
        `sample_sequence` with this key and spec.

    Raises:
        ValueError: an argument that can't be used; the message names it, its
            value, and what would work.
        BankError: the bank has no glyph of a digit, or there is no bank.
        RuntimeError: in a process that was forked after JAX had started.
    """
    source: Source = as_source(bank, "bank")
    numbers = check_digits(digits, symbols_of(source))
    low, high = check_spacing_range(spacing_range)
    spec = DEFAULT_SPEC if spec is None else spec
    if not isinstance(spec, SequenceSpec):
        raise ValueError(f"spec must be a SequenceSpec, got {spec!r}")
    spec = _checked(spec)
    wanted = auto_width(len(numbers), (low, high), spec.cell) if image_width == AUTO else image_width
    width = as_size("image_width", wanted, MAX_WIDTH)
    words = keys.fresh_words() if key is None else keys.checked_key(key)
    require_digits(source, numbers)
    require_writer(source, [numbers], spec)
    if spec.advance != "cell":
        check_fits([possible_sizes(source, digit, spec) for digit in numbers], spec, (low, high), width)
    slots, columns, layout = _planned(spec, len(numbers), low, high, width)
    program = _image
    if spec.line_transforms and not _can_be_padded(spec, words, columns):
        columns, program = width, _image_of(width)
    padded = np.array(numbers + [PAD] * (slots - len(numbers)), np.int32)
    canvas = program(words, source, padded, _with_columns(spec, columns), layout)
    return np.array(np.asarray(canvas)[:, :width])


@functools.lru_cache(maxsize=MOST_SPECS)
def _checked(spec: SequenceSpec) -> SequenceSpec:
    """The spec, without masks, its numbers of types that don't recompile.

    Raises:
        ValueError: a value that can't be used.
    """
    check_spec(spec)
    if spec.dtype != "float32":
        raise ValueError(
            f"spec.dtype must be 'float32', as this function returns, got {spec.dtype!r}; `sample_sequence` "
            "makes images of other dtypes"
        )
    return (as_numbers(spec) if spec.glyph_transforms or spec.line_transforms else spec).replace(masks=False)


@functools.lru_cache(maxsize=MOST_PLANS)
def _planned(
    spec: SequenceSpec, count: int, low: int, high: int, width: int
) -> tuple[int, int, npt.NDArray[np.int32]]:
    """Slots and columns for so many digits, padded, and the layout that `_image` takes.

    Remembered, as checking takes some 12 of a call's 100 us.

    Raises:
        ValueError: cells that don't fit the width, or an image that doesn't fit the memory.
    """
    if spec.advance == "cell":
        check_fits([[spec.cell]] * count, spec, (low, high), width)
    check_memory(width, count, height=spec.image_height)
    columns = min(_padded(width, LEAST_COLUMNS), -(-width // COLUMN_STEP) * COLUMN_STEP)
    return _padded(count, LEAST_SLOTS), columns, np.array([low, high, width], np.int32)


@functools.lru_cache(maxsize=MOST_WIDTHS)
def _with_columns(spec: SequenceSpec, columns: int) -> SequenceSpec:
    return spec.replace(image_width=columns)


@functools.partial(jax.jit, compiler_options=ONE_THREAD)
def _image(
    key: jax.Array, bank: Source, digits: jax.Array, spec: SequenceSpec, layout: jax.Array
) -> jax.Array:
    """The canvas of one line; `layout` is the least and the greatest gap, and the width."""
    spec = spec.replace(spacing_range=(layout[0], layout[1]))
    return render(keys.typed_key(key)[None], bank, digits[None], spec, layout[2]).image[0]


@functools.lru_cache(maxsize=MOST_WIDTHS)
def _image_of(columns: int) -> Any:
    """`_image` for canvases of so many columns, compiled apart, so that its programs can be freed."""

    def image(*args: Any) -> jax.Array:
        return _image.__wrapped__(*args)  # type: ignore[attr-defined]

    return jax.jit(image, compiler_options=ONE_THREAD)


def _can_be_padded(spec: SequenceSpec, key: Any, columns: int) -> bool:
    """Whether the line transforms do the same on a wider canvas; else each width compiles anew.

    Other keys than threefry's draw other numbers for a canvas of another size.
    """
    threefry = key.dtype == np.uint32 or str(jax.random.key_impl(key)) == keys.THREEFRY
    return threefry and columns <= MOST_PADDED and takes_width(spec.line_transforms)


def check_digits(digits: Iterable[int] | str, symbols: str = DIGITS) -> list[int]:
    """The digits as Python integers; their range is the bank's to check. Text is of the `symbols`.

    Raises:
        ValueError: empty, nested, or with anything in it that is not a whole number.
    """
    if isinstance(digits, str):
        return parse_sequence(digits, name="digits", symbols=symbols)
    if isinstance(digits, np.ndarray | jax.Array):
        if digits.ndim != 1:
            raise ValueError(f"digits must be one-dimensional, got shape {list(digits.shape)}")
        digits = digits.tolist()
    if isinstance(digits, dict | set | frozenset | bytes | bytearray | memoryview) or not isinstance(
        digits, Iterable
    ):
        raise ValueError(f"digits must be a list, a string or an array of integers, got {digits!r}")
    numbers = []
    for place, digit in enumerate(digits):
        if type(digit) is not int and isinstance(digit, Iterable) and getattr(digit, "ndim", None) != 0:
            raise ValueError(f"digits must be flat, got {digit!r} at place {place}")
        numbers.append(as_integer(f"digits[{place}]", digit))
    if not numbers:
        raise ValueError("digits is empty; give at least one digit")
    return numbers


def _padded(size: int, least: int) -> int:
    return max(least, 1 << (size - 1).bit_length())
