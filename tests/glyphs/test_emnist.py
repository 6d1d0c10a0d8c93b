"""Folders of several sets (EMNIST, torchvision's root), QMNIST's labels, and Keras's mnist.npz."""

import os

import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs import loading, pairs

IMAGES, LABELS = toy_glyphs()
DIGEST = ds.bank_digest(ds.make_bank(IMAGES, LABELS))
LETTERS = toy_glyphs(3, 26)
SETS = ["balanced", "bymerge", "byclass", "digits", "letters", "mnist"]


def write_pair(folder, name, images=IMAGES, labels=LABELS, kind="idx1-ubyte"):
    folder.mkdir(parents=True, exist_ok=True)
    ds.write_idx(folder / f"{name}images-idx3-ubyte.gz", images)
    ds.write_idx(folder / f"{name}labels-{kind}.gz", labels)


def digest_of(images, labels, **options):
    return ds.bank_digest(ds.make_bank(images, labels, **options))


@pytest.fixture
def emnist(tmp_path):
    """EMNIST's folder: each set with as many glyphs as tell it from the others, as its files have them."""
    folder = tmp_path / "gzip"
    for number, name in enumerate(SETS):
        for split, count in (("train", 60), ("test", 40)):
            images, labels = (LETTERS[0], LETTERS[1] + np.uint8(1)) if name == "letters" else (IMAGES, LABELS)
            part = slice(number, count + number)
            write_pair(folder, f"emnist-{name}-{split}-", images[part].swapaxes(1, 2), labels[part])
    (folder / "emnist-letters-mapping.txt").write_text("1 65 97\n")
    return folder


def test_a_set_is_chosen_by_its_name_and_drawn_upright(emnist):
    for number, name in enumerate(SETS):
        if name == "letters":
            continue
        for split, count in (("train", 60), ("test", 40)):
            expected = digest_of(IMAGES[number : count + number], LABELS[number : count + number])
            found = {
                ds.bank_digest(ds.load_bank(f"{emnist}:{name}", split=split)),
                ds.bank_digest(ds.load_bank(f"{emnist}:{name}-{split}")),
                ds.bank_digest(ds.load_bank(f"{emnist}:emnist-{name.upper()}-{split}")),
                ds.bank_digest(ds.load_bank(f"{emnist.parent}:{name}", split=split)),
                ds.bank_digest(ds.load_bank(emnist / f"emnist-{name}-{split}-images-idx3-ubyte.gz")),
            }
            assert found == {expected}, (name, split)


def test_letters_keep_the_files_numbers_and_can_be_drawn(emnist, made):
    bank = ds.load_bank(f"{emnist}:letters")
    assert bank.num_classes == 27
    assert int(bank.counts[0]) == 0
    assert made("generate", "random:4", 0, 5, 140, "--seed", 3, "--bank", f"{emnist}:letters")
    for text in ("1-26", "AZ"):
        options = ("--seed", 3, "--bank", f"{emnist}:letters", "--force")
        assert made("generate", text, 0, 5, 80, *options) == ["AZ.png"]


def test_without_a_choice_the_error_lists_the_choices(emnist, refused):
    said = refused("generate", "1", 0, 0, 28, "--bank", emnist)
    assert "several pairs" in said
    for name in SETS:
        assert f"'{emnist}:{name}'" in said
    assert "no pairs" in refused("generate", "1", 0, 0, 28, "--bank", f"{emnist}:lettres")


@pytest.mark.parametrize("given", [True, False, None])
def test_an_explicit_transpose_wins(emnist, given):
    files = IMAGES[3:63].swapaxes(1, 2)
    expected = digest_of(files, LABELS[3:63], transpose=given is not False)
    assert ds.bank_digest(ds.load_bank(f"{emnist}:digits", transpose=given)) == expected


