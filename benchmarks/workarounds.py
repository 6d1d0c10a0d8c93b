"""What each workaround for XLA is worth: whole jobs with it and with the obvious code, on a CPU.

Run: python benchmarks/workarounds.py [--rounds 11] [--only NAME ...]
Each line is one workaround, switched off in this process alone. Both programs are compiled first, then
timed in turn; the ratio is the median over the rounds of the time without it by that with it: 1.2 is a
fifth. Random integers and prefix sums stay for the numbers that they give, and are here to show their cost.
"""

import argparse
import contextlib
import dataclasses
import statistics
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
from timing import in_turn, ratio

import digitseq as ds
from digitseq import augment
from digitseq.augment import compose, elastic, ink, line_geometry, page, resample
from digitseq.glyphs.bank import DigitBank
from digitseq.internal import keys, pixels
from digitseq.sequence import annotations, compositing, glyph_sampling, pipeline, spacing, spacing_table
from digitseq.sequence.run import Run

BATCH = 1024
LABELS = ds.RandomDigits(min_length=5, max_length=5)
PLAIN = ds.SequenceSpec(image_width=200)
TIGHT = PLAIN.replace(spacing_range=(0, 30))
OVERLAPPING = PLAIN.replace(spacing_range=(-14, 0), masks="visible")
STRONG = PLAIN.replace(glyph_transforms="strong", line_transforms="scan")
CURVES = PLAIN.replace(glyph_transforms=(augment.Gamma(), augment.Contrast()))
WAVE = PLAIN.replace(line_transforms=(augment.BaselineWave(),))
NOISE = PLAIN.replace(line_transforms=(augment.GaussianNoise(),))
BLUR = PLAIN.replace(line_transforms=(augment.Blur(),))
ELASTIC = PLAIN.replace(glyph_transforms=(augment.Elastic(),))
Job = Callable[[Run, jax.Array], Any]
Change = tuple[Any, str, Any]


def randint_choice(bank: DigitBank, key: jax.Array, _: jax.Array, digits: jax.Array) -> jax.Array:
    """The choice of glyphs by JAX's own random integers."""
    return bank.starts[digits] + jax.random.randint(key, digits.shape, 0, bank.counts[digits])


def maximum(values: jax.Array) -> jax.Array:
    """`elastic._greatest` of the floats themselves."""
    return jnp.abs(jax.lax.stop_gradient(values)).max(axis=(2, 3), initial=0)


def sine(turns: jax.Array) -> jax.Array:
    """`line_geometry._sine` by XLA."""
    return jnp.sin(turns * jnp.float32(2 * jnp.pi))


def threefry_words(keys: jax.Array, size: tuple[int, int]) -> jax.Array:
    """`pixel_noise.pixel_words` by JAX's own hash."""
    return jax.vmap(lambda key: jax.random.bits(key, size, jnp.uint32))(keys)


def inverse_normal(bits: jax.Array) -> jax.Array:
    """`pixel_noise.normal` by the inverse of the error function."""
    halves = ((bits >> 9).astype(jnp.int32).astype(jnp.float32) + 0.5) * jnp.float32(2**-22) - 1
    return jnp.float32(2**0.5) * jax.lax.erf_inv(halves)


@contextlib.contextmanager
def replaced(*changes: Change) -> Iterator[None]:
    """The attributes of modules and classes replaced."""
    with contextlib.ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(mock.patch.object(owner, name, value))
        yield


def at_once(function: Callable[..., Any], *operands: Any) -> Any:
    """Neither materialized nor in chunks."""
    return function(*operands)


def whole(function: Callable[..., Any], pixels: int, *operands: Any) -> Any:
    """All rows in one piece."""
    return function(*operands)


def first_branch(_: Any, made: Callable[[], Any], first: Callable[..., Any], __: Any) -> Any:
    """The first branch always, fused with what makes its operands."""
    return first(*made())


def floats(run: Run, numbers: jax.Array) -> Any:
    """The job of most cases: images of 4 bytes a pixel, as recognisers take them."""
    return run.images(numbers)


