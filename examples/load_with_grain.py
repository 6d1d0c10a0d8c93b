"""digitseq's images through Grain, in batches, shuffled.

Run: pip install '.[grain]' && python examples/load_with_grain.py
"""

import grain
import jax

import digitseq as ds


def main() -> None:
    """Prints the shapes of three batches."""
    bank = ds.load_bank("builtin")
    labels = ds.RandomDigits(min_length=3, max_length=5)
    images = ds.Dataset(jax.random.key(0), bank, labels, ds.SequenceSpec(image_width=200), size=1000)
    batches = grain.MapDataset.source(images).shuffle(seed=1).batch(32)
    for number in range(3):
        batch = batches[number]
        print(batch["image"].shape, batch["digits"][0])


if __name__ == "__main__":
    main()
