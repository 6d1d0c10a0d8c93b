"""One warm call of generate_numbers_sequence, beside one image by NumPy.

Run: python benchmarks/single.py
"""

import statistics

import jax
from baselines import Loop
from timing import in_turn

import digitseq as ds

DIGITS, WIDTH, ROUNDS = [3, 5, 0, 1, 2], 200, 600


def main() -> None:
    """Prints the two times, and what JAX takes to start and await a program of one gather."""
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


if __name__ == "__main__":
    main()
