"""A recogniser of digit sequences: a small convolutional network, trained with CTC on the stream alone.

Run: pip install '.[train]' && python examples/train_ctc.py FOLDER
It writes FOLDER/checkpoint.npz after every so many steps, from which it goes on
when it is run again, and FOLDER/readings.png. MNIST is best (`digitseq bank fetch`);
without it the built-in digits are taken.
"""

import math
import os
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import typer
from jax.scipy.ndimage import map_coordinates
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import digitseq as ds
from digitseq import augment, ctc
from digitseq.io import png

BATCH, STEPS, AVERAGE = 32, 15_000, 0.999
# Of the matrices, which Muon trains, and of all else, which Adam does.
MATRIX_RATE, RATE = 0.03, 4e-3
# Steps of one compiled call, after each of which the bar moves.
SCAN = 100
# Columns of the image that one frame stands for: of what CTC reads, and of what helps it to learn.
STRIDE, COLUMNS = 2, 4
# How much that help counts at first; it fades away over the first four fifths of training.
HELP, FADED = 0.3, 0.8
# Rows of the image that are looked at: digits hardly reach the others.
TOP, BOTTOM = 2, 26
# Features of each four columns, and matrices of the layers along the line.
SEEN, ALONG = 192, 4
# How a line is looked at when it is read: slanted by so many degrees, so many times as high, and so many
# columns further on, as features are of every fourth.
LOOKS = (
    *((0.0, 1.0, shift) for shift in range(4)),
    *((slant, tall, 0) for slant in (5.0, -5.0) for tall in (1.08, 0.93)),
)
# Lines as full as can be: what does not fit on the canvas is left out.
LABELS = ds.RandomDigits(min_length=4, max_length=12)
SPEC = ds.SequenceSpec(image_width=160, advance="ink", align="random")
# Cubic: bilinear ones are all blurred, as no digit is that is to be read.
WARP = (
    augment.Affine(rotation=10.0, scale=0.1, slant=5.0, shift=0.0, interpolation="cubic"),
    augment.Elastic(interpolation="cubic"),
)
# Gaps between ink go from -4 to a number drawn for each batch: half of the batches are tight.
GAPS = (-4, 4, 30)

Weights = dict[str, jax.Array]
# What reads the features, and what Muon is not for: it, and the first layer.
READ_OUT = ("frames", "columns")
NO_MATRICES = (*READ_OUT, "conv0")


class State(NamedTuple):
    """All that training goes on from."""

    weights: Weights
    average: Weights
    moments: Any


