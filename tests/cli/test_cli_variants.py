"""--variants at the command line, and what re-renders pictures and exports that have them."""

import numpy as np
import pytest
from files import pixels

import digitseq as ds
from digitseq.cli.sources import source_digest
from digitseq.glyphs.variant_table import VARIANTS
from digitseq.io.png import read_text

SIGNED = ("--signs", ".-", "--unlabelled", ".-")


@pytest.mark.slow
def test_a_picture_with_variants_and_marks_is_rendered_again(made, here, toy_folder):
    (path,) = made("generate", "712.7-", "0", "3", "auto", *SIGNED, "--variants", "--seed", "7")
    assert path == "7127.png"
    recipe = read_text(path)
    assert recipe["digitseq variants"] == "all"
    assert recipe["digitseq text"] == "7127"
    bank = ds.with_variants(ds.with_signs(str(toy_folder), ".-"))
    assert recipe["digitseq bank digest"] == source_digest(bank)
    assert ds.spec_from_json(recipe["digitseq spec"]).unlabelled == ".-"
    made("generate", "--like", path, "--out", "again.png")
    made("generate", "--like", path, "--out", "named.png", "--bank", toy_folder)
    assert (here / path).read_bytes() == (here / "again.png").read_bytes()
    assert (here / path).read_bytes() == (here / "named.png").read_bytes()


@pytest.mark.slow
def test_without_variants_the_picture_is_another(made):
    common = ("generate", "7171717", "0", "3", "auto", "--seed", "3")
    made(*common, "--out", "own.png")
    made(*common, "--out", "varied.png", "--variants")
    assert "digitseq variants" not in read_text("own.png")
    assert not np.array_equal(pixels("own.png"), pixels("varied.png"))


@pytest.mark.slow
def test_a_sheet_with_variants_and_marks(made):
    made("preview", "71-2", "0", "3", "auto", *SIGNED, "--variants", "--count", "2", "--boxes")
    assert pixels("preview.png").ndim in (2, 3)


def test_an_export_with_variants_and_marks_is_checked(made, digitseq, here):
    (here / "texts").write_text("7.14\n-2-\n10\n")
    (here / "spec").write_text('{"image_width": "auto", "unlabelled": "."}')
    common = ("export", "file:texts", "out", "--format", "npz", "--seed", "1", "--spec", "spec")
    made(*common, *SIGNED, "--variants")
    made_from = ds.Manifest.read("out").recipe
    assert list(made_from["source"]["variants"]) == list(VARIANTS)
    assert made_from["spec"]["unlabelled"] == ".-"
    code, _, err = digitseq("verify", "out")
    assert code == 0, err
    assert "3 re-rendered, identical" in err
    (file,) = (here / "out" / "data").glob("*.npz")
    with np.load(file) as arrays:
        assert arrays["text"].tolist() == ["714", "2", "10"]


def test_a_model_has_no_variants(refused):
    said = refused("generate", "350", "0", "3", "120", "--variants", "--bank", "vae")
    assert "--variants needs a bank" in said


def test_an_export_with_variants_is_not_split(refused):
    start = ("export", "35", "out", "--format", "npz", "--count", "2", "--seed", "1")
    assert "split its bank" in refused(*start, "--split", "train=0.5,val=0.5", "--variants")
