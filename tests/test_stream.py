"""The stream: a function of key and step, on any number of devices and processes."""

import dataclasses
import itertools
import socket
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow, toy_glyphs
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import Mesh, PartitionSpec

import digitseq as ds
from digitseq import augment, vae

LABELS = ds.RandomDigits(min_length=1, max_length=3)
PLAIN = ds.SequenceSpec(image_width=100)
BENT = ds.SequenceSpec(image_width=100, glyph_transforms=(augment.Affine(),))
KEY = 5


def stream(bank, **options):
    return ds.batches(jax.random.key(KEY), bank, LABELS, PLAIN, 8, **options)


def same(ours, theirs) -> None:
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_an_image_is_the_samples_of_its_own_keys(bank):
    batch = ds.batch_at(jax.random.key(KEY), 3, bank, LABELS, PLAIN, 8)
    label_key, image_key = jax.random.split(jax.random.key(KEY))
    for row in (0, 5):
        number = 3 * 8 + row
        digits = LABELS.draw(jax.random.fold_in(jax.random.clone(label_key), number), 1)[0]
        image = ds.sample_sequence(
            jax.random.fold_in(jax.random.clone(image_key), number), bank, digits, PLAIN
        )
        same(jax.tree.map(lambda leaf, row=row: leaf[row], batch), image)


@settings(max_examples=10)
@given(start=st.integers(0, 2**20), prefetch=st.integers(0, 3))
def test_batches_are_those_of_batch_at(bank_for_hypothesis, start, prefetch):
    made = stream(bank_for_hypothesis, start=start, prefetch=prefetch)
    for step, batch in zip(range(start, start + 3), made, strict=False):
        same(batch, ds.batch_at(jax.random.key(KEY), step, bank_for_hypothesis, LABELS, PLAIN, 8))


@pytest.fixture(scope="module")
def bank_for_hypothesis():
    return ds.make_bank(*toy_glyphs())


def test_stopped_at_17_and_begun_again(bank):
    unbroken = list(itertools.islice(stream(bank), 20))
    again = list(itertools.islice(stream(bank, start=17), 3))
    for ours, theirs in zip(again, unbroken[17:], strict=True):
        same(ours, theirs)
    assert len({np.asarray(batch.image).tobytes() for batch in unbroken}) == 20


def test_a_step_may_be_traced_and_a_scan_makes_the_same(bank):
    @jax.jit
    def run(key, bank, labels, spec):
        def body(_, step):
            return None, ds.batch_at(key, step, bank, labels, spec, 8)

        return jax.lax.scan(body, None, jnp.arange(2, 4, dtype=jnp.int32))[1]

    made = run(jax.random.key(KEY), bank, LABELS, PLAIN)
    for row, step in enumerate((2, 3)):
        same(
            jax.tree.map(lambda leaf, row=row: leaf[row], made),
            ds.batch_at(jax.random.key(KEY), step, bank, LABELS, PLAIN, 8),
        )


