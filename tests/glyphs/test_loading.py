"""load_bank: where it looks, what it takes for a pair of files, and the copy that it keeps."""

import os
import shutil

import jax
import numpy as np
import pytest
from conftest import toy_glyphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import digitseq as ds
from digitseq.glyphs import loading
from digitseq.glyphs import mnist as mnist_files
from digitseq.io import user_cache

IMAGES, LABELS = toy_glyphs()
DIGEST = ds.bank_digest(ds.make_bank(IMAGES, LABELS))
TEST_DIGEST = ds.bank_digest(ds.make_bank(IMAGES[:40], LABELS[:40]))


def write_pair(folder, images_name, images=IMAGES, labels=LABELS):
    """The two files, the name of the labels' made from that of the images'."""
    folder.mkdir(exist_ok=True)
    ds.write_idx(folder / images_name, images)
    ds.write_idx(folder / images_name.replace("images", "labels").replace("idx3", "idx1"), labels)
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_pair(tmp_path / "digits", "train-images-idx3-ubyte")


@pytest.fixture
def no_mnist(monkeypatch):
    monkeypatch.delenv(mnist_files.ENVIRONMENT, raising=False)


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that are read, in turn."""
    names = []
    read_idx = loading.read_idx
    monkeypatch.setattr(loading, "read_idx", lambda path: names.append(path.name) or read_idx(path))
    return names


def copies(cache):
    return list((cache / "banks").iterdir())


def assert_the_bank(bank):
    """That it is the toy bank, to the last leaf."""
    expected = ds.make_bank(IMAGES, LABELS)
    for leaf, other in zip(jax.tree.leaves(bank), jax.tree.leaves(expected), strict=True):
        assert leaf.dtype == other.dtype
        np.testing.assert_array_equal(leaf, other)


# Where it looks


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "path"])
def test_both_splits_of_a_folder(toy_folder, kind):
    assert_the_bank(ds.load_bank(kind(toy_folder)))
    assert ds.bank_digest(ds.load_bank(kind(toy_folder), split="test")) == TEST_DIGEST


def test_the_environment_names_mnist(toy_folder, monkeypatch):
    monkeypatch.setenv(mnist_files.ENVIRONMENT, str(toy_folder))
    assert ds.bank_digest(ds.load_bank()) == DIGEST
    assert ds.bank_digest(ds.load_bank("mnist")) == DIGEST
    assert ds.bank_digest(ds.load_bank("mnist-test")) == TEST_DIGEST
    assert ds.bank_digest(ds.load_bank("mnist", split="test")) == TEST_DIGEST


def test_fetched_files_are_found_if_all_are_there(toy_folder, no_mnist):
    fetched = mnist_files.fetched_folder()
    shutil.copytree(toy_folder, fetched)
    assert ds.bank_digest(ds.load_bank()) == DIGEST
    (fetched / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.warns(UserWarning, match="no MNIST in reach"):
        assert ds.bank_digest(ds.load_bank()) == ds.bank_digest(ds.load_bank("builtin"))


def test_the_environment_comes_before_the_fetched_files(toy_folder, folder, monkeypatch):
    shutil.copytree(toy_folder, mnist_files.fetched_folder())
    labels = (LABELS + 1) % 10
    ds.write_idx(folder / "train-labels-idx1-ubyte", labels)
    monkeypatch.setenv(mnist_files.ENVIRONMENT, str(folder))
    assert ds.bank_digest(ds.load_bank()) == ds.bank_digest(ds.make_bank(IMAGES, labels))


@pytest.mark.parametrize("source", ["mnist", "mnist-test"])
def test_without_mnist_the_error_names_both_ways_out(source, no_mnist):
    with pytest.raises(ds.BankError) as caught:
        ds.load_bank(source)
    assert "`digitseq bank fetch`" in str(caught.value)
    assert "DIGITSEQ_MNIST" in str(caught.value)


def test_without_mnist_there_are_the_built_in_digits(no_mnist):
    with pytest.warns(UserWarning, match="built-in digits: .*`digitseq bank fetch`") as caught:
        bank = ds.load_bank()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert ds.bank_digest(bank) == ds.bank_digest(ds.load_bank("builtin"))


def test_the_built_in_bank_is_large_and_has_no_near_duplicates():
    bank = ds.load_bank("builtin")
    assert bank.num_classes == 10
    assert int(bank.counts.min()) >= 200
    for start, count in zip(np.asarray(bank.starts), np.asarray(bank.counts), strict=True):
        glyphs = np.asarray(bank.glyphs[start : start + count], np.float64).reshape(count, -1) / 255
        squares = (glyphs**2).sum(1)
        apart = squares[:, None] + squares[None] - 2 * glyphs @ glyphs.T
        assert (apart[~np.eye(count, dtype=bool)] > 1.9**2).all()
        assert np.median(apart) ** 0.5 > 5, "they vary"


def test_the_environment_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(mnist_files.ENVIRONMENT, str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError, match=r"DIGITSEQ_MNIST.*gone"):
        ds.load_bank()


def test_no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.*mnist-test"):
        ds.load_bank(tmp_path / "gone")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ds.BankError, match=r"file: a bank's file is named as in 'train-images-idx3-ubyte"):
        ds.load_bank(tmp_path / "file")


@pytest.mark.parametrize("split", ["Train", "t10k", "", None])
def test_an_unknown_split(folder, split):
    with pytest.raises(ValueError, match="split must be one of .*train.*test"):
        ds.load_bank(folder, split=split)


def test_mnist_itself(mnist, mnist_test):
    assert np.asarray(mnist.counts).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.asarray(mnist_test.counts).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.asarray(mnist.ink).max() == 28


# Which files


@pytest.mark.parametrize(
    "name",
    [
        "train-images-idx3-ubyte",
        "train-images-idx3-ubyte.gz",
        "train-images.idx3-ubyte",
        "emnist-digits-train-images-idx3-ubyte.gz",
        "v1.2.train-images-idx3-ubyte",
        "images-idx3-ubyte",
        "my.digits-images.idx3-ubyte.gz",
    ],
)
def test_names_that_are_known(tmp_path, name):
    folder = write_pair(tmp_path / "digits", name)
    (folder / "README-images.txt").write_text("not a bank")
    assert ds.bank_digest(ds.load_bank(folder, transpose=False)) == DIGEST


def test_a_folders_name_plays_no_part(tmp_path):
    folder = write_pair(tmp_path / "test.images-idx3-ubyte", "train-images-idx3-ubyte")
    assert ds.bank_digest(ds.load_bank(folder)) == DIGEST


def test_a_pair_may_be_half_packed(folder):
    (folder / "train-labels-idx1-ubyte").unlink()
    ds.write_idx(folder / "train-labels-idx1-ubyte.gz", LABELS)
    assert ds.bank_digest(ds.load_bank(folder)) == DIGEST


def test_plain_comes_before_packed(folder):
    ds.write_idx(folder / "train-images-idx3-ubyte.gz", IMAGES[:3])
    ds.write_idx(folder / "train-labels-idx1-ubyte.gz", LABELS[:3])
    assert ds.bank_digest(ds.load_bank(folder)) == DIGEST


def test_a_single_unnamed_pair_serves_both_splits(tmp_path):
    folder = write_pair(tmp_path / "digits", "images-idx3-ubyte")
    assert ds.bank_digest(ds.load_bank(folder, split="test")) == DIGEST
    assert ds.bank_digest(ds.load_bank(folder, split="train")) == DIGEST


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "emnist-digits-test-images-idx3-ubyte.gz"])
def test_a_named_pair_serves_only_its_split(tmp_path, name):
    folder = write_pair(tmp_path / "digits", name)
    assert ds.bank_digest(ds.load_bank(folder, split="test", transpose=False)) == DIGEST
    with pytest.raises(ds.BankError, match=f"no pairs .* for the train split .*{name}"):
        ds.load_bank(folder)


def test_several_pairs_of_one_split(folder):
    write_pair(folder, "extra-train-images-idx3-ubyte.gz")
    with pytest.raises(ds.BankError, match="several pairs") as caught:
        ds.load_bank(folder)
    for name in ("'train-images-idx3-ubyte'", "'extra-train-images-idx3-ubyte.gz'", str(folder)):
        assert name in str(caught.value)


def test_several_unnamed_pairs(tmp_path):
    folder = write_pair(tmp_path / "digits", "a-images-idx3-ubyte")
    write_pair(folder, "b-images-idx3-ubyte")
    with pytest.raises(ds.BankError, match=r"'a-images-idx3-ubyte', 'b-images-idx3-ubyte'"):
        ds.load_bank(folder)


def test_no_pair(folder):
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(ds.BankError, match="no pairs .*'train-images-idx3-ubyte.*labels there: none"):
        ds.load_bank(folder)


# What is in them


def test_files_that_do_not_belong_together(folder):
    ds.write_idx(folder / "train-labels-idx1-ubyte", LABELS[:-1])
    with pytest.raises(ds.BankError, match="70 images but 69 labels") as caught:
        ds.load_bank(folder)
    assert str(folder / "train-images-idx3-ubyte") in str(caught.value)
    assert "train-labels-idx1-ubyte" in str(caught.value)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES.astype(np.int16), LABELS),
        (IMAGES[:, :20], LABELS),
        (IMAGES.reshape(-1, 784), LABELS),
        (LABELS, LABELS),
        (IMAGES, IMAGES),
        (IMAGES, LABELS.astype(np.float32)),
        (IMAGES, np.full(70, np.nan, np.float32)),
        (IMAGES, np.full(70, np.inf, np.float64)),
        (IMAGES, LABELS.astype(np.int8) - np.int8(5)),
        (IMAGES[:0], LABELS[:0]),
    ],
    ids=[
        "int16",
        "height",
        "rank",
        "labels twice",
        "images twice",
        "float",
        "nan",
        "inf",
        "negative",
        "none",
    ],
)
def test_files_of_another_kind(folder, images, labels):
    ds.write_idx(folder / "train-images-idx3-ubyte", images)
    ds.write_idx(folder / "train-labels-idx1-ubyte", labels)
    with pytest.raises(ds.BankError, match="train-images-idx3-ubyte with train-labels-idx1-ubyte: "):
        ds.load_bank(folder)


def test_a_malformed_file(folder, own_cache):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ds.IdxError) as caught:
        ds.load_bank(folder)
    assert caught.value.file == str(path)
    assert not own_cache.exists() or not list(own_cache.rglob("*.*"))


def test_letters_from_1_to_26_are_27_classes(tmp_path):
    images, labels = toy_glyphs(2, 26)
    folder = write_pair(
        tmp_path / "letters", "emnist-letters-train-images-idx3-ubyte", images, labels + np.uint8(1)
    )
    bank = ds.load_bank(folder, transpose=True)
    assert np.asarray(bank.counts).tolist() == [0] + [2] * 26
    expected = ds.make_bank(images.swapaxes(1, 2), labels + 1, num_classes=27)
    assert ds.bank_digest(bank) == ds.bank_digest(expected)


def test_few_labels_are_still_ten_classes(tmp_path):
    folder = write_pair(tmp_path / "digits", "images-idx3-ubyte", IMAGES, LABELS % 3)
    assert ds.load_bank(folder).num_classes == 10
    assert ds.load_bank(folder, num_classes=3).num_classes == 3
    with pytest.raises(ds.BankError, match=r"outside 0\.\.1"):
        ds.load_bank(folder, num_classes=2)


# The copy that is kept


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


def flipped(data, place):
    data = bytearray(data)
    data[place] ^= 0xFF
    return bytes(data)


def with_counts(data, counts):
    """The copy with the beginning of its counts written over."""
    start = data.index(b'"counts": [') + len(b'"counts": [')
    return data[:start] + counts + data[start + len(counts) :]


DAMAGES = {
    "flip in magic": lambda whole: flipped(whole, 2),
    "flip in length": lambda whole: flipped(whole, 17),
    "flip in header": lambda whole: flipped(whole, 30),
    "flip in glyphs": lambda whole: flipped(whole, len(whole) // 2),
    "flip in ink": lambda whole: flipped(whole, -9),
    "empty": lambda whole: b"",
    "cut after magic": lambda whole: whole[:16],
    "cut in length": lambda whole: whole[:20],
    "cut in header": lambda whole: whole[:100],
    "cut in glyphs": lambda whole: whole[: len(whole) // 2],
    "cut in ink": lambda whole: whole[:-1],
    "web page": lambda whole: b"<html>no such bank</html>" * 1000,
    "zeros": lambda whole: bytes(len(whole)),
    "header a list": lambda whole: whole[:16] + (2).to_bytes(8, "little") + b"[]" + whole[26:],
    "header empty": lambda whole: whole[:16] + (2).to_bytes(8, "little") + b"{}" + whole[26:],
    "header endless": lambda whole: whole[:16] + b"\xff" * 8 + whole[24:],
    "counts negative": lambda whole: with_counts(whole, b"-7,-77"),
    "counts huge": lambda whole: with_counts(whole, b"7777777777777"),
    "counts words": lambda whole: with_counts(whole, b'"7" '),
    "counts nested": lambda whole: with_counts(whole, b"[7],"),
    "counts merged": lambda whole: with_counts(whole, b"14,  "),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_to_the_copy_is_noticed(folder, own_cache, reads, damage):
    ds.load_bank(folder)
    (path,) = copies(own_cache)
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(damage(whole))
    assert path.read_bytes() != whole
    for _ in range(2):
        assert_the_bank(ds.load_bank(folder))
        assert len(reads) == 4
        assert path.read_bytes() == whole


def test_trailing_empty_classes_are_not_lost_by_damage(folder, own_cache):
    """The digest ignores them, so it can't vouch for them."""
    ds.load_bank(folder, num_classes=12)
    (path,) = copies(own_cache)
    whole = path.read_bytes()
    damaged = whole.replace(b"7, 0, 0]", b"7, 0   ]")
    assert damaged != whole
    path.unlink()
    path.write_bytes(damaged)
    assert ds.load_bank(folder, num_classes=12).num_classes == 12


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.data())
def test_a_flip_of_any_byte_never_gives_another_bank(folder, own_cache, data):
    ds.load_bank(folder)
    (path,) = copies(own_cache)
    whole = path.read_bytes()
    end = whole.index(b"}") + 1  # most of it is glyphs; the header is where it gets interesting
    place = data.draw(st.integers(0, end - 1) | st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= data.draw(st.integers(1, 255))
    path.unlink()
    path.write_bytes(damaged)
    assert_the_bank(ds.load_bank(folder))


def test_a_folder_in_the_copys_place(folder, own_cache, reads):
    ds.load_bank(folder)
    (path,) = copies(own_cache)
    path.unlink()
    path.mkdir()
    assert_the_bank(ds.load_bank(folder))
    assert len(reads) == 4


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


def test_a_full_disk_leaves_nothing_behind(folder, own_cache, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("digitseq.io.atomic.os.fsync", full)
    assert_the_bank(ds.load_bank(folder))
    assert copies(own_cache) == []


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
