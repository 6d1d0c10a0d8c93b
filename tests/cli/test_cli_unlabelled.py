"""--unlabelled at the command line: pictures, sheets and exports whose marks no label names."""

import json

import numpy as np
import pytest

import digitseq as ds
from digitseq.io.png import read_text

LINE = ("1.250,-", "0", "3", "auto", "--signs", ".,-", "--advance", "ink")


def test_a_picture_is_named_by_its_digits_and_rendered_again(made, here):
    marked, named = (
        made("generate", *LINE, "--seed", "7", *more)[0] for more in (("--unlabelled", ".,-"), ())
    )
    assert (marked, named) == ("1250.png", "1.250,-.png")
    recipe = read_text(marked)
    assert recipe["digitseq digits"] != recipe["digitseq asked"]
    assert json.loads(recipe["digitseq spec"])["unlabelled"] == ".,-"
    assert "unlabelled" not in read_text(named)["digitseq spec"]
    made("generate", "--like", marked, "--out", "again.png")
    assert (here / marked).read_bytes() == (here / "again.png").read_bytes()


def test_a_sheet_is_captioned_by_digits(made, here):
    sheet = ("--count", "2", "--seed", "1", "--boxes", "--unlabelled")
    for marks, name in ((".,-", "marked.png"), ("", "named.png")):
        made("preview", *LINE, *sheet, marks, "--out", name)
    assert (here / "marked.png").read_bytes() != (here / "named.png").read_bytes()


def test_an_export_lists_digits_alone(made, digitseq, here):
    (here / "texts").write_text("3.14\n-2\n")
    made(
        "export", "file:texts", "out", "--format", "npz", "--signs", ".-", "--unlabelled", ".-", "--seed", "1"
    )
    manifest = ds.Manifest.read("out")
    assert manifest.recipe["spec"]["unlabelled"] == ".-"
    (shard,) = (here / "out").rglob("*.npz")
    with np.load(shard) as arrays:
        assert arrays["digits"][:, :3].tolist() == [[3, 1, 4], [2, -1, -1]]
    assert digitseq("verify", "out")[0] == 0


@pytest.mark.parametrize("command", ["generate", "preview", "export"])
def test_what_the_bank_lacks_can_not_be_left_unlabelled(refused, here, command):
    (here / "texts").write_text("350\n")
    line = ("file:texts", "out", "--format", "npz") if command == "export" else ("350", "0", "3", "120")
    said = refused(command, *line, "--unlabelled", ".")
    assert "unlabelled '.': the source's symbols are '0123456789', without '.'" in said
