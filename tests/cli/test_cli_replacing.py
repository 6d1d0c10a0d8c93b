"""What commands replace and remove: digitseq's own files, and another's only where --force asks for it."""

import dataclasses
import os
import stat

import numpy as np
import pytest
from conftest import TINY, toy_glyphs
from PIL import Image

import digitseq as ds
from digitseq import vae
from digitseq.cli import train as cli_train
from digitseq.io import atomic, png

GENERATE = ("generate", "35", "0", "10", "80", "--seed", "1", "--out", "a.png")
NOISY = "noisy.png"
WRITERS = [
    GENERATE,
    ("preview", "35", "0", "10", "80", "--count", "2", "--seed", "1", "--out", "a.png"),
    ("bank", "preview", "--columns", "2", "--seed", "1", "--out", "a.png"),
    ("vae", "sample", "sheet", "a.png", "--count", "1", "--seed", "1"),
    ("vae", "denoise", NOISY, "a.png"),
]


@pytest.fixture
def noisy(here):
    """A picture that `vae denoise` can read."""
    png.save(here / NOISY, np.zeros((28, 28), np.uint8))
    return here / NOISY


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("command", WRITERS, ids=lambda command: "-".join(command[:2]))
def test_a_strangers_file_stays_unless_force_is_given(made, refused, here, noisy, command):
    """Even where it is a PNG; what is forced, and digitseq's own, keeps its permissions."""
    target = here / "a.png"
    Image.new("L", (5, 5)).save(target)
    before = target.read_bytes()
    line = refused(*command)
    assert "a.png is there and was not made by digitseq" in line
    assert "--force" in line
    assert target.read_bytes() == before
    target.chmod(0o600)
    made(*command, "--force")
    assert target.read_bytes() != before
    assert mode(target) == 0o600
    made(*command)
    assert mode(target) == 0o600
    assert png.is_ours(target)


def test_nothing_is_drawn_where_nothing_can_be_written(refused, here, monkeypatch):
    """All places are looked at before the first picture is made."""
    monkeypatch.setattr("digitseq.cli.common.rendered", lambda *_: pytest.fail("began to work"))
    for name in ("3-5_002.png", "sheet.png"):
        (here / name).write_text("mine")
    assert "3-5_002.png" in refused("generate", "35", "0", "10", "80", "--count", "4")
    assert "sheet.png" in refused("preview", "35", "0", "10", "80", "--out", "sheet.png")


@pytest.mark.parametrize("out", [("--out", "a.png"), ("--out", "link.png"), ("--out", "./a.png"), ()])
def test_like_never_replaces_the_picture_that_it_reads(made, refused, here, out):
    made(*GENERATE)
    (here / "link.png").symlink_to("a.png")
    before = (here / "a.png").read_bytes()
    for more in ((), ("--force",)):
        assert "the file that is read" in refused("generate", "--like", "a.png", *out, *more)
    assert (here / "a.png").read_bytes() == before


def test_like_never_replaces_it_under_the_name_of_the_digits_that_are_left(made, refused, here):
    """Into a folder named like a picture, names are those of the digits: as many as transforms leave."""
    (here / "b.png").mkdir()
    shift = '{"Affine": {"rotation": 0, "scale": 0, "slant": 0, "shift": 28}}'
    (here / "away.json").write_text(f'{{"glyph_transforms": [{shift}]}}')
    away = ("--augment", "away.json", "--seed", "1", "--out", "b.png")
    (path,) = made("generate", "12345678", "0", "0", "224", *away)
    folder = here / "a.png" / path.removeprefix("b.png/")
    folder.mkdir(parents=True)
    (folder / folder.name).hardlink_to(here / path)
    assert "the file that is read" in refused("generate", "--like", path, "--out", "a.png", "--force")


def test_denoise_never_replaces_its_input(refused, noisy):
    before = noisy.read_bytes()
    for more in ((), ("--force",)):
        assert "the file that is read" in refused("vae", "denoise", NOISY, NOISY, *more)
    assert noisy.read_bytes() == before


