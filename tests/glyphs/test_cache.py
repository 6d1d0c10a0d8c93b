"""The copy of a bank that load_bank keeps in the user's cache: used if valid, else rebuilt."""

import dataclasses
import io
import os
import pickle
import threading

import jax
import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs import bank as bank_module
from digitseq.glyphs import cache, loading
from digitseq.glyphs import mnist as mnist_files
from digitseq.io import user_cache

IMAGES, LABELS = toy_glyphs()
EXPECTED = ds.make_bank(IMAGES, LABELS)
DIGEST = ds.bank_digest(EXPECTED)


def write_pair(folder, images_name, images=IMAGES, labels=LABELS):
    """An images file and the labels file that belongs to it."""
    folder.mkdir(exist_ok=True)
    ds.write_idx(folder / images_name, images)
    ds.write_idx(folder / images_name.replace("images", "labels").replace("idx3", "idx1"), labels)
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_pair(tmp_path / "digits", "train-images-idx3-ubyte")


@pytest.fixture
def reads(monkeypatch):
    """The names of the IDX files that are read."""
    names = []
    read_idx = loading.read_idx
    monkeypatch.setattr(loading, "read_idx", lambda path: names.append(path.name) or read_idx(path))
    return names


def copies(cache):
    """The folders of the copies in a cache."""
    return list((cache / "banks").glob("*/*"))


def assert_the_bank(bank):
    """That it equals the toy bank, in every leaf."""
    for leaf, other in zip(jax.tree.leaves(bank), jax.tree.leaves(EXPECTED), strict=True):
        assert leaf.dtype == other.dtype
        np.testing.assert_array_equal(leaf, other)


def test_the_second_load_reads_the_copy(folder, reads, own_cache):
    assert_the_bank(ds.load_bank(folder))
    assert reads == ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
    assert_the_bank(ds.load_bank(folder))
    assert len(reads) == 2
    assert len(copies(own_cache)) == 1


def test_each_option_has_its_own_copy(folder, reads):
    for _ in range(2):
        assert ds.load_bank(folder, num_classes=30).num_classes == 30
        assert ds.load_bank(folder).num_classes == 10
        turned = ds.load_bank(folder, transpose=True)
        np.testing.assert_array_equal(np.asarray(turned.glyphs).swapaxes(1, 2), ds.load_bank(folder).glyphs)
    assert len(reads) == 6


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_source_that_was_changed_in_secret(tmp_path, packed, reads):
    """The same size and the old time stamp; the inode's change time tells."""
    name = "train-images-idx3-ubyte" + (".gz" if packed else "")
    folder = write_pair(tmp_path / "digits", name)
    ds.load_bank(folder)
    path = folder / name.replace("images", "labels").replace("idx3", "idx1")
    before = path.stat()
    labels = LABELS[::-1].copy() if not packed else LABELS
    data = bytearray(path.read_bytes())
    if packed:
        data[4:8] = b"\1\2\3\4"  # the time stamp in gzip's header
    else:
        data[8:] = labels.tobytes()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert ds.bank_digest(ds.load_bank(folder)) == ds.bank_digest(ds.make_bank(IMAGES, labels))
    assert len(reads) == 4


def test_a_source_that_was_replaced_or_moved(folder, tmp_path, reads):
    ds.load_bank(folder)
    ds.write_idx(folder / "train-labels-idx1-ubyte", (LABELS + 3) % 10)
    assert ds.bank_digest(ds.load_bank(folder)) == ds.bank_digest(ds.make_bank(IMAGES, (LABELS + 3) % 10))
    moved = folder.rename(tmp_path / "moved")
    folder.symlink_to(write_pair(tmp_path / "other", "train-images-idx3-ubyte"))
    assert_the_bank(ds.load_bank(folder))
    assert ds.bank_digest(ds.load_bank(moved)) != DIGEST


def test_a_source_that_is_gone(folder):
    ds.load_bank(folder)
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(ds.BankError, match="no pairs"):
        ds.load_bank(folder)


def archive():
    """An .npz file."""
    file = io.BytesIO()
    np.savez(file, a=[1])
    return file.getvalue()


def saved(values):
    """An .npy file of these values."""

    def write(path, whole):
        np.save(path, values)

    return write


