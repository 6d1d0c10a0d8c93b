"""Glyphs a second through elastic and affine warps beside OpenCV, augmax and dm-pix; lines beside plain ones.

Run: python benchmarks/augment.py [--rounds 15]
Wants DIGITSEQ_MNIST, and `pip install '.[bench]'`.
"""

import argparse
import statistics

import augmax
import cv2
import dm_pix
import jax
import jax.numpy as jnp
import numpy as np
from timing import in_turn, ratio

import digitseq as ds
from digitseq import augment

BATCH, LINES, SLOTS, WIDTH = 5120, 1024, 5, 200
SIGMA, ALPHA = 4.0, 34.0
OURS = "Affine + Elastic"


def opencv(glyphs: np.ndarray) -> np.ndarray:
    """The usual recipe: two fields of uniform noise, blurred, and one remap a glyph."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28].astype(np.float32)
    done = np.empty_like(glyphs)
    for glyph, result in zip(glyphs, done, strict=True):
        fields = (2 * draw.random((28, 28), np.float32) - 1 for _ in range(2))
        down, right = (cv2.GaussianBlur(field, (0, 0), SIGMA) * ALPHA for field in fields)
        cv2.remap(glyph, x + right, y + down, cv2.INTER_LINEAR, dst=result)
    return done


def glyph_table(bank: ds.DigitBank, key: jax.Array, rounds: int) -> None:
    """Prints our and other libraries' speed on the same glyphs; dm-pix, very slow, has its own rounds."""
    glyphs = jnp.asarray(bank.glyphs[:BATCH]).astype(jnp.float32) / 255
    plain, images = np.asarray(glyphs), glyphs[..., None]
    warp = augmax.Chain(augmax.Warp(strength=1.2, coarseness=4))
    # Each of theirs is a function of one key and one image.
    warped = jax.jit(jax.vmap(lambda key, image: warp(key, image)))
    deformed = jax.jit(jax.vmap(lambda key, image: dm_pix.elastic_deformation(key, image, ALPHA, SIGMA)))
    keys = jax.random.split(key, BATCH)
    chains = {
        OURS: (augment.Affine(), augment.Elastic(sigma=SIGMA)),
        "Elastic + Affine": (augment.Elastic(sigma=SIGMA), augment.Affine()),
        "Affine": (augment.Affine(),),
        "Elastic": (augment.Elastic(sigma=SIGMA),),
    }
    runs = {
        name: lambda chain=chain: augment.apply(key, chain, glyphs).block_until_ready()
        for name, chain in chains.items()
    }
    cv2.setNumThreads(1)
    theirs = {
        "OpenCV loop": lambda: opencv(plain),
        "augmax Warp": lambda: warped(keys, images).block_until_ready(),
    }
    seconds = in_turn(runs | theirs, rounds)
    slow = in_turn(
        {OURS: runs[OURS], "dm-pix": lambda: deformed(keys, images).block_until_ready()}, 3, warm=1
    )
    print(f"{BATCH} glyphs, medians over {rounds} rounds (dm-pix: 3)")
    print(f"{'':20}{'ms':>9}{'glyphs/s':>11}{'x ' + OURS:>22}")
    for name, times in (seconds | {"dm-pix": slow["dm-pix"]}).items():
        against = slow[OURS] if name == "dm-pix" else seconds[OURS]
        median = statistics.median(times)
        print(f"{name:20}{median * 1e3:9.2f}{BATCH / median:11,.0f}{ratio(times, against):22.4f}")


@jax.jit
def pixels(key, bank, digits, spec):
    """The images only: XLA drops what only labels need."""
    return ds.sample_sequences(key, bank, digits, spec).image


def line_table(bank: ds.DigitBank, key: jax.Array, rounds: int) -> None:
    """Prints the speed of lines with each preset and of plain ones, without labels and with them."""
    digits = jnp.asarray(np.random.default_rng(0).integers(0, 10, (LINES, SLOTS)).astype(np.int32))
    specs = {"plain": ds.SequenceSpec(image_width=WIDTH)}
    for name in augment.PRESETS:
        glyphs, lines = augment.preset(name)
        specs[name] = specs["plain"].replace(glyph_transforms=glyphs, line_transforms=lines)
    runs = {}
    for name, spec in specs.items():
        runs[name] = lambda spec=spec: pixels(key, bank, digits, spec).block_until_ready()
        runs[f"{name}, labels"] = lambda spec=spec: jax.block_until_ready(
            ds.sample_sequences(key, bank, digits, spec)
        )
    seconds = in_turn(runs, rounds, warm=1)
    print(f"\n{LINES} lines of {SLOTS} digits, width {WIDTH}, medians over {rounds} rounds")
    print(f"{'':20}{'ms':>9}{'lines/s':>11}{'x plain':>22}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:20}{median * 1e3:9.2f}{LINES / median:11,.0f}{ratio(times, seconds['plain']):22.4f}")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    bank, key = ds.load_bank("mnist"), jax.random.key(0)
    print(jax.devices()[0].device_kind)
    glyph_table(bank, key, rounds)
    line_table(bank, key, rounds)


if __name__ == "__main__":
    main()