def test_a_file_in_place_of_a_folder_is_found_before_the_work(refused, here, monkeypatch):
    monkeypatch.setattr("digitseq.cli.common.rendered", lambda *_: pytest.fail("began to work"))
    (here / "list.txt").write_text("35")
    assert "list.txt" in refused("generate", "file:list.txt", "0", "0", "60", "--out", "list.txt", code=1)


def test_what_is_no_regular_file_is_refused(refused, here):
    (here / "a.png").mkdir()
    assert "is a folder" in refused("preview", *GENERATE[1:])
    (here / "a.png").rmdir()
    os.mkfifo(here / "a.png")
    assert "no regular file" in refused(*GENERATE, "--force")


def test_a_write_protected_picture_is_refused(made, refused, here):
    made(*GENERATE)
    (here / "a.png").chmod(0o444)
    assert "write-protected" in refused(*GENERATE)
    made(*GENERATE, "--force")
    assert mode(here / "a.png") == 0o444


def test_a_link_is_written_through(made, refused, here):
    """As by a shell's `>`: to what it leads to, which is asked about as any file is."""
    (here / "deep").mkdir()
    link, target = here / "a.png", here / "deep" / "b.png"
    link.symlink_to("deep/b.png")
    made(*GENERATE)
    assert link.is_symlink()
    assert png.is_ours(target)
    target.write_text("mine")
    assert "not made by digitseq" in refused(*GENERATE)
    assert target.read_text() == "mine"


def test_replacing_keeps_permissions_from_the_first_byte(tmp_path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    with atomic.replacing(path) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
        file.write(b"new")
    assert (path.read_text(), mode(path)) == ("new", 0o600)
    with pytest.raises(KeyError), atomic.replacing(path):
        raise KeyError
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to give files away")
def test_replacing_keeps_the_owner(tmp_path, monkeypatch):
    """And where it can't, what the old group might do is taken from another."""
    path = tmp_path / "shared"
    path.write_text("old")
    os.chown(path, 1234, 1235)
    path.chmod(0o640)
    with atomic.replacing(path) as file:
        file.write(b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, mode(path)) == (1234, 1235, 0o640)

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refused)
    with atomic.replacing(path) as file:
        file.write(b"newer")
    assert (path.stat().st_uid, mode(path)) == (0, 0o600)


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic.replacing(tmp_path / "new") as file:
        file.write(b"new")
    assert mode(tmp_path / "new") == mode(tmp_path / "plain")


def test_a_bank_of_samples_replaces_only_its_own_files(made, refused, here):
    sample = ("vae", "sample", "bank", "out", "--seed", "1")
    labels, images = here / "out" / "vae-labels-idx1-ubyte.gz", here / "out" / "vae-images-idx3-ubyte.gz"
    labels.parent.mkdir()
    labels.write_text("mine")
    assert "not made by digitseq" in refused(*sample, "--count", "1")
    # As a process leaves it that was killed between the two files.
    ds.write_idx(labels, np.repeat(np.arange(10, dtype=np.uint8), 3))
    made(*sample, "--count", "1")
    first = images.read_bytes()
    assert "--force" in refused(*sample, "--count", "2")
    assert images.read_bytes() == first
    made(*sample, "--count", "2", "--force")
    assert len(ds.read_idx(images)) == len(ds.read_idx(labels)) == 20
    (here / "file").write_text("mine")
    assert "is a file" in refused("vae", "sample", "bank", "file")


# vae train

TRAIN = ("vae", "train", "a.npz", "--effort", "0.001")