DAMAGES = {
    "missing": lambda path, whole: None,
    "empty": lambda path, whole: path.write_bytes(b""),
    "cut in the header": lambda path, whole: path.write_bytes(whole[:100]),
    "cut by a byte": lambda path, whole: path.write_bytes(whole[:-1]),
    "a byte more": lambda path, whole: path.write_bytes(whole + b"7"),
    "zeros": lambda path, whole: path.write_bytes(bytes(len(whole))),
    "web page": lambda path, whole: path.write_bytes(b"<html>no such bank</html>" * 1000),
    "pickle": lambda path, whole: path.write_bytes(pickle.dumps([1, 2])),
    "archive": lambda path, whole: path.write_bytes(archive()),
    "folder": lambda path, whole: path.mkdir(),
    "fifo": lambda path, whole: os.mkfifo(path),
    "objects": saved(np.array([None] * 70)),
    "floats": saved(np.zeros(10)),
    "another number": saved(np.zeros(9, np.int32)),
    "negative": saved(np.arange(10, dtype=np.int32) - 5),
    "huge": saved(np.full(10, 2**31 - 1, np.int32)),
    "another rank": saved(np.zeros((10, 1), np.int32)),
    "another order": saved(np.zeros((28, 28, 70), np.uint8).T),
    "a glyph less": saved(np.zeros((69, 28, 28), np.uint8)),
    "writers of few": saved(np.zeros(3, np.int32)),
}


RECORDS = {
    "no record": lambda path, whole: path.write_text("[]"),
    "another record": lambda path, whole: path.write_bytes(whole.replace(b"digest", b"hash")),
    "no digest": lambda path, whole: path.write_bytes(whole.replace(DIGEST.encode(), b"0123")),
    "another's symbols": lambda path, whole: path.write_bytes(whole.replace(b"0123456789", b"abc")),
    "odd doubts": lambda path, whole: path.write_bytes(whole.replace(b"null", b"[17]")),
}
SPOILT = [(f"{name}.npy", how) for name in cache.NAMES for how in DAMAGES] + [
    (cache.FACTS, how) for how in DAMAGES | RECORDS
]


@pytest.mark.parametrize(("name", "damage"), SPOILT)
def test_a_damaged_or_foreign_copy_is_rebuilt(folder, own_cache, reads, damage, name):
    assert_the_bank(ds.load_bank(folder))
    (copy,) = copies(own_cache)
    path = copy / name
    whole = path.read_bytes()
    path.unlink()
    (DAMAGES | RECORDS)[damage](path, whole)
    for _ in range(2):
        assert_the_bank(ds.load_bank(folder))
        assert len(reads) == 4
        assert path.read_bytes() == whole


def test_a_file_in_the_copys_place(folder, own_cache, reads):
    assert_the_bank(ds.load_bank(folder))
    (copy,) = copies(own_cache)
    copy.rename(copy.parent / ".old")
    copy.write_text("no folder")
    for _ in range(2):
        assert_the_bank(ds.load_bank(folder))
        assert len(reads) == 4
    assert copies(own_cache) == [copy]


def test_an_interrupted_save_leaves_no_copy(folder, own_cache, reads, monkeypatch):
    """Between any two files: nothing counts before the folder has its name."""
    save = np.save
    for kept in range(4):
        calls = iter(range(kept))

        def failing(file, values, calls=calls, **options):
            save(file, values, **options)
            if next(calls, None) is None:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(np, "save", failing)
            with pytest.raises(KeyboardInterrupt):
                ds.load_bank(folder)
        assert copies(own_cache) == []
    # What a killed process leaves is removed by the next.
    (own_cache / "banks" / next((own_cache / "banks").iterdir()).name / ".0000").mkdir()
    assert_the_bank(ds.load_bank(folder))
    assert [path.name[0] != "." for path in copies(own_cache)] == [True]


def test_copies_of_earlier_states_and_versions_are_removed_when_unused(folder, own_cache):
    """For another machine may have the folder mounted, other files at this path, and the copy mapped."""
    ds.load_bank(folder)
    (first,) = copies(own_cache)
    first.parent.with_suffix(".bank").write_bytes(b"digitseq bank 3\n")
    ds.write_idx(folder / "train-labels-idx1-ubyte", (LABELS + 3) % 10)
    ds.load_bank(folder)
    assert first in copies(own_cache)
    (second,) = set(copies(own_cache)) - {first}
    for copy in (first, second):
        os.utime(copy, (0, 0))
    ds.load_bank(folder)  # and so uses the second
    ds.write_idx(folder / "train-labels-idx1-ubyte", (LABELS + 4) % 10)
    ds.load_bank(folder)
    assert first not in copies(own_cache)
    assert second in copies(own_cache)
    assert [path.name for path in (own_cache / "banks").iterdir()] == [second.parent.name]


