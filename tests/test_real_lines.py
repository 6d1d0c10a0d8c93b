"""What benchmarks/real_lines.py counts, reads and prints; training is the recogniser's, tested elsewhere."""

import math
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.real import lines, report, scores
from benchmarks.real.reading import Read
from PIL import Image

import digitseq as ds

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    # From R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    [(81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (15, 148, 0.0624, 0.1605)],
)
def test_intervals_are_wilsons(right, count, low, high):
    assert scores.wilson(right, count) == pytest.approx((low, high), abs=5e-5)


def test_a_wilson_interval_ends_where_the_seen_share_is_as_unlikely_as_it_may_be():
    for end in scores.wilson(37, 90):
        deviation = math.sqrt(end * (1 - end) / 90)
        assert abs(37 / 90 - end) / deviation == pytest.approx(1.959964, abs=1e-5)


def test_edits_are_the_fewest_and_turn_one_text_into_the_other():
    drawn = random.Random(1)
    for _ in range(300):
        written, read = ("".join(drawn.choices("012", k=drawn.randrange(7))) for _ in range(2))
        edits = scores.edits_of(written, read)
        assert len(edits) == ds.ctc.edit_distance([int(c) for c in read], [int(c) for c in written])
        assert all(a != b for a, b in edits)
        gone, come = (
            ("".join(sorted("".join(side))) for side in zip(*edits, strict=True)) if edits else ("", "")
        )
        assert sorted(written + come) == sorted(read + gone)


@pytest.mark.parametrize(
    ("written", "read", "edits"),
    [
        ("100", "109", [("0", "9")]),
        ("100", "10", [("0", "")]),
        ("10", "101", [("", "1")]),
        ("", "7", [("", "7")]),
        ("123", "123", []),
        ("52", "25", [("5", "2"), ("2", "5")]),
    ],
)
def test_edits_name_the_digits(written, read, edits):
    assert scores.edits_of(written, read) == edits


def test_a_score_counts_lines_edits_and_the_most_confident():
    written = ["12", "345", "6", "78", "9", "0", "1", "2", "3", "4"]
    read = ["12", "35", "6", "78", "8", "0", "1", "2", "3", "45"]
    confidence = [0.9, 0.1, 0.8, 0.7, 0.95, 0.6, 0.5, 0.4, 0.3, 0.2]
    found = scores.score(written, read, confidence)
    assert (found.lines, found.right) == (10, 0.7)
    assert found.interval == scores.wilson(7, 10)
    assert found.error_rate == pytest.approx(3 / 14)
    assert found.edits == {("4", ""): 1, ("9", "8"): 1, ("", "5"): 1}
    # Of the five most confident one is wrong, of seven and nine one, and two.
    assert found.confident == [(0.5, 4 / 5), (0.7, 6 / 7), (0.9, 7 / 9)]
    assert scores.by_class(["1", "2", "2"], ["1", "2", "1"]) == {"1": (1, 1), "2": (1, 2)}
    for wrong in (([], [], []), (["1"], ["1"], []), (["1"], [], [1.0])):
        with pytest.raises(ValueError, match="of the same lines"):
            scores.score(*wrong)


def packed(path, pictures, labels, **changes):
    """Writes an archive of lines of all sizes."""
    ends = np.cumsum([0, *(picture.size for picture in pictures)])
    fields = {
        "pixels": np.concatenate([picture.ravel() for picture in pictures]),
        "offset": ends,
        "height": [len(picture) for picture in pictures],
        "width": [picture.shape[1] for picture in pictures],
        "label": labels,
        "name": [f"a{n}" for n in range(len(labels))],
    }
    np.savez(path, **{name: value for name, value in (fields | changes).items() if value is not None})
    return path


def pictures_of(*shapes):
    drawn = np.random.default_rng(3)
    return [drawn.integers(0, 256, shape, np.uint8) for shape in shapes]


def test_lines_are_read_from_both_forms_of_archives(tmp_path):
    pictures = pictures_of((20, 30), (9, 40))
    found = lines.load(packed(tmp_path / "a.npz", pictures, ["12", "003"]))
    assert [(line.name, line.label) for line in found] == [("a0", "12"), ("a1", "003")]
    for line, picture in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(line.picture, picture)
    assert lines.load(packed(tmp_path / "b.npz", pictures, ["1", "2"], name=None))[1].name == "1"
    np.savez(tmp_path / "c.npz", images=np.stack(pictures_of((28, 28), (28, 28))), labels=np.array([7, 0]))
    assert [line.label for line in lines.load(tmp_path / "c.npz")] == ["7", "0"]