def whole_bytes(run: Run, numbers: jax.Array) -> Any:
    """Images of a byte a pixel, which are copied from the bank's glyphs as bytes."""
    run = dataclasses.replace(run, spec=run.spec.replace(dtype="uint8"))
    return run.images(numbers)


def rounded_floats(run: Run, numbers: jax.Array) -> Any:
    """The same images, as floats that are rounded in the end."""
    return pixels.byte_ink(run.images(numbers).image)


MATERIALIZED = [
    (module, "materialize", at_once) for module in (compose, ink, resample, glyph_sampling, annotations)
]
CHUNKED = [
    (module, "map_in_chunks", whole) for module in (compose, glyph_sampling, annotations, pipeline, spacing)
]
# What is drawn, what is put in the workaround's place, and the jobs with and without it.
CASES: dict[str, tuple[ds.SequenceSpec, list[Change], Job, Job]] = {
    "materialize": (STRONG, MATERIALIZED, floats, floats),
    "map_in_chunks": (STRONG, CHUNKED, floats, floats),
    "threefry in one program": (PLAIN, [(keys, "_is_threefry", lambda _: False)], floats, floats),
    "random integers": (PLAIN, [(DigitBank, "choose", randint_choice)], floats, floats),
    "prefix sums": (
        TIGHT,
        [(spacing_table, "prefix_sums", lambda sums: jnp.cumsum(sums, axis=0))],
        floats,
        floats,
    ),
    "branch of paint": (PLAIN, [(compositing, "branch", first_branch)], floats, floats),
    "branch of paint, overlapping": (OVERLAPPING, [(compositing, "branch", first_branch)], floats, floats),
    "powers by exp and log": (CURVES, [(ink, "_raised", jnp.power)], floats, floats),
    "maximum of integers": (ELASTIC, [(elastic, "_greatest", maximum)], floats, floats),
    "sine by a polynomial": (WAVE, [(line_geometry, "_sine", sine)], floats, floats),
    "noise by a short hash": (NOISE, [(page, "pixel_words", threefry_words)], floats, floats),
    "normal by a polynomial": (NOISE, [(page, "normal", inverse_normal)], floats, floats),
    "padding of Blur stored": (BLUR, [(ink, "materialize", at_once)], floats, floats),
    "bytes stay bytes": (PLAIN, [], whole_bytes, rounded_floats),
}


def program(run: Run, job: Job, changes: list[Change]) -> tuple[Callable[[], Any], float]:
    """A call of the job's own compiled program, and the seconds of CPU that it took to compile."""
    numbers = jnp.arange(BATCH, dtype=jnp.uint32)
    jitted = jax.jit(lambda *operands: job(*operands))  # of its own, so that no other's program is taken
    with replaced(*changes):
        seconds = in_turn({"": lambda: jitted.lower(run, numbers).compile()}, 1, warm=0)[""]
        jax.block_until_ready(jitted(run, numbers))
    return lambda: jax.block_until_ready(jitted(run, numbers)), seconds[0]


def main(rounds: int, only: list[str]) -> None:
    bank = ds.load_bank("builtin")
    print(f"{BATCH} lines, medians of {rounds} rounds")
    print(f"{'':30}{'with, ms':>10}{'without':>10}{'ratio':>8}{'compiling, s':>14}{'without':>9}")
    for name, (spec, changes, job, plain_job) in CASES.items():
        if only and name not in only:
            continue
        run = jax.device_put(Run.of(0, bank, LABELS, spec))
        ours, compiling = program(run, job, [])
        theirs, compiling_without = program(run, plain_job, changes)
        seconds = in_turn({"with": ours, "without": theirs}, rounds)
        with_it, without = (statistics.median(seconds[name]) * 1e3 for name in ("with", "without"))
        gain = ratio(seconds["with"], seconds["without"])
        print(f"{name:30}{with_it:10.1f}{without:10.1f}{gain:8.2f}{compiling:14.1f}{compiling_without:9.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", nargs="*", default=[], choices=list(CASES))
    arguments = parser.parse_args()
    main(arguments.rounds, arguments.only)