def test_a_copy_is_neither_read_nor_hashed_nor_inspected(folder, monkeypatch):
    """But mapped: what is drawn is read when it is drawn."""
    ds.load_bank(folder)
    for name in ("doubts_of", "digest_arrays"):
        monkeypatch.setattr(loading, name, lambda *_: pytest.fail("a copy was looked at"))
    found, to_device = [], loading.to_device
    monkeypatch.setattr(
        loading, "to_device", lambda *all, **facts: found.append(all) or to_device(*all, **facts)
    )
    bank = ds.load_bank(folder)
    assert isinstance(found[0][0].base, np.memmap)
    monkeypatch.setattr(bank_module, "digest_arrays", lambda *_: pytest.fail("a copy was hashed"))
    assert ds.bank_digest(bank) == DIGEST
    # What was made from the bank is another one.
    with pytest.raises(pytest.fail.Exception):
        ds.bank_digest(dataclasses.replace(bank, symbols="abcdefghij"))


def test_a_bank_whose_memory_is_given_away_leaves_the_copy_alone(folder, own_cache):
    """A mapped array can't be written to: a donated bank is copied."""
    bank = ds.load_bank(folder)
    for _ in range(2):
        bank = ds.load_bank(folder)
        brighter = jax.jit(lambda bank: bank.glyphs + np.uint8(1), donate_argnums=0)(bank)
        np.testing.assert_array_equal(brighter, np.asarray(EXPECTED.glyphs) + np.uint8(1))
    assert_the_bank(ds.load_bank(folder))


def test_symbols_that_are_changed_later(folder, own_cache):
    ds.load_bank(folder)
    for symbols in ("abcdefghij", "klmnopqrst"):
        (folder / "symbols.txt").write_text(symbols)
        for _ in range(2):
            bank = ds.load_bank(folder)
            assert bank.symbols == symbols
            assert (
                ds.bank_digest(bank)
                == ds.bank_digest(ds.make_bank(IMAGES, LABELS, symbols=symbols))
                != DIGEST
            )
    (folder / "symbols.txt").unlink()
    assert ds.bank_digest(ds.load_bank(folder)) == DIGEST


def test_empty_classes_are_kept(folder, reads):
    assert [ds.load_bank(folder, num_classes=12).num_classes for _ in range(2)] == [12, 12]
    assert len(reads) == 2


def test_writers_are_kept(tmp_path, reads):
    labels = np.stack([LABELS, *np.arange(7 * len(LABELS)).reshape(7, -1)], axis=1).astype(np.int32)
    folder = write_pair(tmp_path / "qmnist", "qmnist-train-images-idx3-ubyte")
    (folder / "qmnist-train-labels-idx1-ubyte").unlink()
    ds.write_idx(folder / "qmnist-train-labels-idx2-int", labels)
    first, second = (ds.load_bank(folder) for _ in range(2))
    assert first.writers is not None
    np.testing.assert_array_equal(first.writers, second.writers)
    assert len(reads) == 2


def test_many_threads_at_once(folder, own_cache):
    banks, start = [], threading.Barrier(6)

    def load():
        start.wait()
        banks.append(ds.load_bank(folder))

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(banks) == 6
    for bank in banks:
        assert_the_bank(bank)
    assert len(copies(own_cache)) <= 1
    assert_the_bank(ds.load_bank(folder))


def test_a_full_disk_leaves_nothing_behind(folder, own_cache, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert_the_bank(ds.load_bank(folder))
    assert copies(own_cache) == []


@pytest.mark.parametrize("blocked", ["", "banks"], ids=["cache", "banks"])
def test_a_cache_that_cannot_be_written_is_no_error(folder, tmp_path, monkeypatch, reads, blocked):
    cache = tmp_path / "cache"
    if blocked:
        cache.mkdir()
    (cache / blocked).write_text("a file in the folder's place")
    monkeypatch.setenv(user_cache.CACHE_ENVIRONMENT, str(cache))
    for times in (1, 2):
        assert_the_bank(ds.load_bank(folder))
        assert len(reads) == 2 * times


def test_where_the_cache_is(monkeypatch, tmp_path):
    assert str(user_cache.cache_folder()) == os.environ[user_cache.CACHE_ENVIRONMENT]
    monkeypatch.delenv(user_cache.CACHE_ENVIRONMENT)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache.cache_folder() == tmp_path / "digitseq"
    assert mnist_files.fetched_folder() == tmp_path / "digitseq" / "mnist"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_cache.cache_folder() == tmp_path / ".cache" / "digitseq"
