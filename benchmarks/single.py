"""One warm call of generate_numbers_sequence, beside one image by NumPy.

Run: python benchmarks/single.py
"""

import statistics

import jax
import numpy as np
from baselines import Loop
from programs import counts_of
from timing import in_turn, ratio

import digitseq as ds
from digitseq import numpy_api
from digitseq.internal.xla import ONE_THREAD

DIGITS, WIDTH, ROUNDS = [3, 5, 0, 1, 2], 200, 600


def programs(bank: ds.DigitBank) -> int:
    """How many programs of XLA's a call starts where its gaps fit, one after the other."""
    layout, key = np.array([0, 10, WIDTH], np.int32), np.array([0, 7], np.uint32)
    image = jax.jit(numpy_api._image.__wrapped__, compiler_options=ONE_THREAD)
    spec = ds.SequenceSpec(image_width=numpy_api.LEAST_COLUMNS)
    text = image.lower(key, bank, np.array([*DIGITS, -1, -1, -1], np.int32), spec, layout).compile().as_text()
    return counts_of(text, min).launches


def main() -> None:
    """Prints the times, of which the last is what JAX takes to start and await a program of one gather."""
    bank = ds.load_bank("mnist")
    loop = Loop(bank)
    flat = bank.glyphs.reshape(-1)
    gather = jax.jit(lambda flat, places: flat.at[places].get(mode="promise_in_bounds") * jax.numpy.uint8(1))
    places = jax.random.randint(jax.random.key(0), (28 * WIDTH,), 0, flat.size)
    seconds = in_turn(
        {
            "generate_numbers_sequence": lambda: ds.generate_numbers_sequence(
                DIGITS, (0, 10), WIDTH, key=7, bank=bank
            ),
            "one image by NumPy": lambda: loop.image(DIGITS, WIDTH),
            "a jitted gather of one image": lambda: jax.device_get(gather(flat, places)),
        },
        ROUNDS,
    )
    for name, times in seconds.items():
        print(f"{name:30} median {statistics.median(times) * 1e6:6.0f} us, least {min(times) * 1e6:6.0f} us")
    call, image, _ = seconds.values()
    print(f"{1 / ratio(call, image):.1f} times one image by NumPy; {programs(bank)} programs of XLA")


if __name__ == "__main__":
    main()
