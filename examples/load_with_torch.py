"""digitseq's images through PyTorch's DataLoader.

Run: pip install torch && python examples/load_with_torch.py
"""

import jax
from torch.utils.data import DataLoader

import digitseq as ds


def main() -> None:
    """Prints the shapes of three batches."""
    bank = ds.load_bank("builtin")
    labels = ds.RandomDigits(min_length=3, max_length=5)
    images = ds.Dataset(jax.random.key(0), bank, labels, ds.SequenceSpec(image_width=200), size=1000)
    # JAX does not survive a fork: processes must be spawned, which wants `main` guarded as below.
    loader = DataLoader(images, batch_size=32, shuffle=True, num_workers=1, multiprocessing_context="spawn")
    for number, batch in enumerate(loader):
        print(tuple(batch["image"].shape), batch["digits"][0].tolist())
        if number == 2:
            break


if __name__ == "__main__":
    main()
