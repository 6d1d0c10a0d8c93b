"""digitseq vae at the command line, and models as sources of the other commands."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from files import pixels
from PIL import Image

import digitseq as ds
from digitseq import vae
from digitseq.internal.pixels import to_uint8
from digitseq.io import png
from digitseq.io.png import read_text

LINE = ("generate", "350", "0", "10", "120")


def test_a_picture_of_the_models_digits_and_the_same_again(made, here):
    (path,) = made(*LINE, "--bank", "vae", "--style", "0.9", "--seed", "4")
    text = read_text(path)
    assert (text["digitseq bank"], text["digitseq style"]) == ("vae", "0.9")
    made("generate", "--like", path, "--out", "again.png")
    assert (here / path).read_bytes() == (here / "again.png").read_bytes()
    made(*LINE, "--bank", "vae", "--seed", "4", "--out", "other.png")
    assert (pixels(path) != pixels("other.png")).any()


def test_a_model_from_a_file_is_a_source_too(made, here):
    vae.save(here / "mine.npz", vae.pretrained())
    made(*LINE, "--bank", "mine.npz", "--seed", "4", "--out", "mine.png")
    made(*LINE, "--bank", "vae", "--seed", "4", "--out", "shipped.png")
    assert (pixels("mine.png") == pixels("shipped.png")).all()


@pytest.mark.filterwarnings("default::UserWarning")
def test_without_mnist_one_line_says_so(digitseq, monkeypatch):
    monkeypatch.delenv("DIGITSEQ_MNIST")
    code, out, err = digitseq(*LINE)
    assert (code, out) == (0, "3-5-0.png\n")
    assert err.count("\n") == 1
    assert err.startswith("digitseq: drawing from the built-in digits: no MNIST in reach: run `digitseq bank")
    assert read_text("3-5-0.png")["digitseq bank"] == "builtin"


@pytest.mark.parametrize(
    ("kind", "count", "size"),
    [("sheet", 3, (3, 10)), ("styles", 4, (4, 10))],
)
def test_sheets_of_samples(made, kind, count, size):
    assert made("vae", "sample", kind, "s.png", "--count", count, "--seed", "1") == ["s.png"]
    assert pixels("s.png").shape == (size[1] * 60 + 4, size[0] * 60 + 4)
    made("vae", "sample", kind, "again.png", "--count", count, "--seed", "1")
    assert (pixels("s.png") == pixels("again.png")).all()


def test_lines_in_one_hand(made):
    made("vae", "sample", "lines", "one.png", "--count", "4", "--seed", "1", "--style", "1")
    made("vae", "sample", "lines", "any.png", "--count", "4", "--seed", "1")
    assert pixels("one.png").shape == (60 + 4, 4 * (340 + 4) + 4)
    assert (pixels("one.png") != pixels("any.png")).any()


def test_a_bank_of_samples_is_a_bank(made, refused, here):
    assert made("vae", "sample", "bank", "glyphs", "--count", "60", "--seed", "1") == ["glyphs"]
    bank = ds.load_bank(here / "glyphs")
    assert np.asarray(bank.counts).tolist() == [60] * 10
    assert len(np.unique(np.asarray(bank.glyphs), axis=0)) == 600
    made("generate", "350", "0", "10", "120", "--bank", "glyphs")
    assert "holds IDX files already" in refused("vae", "sample", "bank", "glyphs")
    assert "not for bank" in refused("vae", "sample", "bank", "new", "--style", "1")


def test_noise_is_taken_from_a_picture(made, here):
    made(*LINE, "--seed", "2", "--bank", "builtin", "--out", "clean.png")
    clean = pixels("clean.png") / 255
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(clean.shape) < 0.4, rng.integers(0, 2, clean.shape), clean)
    png.save(here / "noisy.png", to_uint8(noisy))
    assert made("vae", "denoise", "noisy.png", "out.png") == ["out.png"]
    after = pixels("out.png") / 255
    assert after.shape == clean.shape
    assert ((after - clean) ** 2).mean() < ((noisy - clean) ** 2).mean() / 5


def test_bad_input(refused, here):
    (here / "text.png").write_text("no picture")
    png.save(here / "high.png", np.zeros((30, 28), np.uint8))
    Image.fromarray(np.zeros((28, 28), np.uint16)).save(here / "deep.png")
    (here / "there.npz").write_bytes(b"")
    for arguments, words in (
        (("denoise", "gone.png", "out.png"), "gone.png"),
        (("denoise", "text.png", "out.png"), "not a sound PNG"),
        (("denoise", "high.png", "out.png"), "30 pixels high, a line is 28"),
        (("denoise", "high.png", "out.jpg"), "OUT must end in .png"),
        (("denoise", "deep.png", "out.png"), "of mode I;16"),
        (("sample", "sheet", "out.jpg"), "must end in .png"),
        (("sample", "sheet", "out.png", "--count", "0"), "--count"),
        (("sample", "sheet", "out.png", "--style", "-1"), "--style must be from 0 to 1"),
        (("sample", "sheet", "out.png", "--model", "there.npz"), "no sound model"),
        (("sample", "sheet", "out.png", "--count", str(10**20)), "--count must be at most 1000"),
        (("sample", "styles", "out.png", "--style", "1"), "not for styles"),
        (("sample", "nonsense", "out.png"), "nonsense"),
        (("train", "model.txt"), "must end in .npz"),
        (("train", "there.npz"), "is there already"),
        (("train", "new.npz", "--effort", "0"), "--effort must be above 0"),
        (("train", "new.npz", "--bank", "no/such/folder"), "no/such/folder"),
    ):
        assert words in refused("vae", *arguments)


def test_training_without_the_extra_is_a_failure_in_one_line(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    assert ".[train]" in refused("vae", "train", "new.npz", "--effort", "0.001", code=1)


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_file(toy_folder, tmp_path):
    """Killed as soon as there is a checkpoint; test_training stops after each epoch."""
    environment = os.environ | {"DIGITSEQ_MNIST": str(toy_folder)}

    def command(name):
        code = "from digitseq.cli import main; main()"
        arguments = ["vae", "train", str(tmp_path / name), "--effort", "0.03", "--compact"]
        return [sys.executable, "-c", code, *arguments]

    subprocess.run(command("whole.npz"), env=environment, check=True, capture_output=True)
    checkpoint = tmp_path / "broken.checkpoint.npz"

    with subprocess.Popen(
        command("broken.npz"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        while running.poll() is None and not checkpoint.exists():
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    done = subprocess.run(command("broken.npz"), env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{tmp_path / 'broken.npz'}\n", "")
    assert (tmp_path / "broken.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert not [path for path in tmp_path.iterdir() if "checkpoint" in path.name]