def test_names_with_emnist_inside_are_not_emnists(tmp_path):
    write_pair(tmp_path / "EMNIST", "my-notemnist-train-")
    assert ds.bank_digest(ds.load_bank(tmp_path / "EMNIST")) == DIGEST


def test_the_command_line_transposes(tmp_path, made, digitseq):
    write_pair(tmp_path / "turned", "", IMAGES.swapaxes(1, 2))
    write_pair(tmp_path / "plain", "")
    turned, plain = (["--bank", str(tmp_path / name)] for name in ("turned", "plain"))
    assert made("bank", "info", *turned, "--transpose")[1:] == made("bank", "info", *plain)[1:]
    assert made("bank", "info", *turned, "--no-transpose")[1] == made("bank", "info", *turned)[1]
    for command in (
        ["bank", "preview", "--columns", 2],
        ["preview", "350", 0, 5, 100, "--count", 2],
        ["generate", "350", 0, 5, 100],
    ):
        for bank in ([*turned, "--transpose"], plain):
            made(*command, "--seed", 1, "--out", f"{command[0]}-{bank is plain}.png", *bank)
    for name in ("bank", "preview", "generate"):
        np.testing.assert_array_equal(*(ds_pixels(f"{name}-{which}.png") for which in (True, False)))
    code, _, err = digitseq(
        "export", "random:3", "set", "--count", 3, "--format", "png", *turned, "--transpose"
    )
    assert code == 0, err
    assert digitseq("verify", "set", *turned, "--transpose")[0] == 0
    assert "--bank" in digitseq("verify", "set", *turned)[2]
    assert (
        "--transpose needs a bank" in digitseq("generate", "1", 0, 0, 28, "--bank", "vae", "--transpose")[2]
    )
    like = ["generate", "--like", "generate-False.png", "--out", "again.png", *turned]
    assert "digest" in digitseq(*like)[2]
    assert made(*like, "--transpose") == ["again.png"]


def ds_pixels(name):
    from PIL import Image

    with Image.open(name) as picture:
        return np.asarray(picture)


# torchvision


@pytest.fixture
def root(tmp_path):
    """torchvision's root folder, with MNIST and its relatives."""
    for number, name in enumerate(("MNIST", "FashionMNIST", "KMNIST")):
        write_pair(tmp_path / name / "raw", "train-", IMAGES[number:], LABELS[number:])
        write_pair(tmp_path / name / "raw", "t10k-", IMAGES[number:9], LABELS[number:9])
    write_pair(tmp_path / "EMNIST" / "raw", "emnist-mnist-train-", IMAGES[7:], LABELS[7:])
    return tmp_path


@pytest.mark.parametrize(("name", "start"), [("mnist", 0), ("FashionMNIST", 1), ("kmnist", 2)])
def test_torchvisions_root(root, name, start):
    assert ds.bank_digest(ds.load_bank(f"{root}:{name}")) == digest_of(IMAGES[start:], LABELS[start:])
    part = digest_of(IMAGES[start:9], LABELS[start:9])
    assert ds.bank_digest(ds.load_bank(f"{root}:{name}-test")) == part
    folder = next(path for path in root.iterdir() if path.name.lower() == name.lower())
    assert ds.bank_digest(ds.load_bank(folder, split="test")) == part


def test_torchvisions_root_of_several_sets(root, monkeypatch):
    with pytest.raises(ds.BankError, match="several pairs.*:emnist-mnist'.*:fashionmnist'.*:mnist'"):
        ds.load_bank(root)
    monkeypatch.setenv("DIGITSEQ_MNIST", str(root))
    assert ds.bank_digest(ds.load_bank("mnist")) == DIGEST
    assert ds.bank_digest(ds.load_bank()) == DIGEST
    assert ds.bank_digest(ds.load_bank("mnist-test")) == digest_of(IMAGES[:9], LABELS[:9])


# QMNIST


