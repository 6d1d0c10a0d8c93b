"""--signs at the command line, and what re-renders pictures and exports that have them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from files import pixels

import digitseq as ds
from digitseq.glyphs.signs import ALL
from digitseq.io.png import read_text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guide" / "signs.md").read_text()


def test_a_picture_with_signs_is_rendered_again(made, here, toy_folder):
    (path,) = made("generate", "12/05", "0", "3", "auto", "--signs", "/.", "--seed", "7", "--advance", "ink")
    assert path == "12%2F05.png"
    recipe = read_text(path)
    assert recipe["digitseq signs"] == "/."
    assert recipe["digitseq bank digest"] == ds.bank_digest(ds.with_signs(str(toy_folder), "/."))
    made("generate", "--like", path, "--out", "again.png")
    made("generate", "--like", path, "--out", "named.png", "--bank", toy_folder)
    assert (here / path).read_bytes() == (here / "again.png").read_bytes()
    assert (here / path).read_bytes() == (here / "named.png").read_bytes()


def test_a_number_may_begin_with_its_sign(made):
    assert made("generate", "-3", "0", "3", "80", "--signs", "-")[0] == "-3.png"


def test_all_signs(digitseq, made):
    code, out, _ = digitseq("bank", "info", "--signs", "all")
    assert code == 0
    assert f"of {10 + len(ALL)} digits, {10 + len(ALL)} classes" in out
    made("bank", "preview", "--signs", "all", "--columns", "3")
    assert pixels("bank.png").shape == (23 * 32 + 4, 3 * 32 + 4)


def test_an_export_with_signs_is_checked(made, digitseq, here):
    (here / "texts").write_text("3.14\n-2\n10.5%\n")
    made("export", "file:texts", "out", "--format", "npz", "--signs", ".-%", "--seed", "1")
    source = ds.Manifest.read("out").recipe["source"]
    assert source["signs"] == ".-%"
    code, _, err = digitseq("verify", "out")
    assert code == 0, err
    assert "3 re-rendered, identical" in err
    assert "signs `.-%`" in (here / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--signs", "x"), "--signs must be some of"),
        (("--signs", ""), "--signs must be some of"),
        (("--signs", ".", "--bank", "vae"), "--signs needs a bank"),
    ],
)
def test_signs_that_there_are_not(refused, arguments, said):
    assert said in refused("generate", "350", "0", "3", "120", *arguments)


def test_a_line_of_signs_that_the_bank_lacks(refused):
    said = refused("generate", "3/4", "0", "3", "120", "--signs", ".")
    assert "'/' is none of the symbols 0123456789." in said


@pytest.mark.slow
def test_the_pictures_of_signs_are_what_the_commands_beside_them_draw(made, here):
    (here / "docs" / "pictures").mkdir(parents=True)
    for text, end in re.findall(r"^echo (.*) >>? (\S+)$", PAGE, re.MULTILINE):
        with open(here / end, "a") as file:
            file.write(f"{shlex.split(text)[0]}\n")
    commands = re.findall(r"^`(digitseq .*docs/pictures/\S+\.png)`$", PAGE, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        (path,) = made(*shlex.split(command)[1:])
        drawn, kept = (pixels(folder / path).astype(int) for folder in (here, ROOT))
        # Another JAX may round otherwise.
        assert (np.abs(drawn - kept) <= 2).mean() > 0.999
