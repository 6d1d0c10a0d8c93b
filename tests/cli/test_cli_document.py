"""--document: lines as on a kind of real paper."""

import json

import pytest


@pytest.mark.slow
def test_a_preview_and_an_export_of_a_document(made, digitseq, here):
    made("preview", "random:2-3", "0", "4", "auto", "--document", "form", "--count", "4", "--bank", "builtin")
    made(
        "export",
        "amount:#",
        "set",
        "--document",
        "cheque",
        "--count",
        "5",
        "--format",
        "npz",
        "--bank",
        "builtin",
        "--seed",
        "1",
    )
    manifest = json.loads((here / "set" / "__digitseq__" / "manifest.json").read_text())
    assert manifest["spec"]["advance"] == "outline"
    assert manifest["labels"]["type"] == "WithMarks"
    code, _, err = digitseq("verify", "set")
    assert code == 0, err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--document", "cheqe"), "no document 'cheqe'; did you mean 'cheque'?; there are form, cheque"),
        (("--document", "form", "--align", "left"), "--document form says itself what --align would"),
        (
            ("--document", "cheque", "--augment", "light"),
            "--document cheque says itself what --augment would",
        ),
        (("--document", "form", "--bank", "vae"), "--document form needs a bank"),
    ],
)
def test_what_does_not_go_with_a_document_is_refused(refused, arguments, message):
    assert message in refused("preview", "35", "0", "4", "100", *arguments)