@pytest.mark.parametrize("folder", [".", "QMNIST/raw", "raw"])
def test_qmnists_images_and_labels_are_a_bank(tmp_path, folder):
    table = np.zeros((len(LABELS), 8), np.int32)
    table[:, 0], table[:, 2] = LABELS, np.arange(len(LABELS)) % 5
    write_pair(tmp_path / folder, "qmnist-train-", IMAGES, table, "idx2-int")
    expected = ds.make_bank(IMAGES, LABELS, writers=table[:, 2])
    for source in (tmp_path, f"{tmp_path}:qmnist"):
        bank = ds.load_bank(source)
        assert ds.bank_digest(bank) == ds.bank_digest(expected)
        np.testing.assert_array_equal(bank.writers, expected.writers)
    write_pair(tmp_path / "plain", "train-")
    assert ds.bank_digest(ds.load_bank(tmp_path / "plain", writers=tmp_path)) == ds.bank_digest(expected)


# Keras


@pytest.fixture(params=[np.savez, np.savez_compressed])
def keras_file(request, tmp_path):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:40], "y_test": LABELS[:40]}
    request.param(tmp_path / "mnist.npz", **arrays)
    return tmp_path / "mnist.npz"


def test_kerass_file_is_a_bank(keras_file, made):
    for _ in range(2):
        assert ds.bank_digest(ds.load_bank(keras_file)) == DIGEST
        part = digest_of(IMAGES[:40], LABELS[:40])
        assert ds.bank_digest(ds.load_bank(str(keras_file), split="test")) == part
        assert ds.bank_digest(ds.load_bank(f"{keras_file}:test")) == part
    assert DIGEST in made("bank", "info", "--bank", keras_file)[1]
    assert made("generate", "350", 0, 5, 100, "--seed", 1, "--bank", keras_file) == ["3-5-0.png"]


def test_a_models_npz_is_a_model_and_no_bank(tmp_path, made, refused):
    ds.vae.save(tmp_path / "m.npz", ds.vae.pretrained())
    assert made("generate", "3", 0, 0, 28, "--bank", tmp_path / "m.npz")
    assert "x_train" in refused("bank", "info", "--bank", tmp_path / "m.npz")
    np.savez(tmp_path / "half.npz", x_train=IMAGES)
    with pytest.raises(ds.BankError, match="x_train and y_train, this has 'x_train'"):
        ds.load_bank(tmp_path / "half.npz")


# What is no choice


@pytest.mark.parametrize("source", ["none:letters", ":letters", "a/b:c/d", "x:\\y", "C:\\data\\mnist", ":"])
def test_a_colon_in_a_path_that_is_not_there(source, here):
    with pytest.raises(FileNotFoundError, match="no folder or file"):
        ds.load_bank(source)


def test_a_path_with_a_colon_comes_first(tmp_path):
    write_pair(tmp_path / "data:letters", "")
    write_pair(tmp_path / "data", "letters-", IMAGES[:50], LABELS[:50])
    assert ds.bank_digest(ds.load_bank(f"{tmp_path}/data:letters")) == DIGEST


def test_a_drive_letter_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path / "C", "letters-")
    assert ds.load_bank("C:letters")
    with monkeypatch.context() as patch:
        patch.setattr(loading.os, "name", "nt")
        patch.setattr(loading.atomic, "home_path", lambda text: tmp_path / os.fspath(text))
        with pytest.raises(FileNotFoundError):
            ds.load_bank("C:letters")


def test_an_empty_folder_says_what_it_holds(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"")
    with pytest.raises(ds.BankError, match=r"the folder holds 'scan.png'"):
        ds.load_bank(tmp_path)
    ds.write_idx(tmp_path / "train-images-idx3-ubyte", IMAGES)
    with pytest.raises(ds.BankError, match=r"no labels beside it \(wanted: 'train-labels-idx1-ubyte"):
        ds.load_bank(tmp_path / "train-images-idx3-ubyte")
    assert pairs.pairs_in(tmp_path) == []
