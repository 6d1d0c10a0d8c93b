"""How good the model is that ships with digitseq: one command, every figure of docs/guide/model.md.

Run: python benchmarks/evaluate.py [--model FILE] [--only PART ...]       (about half an hour on two cores)

A classifier (`classifier.py`) is trained on MNIST's training digits with a seed of its own; nothing of the
model was trained or chosen with it. Then the parts: `samples` (are they classified as the digits they should
be, how far do they lie from real digits, are they as diverse, are they copies), `bound` (the evidence lower
bound of a model with beta 1 on dynamically binarised test digits), `denoising`, `style`, `speed`, `training`
(the seconds from nothing to the shipped weights, and whether they are byte-identical).
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
from measures import decibels, frechet, nearest, percent, slants, spread, widths, without_digit
from scipy import ndimage
from timing import in_turn

import digitseq as ds
from digitseq import vae
from digitseq.augment import ReplaceNoise
from digitseq.vae import losses

PARTS = ("samples", "bound", "denoising", "style", "speed", "training")
CLASSIFIER_SEED, SAMPLE_SEED, BOUND_SEED = 20, 21, 22
EACH = 1000  # samples of each digit
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LINES = 2000


def unit(glyphs: jax.Array) -> np.ndarray:
    """Bytes as float32 in [0, 1]."""
    return np.asarray(glyphs, np.float32) / 255


def samples(model: vae.Vae, weights: classifier.Weights, train: Data, test: Data) -> None:
    """Accuracy of the classifier, Fréchet distance, diversity, distance to the nearest training digit."""
    digits = np.repeat(np.arange(10, dtype=np.int32), EACH)
    styles = jax.random.normal(jax.random.key(SAMPLE_SEED), (len(digits), model.style_size))
    generated = np.rint(np.asarray(vae.write(model, styles, digits)) * 255) / np.float32(255)
    real, known = unit(test[0]), np.asarray(test[1])

    features, probs = classifier.classify(weights, generated)
    print(f"samples classified correctly     {percent(probs.argmax(1) == digits)}   (goal 98.5 %)")
    real_features, real_probs = classifier.classify(weights, real)
    print(f"real test digits                 {percent(real_probs.argmax(1) == known)}")
    some = unit(train[0][: len(features)])
    floor = frechet(classifier.classify(weights, some)[0], real_features)
    far = frechet(features, real_features)
    print(f"Fréchet distance to test digits  {far:6.2f}")
    print(
        f"of 10,000 training digits        {floor:6.2f}     samples: {far / floor:.2f} times (goal: up to 8)"
    )
    ratios = [spread(generated[digits == d]) / spread(real[known == d]) for d in range(10)]
    print(f"diversity, of real digits'       {np.mean(ratios):6.3f}     (goal 0.9; least {min(ratios):.3f})")
    every = unit(train[0])
    for name, glyphs in (("samples", generated[:: len(generated) // 2000]), ("test digits", real[:2000])):
        near = nearest(glyphs, every)
        low, middle = np.quantile(near, [0.01, 0.5])
        print(
            f"nearest training digit, {name:11} median {middle:.2f}, 1 % < {low:.2f}, least {near.min():.2f}"
        )
    print("  (Euclidean, over 784 pixels in [0, 1])")


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
    # One sample of the test digits' pixels, the same for both models.
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
    """Accuracy of the classifier and signal-to-noise ratio: noisy, median-filtered, denoised, for each p."""
    real, known = unit(test[0]), np.asarray(test[1])
    print(f"{'':6}{'noisy':>18}{'median 5x5':>18}{'denoised':>18}")
    for number, p in enumerate(NOISES):
        key = jax.random.fold_in(jax.random.key(SAMPLE_SEED), number)
        noisy = ReplaceNoise(p=p).change(jnp.asarray(real), jax.random.split(key, len(real)))
        middle = ndimage.median_filter(np.asarray(noisy), (1, 5, 5))
        cells = ""
        for glyphs in (noisy, middle, vae.denoise(model, noisy)):
            _, probs = classifier.classify(weights, np.asarray(glyphs))
            right = 100 * (probs.argmax(1) == known).mean()
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


def style(model: vae.Vae) -> None:
    """The variances of stroke width and of slant within a line over those between lines."""
    digits = jax.random.randint(jax.random.key(3), (LINES, 5), 0, 10)
    print(
        f"{LINES} lines of five digits: variance within a line / between lines' means (independent digits: 5)"
    )
    for coherence in (0.0, 0.5, 0.8, 1.0):
        styled = dataclasses.replace(model, style=jnp.float32(coherence))
        keys = jax.random.split(jax.random.key(SAMPLE_SEED), LINES)
        glyphs, _ = jax.jit(jax.vmap(vae.Vae.draw, in_axes=(None, 0, 0)))(styled, keys, digits)
        cells = ""
        for name, measured in (("stroke width", widths), ("slant", slants)):
            values = measured(np.asarray(glyphs).reshape(-1, 28, 28))
            values = without_digit(values, np.asarray(digits).reshape(-1)).reshape(LINES, -1)
            ratio = values.var(axis=1, ddof=1).mean() / values.mean(axis=1).var(ddof=1)
            cells += f"   {name} {ratio:6.3f}"
        print(f"style {coherence:.1f}{cells}")


def speed(model: vae.Vae) -> None:
    """Glyphs per second, jitted, 1,024 at a time: of the model, and of a bank."""
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
    """Times what `digitseq vae train` does with MNIST, and compares the weights to those that ship."""
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
    """Prints the figures, and progress to stderr."""
    parser = argparse.ArgumentParser(description="Every figure of the model that ships with digitseq.")
    parser.add_argument("--model", help="a .npz file instead of the shipped one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--effort", type=float, default=1.0, help="a factor of the epochs of classifier and bound"
    )
    options = parser.parse_args()
    try:
        train, test = read("train"), read("test")
        model = vae.load(options.model) if options.model else vae.pretrained()
    except (OSError, ValueError) as problem:
        sys.exit(f"evaluate.py: {problem}")
    if {"samples", "denoising"} & set(options.only):
        print("training the classifier", file=sys.stderr, flush=True)
        epochs = max(1, round(classifier.EPOCHS * options.effort))
        weights = classifier.train(jax.random.key(CLASSIFIER_SEED), train, epochs)
        right = classifier.classify(weights, unit(test[0]))[1].argmax(1) == np.asarray(test[1])
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
