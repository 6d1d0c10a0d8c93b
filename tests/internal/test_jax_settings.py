"""What users set for JAX changes nothing: transfer guards, meshes that are set, how random bits are drawn."""

import itertools
import threading

import jax
import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq import augment, ctc, stream, vae

LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
DIGITS = np.array([[3, 5, -1], [1, 2, 0]], np.int32)
AFFINE = (augment.Affine(),)


@pytest.fixture(scope="module")
def model():
    return vae.pretrained()


CALLS = {
    "sample_sequence": lambda bank, model, key: ds.sample_sequence(key, bank, [1, 2], SPEC),
    "sample_sequences": lambda bank, model, key: ds.sample_sequences(key, bank, DIGITS, SPEC),
    "raw key": lambda bank, model, key: ds.sample_sequences(np.array([0, 7], np.uint32), bank, DIGITS, SPEC),
    "transforms": lambda bank, model, key: ds.sample_sequences(
        key, bank, DIGITS, SPEC.replace(glyph_transforms=AFFINE, line_transforms=(augment.LineSlant(),))
    ),
    "model": lambda bank, model, key: ds.sample_sequence(key, model, [1, 2], SPEC),
    "generate": lambda bank, model, key: ds.generate_numbers_sequence("35", (0, 9), 99, key=3, bank=bank),
    "batch_at": lambda bank, model, key: ds.batch_at(key, 3, bank, LABELS, SPEC, 8),
    "batch_at given": lambda bank, model, key: ds.batch_at(
        key, 3, bank, ds.FixedLabels(["12", "3"]), SPEC, 8
    ),
    "batch_at mesh": lambda bank, model, key: ds.batch_at(
        key, 3, bank, LABELS, SPEC, 8, mesh=jax.make_mesh((8,), ("b",))
    ),
    "batches": lambda bank, model, key: list(itertools.islice(ds.batches(key, bank, LABELS, SPEC, 8), 3)),
    "batches mesh": lambda bank, model, key: next(
        ds.batches(key, bank, LABELS, SPEC, 8, mesh=jax.make_mesh((8,), ("b",)))
    ),
    "dataset": lambda bank, model, key: ds.Dataset(key, bank, LABELS, SPEC, 9)[3],
    "load_bank": lambda bank, model, key: ds.load_bank("builtin"),
    "make_bank": lambda bank, model, key: ds.make_bank(*toy_glyphs(), writers=toy_glyphs()[1]),
    "split_bank": lambda bank, model, key: ds.split_bank(bank, (0.5, 0.5), key),
    "apply": lambda bank, model, key: augment.apply(key, AFFINE, toy_glyphs()[0][:4]),
    "denoise": lambda bank, model, key: vae.denoise(model, np.zeros((2, 28, 28), np.float32)),
    "reconstruct": lambda bank, model, key: vae.reconstruct(model, np.zeros((2, 28, 28), np.float32), [1, 2]),
    "write": lambda bank, model, key: vae.write(model, np.zeros((2, 32), np.float32), [1, 2]),
    "between": lambda bank, model, key: vae.between(np.zeros(3, np.float32), np.ones(3, np.float32), 0.5),
    "load": lambda bank, model, key: vae.load(vae.weights.SHIPPED),
    "labels": lambda bank, model, key: LABELS.draw(key, 4),
    "ctc": lambda bank, model, key: ctc.decode(np.zeros((2, 7, 11), np.float32)),
}


@pytest.mark.parametrize("name", CALLS)
def test_transfers_are_meant(name, bank, model):
    """Under the guard what digitseq itself sends to a device is no surprise."""
    key = jax.random.key(0)
    with jax.transfer_guard("disallow"):
        jax.block_until_ready(CALLS[name](bank, model, key))


def test_an_export_under_the_guard_and_a_mesh(bank, tmp_path):
    key = jax.random.key(0)
    with jax.transfer_guard("disallow"):
        ds.export(key, bank, LABELS, SPEC, tmp_path / "a", count=3, format="npz")
    if not hasattr(jax, "set_mesh"):
        pytest.skip("this JAX sets no mesh")
    with jax.set_mesh(jax.make_mesh((8,), ("b",))):
        ds.export(key, bank, LABELS, SPEC, tmp_path / "b", count=3, format="npz")
        assert ds.verify(tmp_path / "b", bank) == []
    first, second = (tmp_path / name / "data" / "00000.npz" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_an_error_in_the_stream_does_not_end_it(bank, monkeypatch):
    """A generator that failed raises StopIteration ever after, so a training would end in silence."""
    batches, make = ds.batches(jax.random.key(0), bank, LABELS, SPEC, 4, prefetch=1), stream.batch_of
    first = next(batches)

    def failing(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(stream, "batch_of", failing)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="out of memory"):
            next(batches)
    monkeypatch.setattr(stream, "batch_of", make)
    wanted = ds.batch_at(jax.random.key(0), 1, bank, LABELS, SPEC, 4)
    np.testing.assert_array_equal(next(batches).image, wanted.image)
    assert not np.array_equal(first.image, wanted.image)


def test_random_bits_do_not_depend_on_a_flag(bank, model):
    """With `jax_threefry_partitionable` off bits depend on how many are drawn, and padding draws more."""
    tight = ds.SequenceSpec(image_width=99, spacing_range=(0, 9))
    made = []
    for flag in (True, False):
        with jax.threefry_partitionable(flag):
            single = ds.sample_sequence(jax.random.key(3), bank, [3, 5], tight)
            np.testing.assert_array_equal(
                ds.generate_numbers_sequence("35", (0, 9), 99, key=3, bank=bank), single.image
            )
            made.append(
                (
                    single,
                    ds.sample_sequences(jax.random.key(3), model, [[3, 5]], tight).image,
                    ds.batch_at(jax.random.key(3), 2, bank, LABELS, SPEC, 4),
                    ds.Dataset(jax.random.key(3), bank, LABELS, SPEC, 9)[7],
                    augment.apply(jax.random.key(3), AFFINE, toy_glyphs()[0][:4]),
                    ds.split_bank(bank, (0.5, 0.5), jax.random.key(3))[0].glyphs,
                )
            )
    for ours, theirs in zip(*map(jax.tree.leaves, made), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_threads_share_a_stream(bank):
    """Each batch goes to one of them, and none is left out; closed, it ends."""
    batches, taken = ds.batches(jax.random.key(0), bank, LABELS, SPEC, 4), []

    def take():
        for _ in range(10):
            taken.append(np.asarray(next(batches).digits).tobytes())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = (ds.batch_at(jax.random.key(0), step, bank, LABELS, SPEC, 4) for step in range(40))
    assert sorted(taken) == sorted(np.asarray(batch.digits).tobytes() for batch in steps)
    batches.close()
    with pytest.raises(StopIteration):
        next(batches)