@pytest.mark.parametrize("count", [2, 8, *slow(1, 4)])
def test_any_number_of_devices_makes_the_same_bits(bank, count):
    # The last as `jax.make_mesh` makes them, with explicit axes.
    mesh = jax.make_mesh((8,), ("data",)) if count == 8 else Mesh(np.array(jax.devices()[:count]), ("data",))
    whole = ds.batch_at(jax.random.key(KEY), 2, bank, LABELS, PLAIN, 8)
    parts = ds.batch_at(jax.random.key(KEY), 2, bank, LABELS, PLAIN, 8, mesh=mesh)
    assert {shard.data.shape[0] for shard in parts.image.addressable_shards} == {8 // count}
    same(jax.device_get(parts), jax.device_get(whole))


def test_transforms_on_a_mesh(bank):
    mesh = Mesh(np.array(jax.devices()), ("data",))
    whole = ds.batch_at(jax.random.key(KEY), 2, bank, LABELS, BENT, 16)
    parts = ds.batch_at(jax.random.key(KEY), 2, bank, LABELS, BENT, 16, mesh=mesh)
    for name in ("digits", "length", "offsets", "boxes", "glyph_ids"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    np.testing.assert_allclose(parts.image, whole.image, atol=1e-5, rtol=0)


def test_no_device_asks_another(bank):
    mesh = Mesh(np.array(jax.devices()), ("data",))

    def make(key, bank):
        return ds.batch_at(key, 2, bank, LABELS, BENT, 16, mesh=mesh)

    text = jax.jit(make).lower(jax.random.key(KEY), bank).compile().as_text()
    assert not [word for word in ("all-reduce", "all-gather", "all-to-all", "permute(") if word in text]
    assert "f32[2,28,100]" in text, "each of 8 devices makes 2 of 16 rows"


def test_axes_divide_the_rows(bank):
    mesh = Mesh(np.array(jax.devices()).reshape(4, 2), ("a", "b"))
    batch = next(stream(bank, mesh=mesh, axes=("a", "b")))
    assert batch.image.sharding.spec == PartitionSpec(("a", "b"))
    assert batch.image.addressable_shards[0].data.shape == (1, 28, 100)
    same(jax.device_get(batch), jax.device_get(next(stream(bank))))


PROCESS = """
import sys
import jax, numpy as np
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(f"localhost:{sys.argv[1]}", 2, int(sys.argv[2]))
import digitseq as ds
from jax.sharding import Mesh
bank = ds.load_bank(sys.argv[3])
mesh = Mesh(np.array(jax.devices()), ("data",))
assert len(jax.devices()) == 4 and len(jax.local_devices()) == 2
labels, spec = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
stream = ds.batches(jax.random.key(5), bank, labels, spec, 8, start=3, mesh=mesh)
batch = next(stream)
for shard in batch.image.addressable_shards:
    np.save(f"{sys.argv[4]}/{shard.index[0].start}.npy", np.asarray(shard.data))
"""


@pytest.mark.slow
def test_two_processes_make_the_same_bits(bank, tmp_path):
    images, labels = toy_glyphs()
    ds.write_idx(tmp_path / "images-idx3-ubyte", images)
    ds.write_idx(tmp_path / "labels-idx1-ubyte", labels)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    processes = []
    for place in range(2):
        command = [sys.executable, "-c", PROCESS, str(port), str(place), tmp_path, tmp_path]
        with open(tmp_path / f"errors{place}", "w") as errors:
            processes.append(subprocess.Popen(command, stderr=errors))
    try:
        codes = [process.wait(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert codes == [0, 0], [(tmp_path / f"errors{place}").read_text() for place in range(2)]
    made = np.concatenate([np.load(tmp_path / f"{start}.npy") for start in (0, 2, 4, 6)])
    batch = ds.batch_at(jax.random.key(5), 3, bank, LABELS, PLAIN, 8)
    np.testing.assert_array_equal(made, batch.image)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": -1}, "start"),
        ({"start": 2**30}, "start"),
        ({"prefetch": -1}, "prefetch"),
        ({"batch_size": 0}, "batch_size"),
        ({"labels": ds.RandomDigits(max_length=9)}, "the smallest width that works is 252"),
        ({"labels": ds.RandomDigits(choices=np.array([11]))}, "11 is out of range"),
        ({"labels": 5}, "labels must have `draw`"),
        ({"key": "0"}, "key must be one JAX PRNG key"),
        ({"labels": ds.FixedLabels([[3, -1, 5]])}, "sequence 0"),
        ({"axes": "data"}, "there is none"),
        ({"source": 5}, "source must be a DigitBank"),
        ({"spec": ds.SequenceSpec(spacing_range=(3, 1))}, "reversed"),
        ({"spec": ds.SequenceSpec(hand="one-writer")}, "knows its writers"),
        ({"mesh": Mesh(np.array(jax.devices()[:3]), ("data",))}, "3 devices"),
        ({"mesh": Mesh(np.array(jax.devices()[:2]), ("data",)), "axes": "rows"}, "rows"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_before_the_first_batch(bank, change, words):
    given = {"key": jax.random.key(0), "source": bank, "labels": LABELS, "spec": PLAIN, "batch_size": 8}
    with pytest.raises(ValueError, match=words):
        ds.batches(**(given | change))


def test_one_key_serves_every_step_raw_or_typed(bank):
    """As JAX's check of keys sees it, too."""
    key = jax.random.key(KEY)
    for raw in (np.array([0, KEY], np.uint32), jnp.array([0, KEY], jnp.uint32)):
        same(ds.batch_at(key, 1, bank, LABELS, PLAIN, 8), ds.batch_at(raw, 1, bank, LABELS, PLAIN, 8))


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Mine:
    """A label source that has `draw` alone."""

    digit: int

    def draw(self, key, batch_size):
        return jnp.full((batch_size, 2), self.digit, jnp.int32)


def test_a_source_and_labels_of_ones_own():
    model = vae.pretrained()
    batch = next(ds.batches(jax.random.key(0), model, Mine(4), PLAIN, 2, prefetch=0))
    assert batch.digits.tolist() == [[4, 4]] * 2
    assert np.asarray(batch.image).max() > 0.5


def test_a_run_ends_with_an_error(bank, monkeypatch):
    monkeypatch.setattr("digitseq.stream.MOST_IMAGES", 64)
    made = stream(bank, start=6)
    assert [batch.image.shape for batch in itertools.islice(made, 2)] == [(8, 28, 100)] * 2
    with pytest.raises(OverflowError, match="another key"):
        next(made)


def test_a_spec_is_not_retraced(bank):
    """The step, the key and the numbers of labels and spec compile nothing anew."""
    from digitseq.sequence.run import batch_of

    ds.batch_at(jax.random.key(0), 0, bank, LABELS, PLAIN, 8)
    before = batch_of._cache_size()
    other = ds.RandomDigits(min_length=2, max_length=3)
    ds.batch_at(jax.random.key(1), 10**6, bank, other, PLAIN.replace(spacing_range=(0, 3)), 8)
    assert batch_of._cache_size() == before
