"""The notebooks of examples/: what is stored in them is what their cells do now."""

import ast
import base64
import importlib.util
import io
import json
import re
import tempfile
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
# Parameters with which a training takes seconds.
QUICK = {
    "ten_minutes": {},
    "train_a_ctc_reader": {"steps": 8, "count": 40},
    "detect_digits": {"steps": 8, "count": 40},
    "read_your_own_handwriting": {"steps": 6, "count": 12},
}
# As a user has it, while most tests are stricter.
USERS = {
    "jax_numpy_rank_promotion": "allow",
    "jax_numpy_dtype_promotion": "standard",
    "jax_debug_key_reuse": False,
}


@pytest.fixture(scope="module")
def runner():
    """examples/run_notebook.py."""
    spec = importlib.util.spec_from_file_location("run_notebook", EXAMPLES / "run_notebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def as_a_user():
    before = {name: getattr(jax.config, name) for name in USERS}
    for name, value in USERS.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook):
    """Of each code cell, what it prints, and its picture or its value's text."""
    found = []
    for cell in code_of(notebook):
        printed = "".join(line for out in cell["outputs"] for line in out.get("text", []))
        data = next((out["data"] for out in cell["outputs"] if "data" in out), {})
        picture = data.get("image/png")
        found.append((printed, picture, None if picture else data.get("text/plain")))
    return found


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture)))).astype(np.int32)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_as_they_ran(path):
    notebook = json.loads(path.read_text())
    assert [cell["execution_count"] for cell in code_of(notebook)] == [
        n + 1 for n in range(len(code_of(notebook)))
    ]
    for cell, output in zip(code_of(notebook), outputs(notebook), strict=True):
        last = ast.unparse(ast.parse("".join(cell["source"])).body[-1])
        assert any(output) or not last.startswith(("ds.show(", "print("))
        assert {out["output_type"] for out in cell["outputs"]} <= {"stream", "execute_result"}
    assert path.stat().st_size < 500_000
    source = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"])
    assert len(source.splitlines()) < 240
    assert max(map(len, source.splitlines())) <= 130
    assert len(notebook["cells"]) <= 27


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_have_the_form_that_jupyter_reads(path):
    """Of nbformat's schema 4.5, what these notebooks use."""
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) for name in names)
    for cell in notebook["cells"]:
        own = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | own
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", "".join(cell["source"])):
            assert (EXAMPLES / link).exists() or own, link


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_show_what_their_cells_draw(path, runner, monkeypatch, tmp_path, as_a_user):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    notebook, names, quick = json.loads(path.read_text()), {}, QUICK[path.stem]
    executed = runner.executed(notebook, names, **quick)
    # Up to where a parameter is used that is another one here, outputs are those that are stored.
    used = [
        any(re.search(rf"\b{name}\b", "".join(cell["source"])) for name in quick)
        for cell in code_of(notebook)
    ]
    same = used.index(True, 1) if quick else len(used)
    both = zip(outputs(notebook), outputs(executed), strict=True)
    for place, ((printed, picture, text), (own_printed, own_picture, own_text)) in enumerate(both):
        assert (own_picture is None) == (picture is None)
        assert (own_printed == printed and own_text == text) or place >= same
        if picture is not None and place < same:
            # Transformed pixels are within 1e-5, so that a grey value may be rounded the other way.
            assert np.abs(pixels(own_picture) - pixels(picture)).max() <= 1
    CHECKS.get(path.stem, lambda names: None)(names)


def check_the_reader(names):
    assert np.mean(names["losses"][-3:]) < 0.8 * names["losses"][0]
    assert names["logits"].shape == (40, 44, 11)
    # No glyph of the test is one of the training.
    test, train, held_out = names["test"], names["train"], names["held_out"]
    assert not np.isin(held_out.rows[test.glyph_ids[test.digits >= 0]], train.rows).any()


def check_the_detector(names):
    assert np.mean(names["losses"][-3:]) < 0.8 * names["losses"][0]
    batch = names["batch"]
    # From the targets, the boxes themselves; digits whose centres share a cell can't be told apart.
    _, classes, boxes = map(np.asarray, names["boxes_of"](names["heat"], names["on_grid"]))
    for n in range(len(batch.length)):
        found = {(digit, *box) for digit, box in zip(classes[n].tolist(), boxes[n].tolist(), strict=True)}
        for digit, box in zip(batch.digits[n].tolist(), batch.boxes[n].tolist(), strict=True):
            assert digit < 0 or (digit, *box) in found
    assert names["iou"](np.array([0, 0, 4, 2]), np.array([2, 0, 6, 2])) == pytest.approx(1 / 3)
    whole = names["seen_shares"](names["amodal"], names["visible"])
    assert (np.isnan(whole) == (np.asarray(names["amodal"].digits) < 0)).all()
    assert np.nanmin(whole) < 0.9


def check_the_hand(names):
    assert names["losses"][-1] < 0.8 * names["losses"][0]
    assert names["mine"].counts.tolist() == [12] * 10
    assert names["scans"].collect(names["folder"] / "digits").doubts == []
    assert names["rules"] == 6  # on every other of twelve photographs
    assert names["lines"].shape == (12, 28, 176)
    heights = [np.ptp(np.flatnonzero(line.max(axis=1) > 0.25)) + 1 for line in names["lines"]]
    assert all(18 <= height <= 28 for height in heights)
    assert names["found"].ink == "dark"


CHECKS = {
    "train_a_ctc_reader": check_the_reader,
    "detect_digits": check_the_detector,
    "read_your_own_handwriting": check_the_hand,
}


def cell(*lines, **metadata):
    kind = {"cell_type": "code", "outputs": [], "execution_count": None}
    return {**kind, "source": list(lines), "metadata": metadata}


def test_the_runner_keeps_what_a_cell_prints_and_its_last_value(runner):
    cells = [
        cell("x = 3\n", "print(x)"),
        {"cell_type": "markdown", "source": ["# A"]},
        cell("x + 1"),
        cell("None"),
    ]
    made = runner.executed({"cells": cells, "nbformat": 4})
    assert outputs(made) == [("3\n", None, None), ("", None, ["4"]), ("", None, None)]
    assert made["nbformat"] == 4
    picture = runner.executed(
        {"cells": [cell("import digitseq as ds, numpy as np\n", "ds.show(np.eye(28))")]}
    )
    assert pixels(outputs(picture)[0][1]).shape[1] == 28 * 4


def test_the_runner_sets_parameters(runner):
    notebook = {"cells": [cell("x, y = 3, 4", tags=["parameters"]), cell("x + y")]}
    assert outputs(runner.executed(notebook))[1][2] == ["7"]
    names = {}
    assert outputs(runner.executed(notebook, names, x=30))[1][2] == ["34"]
    assert (names["x"], names["y"]) == (30, 4)
    with pytest.raises(ValueError, match="no parameter 'z'"):
        runner.executed(notebook, z=1)
    with pytest.raises(ValueError, match="no cell tagged parameters"):
        runner.executed({"cells": [cell("x = 1")]}, x=2)
