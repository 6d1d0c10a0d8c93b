"""How good the model is that ships with digitseq: one command, every figure of docs/model.md.

Run: python benchmarks/evaluate.py [--model FILE] [--only PART ...]       (about half an hour on two cores)

A reader (`classifier.py`) is trained on MNIST's training digits with a seed of its own; nothing of the model
was trained or chosen with it. Then the parts: `samples` (are they read as what they should be, how far do
they lie from real digits, are they as diverse, are they copies), `bound` (the evidence lower bound of a model
with beta 1 on dynamically binarised test digits), `denoising`, `style`, `speed`,
`training` (the seconds from nothing to the shipped weights, and whether it gives them to the bit).
"""

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time

import classifier
import jax
import jax.numpy as jnp
import numpy as np
from augmentation_ablation import Data, read
from scipy import ndimage
from timing import in_turn

import digitseq as ds
from digitseq import vae
from digitseq.augment import ReplaceNoise
from digitseq.vae import losses

PARTS = ("samples", "bound", "denoising", "style", "speed", "training")
READER_SEED, SAMPLE_SEED, BOUND_SEED = 20, 21, 22
EACH = 1000  # samples of each digit
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LINES = 2000

Glyphs = np.ndarray  # float32 [N, 28, 28] in [0, 1]


def unit(glyphs: jax.Array) -> Glyphs:
    """From bytes to [0, 1]."""
    return np.asarray(glyphs, np.float32) / 255


