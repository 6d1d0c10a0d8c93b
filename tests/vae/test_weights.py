"""Files of the model: what they keep, and damaged ones."""

import dataclasses
import json
import pickle

import jax
import numpy as np
import pytest

from digitseq import vae
from digitseq.vae import weights


def test_files_keep_a_model_bit_exactly(small_vae, tmp_path):
    vae.save(tmp_path / "one.npz", small_vae)
    vae.save(tmp_path / "two.npz", small_vae)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = vae.load(tmp_path / "one.npz")
    assert vae.digest(again) == vae.digest(small_vae)
    for ours, theirs in zip(jax.tree.leaves(again), jax.tree.leaves(small_vae), strict=True):
        assert np.array_equal(ours, theirs)
    assert vae.digest(dataclasses.replace(small_vae, style=0.5)) != vae.digest(small_vae)


def test_compact_files_are_near(small_vae, tmp_path):
    vae.save(tmp_path / "small.npz", small_vae, compact=True)
    again = vae.load(tmp_path / "small.npz")
    for ours, theirs in zip(jax.tree.leaves(again), jax.tree.leaves(small_vae), strict=True):
        limit = np.abs(theirs).max(axis=0) / 254 * 1.001 if np.ndim(theirs) == 2 else 0
        assert (np.abs(np.asarray(ours) - np.asarray(theirs)) <= limit).all()


def edited(path, change):
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.update(kind="training checkpoint"), "holds a 'training checkpoint'"),
        (lambda h, a: h.update(version=99), "version 99"),
        (lambda h, a: h.pop("sizes"), "no sound model"),
        (lambda h, a: h["sizes"].update(latent=-3), "no sound model"),
        (lambda h, a: h["sizes"].update(latent=5), "wanted float32"),
        (lambda h, a: a.pop("prior.0.bias"), "missing or left over: prior.0.bias"),
        (lambda h, a: a.update(extra=np.zeros(3)), "missing or left over: extra"),
        (lambda h, a: a.update({"lone.scale": np.zeros(3)}), "no sound model"),
        (lambda h, a: h.update(version=float("inf")), "no sound model"),
        (lambda h, a: h["sizes"].update(encoder_hidden=0), "no sound model"),
    ],
)
def test_damaged_models_are_refused(small_vae, tmp_path, change, message):
    vae.save(tmp_path / "m.npz", small_vae)
    edited(tmp_path / "m.npz", change)
    with pytest.raises(ValueError, match=message):
        vae.load(tmp_path / "m.npz")


def test_what_is_no_model_is_refused(small_vae, tmp_path):
    path = tmp_path / "m.npz"
    with pytest.raises(FileNotFoundError):
        vae.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no sound model"):
        vae.load(path)
    vae.save(path, small_vae)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match="no sound model"):
        vae.load(path)
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], object), allow_pickle=True)
    path.write_bytes(pickle.dumps({"a": 1}))
    for harmful in (path, tmp_path / "pickled.npy"):
        with pytest.raises(ValueError, match="no sound model"):
            vae.load(harmful)


def test_the_shipped_weights_are_small(shipped_vae):
    assert weights.SHIPPED.stat().st_size <= 2_000_000
    assert shipped_vae.num_classes == 10
    assert float(shipped_vae.style) == 0
