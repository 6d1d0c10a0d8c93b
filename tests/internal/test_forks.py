"""Processes that were forked after JAX had started: an error that says what works, never a hang."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import skipped

LIMIT = 90
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
SETUP = """
import os, sys, warnings
warnings.simplefilter("ignore")
import jax, numpy as np
import digitseq as ds
from digitseq import augment, vae

def in_fork(name, function):
    pid = os.fork()
    if not pid:
        try:
            function()
            found = "done"
        except RuntimeError as error:
            found = "told" if 'multiprocessing_context="spawn"' in str(error) else repr(error)
        except BaseException as error:
            found = repr(error)
        print(name, found, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""
BEFORE = """
in_fork("before", lambda: ds.generate_numbers_sequence("350", (0, 5), 90, bank=ds.load_bank("builtin")))
"""
AFTER = """
bank, labels, spec = ds.load_bank("builtin"), ds.RandomDigits(), ds.SequenceSpec()
key, raw, digits = jax.random.key(0), np.zeros(2, np.uint32), np.zeros((2, 3), np.int32)
data, stream = ds.Dataset(key, bank, labels, spec, 9), ds.batches(key, bank, labels, spec, 2, prefetch=0)
model, images = vae.pretrained(), np.zeros((2, 28, 28), np.float32)
calls = {
    "generate": lambda: ds.generate_numbers_sequence("350", (0, 5), 100, key=1, bank=bank),
    "generate default": lambda: ds.generate_numbers_sequence("350", (0, 5), 100),
    "sample_sequence": lambda: ds.sample_sequence(key, bank, digits[0], spec),
    "sample_sequences": lambda: ds.sample_sequences(raw, bank, digits, spec),
    "batch_at": lambda: ds.batch_at(raw, 0, bank, labels, spec, 2),
    "batches": lambda: ds.batches(key, bank, labels, spec, 2),
    "next": lambda: next(stream),
    "Dataset": lambda: ds.Dataset(raw, bank, labels, spec, 9),
    "item": lambda: data[3],
    "items": lambda: data.__getitems__([1, 2]),
    "export": lambda: ds.export(raw, bank, labels, spec, "out", count=3, format="npz"),
    "load_bank": lambda: ds.load_bank("builtin"),
    "make_bank": lambda: ds.make_bank(np.ones((9, 28, 28), np.uint8), np.arange(9)),
    "split_bank": lambda: ds.split_bank(bank, (0.5, 0.5), raw),
    "apply": lambda: augment.apply(key, augment.preset("light")[0], images),
    "denoise": lambda: vae.denoise(model, images),
}
for name, call in calls.items():
    in_fork(name, call)
print(len(calls))
"""
LOADER = """
import warnings
warnings.simplefilter("ignore")
import jax
import digitseq as ds
from torch.utils.data import DataLoader

if __name__ == "__main__":
    data = ds.Dataset(jax.random.key(0), ds.load_bank("builtin"), ds.RandomDigits(), ds.SequenceSpec(), 64)
    {before}
    loader = DataLoader(data, batch_size=32, num_workers=2, multiprocessing_context="{context}")
    print([tuple(batch["image"].shape) for batch in loader])
"""
GRAIN = """
import grain, jax
import digitseq as ds
from absl import flags

if __name__ == "__main__":
    flags.FLAGS.mark_as_parsed()  # as `absl.app.run` does, which Grain asks for
    data = ds.Dataset(jax.random.key(0), ds.load_bank("builtin"), ds.RandomDigits(), ds.SequenceSpec(), 64)
    made = grain.MapDataset.source(data).batch(32).to_iter_dataset()
    made = made.mp_prefetch(grain.MultiprocessingOptions(num_workers=2))
    print([batch["image"].shape for batch in made])
"""


def ran(folder: Path, source: str) -> "subprocess.CompletedProcess[str]":
    (folder / "script.py").write_text(source)
    return subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, cwd=folder, timeout=LIMIT, check=False
    )


def test_every_front_says_what_works_after_a_fork(tmp_path):
    done = ran(tmp_path, SETUP + AFTER)
    assert done.returncode == 0, done.stderr
    *found, count = done.stdout.splitlines()
    assert len(found) == int(count)
    assert [line for line in found if not line.endswith(" told")] == []
    assert not (tmp_path / "out").exists()


def test_a_fork_before_jax_starts_works(tmp_path):
    done = ran(tmp_path, SETUP + BEFORE)
    assert (done.stdout, done.returncode) == ("before done\n", 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_pytorchs_loader(context, used, tmp_path):
    skipped.needed("torch")
    done = ran(tmp_path, LOADER.format(context=context, before="data[0]" if used else ""))
    if context == "fork":
        assert done.returncode == 1
        assert "RuntimeError" in done.stderr
        assert 'multiprocessing_context="spawn"' in done.stderr
    else:
        assert done.stdout == "[(32, 28, 200), (32, 28, 200)]\n", done.stderr


@pytest.mark.slow
def test_grains_workers(tmp_path):
    skipped.needed("grain")
    done = ran(tmp_path, GRAIN)
    assert done.stdout == "[(32, 28, 200), (32, 28, 200)]\n", done.stderr
