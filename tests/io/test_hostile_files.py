"""Files that were made to harm: bombs, FIFOs, and damage of every kind, each an error of one line."""

import gc
import io
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs import keras
from digitseq.io import npz
from digitseq.vae import serialization, weights

IMAGES, LABELS = toy_glyphs()
MOST_MEMORY = 64 << 20


def npy(array, **header):
    """An array's .npy file, with parts of its header, as dtype and shape, written over."""
    whole = io.BytesIO()
    told = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(whole, told | header)
    return whole.getvalue() + array.tobytes()


def archive_of(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def header_of(**fields):
    text = json.dumps({"kind": "model", "version": 1} | fields).encode()
    return npy(np.frombuffer(text, np.uint8))


@pytest.fixture(autouse=True)
def little_memory():
    """NumPy's allocations are traced, also those that are never touched."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY


SIZES = weights.sizes(ds.vae.pretrained())
SMALL, LONG = np.zeros(60_000, np.int8), np.zeros(60_000, np.float32)
BOMBS = {
    "a shape of 13 GiB": {"a": npy(SMALL, shape=(60_000, 60_000))},
    "a shape beyond NumPy": {"a": npy(SMALL, shape=(10**30, 0))},
    "a negative shape": {"a": npy(SMALL, shape=(-1, 60_000))},
    "a dtype of 2 GiB": {"a": npy(SMALL, descr="|V2147483647")},
    "an outer product by a scale": {
        "a": npy(SMALL.reshape(1, -1)),
        "a.scale": npy(LONG.reshape(-1, 1)),
    },
    "a scale of a scale": {"a": npy(SMALL), "a.scale": npy(LONG), "a.scale.scale": npy(LONG.reshape(-1, 1))},
    "objects": {"a": npy(SMALL, descr="|O")},
    "text": {"a": npy(np.array(["x" * 100]))},
    "records": {"a": npy(SMALL, descr=[("x", "|i1")])},
    "no array": {"a": b"\x93NUMPY\x01\0\xff\xff" + b"(" * 65_535},
    "an unknown version": {"a": b"\x93NUMPY\x09\x00" + npy(SMALL)[8:]},
    "networks of 10**12 units": {"header": header_of(sizes=dict(SIZES, encoder_hidden=10**12))},
    "networks of 10**30 classes": {"header": header_of(sizes=dict(SIZES, classes=10**30))},
    "negative networks": {"header": header_of(sizes=dict(SIZES, latent=-3))},
    "deep JSON": {"header": npy(np.frombuffer(b"[" * 200_000, np.uint8))},
    "no JSON": {"header": npy(np.frombuffer(b"\xff\xfe", np.uint8))},
    "a list": {"header": npy(np.frombuffer(b"[]", np.uint8))},
    "another kind": {"header": header_of(kind="coffee")},
    "floats": {"header": npy(np.zeros(3, np.float64))},
}


@pytest.mark.parametrize("members", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_a_model_that_claims_more_than_it_holds(tmp_path, members, method):
    path = archive_of(tmp_path / "m.npz", {"header": header_of(sizes=SIZES)} | members, method)
    with pytest.raises(ValueError, match=r"m\.npz") as caught:
        ds.vae.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", [name for name in BOMBS if "header" not in BOMBS[name] and "scale" not in name]
)
def test_a_bank_that_claims_more_than_it_holds(tmp_path, name):
    path = archive_of(tmp_path / "mnist.npz", {"y_train": npy(LABELS), "x_train": BOMBS[name]["a"]})
    with pytest.raises(ValueError, match=r"mnist\.npz"):
        ds.load_bank(path)


def test_a_zip_that_lies_about_its_sizes(tmp_path):
    """The directory says 4 GiB of a member that has a few bytes, or two members share the same bytes."""
    whole = bytearray(
        archive_of(tmp_path / "m.npz", {"x_train": npy(IMAGES), "y_train": npy(LABELS)}).read_bytes()
    )
    entry = whole.index(b"PK\x01\x02")
    for place in (20, 24):  # the compressed size, and the other
        lying = bytearray(whole)
        lying[entry + place : entry + place + 4] = struct.pack("<I", 0xFFFF_FFF0)
        (tmp_path / "m.npz").write_bytes(lying)
        with pytest.raises(ValueError, match="can hold|m.npz"):
            keras.read_split(tmp_path / "m.npz", "train")


def test_weights_that_are_not_numbers(tmp_path):
    """A model with a NaN once drew black pictures, in silence."""
    model = ds.vae.pretrained()
    ds.vae.save(tmp_path / "m.npz", model)
    _, arrays = serialization.read(tmp_path / "m.npz", weights.KIND, 1)
    members = {name: npy(np.full_like(array, np.nan)) for name, array in arrays.items()}
    archive_of(tmp_path / "m.npz", {"header": header_of(sizes=SIZES)} | members)
    with pytest.raises(ValueError, match="not finite"):
        ds.vae.load(tmp_path / "m.npz")


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<i8", "|u1", "|b1", ">u2"])
def test_what_numpy_writes_is_read(tmp_path, order, dtype):
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 2, dtype, order=order)
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "a.npz", a=array, b=np.zeros((0, 3)), c=np.float32(4))
        found = npz.read_npz(tmp_path / "a.npz")
        np.testing.assert_array_equal(found["a"], array)
        assert found["a"].dtype.isnative
        assert (found["b"].shape, found["c"].shape) == ((0, 3), ())


# FIFOs and devices


SPECIAL = {
    "IDX": "ds.read_idx(path)",
    "a bank's images": "ds.load_bank(path)",
    "a bank's folder": "ds.load_bank(folder)",
    "writers": "ds.load_bank('builtin', writers=path)",
    "a folder of writers": "ds.load_bank('builtin', writers=folder)",
    "a model": "ds.vae.load(path)",
    "what was fetched": "print(is_genuine(Path(path), 'train-images-idx3-ubyte')); 1 / 0",
}
TRY = """
import sys
from pathlib import Path
import digitseq as ds
from digitseq import vae
from digitseq.glyphs.mnist import is_genuine
path, folder = sys.argv[1:]
for what in {all!r}.values():
    try:
        exec(what)
    except (ValueError, FileNotFoundError, ZeroDivisionError) as error:
        print(str(error).splitlines())
    else:
        print("read", what)
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_what_never_ends_is_not_read(tmp_path, kind):
    """A reader of a FIFO that nobody writes would wait for good; one of /dev/zero would never be full."""
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "qmnist-train-labels-idx2-int"]
    for name in names:
        path = tmp_path / name
        os.mkfifo(path) if kind == "fifo" else path.symlink_to("/dev/zero")
    command = [sys.executable, "-c", TRY.format(all=SPECIAL), str(tmp_path / names[0]), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(SPECIAL) + 1
    assert "False" in lines
    assert not [line for line in lines if line.startswith("read")]
    assert sum("is no regular file" in line for line in lines) >= 4


# Damage


def damaged(whole, rng):
    """The bytes with some flipped, cut out, doubled, or written over by numbers that sizes are made of."""
    data = bytearray(whole)
    for _ in range(rng.integers(1, 4)):
        # Most headers stand at the beginning or, of zip, at the end.
        near = min(200, len(data))
        place = int(
            rng.choice([rng.integers(len(data)), rng.integers(near), len(data) - rng.integers(1, near + 1)])
        )
        end = place + int(rng.integers(1, 40))
        match rng.integers(5):
            case 0:
                data[place] ^= 1 << rng.integers(8)
            case 1:
                data[place] = rng.integers(256)
            case 2 if len(data) > 100:
                del data[place:end]
            case 3:
                data[place:place] = data[place:end]
            case 4:
                data[place : place + 4] = struct.pack(
                    "<I", rng.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 24])
                )
    return bytes(data)