def start(key: jax.Array) -> Weights:
    """Random kernels as (stacks of) matrices, [what one output sees, outputs]; gains of 1 and biases of 0."""
    shapes = {
        "conv0": (3 * 3 * 4, 32),
        "conv1": (3 * 3 * 32, 64),
        "conv2": (3 * 3 * 64, 64),
        "along": (ALONG, 3 * SEEN, SEEN),
        "frames": (SEEN, COLUMNS // STRIDE * (ctc.BLANK + 1)),
        "columns": (SEEN, ctc.BLANK + 1),
    }
    weights = {
        name: jax.random.normal(own, shape) * np.float32((2 / shape[-2]) ** 0.5)
        for own, (name, shape) in zip(jax.random.split(key, len(shapes)), shapes.items(), strict=True)
    }
    for name, kernel in kernels(weights).items():
        weights[f"{name} bias"] = jnp.zeros(kernel.shape[1])
        if name not in READ_OUT:
            weights[f"{name} gain"] = jnp.ones(kernel.shape[1])
    return weights


def kernels(weights: Weights) -> Weights:
    """Each layer's kernel. Those along the line lie in one stack, which devices share; one is two of it."""
    along = weights["along"]
    alone = {name: leaf for name, leaf in weights.items() if leaf.ndim == 2}
    return alone | {"height": along[:2].reshape(-1, SEEN), "near": along[2], "far": along[3]}


def standard(kernel: jax.Array, gain: jax.Array) -> jax.Array:
    """A kernel with a mean of 0 and He et al.'s (2015) spread for each output, times its gain.

    Weight standardisation: S. Qiao et al., "Micro-Batch Training with Batch-Channel Normalization and
    Weight Standardization", 2019.
    """
    kernel = kernel - kernel.mean(axis=0)
    spread = jax.lax.rsqrt((kernel**2).mean(axis=0) + 1e-8) * (2 / len(kernel)) ** 0.5
    return kernel * (spread * gain)


def features(weights: Weights, images: jax.Array) -> jax.Array:
    """What the network sees of each four columns of images float32 [B, 28, W]; float32 [B, W // 4, SEEN]."""
    count, height, width = len(images), BOTTOM - TOP, images.shape[2]
    inner = {
        name: standard(kernel, weights[f"{name} gain"])
        for name, kernel in kernels(weights).items()
        if name not in READ_OUT
    }

    def layer(parts: list[jax.Array], name: str) -> jax.Array:
        # Convolutions as products of matrices: inside a scan XLA's own are 16 times slower on a CPU.
        seen = jnp.concatenate(parts, axis=-1)
        out = seen.reshape(-1, seen.shape[-1]) @ inner[name] + weights[f"{name} bias"]
        return jax.nn.relu(out).reshape(*seen.shape[:-1], -1)

    def conv(x: jax.Array, name: str) -> jax.Array:
        high, wide = x.shape[1:3]
        padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return layer([padded[:, r : r + high, c : c + wide] for r in range(3) for c in range(3)], name)

    def along(x: jax.Array, name: str, apart: int) -> jax.Array:
        padded = jnp.pad(x, ((0, 0), (apart, apart), (0, 0)))
        return layer([padded[:, k * apart : k * apart + x.shape[1]] for k in range(3)], name)

    # Each two by two pixels as the four channels of one.
    x = images[:, TOP:BOTTOM].reshape(count, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 2, 4)
    x = conv(x.reshape(count, height // 2, width // 2, 4) - 0.13, "conv0")
    x = jnp.maximum(x[:, 0::2], x[:, 1::2])
    x = x.reshape(count, height // 4, width // 4, 2, -1).max(axis=3)
    x = conv(x, "conv1")
    x = x + conv(x, "conv2")
    x = along(x.transpose(0, 2, 1, 3).reshape(count, width // 4, -1), "height", 1)
    x = x + along(x, "near", 1)
    return x + along(x, "far", 2)


def logits(weights: Weights, seen: jax.Array) -> jax.Array:
    """Of each frame of what is seen, two in every four columns; float32 [B, W // 2, 11]."""
    return (seen @ weights["frames"] + weights["frames bias"]).reshape(len(seen), -1, ctc.BLANK + 1)


def loss(weights: Weights, batch: ds.DigitSequence, help_by: jax.Array) -> jax.Array:
    """The labels' negative log-probability, and that of each column's digit, which shows where they are."""
    seen = features(weights, batch.image)
    scores = logits(weights, seen)
    labels, paddings = ctc.labels_and_paddings(batch.digits)
    read = optax.ctc_loss(scores, jnp.zeros(scores.shape[:2]), labels, paddings, blank_id=ctc.BLANK)
    columns = seen @ weights["columns"] + weights["columns bias"]
    targets = ctc.column_targets(batch, COLUMNS)
    found = optax.softmax_cross_entropy_with_integer_labels(columns, targets).sum(axis=1)
    return (read + help_by * found).mean()


def gaps(key: jax.Array) -> tuple[int, jax.Array]:
    """The range of gaps for a batch."""
    tight_key, high_key = jax.random.split(key)
    least, tight, widest = GAPS
    high = jax.random.randint(high_key, (), tight, widest + 1)
    return least, jnp.where(jax.random.bernoulli(tight_key), tight, high)


def all_devices() -> Mesh:
    """A mesh of as many devices as divide a batch evenly."""
    devices = jax.devices()
    return Mesh(np.array(devices[: math.gcd(len(devices), BATCH)]), ("data",))


def use_all_cores() -> None:
    """A device for each core, before JAX starts: half as fast again, on two, as two threads of one device."""
    jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def optimizer_of(steps: int) -> optax.GradientTransformation:
    """Muon (K. Jordan et al., 2024) for the inner layers: it learns more from a step. Adam for the rest."""

    def falling(peak: float) -> optax.Schedule:
        return optax.warmup_cosine_decay_schedule(0.0, peak, min(500, steps // 4), steps)

    def kinds(weights: Weights) -> dict[str, str]:
        inner = (leaf.ndim > 1 and name not in NO_MATRICES for name, leaf in weights.items())
        return dict(zip(weights, ("matrix" if found else "rest" for found in inner), strict=True))

    # Three of Newton and Schulz's iterations: five learn hardly more from a step that takes a sixth longer.
    matrix = optax.contrib.muon(
        falling(MATRIX_RATE),
        weight_decay=0.01,
        ns_steps=3,
        muon_weight_dimension_numbers=optax.contrib.MuonDimensionNumbers(-2, -1),
    )
    rest = optax.adamw(falling(RATE), weight_decay=0.01)
    return optax.chain(
        optax.clip_by_global_norm(1.0), optax.multi_transform({"matrix": matrix, "rest": rest}, kinds)
    )


class Trainer:
    """Training on every device: each makes its rows of the batch, and the slopes are added up."""

    def __init__(self, key: jax.Array, bank: ds.DigitBank, spec: ds.SequenceSpec, steps: int) -> None:
        self.mesh, self.steps = all_devices(), steps
        self.whole = NamedSharding(self.mesh, PartitionSpec())
        even = ALONG % self.mesh.size == 0
        self.shared = NamedSharding(self.mesh, PartitionSpec("data" if even else None))
        keys = jax.random.split(key, 3)
        self.start_key, *keys = jax.device_put(tuple(keys), self.whole)
        self.stream_key, self.gap_key = keys
        self.bank, self.spec = jax.device_put((bank, spec), self.whole)
        self.optimizer = optimizer_of(steps)
        ctc.check(LABELS, spec, STRIDE)
        self._scan = jax.jit(self._many, out_shardings=self.whole)

    def begin(self) -> State:
        """What training starts from."""
        weights = start(self.start_key)
        return jax.device_put(State(weights, weights, self.optimizer.init(weights)), self.whole)

    def step(self, state: State, batch: ds.DigitSequence, number: jax.Array) -> tuple[State, jax.Array]:
        """One step on a batch, and the loss before it."""
        help_by = HELP * jnp.maximum(0, 1 - number / (FADED * self.steps))
        value, slope = jax.value_and_grad(loss)(state.weights, batch, help_by)
        # Muon's iterations take long: each device does those of its part of the stack.
        slope["along"] = jax.lax.with_sharding_constraint(slope["along"], self.shared)
        updates, moments = self.optimizer.update(slope, state.moments, state.weights)
        updates = jax.lax.with_sharding_constraint(updates, self.whole)
        weights = optax.apply_updates(state.weights, updates)
        kept = jnp.minimum(AVERAGE, (1 + number) / (10 + number))
        average = jax.tree.map(lambda a, w: kept * a + (1 - kept) * w, state.average, weights)
        return State(weights, average, moments), value

    def batch(self, number: jax.Array, bank: ds.DigitBank, spec: ds.SequenceSpec) -> ds.DigitSequence:
        """The batch of step `number`."""
        spaced = spec.replace(spacing_range=gaps(jax.random.fold_in(self.gap_key, number)))
        return ds.batch_at(self.stream_key, number, bank, LABELS, spaced, BATCH, mesh=self.mesh)

    def _many(self, state: State, first: jax.Array, bank: ds.DigitBank, spec: ds.SequenceSpec) -> Any:
        def body(state: State, number: jax.Array) -> tuple[State, jax.Array]:
            return self.step(state, self.batch(number, bank, spec), number)

        return jax.lax.scan(body, state, first + jnp.arange(SCAN))

    def many(self, state: State, first: int) -> tuple[State, float]:
        """SCAN steps from step `first` on, and their mean loss."""
        state, losses = self._scan(state, first, self.bank, self.spec)
        return state, float(losses.mean())


def looks(weights: Weights, images: jax.Array) -> jax.Array:
    """The logits of all LOOKS at images [B, 28, W], float32 [L, B, W // 2 + 2, 11]."""
    high, wide = images.shape[1:]
    middle = (high - 1) / 2  # which stays where it is
    # Wider, so that no column is moved out of sight.
    y, x = jnp.meshgrid(jnp.arange(high) - middle, jnp.arange(wide + COLUMNS), indexing="ij")

    def scores(slant: float, tall: float, shift: int) -> jax.Array:
        places = [y / tall + middle, x - shift + jnp.tan(jnp.deg2rad(slant)) * y]
        seen = jax.vmap(lambda image: map_coordinates(image, places, order=1))(images)
        return logits(weights, features(weights, seen))

    return jnp.stack([scores(*look) for look in LOOKS])


@jax.jit
def _read(weights: Weights, images: jax.Array) -> jax.Array:
    def log_chance(scores: jax.Array, reading: jax.Array) -> jax.Array:
        labels, paddings = ctc.labels_and_paddings(reading)
        return -optax.ctc_loss(scores, jnp.zeros(scores.shape[:2]), labels, paddings, blank_id=ctc.BLANK)

    scores = looks(weights, images)
    readings = jax.vmap(ctc.decode)(scores)
    by_each = jax.vmap(jax.vmap(log_chance, (None, 0)), (0, None))(scores, readings)
    likeliest = jax.nn.logsumexp(by_each, axis=0).argmax(axis=0)
    return readings[likeliest, jnp.arange(len(images))]


def read(weights: Weights, images: Any) -> np.ndarray:
    """The digits read off images [N, 28, W]; int32 [N, W // 2 + 2], -1 after.

    Each of the LOOKS gives a best path's reading; the one of highest probability, in the mean of all
    looks, is taken. (A mean of their frames would lose digits that they see a frame apart.)
    """
    return np.concatenate([_read(weights, images[n : n + 50]) for n in range(0, len(images), 50)])


def save(path: Path, state: State, step: int, training: str) -> None:
    """Writes a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez(file, *jax.tree.leaves(state), step=step, training=training)
    os.replace(part, path)


def resume(path: Path, state: State, training: str) -> tuple[State, int]:
    """The checkpoint's state and step, or the given state and 0 where there is none."""
    if not path.exists():
        return state, 0
    with np.load(path) as file:
        if str(file["training"]) != training:
            raise typer.BadParameter(f"{path} is of another training ({file['training']}, not {training})")
        leaves = [file[f"arr_{n}"] for n in range(len(file.files) - 2)]
        return jax.tree.unflatten(jax.tree.structure(state), leaves), int(file["step"])


def picture(key: jax.Array, weights: Weights, bank: ds.DigitBank, path: Path) -> None:
    """Lines with what was read: the first right ones, and the first wrong ones."""
    batch = ds.batch_at(key, 0, bank, LABELS, SPEC.replace(spacing_range=(-4, 4)), 500)
    rows = list(zip(np.asarray(batch.digits), read(weights, batch.image), strict=True))
    wrong = np.array([ctc.edit_distance(found, digits) > 0 for digits, found in rows])
    chosen = [*np.flatnonzero(~wrong)[:12], *np.flatnonzero(wrong)[:12]]
    captions = [
        " ".join("".join(str(digit) for digit in row if digit >= 0) for row in rows[line]) for line in chosen
    ]
    png.save(path, ds.contact_sheet(np.asarray(batch.image)[chosen], columns=4, scale=2, captions=captions))


def main(
    folder: Path,
    bank: Annotated[str | None, typer.Option(help="mnist, builtin, or a folder of IDX files.")] = None,
    steps: Annotated[int, typer.Option(min=SCAN, help="A multiple of 100.")] = STEPS,
    seed: int = 0,
) -> None:
    """Trains a recogniser and shows what it reads."""
    if steps % SCAN:
        raise typer.BadParameter(f"--steps must be a multiple of {SCAN}, got {steps}")
    folder.mkdir(parents=True, exist_ok=True)
    use_all_cores()
    digits = ds.load_bank(bank)
    training = f"seed {seed}, {steps} steps, bank {ds.bank_digest(digits)[:16]}"
    split_key, train_key, look_key = jax.random.split(jax.random.key(seed), 3)
    # Lines to look at are of digits that training never sees.
    seen, unseen = ds.split_bank(digits, (0.9, 0.1), split_key)
    trainer = Trainer(train_key, seen, SPEC.replace(glyph_transforms=WARP), steps)
    state, done = resume(folder / "checkpoint.npz", trainer.begin(), training)
    begun = time.monotonic()
    with typer.progressbar(length=steps, label="training") as bar:
        bar.update(done)
        while done < steps:
            state, value = trainer.many(state, done)
            done += SCAN
            bar.label = f"loss {value:.3f}"
            bar.update(SCAN)
            save(folder / "checkpoint.npz", state, done, training)
    print(f"{time.monotonic() - begun:.0f} s")
    picture(look_key, state.average, unseen, folder / "readings.png")
    print(folder / "readings.png")


if __name__ == "__main__":
    typer.run(main)
