"""Training: it learns, resumes after any interruption, and says what is wrong."""

import dataclasses
import sys

import jax
import numpy as np
import pytest
from conftest import TINY, toy_glyphs

import digitseq as ds
from digitseq import vae

NONE = dataclasses.replace(TINY, autoencoder_epochs=0, flow_epochs=0, prior_epochs=0, denoiser_epochs=0)
EPOCHS = 6


class Killed(Exception):
    """What breaks training off."""


@pytest.fixture(scope="module")
def unbroken():
    """The model of a training that nothing broke off, and what it reported."""
    told = []
    model = vae.train(
        jax.random.key(3), *toy_glyphs(), settings=TINY, progress=lambda *news: told.append(news)
    )
    return model, told


def test_progress_tells_every_epoch(unbroken):
    assert [news[:2] for news in unbroken[1]] == [
        ("autoencoder", 1),
        ("autoencoder", 2),
        ("flow", 1),
        ("prior", 1),
        ("denoiser", 1),
        ("denoiser", 2),
    ]
    assert all(np.isfinite(loss) for *_, loss in unbroken[1])


def test_training_interrupted_after_any_epoch_resumes_to_the_same_weights(unbroken, tmp_path):
    """Broken off once after each epoch, between the checkpoint and the next step."""
    checkpoint, told = tmp_path / "checkpoint.npz", []

    def killer(*news):
        told.append(news)
        raise Killed

    for _ in range(EPOCHS):
        with pytest.raises(Killed):
            vae.train(jax.random.key(3), *toy_glyphs(), settings=TINY, checkpoint=checkpoint, progress=killer)
    model = vae.train(jax.random.key(3), *toy_glyphs(), settings=TINY, checkpoint=checkpoint, progress=killer)
    assert told == unbroken[1], "no epoch is done twice or left out"
    assert vae.digest(model) == vae.digest(unbroken[0])
    assert list(tmp_path.iterdir()) == [checkpoint], "nothing else is left"


def test_it_learns():
    """More epochs, less loss, in each network; beginning from the same weights."""
    longer = dataclasses.replace(
        TINY,
        autoencoder_epochs=30,
        flow_epochs=60,
        prior_epochs=60,
        denoiser_epochs=60,
        rate=5e-3,
    )
    losses: dict[str, list[float]] = {}
    vae.train(
        jax.random.key(3),
        *toy_glyphs(),
        settings=longer,
        progress=lambda name, _, loss: losses.setdefault(name, []).append(loss),
    )
    assert list(losses) == list(vae.PHASES)
    for name, course in losses.items():
        assert np.mean(course[-5:]) < 0.9 * np.mean(course[:2]), name


def test_another_key_or_setting_is_another_training(tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    one = dataclasses.replace(NONE, autoencoder_epochs=1)
    vae.train(jax.random.key(0), *toy_glyphs(), settings=one, checkpoint=checkpoint)
    for key, settings, what in (
        (1, one, "key"),
        (0, dataclasses.replace(one, beta=0.5), "settings"),
    ):
        with pytest.raises(ValueError, match=f"of another training .another {what}"):
            vae.train(jax.random.key(key), *toy_glyphs(), settings=settings, checkpoint=checkpoint)
    images, labels = toy_glyphs()
    with pytest.raises(ValueError, match="another bank digest"):
        vae.train(jax.random.key(0), images[1:], labels[1:], settings=one, checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:2000])
    with pytest.raises(ValueError, match="no sound training checkpoint"):
        vae.train(jax.random.key(0), images, labels, settings=one, checkpoint=checkpoint)


def test_raw_and_typed_keys_give_the_same():
    raw, typed = (
        vae.train(key, *toy_glyphs(), settings=NONE)
        for key in (np.array([0, 3], np.uint32), jax.random.key(3))
    )
    assert vae.digest(raw) == vae.digest(typed)


def test_a_loss_that_is_no_number_ends_training():
    wild = dataclasses.replace(NONE, autoencoder_epochs=20, rate=1e30)
    with pytest.raises(FloatingPointError, match="autoencoder failed: its loss is"):
        vae.train(jax.random.key(3), *toy_glyphs(), settings=wild)


def test_training_without_optax_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(ImportError, match=r"\.\[train\]"):
        vae.train(jax.random.key(3), *toy_glyphs(), settings=TINY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latent": 0}, "latent must be an integer from 1, got 0"),
        ({"flow_epochs": -1}, "flow_epochs must be an integer from 0"),
        ({"batch": 2.5}, "batch must be an integer from 1"),
        ({"beta": float("nan")}, "beta must be a number from 0"),
        ({"rate": 0.0}, "rate must be a number above 0"),
        ({"binarised": 1}, "binarised must be True or False"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(ValueError, match=message):
        vae.train(jax.random.key(0), *toy_glyphs(), settings=dataclasses.replace(TINY, **change))


def test_a_model_claims_no_digit_it_never_saw():
    images, labels = toy_glyphs()
    few = labels < 4
    assert vae.train(jax.random.key(0), images[few], labels[few], settings=NONE).num_classes == 4
    gap = labels != 2
    with pytest.raises(ds.BankError, match="no glyph of digit 2"):
        vae.train(jax.random.key(0), images[gap], labels[gap], settings=NONE)
    with pytest.raises(ValueError, match="labels must be integers"):
        vae.train(jax.random.key(0), images, labels.astype(float), settings=NONE)


def test_more_classes_than_ten():
    images, labels = toy_glyphs(2, 13)
    model = vae.train(jax.random.key(0), images, labels, settings=NONE)
    assert model.num_classes == 13
    assert model.draw(jax.random.key(1), jax.numpy.array([12], jax.numpy.int32))[0].shape == (1, 28, 28)