@pytest.mark.parametrize("images", ["images", "."])
@pytest.mark.parametrize(
    ("name", "mark", "heading"), [("labels.tsv", "\t", ""), ("labels.csv", ",", "file,label\n")]
)
def test_lines_are_read_from_a_folder_and_its_listing(tmp_path, name, mark, heading, images):
    (tmp_path / images).mkdir(exist_ok=True)
    (first, second) = pictures_of((20, 30), (9, 40))
    Image.fromarray(first).save(tmp_path / images / "one, a.png")
    Image.fromarray(second).save(tmp_path / images / "b.png")
    quoted = '"one, a.png"' if mark == "," else "one, a.png"
    (tmp_path / name).write_text(f"{heading}{quoted}{mark}120\n\nb.png{mark}7\n")
    for path in (tmp_path, tmp_path / name):
        found = lines.load(path)
        assert [(line.name, line.label) for line in found] == [("one, a.png", "120"), ("b.png", "7")]
        np.testing.assert_allclose(found[0].picture, first / 255, atol=1e-6)


def test_what_is_no_set_of_lines_ends_in_one_clear_line(tmp_path):
    pictures = pictures_of((20, 30), (9, 40))
    with pytest.raises(ValueError, match=r"the label of a1 must be of digits 0 to 9, got '1\.5'"):
        lines.load(packed(tmp_path / "a.npz", pictures, ["1", "1.5"]))
    with pytest.raises(ValueError, match="lacks offset, height"):
        lines.load(packed(tmp_path / "b.npz", pictures, ["1", "2"], offset=None, height=None))
    with pytest.raises(ValueError, match="offset must have"):
        lines.load(packed(tmp_path / "c.npz", pictures, ["1", "2"], offset=[0, 600]))
    with pytest.raises(ValueError, match=r"has no labels\.tsv or labels\.csv"):
        lines.load(tmp_path)
    with pytest.raises(ValueError, match="is no archive"):
        lines.load(tmp_path / "a.txt")
    listing = tmp_path / "labels.tsv"
    listing.write_text("")
    with pytest.raises(ValueError, match="has no lines"):
        lines.load(tmp_path)
    listing.write_text("a.png\t12\tx\n")
    with pytest.raises(ValueError, match="line 1: a name"):
        lines.load(tmp_path)
    listing.write_text("a.png\t12\n")
    with pytest.raises(FileNotFoundError, match=r"line 1: there is no .*images/a\.png"):
        lines.load(tmp_path)


def test_a_report_shows_edits_classes_and_the_worst_lines(tmp_path, capsys):
    pictures = pictures_of((20, 30), (28, 28), (12, 400))
    real = [
        lines.Line(str(n), picture, label)
        for n, (picture, label) in enumerate(zip(pictures, "179", strict=True))
    ]
    read = [Read("1", 0.9), Read("1", 0.8), Read("94", 0.7)]
    report.report("a set", real, read, read[:1] * 3)
    said = capsys.readouterr().out
    assert "a set: 3 lines" in said
    assert "exact 33.3 % (95 % interval 6.1 to 79.2), CER 66.67 %" in said
    assert "  7: 0 of 1, 0.0 %" in said
    assert "most: 7→1 1, -→4 1" in said
    images = [np.zeros((28, 50), np.float32)] * 3
    assert report.save_worst(tmp_path / "worst.png", real, images, read) == 2
    with Image.open(tmp_path / "worst.png") as picture:
        assert picture.height > 2 * 56
    assert report.save_worst(tmp_path / "none.png", real[:1], images[:1], read[:1]) == 0
    assert not (tmp_path / "none.png").exists()


COMMAND = """
import runpy
import sys
from benchmarks.real import reading, training
from benchmarks.recogniser import training as recogniser

recogniser.SCAN = training.SCAN = recogniser.BATCH = reading.BATCH = 2
recogniser.use_all_cores = lambda: None  # the first step is quicker to compile for one
reading.read_real.__defaults__ = (reading.MANY[-2:],)
sys.argv = ["real_lines.py", *sys.argv[1:]]
runpy.run_module("benchmarks.real", run_name="__main__")
"""


@pytest.mark.slow
def test_the_command_trains_once_and_reads(tmp_path):
    run("examples/stroke_bank.py", tmp_path / "strokes")
    pictures = [np.full((40, 90), 230, np.uint8) for _ in range(3)]
    for picture in pictures:
        picture[6:34, 30:34] = picture[6:34, 60:64] = 20
    path, keep = packed(tmp_path / "ones.npz", pictures, ["11"] * 3), tmp_path / "kept"
    command = ("-c", COMMAND, "--steps", "4", "--keep", keep, "--lines", path)
    environment = {
        "DIGITSEQ_MNIST": str(tmp_path / "strokes"),
        "DIGITSEQ_CACHE": str(tmp_path / "cache"),
        # Compiling takes nearly all of the time.
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
    first, second = (run(*command, **environment) for _ in range(2))
    assert "ones: 3 lines" in first
    cost = re.compile("prepared in .*")
    assert cost.sub("", first) == cost.sub("", second)
    names = {file.name for file in keep.iterdir()}
    assert names in ({"cheque-4-0.npz"}, {"cheque-4-0.npz", "worst-ones.png"})


def run(*command, **environment):
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
