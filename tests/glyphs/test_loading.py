"""load_bank: where it looks, and what it takes for a pair of files."""

import shutil

import jax
import numpy as np
import pytest
from benchmarks import measures
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs import mnist as mnist_files

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
    assert np.asarray(bank.counts).tolist() == [300] * 10
    for start, count in zip(np.asarray(bank.starts), np.asarray(bank.counts), strict=True):
        glyphs = np.asarray(bank.glyphs[start : start + count], np.float64).reshape(count, -1) / 255
        squares = (glyphs**2).sum(1)
        apart = squares[:, None] + squares[None] - 2 * glyphs @ glyphs.T
        assert (apart[~np.eye(count, dtype=bool)] > 1.9**2).all()
        assert np.median(apart) ** 0.5 > 5, "they vary"


def test_the_built_in_digits_are_whole_and_as_black_as_real_ones():
    """Limits that 95 of 100 of MNIST's digits keep; of the glyphs of the model itself, two thirds do."""
    bank = ds.load_bank("builtin")
    glyphs = np.asarray(bank.glyphs) / np.float32(255)
    assert glyphs.sum(axis=(1, 2)).min() > 20, "ink"
    assert measures.largest_piece(glyphs).min() >= 0.97
    assert measures.faint_ink(glyphs).max() < 0.02
    assert measures.smear(glyphs).max() < 0.95
    assert (measures.holes(glyphs[int(bank.starts[8]) :][:300]) >= 1).all()
    assert (measures.holes(glyphs[int(bank.starts[0]) :][:300]) <= 1).all()


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
    assert bank.symbols == " ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    expected = ds.make_bank(images.swapaxes(1, 2), labels + 1, num_classes=27, symbols=bank.symbols)
    assert ds.bank_digest(bank) == ds.bank_digest(expected)


def test_few_labels_are_still_ten_classes(tmp_path):
    folder = write_pair(tmp_path / "digits", "images-idx3-ubyte", IMAGES, LABELS % 3)
    assert ds.load_bank(folder).num_classes == 10
    assert ds.load_bank(folder, num_classes=3).num_classes == 3
    with pytest.raises(ds.BankError, match=r"outside 0\.\.1"):
        ds.load_bank(folder, num_classes=2)
