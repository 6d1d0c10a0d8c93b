"""What `digitseq verify` says."""

import pytest

import digitseq as ds
from digitseq.exporter.verify import summary

ORDER = ("--format", "npz", "--shard-size", 10, "--seed", 0)


@pytest.mark.parametrize(
    ("count", "sample", "said"),
    [
        (25, 8, "25 images in 3 shards: all hashes match, 9 re-rendered, identical"),
        (25, 0, "25 images in 3 shards: all hashes match, none re-rendered"),
        (5, 32, "5 images in 1 shard: all hashes match, 5 re-rendered, identical"),
    ],
)
def test_it_says_what_it_checked(count, sample, said, digitseq, made, here):
    made("export", "random:2", "out", "--count", count, *ORDER)
    assert digitseq("verify", "out", "--sample", sample) == (0, "out\n", f"digitseq: {said}\n")


def test_large_numbers_have_separators(digitseq, made, here):
    made("export", "1", "out", "--count", 1200, *ORDER)
    assert summary(ds.Manifest.read("out"), 0).startswith("1,200 images in 120 shards: ")


def test_nothing_there(refused, here):
    assert "there is no such folder" in refused("verify", "nothing")
    (here / "empty").mkdir()
    assert "holds no __digitseq__/manifest.json" in refused("verify", "empty")
    (here / "empty" / "manifest.json").write_text("{}")
    assert "an earlier digitseq made it" in refused("verify", "empty")
    assert "it is no finished export" in refused("verify", here)


def test_what_is_wrong_is_all_it_says(digitseq, made, here):
    made("export", "random:2", "out", "--count", 5, *ORDER)
    (here / "out" / "stray").write_text("mine")
    assert digitseq("verify", "out") == (1, "", "digitseq: stray is not of the export\n")


@pytest.mark.parametrize("count", [10**14, 10**30, -1, 0])
def test_a_count_that_makes_no_sense_is_one_line(count, refused):
    assert "--count" in refused("export", "random:2", "out", "--count", count, "--format", "npz")


def test_exports_of_one_seed_share_a_key(digitseq, made, here):
    for name in ("a", "b"):
        made("export", "random:2", name, "--count", 5, *ORDER)
    code, out, err = digitseq("verify", "a", "--disjoint-from", "b")
    assert (code, out) == (1, "")
    assert "a and b share their key (seed 0)" in err
    assert "5 of 5 texts of a are in b too, 5 of them in the image of the same number" in err