@pytest.fixture
def tiny(monkeypatch):
    """`vae train` trains a small model for one epoch each."""
    epochs = {f"{name}_epochs": 1 for name in vae.PHASES}
    settings = dataclasses.replace(TINY, **epochs)
    monkeypatch.setattr(cli_train.vae, "Settings", lambda: settings)
    return settings


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished model and its checkpoint, for `TRAIN` on the toy bank."""
    folder = tmp_path_factory.mktemp("trained")
    settings = dataclasses.replace(TINY, **{f"{name}_epochs": 1 for name in vae.PHASES})
    bank = ds.make_bank(*toy_glyphs())
    labels = np.repeat(np.arange(10), np.asarray(bank.counts))
    key, checkpoint = np.array([0, 0], np.uint32), folder / "a.checkpoint.npz"

    def half(name, done, loss):
        if name == "flow":
            (folder / "half.npz").write_bytes(checkpoint.read_bytes())

    glyphs = np.asarray(bank.glyphs)
    model = vae.train(key, glyphs, labels, settings=settings, checkpoint=checkpoint, progress=half)
    vae.save(folder / "a.npz", model)
    return {name: (folder / name).read_bytes() for name in ("a.npz", "a.checkpoint.npz", "half.npz")}


def test_a_training_that_was_killed_when_all_was_done_is_finished(made, here, tiny, trained):
    (here / "a.npz").write_bytes(trained["a.npz"])
    (here / "a.checkpoint.npz").write_bytes(trained["a.checkpoint.npz"])
    parts = [here / ".a.checkpoint.npz.0123abcd.part", here / ".a.checkpoint.npz.mine.part"]
    for part in parts:
        part.write_text("")
    assert made(*TRAIN) == ["a.npz"]
    assert (here / "a.npz").read_bytes() == trained["a.npz"]
    assert not (here / "a.checkpoint.npz").exists()
    assert [part.exists() for part in parts] == [False, True]


@pytest.mark.parametrize(
    ("model", "checkpoint", "more", "said"),
    [
        ("a.npz", b"mine", (), "no sound training checkpoint"),
        (b"mine", "a.checkpoint.npz", (), "no sound model"),
        (b"mine", b"mine", (), "no sound model"),
        ("a.checkpoint.npz", "a.npz", (), "wanted a 'model'"),
        ("a.npz", "half.npz", (), "not finished"),
        ("a.npz", "a.checkpoint.npz", ("--seed", "1"), "another key"),
        ("a.npz", "a.checkpoint.npz", ("--compact",), "not the model that"),
        ("a.npz", "a.checkpoint.npz", ("--bank", "builtin"), "another"),
    ],
)
def test_train_looks_at_both_files_before_it_removes_one(
    refused, here, tiny, trained, model, checkpoint, more, said
):
    contents = {"a.npz": model, "a.checkpoint.npz": checkpoint}
    contents = {name: trained.get(data, data) for name, data in contents.items()}
    for name, data in contents.items():
        (here / name).write_bytes(data)
    line = refused(*TRAIN, *more)
    assert "a.npz is there already, and so is a.checkpoint.npz" in line
    assert said in line
    assert {name: (here / name).read_bytes() for name in contents} == contents


def test_train_takes_no_strangers_file_for_its_checkpoint(refused, here, tiny):
    (here / "a.checkpoint.npz").write_bytes(b"mine")
    assert "no sound training checkpoint" in refused(*TRAIN)
    assert (here / "a.checkpoint.npz").read_bytes() == b"mine"


def test_train_replaces_no_model_that_was_written_meanwhile(digitseq, here, tiny, trained, monkeypatch):
    """The checkpoint stays, from which the same command takes the model in a moment."""
    (here / "a.checkpoint.npz").write_bytes(trained["a.checkpoint.npz"])
    real = vae.train

    def slow(*arguments, **options):
        (here / "a.npz").write_bytes(b"mine")
        return real(*arguments, **options)

    monkeypatch.setattr(cli_train.vae, "train", slow)
    code, out, err = digitseq(*TRAIN)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "written by somebody else" in err
    assert (here / "a.npz").read_bytes() == b"mine"
    assert (here / "a.checkpoint.npz").exists()


def test_a_training_that_was_interrupted_resumes_and_says_so(digitseq, here, tiny, trained):
    (here / "a.checkpoint.npz").write_bytes(trained["half.npz"])
    code, out, err = digitseq("-v", *TRAIN)
    assert (code, out) == (0, "a.npz\n")
    assert "resuming from a.checkpoint.npz: 2 of 4 epochs are done" in err
    assert (here / "a.npz").read_bytes() == trained["a.npz"]
    assert not (here / "a.checkpoint.npz").exists()


def test_an_interrupted_training_says_how_far_it_came(refused, here, tiny, monkeypatch):
    def interrupted(*_, progress, **__):
        progress("flow", 1, 0.5)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_train.vae, "train", interrupted)
    line = refused(*TRAIN, code=130)
    assert "interrupted after epoch 2 of 4; the same command resumes" in line
