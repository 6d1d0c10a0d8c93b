"""Bad input at the command line: one line on stderr, and nothing written."""

import pytest

GOOD = ("generate", "350", "0", "10", "120")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("generate", "3a0", "0", "10", "120"), "3a0"),
        (("generate", "", "0", "10", "120"), "SEQUENCE"),
        (("generate", "-3", "0", "10", "120"), "-3"),
        (("generate", "3-", "0", "10", "120"), "3-"),
        (("generate", "٣", "0", "10", "120"), "SEQUENCE"),
        (("generate", "3-10", "0", "10", "120"), "10 is out of range"),
        (("generate", "3-99999999999", "0", "10", "120"), "99999999999 is out of range"),
        (("generate", "random:", "0", "10", "120"), "random:"),
        (("generate", "random:0", "0", "10", "120"), "random:"),
        (("generate", "random:8-3", "0", "10", "220"), "random:"),
        (("generate", "random:x", "0", "10", "120"), "random:"),
        (("generate", "range:9-3", "0", "10", "120"), "9 to 3"),
        (("generate", "pattern:a#", "0", "10", "120"), "'a#'"),
        (("generate", "luhn:#5", "0", "10", "120"), "check digit"),
        (("generate", "pattern:#####", "0", "10", "120"), "140"),
        ((*GOOD, "--hand", "one-writer"), "give --writers"),
        ((*GOOD, "--writers", "none"), "no file 'none'"),
        ((*GOOD, "--bank", "vae", "--writers", "none"), "--writers needs a bank"),
        (("generate", "file:", "0", "10", "120"), "file:"),
        (("generate", "file:none.txt", "0", "10", "120"), "none.txt"),
        (("generate", "file:.", "0", "10", "120"), ". is "),
        (("generate", "350", "10", "0", "120"), "reversed"),
        (("generate", "350", "-15", "0", "120"), "-15"),
        (("generate", "350", "0", "99999999999", "120"), "99999999999"),
        (("generate", "350", "0", "10", "83"), "84"),
        (("generate", "350", "0", "10", "0"), "positive"),
        (("generate", "350", "0", "10", "-5"), "positive"),
        (("generate", "350", "0", "10", "99999999999"), "too large"),
        (("generate", "350", "0", "10"), "IMAGE_WIDTH"),
        (("generate",), "IMAGE_WIDTH"),
        (("generate", "350", "a", "10", "120"), "min_spacing"),
        (("generate", "350", "0", "10.5", "120"), "max_spacing"),
        ((*GOOD, "--nonsense"), "--nonsense"),
        ((*GOOD, "more"), "more"),
        ((*GOOD, "--align", "middle"), "middle"),
        ((*GOOD, "--spacing", "odd"), "odd"),
        ((*GOOD, "--seed", "-1"), "--seed"),
        ((*GOOD, "--seed", str(2**32)), "--seed"),
        ((*GOOD, "--seed", "x"), "--seed"),
        ((*GOOD, "--seed"), "--seed"),
        ((*GOOD, "--count", "0"), "--count"),
        ((*GOOD, "--count", "-3"), "--count"),
        ((*GOOD, "--bank", "no/such/folder"), "no/such/folder"),
        ((*GOOD, "--augment", "heavy"), "no preset 'heavy'; there are light, strong, scan"),
        ((*GOOD, "--augment", "none.json"), "none.json"),
        (("preview", *GOOD[1:], "--augment", "heavy"), "heavy"),
        ((*GOOD, "--bank", "."), "no pairs"),
        ((*GOOD, "--style", "0.5"), "--style needs a model"),
        ((*GOOD, "--bank", "vae", "--style", "1.5"), "--style must be from 0 to 1"),
        ((*GOOD, "--bank", "gone.npz"), "gone.npz"),
        (("bank", "info", "--bank", "vae"), "no folder or file 'vae'"),
        (("preview", "350", "0", "10"), "IMAGE_WIDTH"),
        (("preview", "350", "0", "10", "120", "--count", "0"), "--count"),
        (("preview", "350", "0", "10", "120", "--columns", "0"), "--columns"),
        (("preview", "350", "0", "10", "120", "--scale", "0"), "--scale"),
        (("preview", "350", "0", "10", "120", "--align", "middle"), "middle"),
        (("preview", "350", "0", "10", "50"), "84"),
        (("bank", "info", "--bank", "no/such/folder"), "no/such/folder"),
        (("bank", "preview", "--columns", "0"), "--columns"),
        (("bank", "nonsense"), "nonsense"),
        (("bank", "info", "--nonsense"), "--nonsense"),
        (("nonsense",), "nonsense"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(refused, arguments, said):
    assert said.lower() in refused(*arguments).lower()


@pytest.mark.parametrize("text", ["35\n3x\n", "\n \n", "", b"\xff\xfe\0"])
def test_a_bad_file_of_sequences(refused, here, text):
    (here / "list.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    err = refused("generate", "file:list.txt", "0", "10", "120")
    assert "list.txt" in err
    assert ("line 2" in err) == (text == "35\n3x\n")


def test_nothing_is_written_if_any_sequence_does_not_fit(refused, here):
    (here / "list.txt").write_text("35\n1234\n")
    refused("generate", "file:list.txt", "0", "10", "100", "--out", "new")


def test_a_malformed_bank(refused, toy_folder):
    (toy_folder / "train-images-idx3-ubyte.gz").write_text("<html>not found</html>")
    assert "a web page" in refused("bank", "info")


def test_no_bank_in_reach(refused, monkeypatch):
    monkeypatch.delenv("DIGITSEQ_MNIST")
    assert "digitseq bank fetch" in refused(*GOOD, "--bank", "mnist")


def test_an_out_that_cannot_be_written_is_a_failure(refused, here):
    (here / "file").write_text("")
    refused(*GOOD, "--out", "file/a.png", code=1)


def test_an_interrupt(refused, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("digitseq.cli.sources.load_bank", interrupted)
    assert "interrupted" in refused(*GOOD, code=130)