def fuzz(tmp_path, times):
    rng = np.random.default_rng(16)
    small = {"header": header_of(sizes=SIZES), "a": npy(LABELS), "b": npy(IMAGES[:2].astype(np.int8))}
    wholes = {
        "i.idx": lambda: ds.write_idx(tmp_path / "i.idx", IMAGES[:3]),
        "i.idx.gz": lambda: ds.write_idx(tmp_path / "i.idx.gz", LABELS),
        "k.npz": lambda: archive_of(
            tmp_path / "k.npz", {"x_train": npy(IMAGES[:3]), "y_train": npy(LABELS[:3])}
        ),
        "m.npz": lambda: archive_of(tmp_path / "m.npz", small, zipfile.ZIP_STORED),
    }
    readers = {
        "i.idx": ds.read_idx,
        "i.idx.gz": ds.read_idx,
        "k.npz": lambda path: keras.read_split(path, "train"),
        "m.npz": lambda path: serialization.read(path, weights.KIND, weights.VERSION),
    }
    ends, said = {"read": 0, "refused": 0}, set()
    for name, write in wholes.items():
        write()
        whole = (tmp_path / name).read_bytes()
        for _ in range(times):
            (tmp_path / name).write_bytes(damaged(whole, rng))
            try:
                readers[name](tmp_path / name)
                ends["read"] += 1
            except ValueError as error:
                ends["refused"] += 1
                said.update(str(error).splitlines()[1:])
            # Errors and what they read refer to each other, and the tests have garbage collected seldom.
            gc.collect(0)
    assert not said
    return ends


def test_a_little_fuzz(tmp_path):
    ends = fuzz(tmp_path, 150)
    assert ends["refused"] > 300


@pytest.mark.slow
def test_much_fuzz(tmp_path):
    fuzz(tmp_path, 2_500)