def samples(model: vae.Vae, weights: classifier.Weights, train: Data, test: Data) -> None:
    """Reading accuracy, Fréchet distance, diversity, and the distance to the nearest training digit."""
    digits = np.repeat(np.arange(10, dtype=np.int32), EACH)
    styles = jax.random.normal(jax.random.key(SAMPLE_SEED), (len(digits), model.style_size))
    drawn = np.rint(np.asarray(vae.write(model, styles, digits)) * 255) / np.float32(255)
    real, known = unit(test[0]), np.asarray(test[1])

    seen, chances = classifier.look(weights, drawn)
    print(f"samples classified correctly     {percent(chances.argmax(1) == digits)}   (goal 98.5 %)")
    seen_real, chances_real = classifier.look(weights, real)
    print(f"real test digits                 {percent(chances_real.argmax(1) == known)}")
    floor = frechet(classifier.look(weights, unit(train[0][: len(seen)]))[0], seen_real)
    far = frechet(seen, seen_real)
    print(f"Fréchet distance to test digits  {far:6.2f}")
    print(
        f"of 10,000 training digits        {floor:6.2f}     samples: {far / floor:.2f} times (goal: up to 8)"
    )
    ratios = [spread(drawn[digits == d]) / spread(real[known == d]) for d in range(10)]
    print(f"diversity, of real digits'       {np.mean(ratios):6.3f}     (goal 0.9; least {min(ratios):.3f})")
    every = unit(train[0])
    for name, glyphs in (("samples", drawn[:: len(drawn) // 2000]), ("test digits", real[:2000])):
        near = nearest(glyphs, every)
        low, middle = np.quantile(near, [0.01, 0.5])
        print(
            f"nearest training digit, {name:11} median {middle:.2f}, 1 % < {low:.2f}, least {near.min():.2f}"
        )
    print("  (Euclidean, over 784 pixels in [0, 1])")


def percent(right: np.ndarray) -> str:
    """A share with its standard error."""
    share = right.mean()
    return f"{100 * share:6.2f} ± {100 * (share * (1 - share) / right.size) ** 0.5:.2f} %"


def frechet(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Between normal laws fitted to two sets of features (M. Heusel and others, 2017, equation 6)."""
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    first, second = np.cov(ours.T), np.cov(theirs.T)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    means = ((ours.mean(0) - theirs.mean(0)) ** 2).sum()
    return float(means + np.trace(first) + np.trace(second) - 2 * shared)


def spread(glyphs: Glyphs) -> float:
    """The mean Euclidean distance of all pairs."""
    distances = apart(glyphs, glyphs)
    return float(distances.sum() / (len(glyphs) * (len(glyphs) - 1)))


def nearest(glyphs: Glyphs, others: Glyphs) -> np.ndarray:
    """The distance of each to the nearest of the others."""
    parts = [apart(glyphs, part).min(axis=1) for part in np.array_split(others, 12)]
    return np.min(parts, axis=0)


def apart(ours: Glyphs, theirs: Glyphs) -> np.ndarray:
    """Euclidean distances [N, M]."""
    ours, theirs = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
    squares = (ours**2).sum(1)[:, None] + (theirs**2).sum(1)[None] - 2 * ours @ theirs.T
    return np.sqrt(np.maximum(squares, 0))


def bound(model: vae.Vae, train: Data, test: Data, effort: float) -> None:
    """The lower bounds on log p(image | digit), for a model with beta 1 and for the one that ships."""
    settings = vae.Settings(
        beta=1.0,
        binarised=True,
        encoder_hidden=512,
        autoencoder_epochs=max(1, round(100 * effort)),
        flow_epochs=0,
        prior_epochs=0,
        denoiser_epochs=0,
    )
    begun = time.perf_counter()
    plain = vae.train(jax.random.key(BOUND_SEED), *map(np.asarray, train), settings=settings)
    print(
        f"(beta 1: an encoder of {settings.encoder_hidden} values a layer, binarised, "
        f"{settings.autoencoder_epochs} epochs, {time.perf_counter() - begun:.0f} s)"
    )
    pixel_key, one_key, many_key = jax.random.split(jax.random.key(SAMPLE_SEED), 3)
    # One draw of the test digits' pixels, the same for both models.
    binary = jax.random.bernoulli(pixel_key, unit(test[0])).astype(jnp.float32)
    for name, judged in (("beta 1", plain), ("shipped", model)):
        networks = {"encoder": judged.encoder, "decoder": judged.decoder}
        negative_elbo = jax.jit(losses.negative_elbo, static_argnums=4)
        errors, divergences = negative_elbo(networks, one_key, binary, test[1], 10)
        importance = jax.jit(losses.importance_bound, static_argnums=(4, 5))
        tight = np.concatenate(
            [
                importance(networks, key, binary[part], test[1][part], 10, 500)
                for key, part in zip(
                    jax.random.split(many_key, 10), np.split(np.arange(len(binary)), 10), strict=True
                )
            ]
        )
        print(
            f"{name:8} ELBO {-float((errors + divergences).mean()):8.2f} nats "
            f"(cross-entropy {float(errors.mean()):.2f}, divergence {float(divergences.mean()):.2f}), "
            f"importance-weighted, 500 samples: {tight.mean():.2f}"
        )
    print("  (on dynamically binarised test digits, given the digit; goal -95 for beta 1)")


def denoising(model: vae.Vae, weights: classifier.Weights, test: Data) -> None:
    """Reading accuracy and signal-to-noise before and after, and beside a median filter, over p."""
    real, known = unit(test[0]), np.asarray(test[1])
    print(f"{'':6}{'noisy':>18}{'median 5x5':>18}{'denoised':>18}")
    for number, p in enumerate(NOISES):
        key = jax.random.fold_in(jax.random.key(SAMPLE_SEED), number)
        noisy = ReplaceNoise(p=p).change(jnp.asarray(real), jax.random.split(key, len(real)))
        middle = ndimage.median_filter(np.asarray(noisy), (1, 5, 5))
        cells = ""
        for glyphs in (noisy, middle, vae.denoise(model, noisy)):
            _, chances = classifier.look(weights, np.asarray(glyphs))
            right = 100 * (chances.argmax(1) == known).mean()
            cells += f"{right:8.2f} %{decibels(np.asarray(glyphs), real):5.1f} dB"
        print(f"p {p:.1f} {cells}")
    print("  (goal at p 0.5: 90 %, 17 dB)")
    line_denoising(model)


def line_denoising(model: vae.Vae) -> None:
    """The same for lines of five digits, in decibels."""
    spec = ds.SequenceSpec(image_width=200, spacing_range=(-4, 10))
    digits = jax.random.randint(jax.random.key(1), (500, 5), 0, 10)
    lines = ds.sample_sequences(jax.random.key(SAMPLE_SEED), ds.load_bank("mnist-test"), digits, spec).image
    keys = jax.random.split(jax.random.key(2), len(lines))
    noisy = ReplaceNoise(p=0.5).change(lines, keys)
    before, after = (decibels(np.asarray(x), np.asarray(lines)) for x in (noisy, vae.denoise(model, noisy)))
    print(f"lines of five test digits, width 200, p 0.5: from {before:.1f} dB to {after:.1f} dB")


def decibels(ours: Glyphs, clean: Glyphs) -> float:
    """The mean over images of 10 log10(1 / mean squared error)."""
    errors = ((ours - clean) ** 2).mean(axis=(1, 2))
    return float(-10 * np.log10(np.maximum(errors, 1e-10)).mean())


def style(model: vae.Vae) -> None:
    """Within a line over between lines: the variances of stroke width and of slant."""
    digits = jax.random.randint(jax.random.key(3), (LINES, 5), 0, 10)
    print(
        f"{LINES} lines of five digits: variance within a line / between lines' means (independent digits: 5)"
    )
    for coherence in (0.0, 0.5, 0.8, 1.0):
        writer = dataclasses.replace(model, style=jnp.float32(coherence))
        keys = jax.random.split(jax.random.key(SAMPLE_SEED), LINES)
        glyphs, _ = jax.jit(jax.vmap(vae.Vae.draw, in_axes=(None, 0, 0)))(writer, keys, digits)
        cells = ""
        for name, measured in (("stroke width", widths), ("slant", slants)):
            values = measured(np.asarray(glyphs).reshape(-1, 28, 28))
            values = without_digit(values, np.asarray(digits).reshape(-1)).reshape(LINES, -1)
            ratio = values.var(axis=1, ddof=1).mean() / values.mean(axis=1).var(ddof=1)
            cells += f"   {name} {ratio:6.3f}"
        print(f"style {coherence:.1f}{cells}")


def widths(glyphs: Glyphs) -> np.ndarray:
    """Stroke widths, pixels: the ink's area over half its outline's length."""
    area = glyphs.sum(axis=(1, 2))
    down, right = np.gradient(glyphs, axis=(1, 2))
    return 2 * area / np.maximum(np.hypot(down, right).sum(axis=(1, 2)), 1e-6)


def slants(glyphs: Glyphs) -> np.ndarray:
    """Slants, the tangent of the angle to the upright, from the ink's second moments."""
    ink = glyphs / np.maximum(glyphs.sum(axis=(1, 2), keepdims=True), 1e-6)
    y, x = np.mgrid[:28, :28].astype(np.float32)
    y = y - (ink * y).sum(axis=(1, 2), keepdims=True)
    x = x - (ink * x).sum(axis=(1, 2), keepdims=True)
    return -(ink * x * y).sum(axis=(1, 2)) / np.maximum((ink * y**2).sum(axis=(1, 2)), 1e-6)


def without_digit(values: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Less the mean of all glyphs of the same digit: an 8 takes more ink than a 1 in any hand."""
    means = np.array([values[digits == digit].mean() for digit in range(10)])
    return values - means[digits]


def speed(model: vae.Vae) -> None:
    """Glyphs per second, jitted, 1,024 at a time, beside the glyphs that a bank gives."""
    digits = jnp.asarray(np.arange(1024, dtype=np.int32) % 10)
    draw = jax.jit(lambda source, key, digits: source.draw(key, digits)[0])
    sources = {"model": model, "bank": ds.load_bank("builtin")}
    functions = {
        name: lambda source=source: jax.block_until_ready(draw(source, jax.random.key(0), digits))
        for name, source in sources.items()
    }
    for name, seconds in in_turn(functions, 21).items():
        print(f"{name}: {1024 / statistics.median(seconds):,.0f} glyphs/s, batches of 1,024")


def training() -> None:
    """What `digitseq vae train` does with MNIST, timed, and compared to what ships."""
    bank = ds.load_bank("mnist")
    labels = np.repeat(np.arange(10), np.asarray(bank.counts))
    begun = time.perf_counter()
    model = vae.train(jax.random.key(0), np.asarray(bank.glyphs), labels)
    seconds = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        vae.save(f"{folder}/again.npz", model, compact=True)
        same = vae.digest(vae.load(f"{folder}/again.npz")) == vae.digest(vae.pretrained())
    print(f"{seconds:.0f} s on {os.cpu_count()} cores (goal: at most 900)")
    print(f"byte-identical to the shipped weights: {'yes' if same else 'no'}")


def main() -> None:
    """Prints the figures, and to stderr how far it is."""
    parser = argparse.ArgumentParser(description="Every figure of the model that ships with digitseq.")
    parser.add_argument("--model", help="a .npz file instead of the shipped one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--effort", type=float, default=1.0, help="times the epochs of reader and bound")
    options = parser.parse_args()
    try:
        train, test = read("train"), read("test")
        model = vae.load(options.model) if options.model else vae.pretrained()
    except (OSError, ValueError) as problem:
        sys.exit(f"evaluate.py: {problem}")
    if {"samples", "denoising"} & set(options.only):
        print("training the reader", file=sys.stderr, flush=True)
        epochs = max(1, round(classifier.EPOCHS * options.effort))
        weights = classifier.train(jax.random.key(READER_SEED), train, epochs)
        right = classifier.look(weights, unit(test[0]))[1].argmax(1) == np.asarray(test[1])
        print(f"the classifier, on MNIST's test digits {percent(right)}   (goal 99.3 %)")
    runs = {
        "samples": lambda: samples(model, weights, train, test),
        "bound": lambda: bound(model, train, test, options.effort),
        "denoising": lambda: denoising(model, weights, test),
        "style": lambda: style(model),
        "speed": lambda: speed(model),
        "training": training,
    }
    for name in options.only:
        print(f"\n{name}", flush=True)
        runs[name]()


if __name__ == "__main__":
    main()
